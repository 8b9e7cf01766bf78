/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the text goes: to the envelope, to an item, or nowhere.
 */
#include "json_items_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int json_items_bad(struct json_items *items, const char *reason)
{
	items->reason = reason;
	return -EBADMSG;
}

static int buffer_append(struct buffer *buffer, const char *bytes, size_t length)
{
	size_t capacity = buffer->capacity ? buffer->capacity : 4096;
	char *grown;

	if (length > JSON_ITEMS_ITEM_BYTES - buffer->length)
		return -EFBIG;
	while (capacity <= buffer->length + length)
		capacity *= 2;
	if (capacity > buffer->capacity) {
		grown = realloc(buffer->bytes, capacity);
		if (!grown)
			return -ENOMEM;
		buffer->bytes = grown;
		buffer->capacity = capacity;
	}
	memcpy(buffer->bytes + buffer->length, bytes, length);
	buffer->length += length;
	buffer->bytes[buffer->length] = '\0';
	return 0;
}

/* What was read up to `end` goes to the target; what follows goes to `next`. */
int json_items_switch(struct json_items *items, const char *end, struct buffer *next)
{
	int err = 0;

	if (items->target)
		err = buffer_append(items->target, items->pending, (size_t)(end - items->pending));
	items->target = next;
	items->pending = end;
	if (err == -EFBIG)
		return json_items_bad(items, "an object of more than 8 MiB");
	return err;
}

int json_items_begin_item(struct json_items *items, const char *at)
{
	items->item.length = 0;
	items->item_offset = items->offset;
	return json_items_switch(items, at, &items->item);
}

int json_items_end_item(struct json_items *items, const char *behind)
{
	int err = json_items_switch(items, behind, NULL);

	return err ? err : items->fn(items->ctx, items->item.bytes, items->item.length);
}

/* --- what is of interest --- */

const struct json_keep *json_items_keep_below(const struct json_items *items)
{
	if (!items->depth)
		return items->envelope_keep;
	if (items->skipping)
		return NULL;
	if (items->in_items && items->depth == 2)
		return items->item_keep;
	if (items->is_array[items->depth] || !items->keep[items->depth])
		return items->keep[items->depth];
	return items->value_keep;
}

void json_items_look_up_key(struct json_items *items)
{
	const struct json_keep *keep = items->keep[items->depth];

	items->value_keep = NULL;
	if (!keep || items->key_escaped)
		return;
	for (; keep->key; keep++)
		if (items->key_length < sizeof(items->key) && strlen(keep->key) == items->key_length &&
		    !memcmp(keep->key, items->key, items->key_length)) {
			items->value_keep = keep->members;
			return;
		}
	items->skip_next = true;
}

int json_items_check_skipped(struct json_items *items, uint64_t offset)
{
	uint64_t start = items->in_items ? items->item_offset : 0;

	return offset - start > JSON_ITEMS_ITEM_BYTES ? json_items_bad(items, "an object of more than 8 MiB") : 0;
}

int json_items_begin_skip(struct json_items *items, const char *at)
{
	items->skip_next = false;
	items->skipping = true;
	items->skip_depth = items->depth;
	items->skip_target = items->target;
	return json_items_switch(items, at, NULL);
}

int json_items_end_skip(struct json_items *items, const char *behind)
{
	int err = json_items_check_skipped(items, items->offset);

	items->skipping = false;
	items->target = items->skip_target;
	items->pending = behind;
	if (!err && items->target)
		err = buffer_append(items->target, "null", 4);
	return err == -EFBIG ? json_items_bad(items, "an object of more than 8 MiB") : err;
}
