/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Cuts a stream that comes in chunks of any size into its lines.
 */
#ifndef NETNSLEAK_EVENT_LINES_H
#define NETNSLEAK_EVENT_LINES_H

#include <stddef.h>

/* All zero: the beginning of a stream. */
struct event_lines {
	char *bytes; /* of a line that is not whole yet */
	size_t length, capacity;
};

/* A line without its end, valid during the call, not terminated, never empty.  Negative: the reading ends with it. */
typedef int (*event_line_fn)(void *ctx, const char *line, size_t length);

/* -EMSGSIZE: a line has more than `most` bytes; -ENOMEM; what fn returned. */
int event_lines_feed(struct event_lines *lines, size_t most, const char *bytes, size_t length, event_line_fn fn,
		     void *ctx);
void event_lines_clear(struct event_lines *lines); /* as at the beginning, and without memory */

#endif
