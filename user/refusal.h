/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why the kernel refused, in the words of the table that doctor prints.
 */
#ifndef NETNSLEAK_REFUSAL_H
#define NETNSLEAK_REFUSAL_H

#include "tracer.h"

/* One line on stderr; what: the command that cannot go on, err: what tracer_open() returned. */
void refusal_say(const char *what, const struct tracer_options *options, int err);

#endif
