/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "event_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int append(struct event_lines *lines, const char *bytes, size_t length)
{
	size_t capacity = lines->capacity ? lines->capacity : 1024;
	char *grown;

	while (capacity < lines->length + length)
		capacity *= 2;
	if (capacity != lines->capacity) {
		grown = realloc(lines->bytes, capacity);
		if (!grown)
			return -ENOMEM;
		lines->bytes = grown;
		lines->capacity = capacity;
	}
	memcpy(lines->bytes + lines->length, bytes, length);
	lines->length += length;
	return 0;
}

/* One line is whole: what was kept of it, and these bytes. */
static int end_line(struct event_lines *lines, const char *bytes, size_t length, event_line_fn fn, void *ctx)
{
	int err;

	if (!lines->length)
		return length ? fn(ctx, bytes, length) : 0;
	err = append(lines, bytes, length);
	if (!err)
		err = fn(ctx, lines->bytes, lines->length);
	lines->length = 0;
	return err;
}

int event_lines_feed(struct event_lines *lines, size_t most, const char *bytes, size_t length, event_line_fn fn,
		     void *ctx)
{
	int err = 0;

	while (length && err >= 0) {
		const char *end = memchr(bytes, '\n', length);
		size_t part = end ? (size_t)(end - bytes) : length;

		if (part > most || lines->length > most - part)
			return -EMSGSIZE;
		err = end ? end_line(lines, bytes, part, fn, ctx) : append(lines, bytes, part);
		part += end != NULL;
		bytes += part;
		length -= part;
	}
	return err < 0 ? err : 0;
}

void event_lines_clear(struct event_lines *lines)
{
	free(lines->bytes);
	*lines = (struct event_lines){ 0 };
}
