/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Diagnostics: one line on stderr, "netnsleak: …".  Only main.c, cmd_*.c, session.c, output.c and refusal.c
 * speak; all that stands below them returns errors.
 */
#ifndef NETNSLEAK_SAY_H
#define NETNSLEAK_SAY_H

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What to do about the negative errno of a file, to stand behind strerror(): "; make room on the disk", or "". */
const char *say_remedy(int err);

#endif
