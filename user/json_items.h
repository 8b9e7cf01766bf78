/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a Kubernetes list, an object with an array "items", in chunks of any size, and hands out the text of
 * each item as soon as it is whole: memory is bounded by the largest item, not by the list.
 *
 * All of the text is held against RFC 8259, the items' insides too: what is handed out is well-formed JSON in
 * well-formed UTF-8, without NUL in its strings (cJSON would end them there).  Whether it is a pod is the
 * receiver's question, and so are duplicate keys within an item.
 *
 * What is not an item, from the first brace to the last, is the envelope: {"kind":"List","items":[]}.  A
 * single object comes out as an envelope without items.
 */
#ifndef NETNSLEAK_JSON_ITEMS_H
#define NETNSLEAK_JSON_ITEMS_H

#include <stddef.h>
#include <stdint.h>

#define JSON_ITEMS_DEPTH 128		 /* of nesting */
#define JSON_ITEMS_ITEM_BYTES (8u << 20) /* of an item, and of the envelope */

struct json_items;

/*
 * Which members of an object are of interest.  Of the others null is handed out in place of their values, which are held
 * against RFC 8259 all the same; with them goes most of what a pod is made of, and of the time to parse it.  Of an array
 * the objects in it are meant.
 */
struct json_keep {
	const char *key; /* up to JSON_KEEP_KEY_BYTES; NULL ends the table */
	const struct json_keep *members; /* likewise of its value; NULL: all of it */
};
#define JSON_KEEP_KEY_BYTES 39

/* text is valid during the call and not terminated.  Negative: the reading ends with it. */
typedef int (*json_item_fn)(void *ctx, const char *text, size_t length);

int json_items_open(struct json_items **ret, json_item_fn fn, void *ctx);
void json_items_close(struct json_items *items); /* NULL is fine */
/* For another text, with the same callback and tables. */
void json_items_reset(struct json_items *items);
/* Before anything is fed; the tables are the caller's to keep.  NULL: all. */
void json_items_keep(struct json_items *items, const struct json_keep *item, const struct json_keep *envelope);

/* -EBADMSG: not such a list, see json_items_reason(); -ENOMEM; what the callback returned.  Each is final. */
int json_items_feed(struct json_items *items, const char *bytes, size_t length);
/* No more will come.  The envelope belongs to items, is terminated, and changes no more. */
int json_items_end(struct json_items *items, const char **ret_envelope, size_t *ret_length);

/* After -EBADMSG: what is wrong, and the byte from the start, counted from 0, where it shows. */
const char *json_items_reason(const struct json_items *items);
uint64_t json_items_offset(const struct json_items *items);
/* Where the item now handed out begins. */
uint64_t json_items_item_offset(const struct json_items *items);

#endif
