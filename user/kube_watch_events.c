/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The watch itself: what changes.
 */
#include "kube_watch_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json_lines.h"
#include "json_parse.h"
#include "kube_paths.h"
#include "loop.h"
#include "util.h"

/* The server ends a watch after so many seconds, by chance between these, so that not all clients come back at once. */
#define WATCH_SECONDS_LEAST 300
#define WATCH_SECONDS_MOST 600
#define WATCH_SLACK (30 * NS_PER_S)    /* one that lasts longer by this is dead */
#define WATCH_AT_ONCE (1 * NS_PER_S)   /* one that ends so soon, without an event, is none */

/* --- an event --- */

static int keep_version(struct kube_watch *watch, const char *version)
{
	char *copy = strdup(version);

	if (!copy)
		return kube_watch_stop_fatal(watch, -ENOMEM);
	free(watch->version);
	watch->version = copy;
	return 0;
}

static int take_version(struct kube_watch *watch, const cJSON *object)
{
	char reason[POD_REASON_BYTES];
	const cJSON *metadata, *version;
	int err = json_member(&metadata, object, "metadata", cJSON_Object, reason);

	if (!err)
		err = json_member(&version, metadata, "resourceVersion", cJSON_String, reason);
	if (err || !version || !*version->valuestring)
		return kube_watch_stop(watch, STOP_BAD, "an event of the watch has no resourceVersion; is this an API server?");
	return keep_version(watch, version->valuestring);
}

static int take_pod(struct kube_watch *watch, const cJSON *object, bool gone)
{
	const struct kube_watch_listener *listener = &watch->listener;
	CLEANUP(free_pointer) struct pod_json *pod = NULL;
	char reason[POD_REASON_BYTES];
	int err = pod_json_read(&pod, object, reason);

	if (err == -EBADMSG)
		return kube_watch_stop(watch, STOP_BAD, "an event of the watch has no pod that can be read: %s", reason);
	if (!err)
		err = gone ? listener->gone(listener->ctx, pod->pod.uid) : listener->pod(listener->ctx, &pod->pod);
	return err ? kube_watch_stop_fatal(watch, err) : take_version(watch, object);
}

/* A Status object: kubernetes.io/docs/reference/kubernetes-api/common-definitions/status. */
static int take_error(struct kube_watch *watch, const cJSON *object)
{
	const cJSON *code = cJSON_GetObjectItemCaseSensitive(object, "code");
	int number = cJSON_IsNumber(code) ? code->valueint : 0;

	if (number == 410)
		return kube_watch_stop(watch, STOP_EXPIRED, "what was asked for is too long ago (410)");
	return kube_watch_stop(watch, STOP_PASSING, "it ends the watch with an error (%d); it is asked again", number);
}

static int take_event(struct kube_watch *watch, const char *type, const cJSON *object)
{
	if (!strcmp(type, "ERROR"))
		return take_error(watch, object);
	watch->had_event = true;
	kube_watch_settled(watch);
	if (!strcmp(type, "ADDED") || !strcmp(type, "MODIFIED"))
		return take_pod(watch, object, false);
	if (!strcmp(type, "DELETED"))
		return take_pod(watch, object, true);
	if (!strcmp(type, "BOOKMARK"))
		return take_version(watch, object);
	return kube_watch_stop(watch, STOP_BAD, "an event of the watch is of a kind that netnsleak does not know");
}

static int on_line(void *ctx, const char *text, size_t length)
{
	struct kube_watch *watch = ctx;
	char reason[POD_REASON_BYTES];
	const cJSON *type, *object;
	CLEANUP(free_json) cJSON *event = cJSON_ParseWithLength(text, length);
	int err;

	if (!event)
		return kube_watch_stop(watch, STOP_BAD, "an event of the watch cannot be parsed");
	err = json_member(&type, event, "type", cJSON_String, reason);
	if (!err)
		err = json_member(&object, event, "object", cJSON_Object, reason);
	if (err || !type || !object)
		return kube_watch_stop(watch, STOP_BAD, "an event of the watch has no type or object; is this an API server?");
	return take_event(watch, type->valuestring, object);
}

static const struct json_keep event_keep[] = { { "type", NULL }, { "object", pod_json_keep }, { NULL, NULL } };

/* --- the stream of them --- */

static int on_watch_bytes(void *ctx, const char *bytes, size_t length)
{
	struct kube_watch *watch = ctx;
	int err = json_lines_feed(watch->lines, bytes, length);

	if (err == -EBADMSG)
		return kube_watch_stop(watch, STOP_BAD, "the watch cannot be read: %s", json_lines_reason(watch->lines));
	return err && err != -ECANCELED ? kube_watch_stop_fatal(watch, err) : err;
}

/* From here on what was listed is so, and each change will be heard of. */
static int on_watch_accepted(void *ctx)
{
	struct kube_watch *watch = ctx;
	const char *warning = kube_client_config(watch->client)->unverified ?
				      "the API server's certificate is not verified" : "";
	int err;

	if (!watch->list)
		return 0;
	err = watch->listener.listed(watch->listener.ctx, watch->list, watch->as_of_wall, warning);
	kube_watch_drop_list(watch);
	watch->synced = true;
	free(watch->down);
	watch->down = NULL;
	return err ? kube_watch_stop_fatal(watch, err) : 0;
}

static int on_watch_end(void *ctx, const struct kube_answer *answer)
{
	static const struct kube_answer at_once = {
		.outcome = KUBE_PASSING, .reason = "the API server ends each watch at once; it is asked again",
	};
	struct kube_watch *watch = ctx;

	if (answer->outcome == KUBE_STOPPED)
		return kube_watch_stopped(watch);
	if (answer->outcome != KUBE_ANSWERED)
		return kube_watch_failed(watch, answer);
	if (json_lines_end(watch->lines) < 0) {
		kube_watch_stop(watch, STOP_PASSING, "the connection broke off; it is asked again");
		return kube_watch_stopped(watch);
	}
	if (!watch->had_event && loop_now() - watch->watch_began < WATCH_AT_ONCE)
		return kube_watch_failed(watch, &at_once);
	kube_watch_settled(watch);
	return kube_watch_begin(watch);
}

int kube_watch_begin(struct kube_watch *watch)
{
	unsigned int seconds = WATCH_SECONDS_LEAST + kube_chance(WATCH_SECONDS_MOST - WATCH_SECONDS_LEAST + 1);
	const struct kube_question question = {
		.verb = "watch",
		.resource = "pods",
		.timeout = seconds * (uint64_t)NS_PER_S + WATCH_SLACK,
		.accepted = on_watch_accepted,
		.bytes = on_watch_bytes,
		.end = on_watch_end,
	};
	int err = kube_watch_configure(watch);

	if (err)
		return err < 0 ? err : 0;
	json_lines_close(watch->lines);
	watch->lines = NULL;
	err = json_lines_open(&watch->lines, event_keep, on_line, watch);
	if (err)
		return err;
	watch->phase = PHASE_WATCH;
	watch->watch_began = loop_now();
	watch->had_event = false;
	return kube_watch_ask(watch, &question, kube_watch_path(watch->node, watch->version, seconds));
}
