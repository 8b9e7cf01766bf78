/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "docker_reply.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_items.h"

#define LISTING_BYTES (1ull << 30)

/* Around a listing, which is an array: as the items of an object, it is read without being kept. */
static const char listing_head[] = "{\"items\":", listing_tail[] = "}";

const char *docker_question_path(enum docker_question question)
{
	return question == DOCKER_VERSION ? "/version" : question == DOCKER_LISTING ? "/containers/json" : "/containers/ID/json";
}

int docker_reply_bad(struct docker_reply *reply, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reply->reason, sizeof(reply->reason), format, arguments);
	va_end(arguments);
	return -EBADMSG;
}

/* In what the daemon sent. */
static unsigned long long offset_of(const struct docker_reply *reply, uint64_t offset)
{
	size_t head = reply->question == DOCKER_LISTING ? sizeof(listing_head) - 1 : 0;

	return offset > head ? offset - head : 0;
}

static int bad_json(struct docker_reply *reply)
{
	return docker_reply_bad(reply, "not JSON at byte %llu: %s", offset_of(reply, json_items_offset(reply->items)),
		   json_items_reason(reply->items));
}

static int take_entry(void *ctx, const char *text, size_t length)
{
	struct docker_reply *reply = ctx;
	char id[DOCKER_ID_BYTES + 1], reason[POD_REASON_BYTES];
	int err;

	if (reply->question != DOCKER_LISTING)
		return 0;
	err = docker_entry_parse(id, text, length, reason);
	if (err)
		return err == -EBADMSG ? docker_reply_bad(reply, "the container at byte %llu: %s",
					     offset_of(reply, json_items_item_offset(reply->items)), reason) :
					 err;
	return reply->entry(reply, id);
}

static int take_bytes(void *ctx, int status, const char *bytes, size_t length)
{
	struct docker_reply *reply = ctx;
	size_t room = sizeof(reply->message) - 1 - reply->message_length;
	int err;

	if (status != 200) {
		memcpy(reply->message + reply->message_length, bytes, length < room ? length : room);
		reply->message_length += length < room ? length : room;
		return 0;
	}
	reply->taken += length;
	if (reply->taken > LISTING_BYTES)
		return docker_reply_bad(reply, "longer than 1 GiB");
	err = json_items_feed(reply->items, bytes, length);
	if (err == -EBADMSG && !*reply->reason)
		bad_json(reply);
	return err;
}

void docker_reply_clear(struct docker_reply *reply)
{
	http_cancel(reply->request);
	json_items_close(reply->items);
	*reply = (struct docker_reply){ .daemon = reply->daemon };
}

int docker_reply_ask(struct docker_reply *reply, struct http *http, const char *socket, enum docker_question question,
		     const char *path, uint64_t timeout, http_end_fn end)
{
	struct http_call call = { .unix_socket = socket, .timeout = timeout, .bytes = take_bytes, .ctx = reply };
	char url[DOCKER_ID_BYTES + 96];
	int err;

	reply->question = question;
	err = json_items_open(&reply->items, take_entry, reply);
	if (!err && question == DOCKER_LISTING)
		err = json_items_feed(reply->items, listing_head, sizeof(listing_head) - 1);
	snprintf(url, sizeof(url), "http://localhost%s", path);
	call.url = url;
	return err ? err : http_start(&reply->request, http, &call, end);
}

void docker_message_print(char *text, size_t size, const char *body)
{
	cJSON *json = cJSON_Parse(body);
	const char *message = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "message"));

	snprintf(text, size, "%s", message ? message : body);
	for (char *at = text; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = ' ';
	cJSON_Delete(json);
}

/* The answer came, and is not what was asked for: why, in `reply->reason`. */
static int check_status(struct docker_reply *reply, const struct http_result *result)
{
	char message[POD_REASON_BYTES];

	if (result->status == 200)
		return 0;
	docker_message_print(message, sizeof(message), reply->message);
	return docker_reply_bad(reply, "HTTP status %d: %.150s", result->status, message);
}

static int end_json(struct docker_reply *reply, const char **ret_text, size_t *ret_length)
{
	int err = reply->question == DOCKER_LISTING ? json_items_feed(reply->items, listing_tail, sizeof(listing_tail) - 1) : 0;

	if (!err)
		err = json_items_end(reply->items, ret_text, ret_length);
	return err == -EBADMSG && !*reply->reason ? bad_json(reply) : err;
}

/* All that is left when the entries are out. */
static bool is_listing(const char *text, size_t length)
{
	cJSON *json = cJSON_ParseWithLength(text, length);
	bool good = cJSON_GetArraySize(json) == 1 && cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(json, "items"));

	cJSON_Delete(json);
	return good;
}

int docker_reply_body(struct docker_reply *reply, const struct http_result *result, const char **ret_text,
		      size_t *ret_length)
{
	int err = result->error ? -EBADMSG : check_status(reply, result);

	if (!err)
		err = end_json(reply, ret_text, ret_length);
	if (!err && reply->question == DOCKER_LISTING && !is_listing(*ret_text, *ret_length))
		return docker_reply_bad(reply, "it is no list of containers");
	return err;
}

/*
 * Podman says so with status 500 while it removes one.  The status alone is not enough: what stands between us and the
 * daemon, and lets some paths through, may say 404 of any.
 */
bool docker_reply_is_none(const struct docker_reply *reply, const struct http_result *result)
{
	char message[POD_REASON_BYTES];

	if (result->error || (result->status != 404 && result->status != 500))
		return false;
	docker_message_print(message, sizeof(message), reply->message);
	return strcasestr(message, "no such container");
}
