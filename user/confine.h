/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A command is left with the capabilities and the system calls that it needs.  What cannot be taken away is said on stderr,
 * and the command goes on.
 */
#ifndef NETNSLEAK_CONFINE_H
#define NETNSLEAK_CONFINE_H

#include <stdbool.h>

#include "options.h"

/* At its start, of those that look once, or only read a recording. */
void confine_command(const struct options *options, enum command command);
/* Trace, when its programs are attached, its outputs are open, and no thread but this one is there. */
void confine_session(const struct options *options, bool on_screen); /* that looks into netns too */

#endif
