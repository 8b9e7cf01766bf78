/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where lines go: stdout or a file.  One write per line; a slow reader never blocks the loop.
 *
 * A pipe, socket or terminal is written without blocking: lines that cannot go now wait in a bounded queue,
 * lines beyond it are dropped whole and counted.  A regular file is written straight; where it has no room
 * for a whole line, none of that line remains.  SIGPIPE is to be ignored by the caller.
 *
 * Once the reader went away every call says so, and so does the loop: loop_run() ends with -EPIPE, also
 * while nothing is written.
 */
#ifndef NETNSLEAK_OUTLET_H
#define NETNSLEAK_OUTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct outlet;

#define OUTLET_QUEUE_BYTES (1u << 20)

/*
 * path NULL: stdout (fd 1, whose flags are given back at close); else a file that is appended to, made with
 * mode 0644.  loop NULL: writes may block, as a one-shot command wants.  -ENXIO: path is a FIFO that no one
 * reads.  The loop must outlive the outlet.
 */
int outlet_open(struct outlet **ret, const char *path, struct loop *loop);
/* Tries for at most `patience` ns to hand over what waits.  Returns how many lines remain. */
uint64_t outlet_drain(struct outlet *outlet, uint64_t patience);
/* Likewise, and closes; NULL is fine. */
uint64_t outlet_close(struct outlet *outlet, uint64_t patience);

/* One line, its newline included.  0: written, queued or dropped (see outlet_dropped); -EPIPE: the reader went
 * away, end the session cleanly; another negative errno: the disk is full, ... */
int outlet_line(struct outlet *outlet, const char *line, size_t length);

/*
 * Bytes that are worth something only now, such as a terminal's status line: left out, and not counted, while
 * lines wait.  Returns whether they were written, or a negative errno as outlet_line().
 */
int outlet_now(struct outlet *outlet, const char *bytes, size_t length);

/* Reopen path (SIGHUP: the file was rotated).  On failure the old file goes on. */
int outlet_reopen(struct outlet *outlet);

bool outlet_is_terminal(const struct outlet *outlet);
uint64_t outlet_dropped(const struct outlet *outlet); /* lines, since the start */
uint64_t outlet_lines(const struct outlet *outlet);   /* lines accepted */
/* Since when the reader has taken nothing, though lines wait, boot ns; 0: none does. */
uint64_t outlet_unread_since(const struct outlet *outlet);

#endif
