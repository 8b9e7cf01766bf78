/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "kube_watch.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_lines.h"
#include "loop.h"
#include "util.h"

#define PAGE_PODS 500
#define PAGE_TIMEOUT (120 * NS_PER_S)
#define MOST_LIST_BYTES (1ull << 30)
/* The server ends a watch after so many seconds, by chance between these, so that not all clients come back at once. */
#define WATCH_SECONDS_LEAST 300
#define WATCH_SECONDS_MOST 600
#define WATCH_SLACK (30 * NS_PER_S)    /* one that lasts longer by this is dead */
#define WATCH_AT_ONCE (1 * NS_PER_S)   /* one that ends so soon, without an event, is none */
#define WATCH_HELD (10 * NS_PER_S)     /* one that breaks off after so long is no failure in a row */
#define SILENT_EXPIRIES 3	       /* in a row; what is listed is too long ago each time */

enum phase { PHASE_LIST, PHASE_NODE, PHASE_WATCH };

/* Why a callback of ours ended a question. */
enum stop { STOP_NOT, STOP_BAD, STOP_EXPIRED, STOP_PASSING, STOP_FATAL };

struct kube_watch {
	struct loop *loop;
	struct kube_client *client;
	struct kube_watch_listener listener;
	char *node;
	struct loop_timer *timer; /* of the next try */
	enum phase phase;	  /* under way, or to be tried */

	struct pod_list *list; /* being read, or read and not told yet */
	uint64_t list_bytes;
	int64_t as_of_wall; /* of list */
	bool node_is_known;

	struct json_lines *lines;
	char *version;	       /* where the watch goes on */
	uint64_t watch_began;  /* boot ns */
	bool had_event;	       /* in this watch */

	bool synced;	       /* what was told is still so */
	unsigned int failures; /* in a row */
	unsigned int expiries; /* likewise */
	char *down;	       /* told last, NULL: not down */

	enum stop stop;
	int fatal; /* of STOP_FATAL */
	char reason[KUBE_REASON_BYTES]; /* of STOP_BAD and STOP_PASSING */
};

/* --- paths --- */

/* RFC 3986: what is not unreserved goes in as %XX. */
static char *escape(const char *text)
{
	char *escaped = malloc(3 * strlen(text) + 1), *at = escaped;

	for (; escaped && *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (isalnum(c) || strchr("-._~", c))
			*at++ = (char)c;
		else
			at += sprintf(at, "%%%02X", c);
	}
	if (escaped)
		*at = '\0';
	return escaped;
}

__attribute__((format(printf, 1, 2))) static char *print(const char *format, ...)
{
	va_list arguments;
	char *text;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	return length < 0 ? NULL : text;
}

char *kube_list_path(const char *node, const char *next)
{
	CLEANUP(free_pointer) char *name = escape(node);
	CLEANUP(free_pointer) char *token = escape(next);

	if (!name || !token)
		return NULL;
	return print("/api/v1/pods?fieldSelector=spec.nodeName%%3D%s&limit=%d%s%s", name, PAGE_PODS,
		     *token ? "&continue=" : "", token);
}

char *kube_watch_path(const char *node, const char *version, unsigned int seconds)
{
	CLEANUP(free_pointer) char *name = escape(node);
	CLEANUP(free_pointer) char *from = escape(version);

	if (!name || !from)
		return NULL;
	return print("/api/v1/pods?watch=1&fieldSelector=spec.nodeName%%3D%s&resourceVersion=%s&allowWatchBookmarks=true"
		     "&timeoutSeconds=%u", name, from, seconds);
}

char *kube_node_path(const char *node)
{
	CLEANUP(free_pointer) char *name = escape(node);

	return name ? print("/api/v1/nodes/%s", name) : NULL;
}

/* --- failures --- */

static int try_after(struct kube_watch *watch, enum phase phase, uint64_t delay)
{
	watch->phase = phase;
	return loop_timer_set(watch->timer, loop_now() + delay);
}

static void drop_list(struct kube_watch *watch)
{
	pod_list_close(watch->list);
	watch->list = NULL;
}

static int tell_down(struct kube_watch *watch, const char *reason)
{
	watch->synced = false;
	if (watch->down && !strcmp(watch->down, reason))
		return 0;
	free(watch->down);
	watch->down = strdup(reason);
	return watch->down ? watch->listener.down(watch->listener.ctx, reason) : -ENOMEM;
}

static int fail(struct kube_watch *watch, const char *reason, uint64_t retry_after)
{
	uint64_t delay = kube_backoff(watch->failures);
	int err;

	drop_list(watch);
	err = tell_down(watch, reason);
	return err ? err : try_after(watch, PHASE_LIST, retry_after > delay ? retry_after : delay);
}

/* Once more, without a word. */
static int fail_silently(struct kube_watch *watch, uint64_t retry_after)
{
	uint64_t delay = kube_backoff(watch->failures);

	if (watch->phase != PHASE_WATCH)
		drop_list(watch);
	return try_after(watch, watch->phase == PHASE_WATCH ? PHASE_WATCH : PHASE_LIST,
			 retry_after > delay ? retry_after : delay);
}

/* That is no failure: all is listed anew.  But not for ever. */
static int expired(struct kube_watch *watch)
{
	drop_list(watch);
	if (++watch->expiries > SILENT_EXPIRIES) {
		watch->failures++;
		return fail(watch, "the API server says of what it has just listed that it is too long ago; is its clock "
				   "or its etcd in order?", 0);
	}
	return try_after(watch, PHASE_LIST, watch->expiries > 1 ? kube_backoff(watch->expiries) : 0);
}

static void settled(struct kube_watch *watch)
{
	watch->failures = watch->expiries = 0;
}

static int failed(struct kube_watch *watch, const struct kube_answer *answer)
{
	if (watch->phase == PHASE_WATCH && watch->synced && loop_now() - watch->watch_began >= WATCH_HELD)
		settled(watch);
	if (answer->outcome == KUBE_EXPIRED)
		return expired(watch);
	watch->failures++;
	switch (answer->outcome) {
	case KUBE_UNAUTHORIZED:
		/* The token has been rotated, and is read anew. */
		if (watch->failures > 1)
			break;
		if (watch->phase != PHASE_WATCH)
			drop_list(watch);
		return try_after(watch, watch->phase == PHASE_WATCH ? PHASE_WATCH : PHASE_LIST, 0);
	case KUBE_PASSING:
		if (watch->failures == 1 && watch->synced)
			return fail_silently(watch, answer->retry_after);
		break;
	default:
		break;
	}
	return fail(watch, answer->reason, answer->retry_after);
}

/* A callback of ours has ended the question. */
static int stopped(struct kube_watch *watch)
{
	struct kube_answer answer = { .reason = watch->reason };

	switch (watch->stop) {
	case STOP_FATAL:
		return watch->fatal;
	case STOP_EXPIRED:
		answer.outcome = KUBE_EXPIRED;
		break;
	case STOP_PASSING:
		answer.outcome = KUBE_PASSING;
		break;
	default:
		answer.outcome = KUBE_REFUSED;
	}
	return failed(watch, &answer);
}

__attribute__((format(printf, 3, 4))) static int stop(struct kube_watch *watch, enum stop why, const char *format, ...)
{
	size_t length;
	va_list arguments;

	watch->stop = why;
	length = (size_t)snprintf(watch->reason, sizeof(watch->reason), "%.100s: ",
				  kube_client_config(watch->client)->server);
	va_start(arguments, format);
	vsnprintf(watch->reason + length, sizeof(watch->reason) - length, format, arguments);
	va_end(arguments);
	return -ECANCELED;
}

static int stop_fatal(struct kube_watch *watch, int err)
{
	watch->stop = STOP_FATAL;
	watch->fatal = err;
	return -ECANCELED;
}

static int ask(struct kube_watch *watch, const struct kube_question *question, char *path)
{
	CLEANUP(free_pointer) char *owned = path;
	struct kube_question whole = *question;
	char reason[KUBE_REASON_BYTES];
	int err;

	if (!owned)
		return -ENOMEM;
	whole.path = owned;
	whole.ctx = watch;
	watch->stop = STOP_NOT;
	err = kube_client_ask(watch->client, &whole, reason);
	if (err != -EINVAL)
		return err;
	watch->failures++;
	return fail(watch, reason, 0);
}

/* --- the watch --- */

static int keep_version(struct kube_watch *watch, const char *version)
{
	char *copy = strdup(version);

	if (!copy)
		return stop_fatal(watch, -ENOMEM);
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
		return stop(watch, STOP_BAD, "an event of the watch has no resourceVersion; is this an API server?");
	return keep_version(watch, version->valuestring);
}

static int take_pod(struct kube_watch *watch, const cJSON *object, bool gone)
{
	const struct kube_watch_listener *listener = &watch->listener;
	CLEANUP(free_pointer) struct pod_json *pod = NULL;
	char reason[POD_REASON_BYTES];
	int err = pod_json_read(&pod, object, reason);

	if (err == -EBADMSG)
		return stop(watch, STOP_BAD, "an event of the watch has no pod that can be read: %s", reason);
	if (!err)
		err = gone ? listener->gone(listener->ctx, pod->pod.uid) : listener->pod(listener->ctx, &pod->pod);
	return err ? stop_fatal(watch, err) : take_version(watch, object);
}

/* A Status object: kubernetes.io/docs/reference/kubernetes-api/common-definitions/status. */
static int take_error(struct kube_watch *watch, const cJSON *object)
{
	const cJSON *code = cJSON_GetObjectItemCaseSensitive(object, "code");
	int number = cJSON_IsNumber(code) ? code->valueint : 0;

	if (number == 410)
		return stop(watch, STOP_EXPIRED, "what was asked for is too long ago (410)");
	return stop(watch, STOP_PASSING, "it ends the watch with an error (%d); it is asked again", number);
}

static int take_event(struct kube_watch *watch, const char *type, const cJSON *object)
{
	if (!strcmp(type, "ERROR"))
		return take_error(watch, object);
	watch->had_event = true;
	settled(watch);
	if (!strcmp(type, "ADDED") || !strcmp(type, "MODIFIED"))
		return take_pod(watch, object, false);
	if (!strcmp(type, "DELETED"))
		return take_pod(watch, object, true);
	if (!strcmp(type, "BOOKMARK"))
		return take_version(watch, object);
	return stop(watch, STOP_BAD, "an event of the watch is of a kind that netnsleak does not know");
}

static int on_line(void *ctx, const char *text, size_t length)
{
	struct kube_watch *watch = ctx;
	char reason[POD_REASON_BYTES];
	const cJSON *type, *object;
	cJSON *event = cJSON_ParseWithLength(text, length);
	int err;

	if (!event)
		return stop(watch, STOP_BAD, "an event of the watch cannot be parsed");
	err = json_member(&type, event, "type", cJSON_String, reason);
	if (!err)
		err = json_member(&object, event, "object", cJSON_Object, reason);
	if (err || !type || !object)
		err = stop(watch, STOP_BAD, "an event of the watch has no type or object; is this an API server?");
	else
		err = take_event(watch, type->valuestring, object);
	cJSON_Delete(event);
	return err;
}

static const struct json_keep event_keep[] = { { "type", NULL }, { "object", pod_json_keep }, { NULL, NULL } };

static int on_watch_bytes(void *ctx, const char *bytes, size_t length)
{
	struct kube_watch *watch = ctx;
	int err = json_lines_feed(watch->lines, bytes, length);

	if (err == -EBADMSG)
		return stop(watch, STOP_BAD, "the watch cannot be read: %s", json_lines_reason(watch->lines));
	return err && err != -ECANCELED ? stop_fatal(watch, err) : err;
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
	drop_list(watch);
	watch->synced = true;
	free(watch->down);
	watch->down = NULL;
	return err ? stop_fatal(watch, err) : 0;
}

static int begin_watch(struct kube_watch *watch);

static int on_watch_end(void *ctx, const struct kube_answer *answer)
{
	static const struct kube_answer at_once = {
		.outcome = KUBE_PASSING, .reason = "the API server ends each watch at once; it is asked again",
	};
	struct kube_watch *watch = ctx;

	if (answer->outcome == KUBE_STOPPED)
		return stopped(watch);
	if (answer->outcome != KUBE_ANSWERED)
		return failed(watch, answer);
	if (json_lines_end(watch->lines) < 0) {
		stop(watch, STOP_PASSING, "the connection broke off; it is asked again");
		return stopped(watch);
	}
	if (!watch->had_event && loop_now() - watch->watch_began < WATCH_AT_ONCE)
		return failed(watch, &at_once);
	settled(watch);
	return begin_watch(watch);
}

static int configure(struct kube_watch *watch)
{
	char reason[KUBE_REASON_BYTES];
	int err = kube_client_configure(watch->client, NULL, reason);

	if (err != -EINVAL)
		return err;
	watch->failures++;
	err = fail(watch, reason, 0);
	return err ? err : 1;
}

static int begin_watch(struct kube_watch *watch)
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
	int err = configure(watch);

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
	return ask(watch, &question, kube_watch_path(watch->node, watch->version, seconds));
}

/* --- the listing --- */

static int on_node_end(void *ctx, const struct kube_answer *answer)
{
	struct kube_watch *watch = ctx;

	switch (answer->outcome) {
	case KUBE_ANSWERED:
		watch->node_is_known = true;
		return begin_watch(watch);
	case KUBE_MISSING:
		stop(watch, STOP_BAD, "it has no node named %.64s; give this node's name with --node", watch->node);
		return stopped(watch);
	case KUBE_FORBIDDEN:
		stop(watch, STOP_BAD,
		     "it has no pods on a node named %.64s, and whether there is such a node may not be asked; check "
		     "--node, or permit the verb \"get\" on \"nodes\"",
		     watch->node);
		return stopped(watch);
	default:
		return failed(watch, answer);
	}
}

static int ask_for_node(struct kube_watch *watch)
{
	const struct kube_question question = {
		.verb = "get", .resource = "nodes", .timeout = PAGE_TIMEOUT, .end = on_node_end,
	};

	watch->phase = PHASE_NODE;
	return ask(watch, &question, kube_node_path(watch->node));
}

static int ask_for_page(struct kube_watch *watch, const char *next);

/* A page is whole.  -EBADMSG: list has the reason. */
static int page_read(struct kube_watch *watch)
{
	struct pod_list *list = watch->list;
	int err = pod_list_page_end(list);

	if (!err && *list->next) {
		err = pod_list_page_begin(list);
		return err ? err : ask_for_page(watch, list->next);
	}
	if (!err)
		err = pod_list_settle(list);
	if (!err && !*list->version) {
		snprintf(list->reason, sizeof(list->reason), "it has no resourceVersion");
		err = -EBADMSG;
	}
	if (err)
		return err;
	free(watch->version);
	watch->version = strdup(list->version);
	if (!watch->version)
		return -ENOMEM;
	return list->count || watch->node_is_known ? begin_watch(watch) : ask_for_node(watch);
}

static int on_page_end(void *ctx, const struct kube_answer *answer)
{
	struct kube_watch *watch = ctx;
	int err;

	if (answer->outcome == KUBE_STOPPED)
		return stopped(watch);
	if (answer->outcome != KUBE_ANSWERED)
		return failed(watch, answer);
	err = page_read(watch);
	if (err != -EBADMSG)
		return err;
	stop(watch, STOP_BAD, "its listing cannot be read: %s", watch->list->reason);
	return stopped(watch);
}

static int on_page_bytes(void *ctx, const char *bytes, size_t length)
{
	struct kube_watch *watch = ctx;
	int err;

	watch->list_bytes += length;
	if (watch->list_bytes > MOST_LIST_BYTES)
		return stop(watch, STOP_BAD, "its listing is larger than 1 GiB");
	err = pod_list_feed(watch->list, bytes, length);
	if (err == -EBADMSG)
		return stop(watch, STOP_BAD, "its listing cannot be read: %s", watch->list->reason);
	return err ? stop_fatal(watch, err) : 0;
}

static int ask_for_page(struct kube_watch *watch, const char *next)
{
	const struct kube_question question = {
		.verb = "list", .resource = "pods", .timeout = PAGE_TIMEOUT, .bytes = on_page_bytes, .end = on_page_end,
	};

	return ask(watch, &question, kube_list_path(watch->node, next));
}

static int begin_list(struct kube_watch *watch)
{
	int err = configure(watch);

	if (err)
		return err < 0 ? err : 0;
	drop_list(watch);
	err = pod_list_open(&watch->list);
	if (err)
		return err;
	watch->phase = PHASE_LIST;
	watch->list_bytes = 0;
	watch->as_of_wall = wall_now();
	return ask_for_page(watch, "");
}

/* --- from outside --- */

static int on_timer(void *ctx, uint32_t events)
{
	struct kube_watch *watch = ctx;

	(void)events;
	return watch->phase == PHASE_WATCH ? begin_watch(watch) : begin_list(watch);
}

int kube_watch_open(struct kube_watch **ret, struct loop *loop, const struct kube_options *options,
		    const struct kube_surroundings *surroundings, const char *node,
		    const struct kube_watch_listener *listener)
{
	struct kube_watch *watch = calloc(1, sizeof(*watch));
	int err;

	if (!watch)
		return -ENOMEM;
	watch->loop = loop;
	watch->listener = *listener;
	watch->node = strdup(node);
	err = watch->node ? kube_client_open(&watch->client, loop, options, surroundings) : -ENOMEM;
	if (!err)
		err = loop_timer_open(&watch->timer, loop, on_timer, watch);
	if (!err)
		err = try_after(watch, PHASE_LIST, 0);
	if (err) {
		kube_watch_close(watch);
		return err;
	}
	*ret = watch;
	return 0;
}

void kube_watch_close(struct kube_watch *watch)
{
	if (!watch)
		return;
	kube_client_close(watch->client);
	loop_timer_close(watch->timer);
	json_lines_close(watch->lines);
	drop_list(watch);
	free(watch->version);
	free(watch->node);
	free(watch->down);
	free(watch);
}
