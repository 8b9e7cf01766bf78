/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a stream of JSON objects, one a line, in chunks of any size: what an API server sends to those who watch, and
 * Docker as its events.
 *
 * Each line is held against RFC 8259 as it comes (see json_items.h) and handed out when it is whole; memory is bounded
 * by the largest that is allowed.  An empty line is none.
 */
#ifndef NETNSLEAK_JSON_LINES_H
#define NETNSLEAK_JSON_LINES_H

#include <stddef.h>

#include "json_items.h"

#define JSON_LINES_BYTES JSON_ITEMS_ITEM_BYTES /* of a line */

struct json_lines;

/* keep: what is of interest of an object, or NULL; fn: as in json_items.h; text is terminated, without the newline. */
int json_lines_open(struct json_lines **ret, const struct json_keep *keep, json_item_fn fn, void *ctx);
void json_lines_close(struct json_lines *lines); /* NULL is fine */

/* -EBADMSG: not such a line, see json_lines_reason(); -ENOMEM; what the callback returned.  Each is final. */
int json_lines_feed(struct json_lines *lines, const char *bytes, size_t length);
/* No more will come: -EBADMSG where a line has begun and not ended. */
int json_lines_end(struct json_lines *lines);

const char *json_lines_reason(const struct json_lines *lines); /* after -EBADMSG */

#endif
