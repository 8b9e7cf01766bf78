/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is being done, on stderr, while nothing else is said: one line, from a second on, that is drawn anew and taken away
 * again.  Only on a terminal that can do that; elsewhere each of these does nothing.
 *
 * A thread draws, since what takes long may be one call of the kernel's.  It blocks all signals and holds nothing.  The
 * functions are for the main thread, but for progress_at().
 */
#ifndef NETNSLEAK_PROGRESS_H
#define NETNSLEAK_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

/* "reading leak.nns"; what was done before is over.  A format as for printf(). */
void progress_begin(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* How far it is.  Cheap; total 0: that is not known. */
void progress_at(uint64_t done, uint64_t total);
/* Something is about to be written: the line goes away, and comes again after another second without. */
void progress_hide(void);
/* It is done, and the line is gone. */
void progress_end(void);
/* Somebody else has the terminal: nothing is drawn until that is over. */
void progress_silence(bool silent);

#endif
