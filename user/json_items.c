/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "json_items.h"

#include <errno.h>
#include <stdlib.h>

#include "json_items_private.h"

int json_items_open(struct json_items **ret, json_item_fn fn, void *ctx)
{
	struct json_items *items = calloc(1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	items->fn = fn;
	items->ctx = ctx;
	items->expect = BEFORE;
	*ret = items;
	return 0;
}

/* Its memory is used again, unless it is much. */
static struct buffer reused(struct buffer buffer)
{
	if (buffer.capacity > 65536) {
		free(buffer.bytes);
		return (struct buffer){ 0 };
	}
	buffer.length = 0;
	return buffer;
}

void json_items_reset(struct json_items *items)
{
	*items = (struct json_items){
		.fn = items->fn,
		.ctx = items->ctx,
		.expect = BEFORE,
		.item_keep = items->item_keep,
		.envelope_keep = items->envelope_keep,
		.envelope = reused(items->envelope),
		.item = reused(items->item),
	};
}

void json_items_keep(struct json_items *items, const struct json_keep *item, const struct json_keep *envelope)
{
	items->item_keep = item;
	items->envelope_keep = envelope;
}

void json_items_close(struct json_items *items)
{
	if (!items)
		return;
	free(items->envelope.bytes);
	free(items->item.bytes);
	free(items);
}

const char *json_items_reason(const struct json_items *items)
{
	return items->reason ? items->reason : "";
}

uint64_t json_items_offset(const struct json_items *items)
{
	return items->offset;
}

uint64_t json_items_item_offset(const struct json_items *items)
{
	return items->item_offset;
}

int json_items_end(struct json_items *items, const char **ret_envelope, size_t *ret_length)
{
	if (!items->error && items->expect == BEFORE)
		items->error = json_items_bad(items, "it is empty");
	else if (!items->error && items->expect != AFTER)
		items->error = json_items_bad(items, "it ends too early");
	if (items->error)
		return items->error;
	*ret_envelope = items->envelope.bytes;
	*ret_length = items->envelope.length;
	return 0;
}
