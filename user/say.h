/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Diagnostics: one line on stderr, "netnsleak: …".  Only main.c, cmd_*.c, choose.c, confine.c, session.c, output.c, replay.c,
 * on_demand.c and refusal.c speak; all that stands below them returns errors.
 */
#ifndef NETNSLEAK_SAY_H
#define NETNSLEAK_SAY_H

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/*
 * From now on fn is given each line, safe for a terminal, instead of stderr; NULL: stderr again.  For what has the terminal
 * for itself.
 */
void say_to(void (*fn)(void *ctx, const char *line), void *ctx);

/* What to do about the negative errno of a file, to stand behind strerror(): "; make room on the disk", or "". */
const char *say_remedy(int err);

#endif
