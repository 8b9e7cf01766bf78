/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why the kernel refused, in the words of the table that doctor prints.
 */
#ifndef NETNSLEAK_REFUSAL_H
#define NETNSLEAK_REFUSAL_H

#include "tracer.h"

struct text;

/* "Permission denied: libbpf: …": an error, and the end of what libbpf said of it (tracer_complaint()) as one line. */
void refusal_reason(struct text *text, int err, const char *complaint);

/* Why, and what to do; err: what tracer_open() returned. */
void refusal_text(struct text *text, const struct tracer_options *options, int err);

/* Likewise as a line on stderr; what: the command that cannot go on. */
void refusal_say(const char *what, const struct tracer_options *options, int err);


/* "cannot look for WHAT: …": the session goes on without; err: what holders_open() or teardown_open() returned. */
void refusal_say_without(const char *what, int err);

#endif
