/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "json_parse.h"

#include <errno.h>
#include <stdio.h>

#include "json_items.h"

static int no_items(void *ctx, const char *text, size_t length)
{
	(void)ctx;
	(void)text;
	(void)length;
	return 0;
}

static int check(const char *text, size_t length, char *reason, size_t reason_bytes)
{
	struct json_items *items;
	const char *whole;
	size_t whole_length;
	int err = json_items_open(&items, no_items, NULL);

	if (err)
		return err;
	err = json_items_feed(items, text, length);
	if (!err)
		err = json_items_end(items, &whole, &whole_length);
	if (err == -EBADMSG)
		snprintf(reason, reason_bytes, "not JSON at byte %llu: %s", (unsigned long long)json_items_offset(items),
			 json_items_reason(items));
	json_items_close(items);
	return err;
}

int json_parse(cJSON **ret, const char *text, size_t length, char *reason, size_t reason_bytes)
{
	int err = check(text, length, reason, reason_bytes);

	if (err)
		return err;
	*ret = cJSON_ParseWithLength(text, length);
	if (*ret)
		return 0;
	snprintf(reason, reason_bytes, "it cannot be parsed");
	return -EBADMSG;
}
