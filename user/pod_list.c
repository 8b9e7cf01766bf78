/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "pod_list.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_items.h"
#include "util.h"

struct reader {
	struct pod_list list; /* first */
	struct json_items *items;
	size_t capacity; /* of list.pods */
};

__attribute__((format(printf, 2, 3))) static int bad(struct pod_list *list, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(list->reason, sizeof(list->reason), format, arguments);
	va_end(arguments);
	return -EBADMSG;
}

static int make_room(struct reader *reader)
{
	size_t capacity = reader->capacity ? 2 * reader->capacity : 64;
	struct pod_json **pods;

	if (reader->list.count < reader->capacity)
		return 0;
	pods = reallocarray(reader->list.pods, capacity, sizeof(pods[0]));
	if (!pods)
		return -ENOMEM;
	reader->list.pods = pods;
	reader->capacity = capacity;
	return 0;
}

static int add_pod(void *ctx, const char *text, size_t length)
{
	struct reader *reader = ctx;
	char reason[POD_REASON_BYTES];
	struct pod_json *pod;
	int err = make_room(reader);

	if (err)
		return err;
	err = pod_json_parse(&pod, text, length, reason);
	if (err == -EBADMSG)
		return bad(&reader->list, "the item at byte %llu is not a pod: %s",
			   (unsigned long long)json_items_item_offset(reader->items), reason);
	if (!err)
		reader->list.pods[reader->list.count++] = pod;
	return err;
}

int pod_list_open(struct pod_list **ret)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return -ENOMEM;
	if (pod_list_page_begin(&reader->list) < 0) {
		pod_list_close(&reader->list);
		return -ENOMEM;
	}
	*ret = &reader->list;
	return 0;
}

void pod_list_close(struct pod_list *list)
{
	struct reader *reader = (struct reader *)list;

	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++)
		free(list->pods[i]);
	free(list->pods);
	free(list->version);
	free(list->next);
	json_items_close(reader->items);
	free(reader);
}

int pod_list_page_begin(struct pod_list *list)
{
	struct reader *reader = (struct reader *)list;
	int err;

	if (reader->items) {
		json_items_reset(reader->items);
		return 0;
	}
	err = json_items_open(&reader->items, add_pod, reader);
	if (!err)
		json_items_keep(reader->items, pod_json_keep, NULL);
	return err;
}

/* What json_items says of the text, unless a callback of ours has said better. */
static int take_reason(struct reader *reader, int err)
{
	if (err == -EBADMSG && !*reader->list.reason)
		bad(&reader->list, "not JSON at byte %llu: %s", (unsigned long long)json_items_offset(reader->items),
		    json_items_reason(reader->items));
	return err;
}

int pod_list_feed(struct pod_list *list, const char *bytes, size_t length)
{
	struct reader *reader = (struct reader *)list;

	return take_reason(reader, json_items_feed(reader->items, bytes, length));
}

static int keep_text(char **ret, const cJSON *member)
{
	free(*ret);
	*ret = strdup(member ? member->valuestring : "");
	return *ret ? 0 : -ENOMEM;
}

static int read_metadata(struct pod_list *list, const cJSON *envelope, char *reason)
{
	const cJSON *metadata, *version, *next;
	int err = json_member(&metadata, envelope, "metadata", cJSON_Object, reason);

	if (!err)
		err = json_member(&next, metadata, "continue", cJSON_String, reason);
	if (!err)
		err = json_member(&version, metadata, "resourceVersion", cJSON_String, reason);
	if (!err)
		err = keep_text(&list->next, next);
	return err ? err : keep_text(&list->version, version);
}

/* What stands around the items. */
static int read_envelope(struct pod_list *list, const cJSON *envelope, char *reason)
{
	const cJSON *kind, *items;
	int err = json_member(&kind, envelope, "kind", cJSON_String, reason);

	if (!err)
		err = json_member(&items, envelope, "items", cJSON_Array, reason);
	if (!err)
		err = read_metadata(list, envelope, reason);
	if (err)
		return err;
	snprintf(reason, POD_REASON_BYTES, "its kind is %.60s, not List or PodList",
		 !kind ? "missing" : text_is_ascii(kind->valuestring) ? kind->valuestring : "?");
	if (!kind || (strcmp(kind->valuestring, "List") && strcmp(kind->valuestring, "PodList")))
		return -EBADMSG;
	snprintf(reason, POD_REASON_BYTES, "it has no items");
	if (!cJSON_HasObjectItem(envelope, "items") || cJSON_GetArraySize(items))
		return -EBADMSG;
	return 0;
}

int pod_list_page_end(struct pod_list *list)
{
	struct reader *reader = (struct reader *)list;
	char reason[POD_REASON_BYTES] = "it cannot be parsed";
	const char *text;
	size_t length;
	cJSON *envelope;
	int err = take_reason(reader, json_items_end(reader->items, &text, &length));

	if (err)
		return err;
	envelope = cJSON_ParseWithLength(text, length);
	err = envelope ? read_envelope(list, envelope, reason) : -EBADMSG;
	cJSON_Delete(envelope);
	return err == -EBADMSG ? bad(list, "it is not a list of pods: %s", reason) : err;
}

struct place {
	struct pod_json *pod;
	size_t index;
};

static int compare_places(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int order = strcmp(a->pod->pod.uid, b->pod->pod.uid);

	return order ? order : a->index < b->index ? -1 : a->index > b->index;
}

int pod_list_settle(struct pod_list *list)
{
	CLEANUP(free_pointer) struct place *places = calloc(list->count + 1, sizeof(places[0]));

	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		places[i] = (struct place){ .pod = list->pods[i], .index = i };
	qsort(places, list->count, sizeof(places[0]), compare_places);
	for (size_t i = 0; i + 1 < list->count; i++) {
		const struct input_pod *a = &places[i].pod->pod, *b = &places[i + 1].pod->pod;

		if (strcmp(a->uid, b->uid))
			continue;
		if (strcmp(a->name, b->name) || strcmp(a->namespace_, b->namespace_))
			return bad(list, "uid %.64s is that of two pods, %.64s/%.64s and %.64s/%.64s", a->uid, a->namespace_,
				   a->name, b->namespace_, b->name);
		list->pods[places[i].index] = NULL;
		free(places[i].pod);
	}
	return 0;
}
