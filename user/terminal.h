/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The terminal of a full-screen program: keys come one by one, and what stood on the screen comes back afterwards, however
 * the program ends.  There is one.
 *
 * Escape codes that every terminal of today has (ECMA-48 and what xterm added), so that neither a library nor a description
 * of the terminal is needed where an image holds netnsleak alone.
 */
#ifndef NETNSLEAK_TERMINAL_H
#define NETNSLEAK_TERMINAL_H

/* 0; -ENOTTY: stdout is none; -ENOTSUP: it cannot place its cursor ($TERM). */
int terminal_check(void);

/* Negative errno: keys cannot be read from it. */
int terminal_open(void);
void terminal_close(void); /* fine without terminal_open() */

int terminal_fd(void); /* for keys, without blocking */

/* To a screen of its own, and back, as often as is wanted. */
void terminal_enter(void);
void terminal_leave(void);

/* Stops this process and those of its job, as the terminal's own Ctrl-Z does; returns when it goes on. */
void terminal_stop_job(void);

void terminal_size(unsigned *ret_rows, unsigned *ret_columns);

#endif
