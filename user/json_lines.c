/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "json_lines.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct json_lines {
	json_item_fn fn;
	void *ctx;
	struct json_items *items; /* a line's text is its envelope */
	bool begun;		  /* the line has more than blanks */
	const char *reason;
	int error;
};

/* A line with a list in it, "items": nothing that is asked for sends one, and the envelope shows that it is none. */
static int no_items(void *ctx, const char *text, size_t length)
{
	(void)ctx;
	(void)text;
	(void)length;
	return 0;
}

int json_lines_open(struct json_lines **ret, const struct json_keep *keep, json_item_fn fn, void *ctx)
{
	struct json_lines *lines = calloc(1, sizeof(*lines));
	int err;

	if (!lines)
		return -ENOMEM;
	lines->fn = fn;
	lines->ctx = ctx;
	err = json_items_open(&lines->items, no_items, NULL);
	if (err) {
		free(lines);
		return err;
	}
	json_items_keep(lines->items, NULL, keep);
	*ret = lines;
	return 0;
}

void json_lines_close(struct json_lines *lines)
{
	if (!lines)
		return;
	json_items_close(lines->items);
	free(lines);
}

const char *json_lines_reason(const struct json_lines *lines)
{
	return lines->reason ? lines->reason : json_items_reason(lines->items);
}

static bool is_blank(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!strchr(" \t\r", bytes[i]) || !bytes[i])
			return false;
	return true;
}

/* A piece of a line. */
static int take_piece(struct json_lines *lines, const char *bytes, size_t length)
{
	if (!lines->begun && is_blank(bytes, length))
		return 0;
	lines->begun = true;
	return json_items_feed(lines->items, bytes, length);
}

static int line_ends(struct json_lines *lines)
{
	const char *text;
	size_t length;
	int err;

	if (!lines->begun)
		return 0;
	err = json_items_end(lines->items, &text, &length);
	if (!err)
		err = lines->fn(lines->ctx, text, length);
	if (err)
		return err;
	json_items_reset(lines->items);
	lines->begun = false;
	return 0;
}

int json_lines_feed(struct json_lines *lines, const char *bytes, size_t length)
{
	const char *end = bytes + length;

	while (bytes < end && !lines->error) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));

		lines->error = take_piece(lines, bytes, (size_t)((newline ? newline : end) - bytes));
		if (!newline)
			break;
		if (!lines->error)
			lines->error = line_ends(lines);
		bytes = newline + 1;
	}
	return lines->error;
}

int json_lines_end(struct json_lines *lines)
{
	if (lines->error || !lines->begun)
		return lines->error;
	lines->reason = "a line that breaks off";
	return lines->error = -EBADMSG;
}
