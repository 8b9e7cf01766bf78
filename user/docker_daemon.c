/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "docker_daemon.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "docker_reply.h"
#include "http.h"
#include "json_lines.h"
#include "loop.h"
#include "util.h"

#define PATIENCE (30 * NS_PER_S) /* for an answer */
#define UNREADABLE_DELAY (30 * NS_PER_S)
/* The stream begins that long before the listing: the daemon subscribes us after it has answered. */
#define EVENTS_BEFORE (2 * NS_PER_S)
#define AT_ONCE 4 /* containers asked for */

struct docker_daemon {
	const char *scheme, *product;
	char *socket;
	struct docker_units *units;
	struct docker_daemon_listener listener;
	struct http *http;
	struct loop_timer *timer; /* until the stream must be open; then of what is unreadable */
	struct loop_timer *turn;  /* libcurl starts no request while it hands out what another's answer brings */

	struct http_request *ping;
	char podman[32]; /* version, or "" */
	struct docker_version version;
	struct docker_reply first, asked[AT_ONCE]; /* VERSION and DOCKER_LISTING; CONTAINER */
	struct http_request *events;
	struct json_lines *lines; /* of the stream */
	char events_reason[POD_REASON_BYTES + 64];
	char events_message[DOCKER_MESSAGE_BYTES];
	size_t events_length;
	bool connected;	  /* or being so */
	bool stream_open; /* events come */
	bool listed;	  /* the listing came whole */
	bool whole;	  /* and all of it was described, and told so */
	uint64_t listing;
	int64_t asked_wall; /* when the listing was asked for */
	size_t pending;	    /* containers of the listing, not read yet */
	size_t unreadable, unreadable_told;
	char unreadable_text[POD_REASON_BYTES + DOCKER_ID_BYTES + 64];
	struct container *due, **due_end; /* containers to be asked for */
};

static int fail(struct docker_daemon *daemon, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int ask_due(struct docker_daemon *daemon);

/* ---- which containers to ask for ---- */

static void set_unreadable(struct docker_daemon *daemon, struct container *container, bool unreadable)
{
	daemon->unreadable += unreadable;
	daemon->unreadable -= container->is_unreadable;
	container->is_unreadable = unreadable;
}

static void note_unreadable(struct docker_daemon *daemon, struct container *container, const char *reason)
{
	set_unreadable(daemon, container, true);
	snprintf(daemon->unreadable_text, sizeof(daemon->unreadable_text), "%.12s: %s", container->id, reason);
}

static void set_due(struct docker_daemon *daemon, struct container *container)
{
	if (container->is_due)
		return;
	container->is_due = true;
	container->next_due = NULL;
	*daemon->due_end = container;
	daemon->due_end = &container->next_due;
}

static struct container *take_due(struct docker_daemon *daemon)
{
	struct container **link = &daemon->due, *container;

	/* One that is asked for already waits for that answer, and is asked for again. */
	while (*link && (*link)->is_asked)
		link = &(*link)->next_due;
	container = *link;
	if (!container)
		return NULL;
	*link = container->next_due;
	if (!*link)
		daemon->due_end = link;
	container->is_due = false;
	return container;
}

static void forget_due(struct docker_daemon *daemon)
{
	for (struct container *container = daemon->due; container; container = container->next_due)
		container->is_due = false;
	daemon->due = NULL;
	daemon->due_end = &daemon->due;
}

/* The daemon has it no more.  It may be due once more, by the event that told of its removal. */
static int forget_container(struct docker_daemon *daemon, struct container *container)
{
	set_unreadable(daemon, container, false);
	for (struct container **link = &daemon->due; *link; link = &(*link)->next_due) {
		if (*link != container)
			continue;
		*link = container->next_due;
		if (!*link)
			daemon->due_end = link;
		break;
	}
	return docker_units_remove(daemon->units, container);
}

/* ---- the listing is whole ---- */

static int drop_unlisted(struct docker_daemon *daemon)
{
	struct container *container, *next;
	int err = 0;

	HASH_ITER(hh, daemon->units->containers, container, next)
		if (container->listing != daemon->listing && !err)
			err = forget_container(daemon, container);
	return err;
}

static int begin_live(struct docker_daemon *daemon)
{
	int err = drop_unlisted(daemon);

	if (!err)
		err = docker_units_settle(daemon->units);
	daemon->whole = daemon->units->live = true;
	return err;
}

static int tell_whole(struct docker_daemon *daemon)
{
	char warning[sizeof(daemon->unreadable_text) + 64] = "";

	daemon->unreadable_told = daemon->unreadable;
	if (daemon->unreadable)
		snprintf(warning, sizeof(warning), "%zu container%s unreadable: %s", daemon->unreadable,
			 daemon->unreadable == 1 ? "" : "s", daemon->unreadable_text);
	return daemon->listener.whole(daemon->listener.ctx, daemon->asked_wall, warning);
}

static int tell_if_whole(struct docker_daemon *daemon)
{
	int err = 0;

	if (!daemon->connected || !daemon->stream_open || !daemon->listed || daemon->pending)
		return 0;
	if (daemon->whole && daemon->unreadable == daemon->unreadable_told)
		return 0;
	if (!daemon->whole)
		err = begin_live(daemon);
	if (!err)
		err = tell_whole(daemon);
	return err ? err : loop_timer_set(daemon->timer, daemon->unreadable ? loop_now() + UNREADABLE_DELAY : 0);
}

/* ---- questions and answers ---- */

/* A container of the listing. */
static int take_entry(struct docker_reply *reply, const char *id)
{
	struct docker_daemon *daemon = reply->daemon;
	struct container *container;
	int err = docker_units_get(daemon->units, &container, id);

	if (err)
		return err;
	container->listing = daemon->listing;
	if (!container->is_pending)
		daemon->pending++;
	container->is_pending = true;
	set_due(daemon, container);
	return 0;
}

static int ask(struct docker_reply *reply, enum docker_question question, const char *path, http_end_fn end)
{
	struct docker_daemon *daemon = reply->daemon;

	reply->entry = take_entry;
	return docker_reply_ask(reply, daemon->http, daemon->socket, question, path, PATIENCE, end);
}

/* The connection itself fails: what about the socket? */
static int fail_socket(struct docker_daemon *daemon, const char *path, const struct http_result *result)
{
	struct stat stat_;

	if (lstat(daemon->socket, &stat_) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return fail(daemon, "there is no such socket; start %s, or name its socket: --pods %s:SOCKET",
			    daemon->product, daemon->scheme);
	if (stat(daemon->socket, &stat_) == 0 && !S_ISSOCK(stat_.st_mode))
		return fail(daemon, "it is no socket; name the one of %s: --pods %s:SOCKET", daemon->product,
			    daemon->scheme);
	if (access(daemon->socket, R_OK | W_OK) < 0)
		return fail(daemon, "it may not be used; run as root, or as a member of the socket's group");
	if (result->error == -ECONNREFUSED)
		return fail(daemon, "nobody listens there; start %s", daemon->product);
	if (result->error == -ETIMEDOUT)
		return fail(daemon, "no answer to GET %s; see whether %s still works", path, daemon->product);
	return fail(daemon, "GET %s: %.150s; look at the log of %s", path, result->reason, daemon->product);
}

static int fail_reply(struct docker_daemon *daemon, const struct docker_reply *reply)
{
	char reason[sizeof(reply->reason)];

	memcpy(reason, reply->reason, sizeof(reason)); /* which fail() clears */
	return fail(daemon, "GET %s: %s; look at the log of %s", docker_question_path(reply->question), reason, daemon->product);
}

/* ---- one container ---- */

static int take_answer(struct docker_daemon *daemon, struct docker_reply *reply, const struct http_result *result)
{
	struct container *container = reply->container;
	struct docker_container told;
	size_t length;
	const char *text;
	int err;

	if (docker_reply_is_none(reply, result))
		return forget_container(daemon, container);
	err = docker_reply_body(reply, result, &text, &length);
	if (!err)
		err = docker_container_parse(&told, text, length, reply->reason);
	if (!err && strcmp(told.id, container->id)) {
		docker_container_clear(&told);
		err = docker_reply_bad(reply, "the answer is about another container");
	}
	if (!err) {
		set_unreadable(daemon, container, false);
		err = docker_units_take(daemon->units, container, &told);
		docker_container_clear(&told);
		return err;
	}
	if (err == -EBADMSG)
		note_unreadable(daemon, container, reply->reason);
	return err == -EBADMSG ? 0 : err;
}

static int end_container(void *ctx, const struct http_result *result)
{
	struct docker_reply *reply = ctx;
	struct docker_daemon *daemon = reply->daemon;
	struct container *container = reply->container;
	int err;

	reply->request = NULL;
	container->is_asked = false;
	if (result->error && result->error != -EBADMSG)
		return result->error == -ENOMEM ? -ENOMEM : fail_socket(daemon, docker_question_path(DOCKER_CONTAINER), result);
	daemon->pending -= container->is_pending;
	container->is_pending = false;
	err = take_answer(daemon, reply, result); /* may free container */
	docker_reply_clear(reply);
	if (!err)
		err = tell_if_whole(daemon);
	return err ? err : ask_due(daemon);
}

static int ask_due(struct docker_daemon *daemon)
{
	int err = 0;

	for (size_t i = 0; i < AT_ONCE && !err; i++) {
		struct docker_reply *reply = &daemon->asked[i];
		char path[DOCKER_ID_BYTES + 64];

		if (reply->request)
			continue;
		reply->container = take_due(daemon);
		if (!reply->container)
			return 0;
		reply->container->is_asked = true;
		snprintf(path, sizeof(path), "/v1.%u/containers/%s/json", daemon->version.api, reply->container->id);
		err = ask(reply, DOCKER_CONTAINER, path, end_container);
	}
	return err;
}

static int ask_unreadable(struct docker_daemon *daemon)
{
	struct container *container;
	int err;

	for (container = daemon->units->containers; container; container = container->hh.next)
		if (container->is_unreadable)
			set_due(daemon, container);
	err = loop_timer_set(daemon->timer, daemon->unreadable ? loop_now() + UNREADABLE_DELAY : 0);
	return err ? err : ask_due(daemon);
}

/* ---- which API, and all containers ---- */

/* An answer without which there is nothing to tell. */
static int end_first(struct docker_reply *reply, const struct http_result *result,
		     int (*read)(struct docker_reply *reply, const char *text, size_t length),
		     int (*go_on)(struct docker_daemon *daemon))
{
	struct docker_daemon *daemon = reply->daemon;
	const char *text;
	size_t length;
	int err = result->error;

	reply->request = NULL;
	if (err && err != -EBADMSG)
		return err == -ENOMEM ? err : fail_socket(daemon, docker_question_path(reply->question), result);
	err = docker_reply_body(reply, result, &text, &length);
	if (!err && read)
		err = read(reply, text, length);
	if (err == -EBADMSG)
		return fail_reply(daemon, reply);
	docker_reply_clear(reply);
	return err ? err : go_on(daemon);
}

static int take_listing(struct docker_daemon *daemon)
{
	int err;

	daemon->listed = true;
	err = tell_if_whole(daemon);
	return err ? err : ask_due(daemon);
}

/* Its containers came one by one. */
static int end_listing(void *ctx, const struct http_result *result)
{
	return end_first(ctx, result, NULL, take_listing);
}

/* ---- events ---- */

static int take_event(void *ctx, const char *line, size_t length)
{
	struct docker_daemon *daemon = ctx;
	struct container *container;
	struct docker_event event;
	int err = docker_event_parse(&event, line, length, daemon->events_reason);

	if (err)
		return err == 1 ? 0 : err;
	err = docker_units_get(daemon->units, &container, event.id);
	if (err)
		return err;
	/* One that came after the listing is not to be dropped by it. */
	container->listing = daemon->listing;
	docker_units_note_event(container, &event);
	set_due(daemon, container);
	return loop_timer_set(daemon->turn, 1);
}

static int on_turn(void *ctx, uint32_t events)
{
	struct docker_daemon *daemon = ctx;

	(void)events;
	return daemon->connected ? ask_due(daemon) : 0;
}

static int take_events(void *ctx, int status, const char *bytes, size_t length)
{
	struct docker_daemon *daemon = ctx;
	size_t room = sizeof(daemon->events_message) - 1 - daemon->events_length;
	int err;

	if (status != 200) {
		memcpy(daemon->events_message + daemon->events_length, bytes, length < room ? length : room);
		daemon->events_length += length < room ? length : room;
		return 0;
	}
	err = json_lines_feed(daemon->lines, bytes, length);
	if (err == -EBADMSG && !*daemon->events_reason)
		snprintf(daemon->events_reason, sizeof(daemon->events_reason), "not JSON: %s",
			 json_lines_reason(daemon->lines));
	return err;
}

/* Only what has no end is sent in chunks at once: an error has a length. */
static int see_header(void *ctx, const char *name, const char *value)
{
	struct docker_daemon *daemon = ctx;

	if (strcmp(name, "transfer-encoding") || !strcasestr(value, "chunked"))
		return 0;
	daemon->stream_open = true;
	return tell_if_whole(daemon);
}

static int end_events(void *ctx, const struct http_result *result)
{
	char text[POD_REASON_BYTES];
	struct docker_daemon *daemon = ctx;

	daemon->events = NULL;
	if (result->error == -EBADMSG)
		return fail(daemon, "GET /events: %s; look at the log of %s", daemon->events_reason, daemon->product);
	/* The daemon was stopped: a stream that had begun is cut off, or ends. */
	if (daemon->stream_open && (!result->error || result->error == -ECONNRESET || result->error == -EPROTO))
		return fail(daemon, "the stream of events has ended; see whether %s still runs", daemon->product);
	if (result->error)
		return result->error == -ENOMEM ? -ENOMEM : fail_socket(daemon, "/events", result);
	docker_message_print(text, sizeof(text), daemon->events_message);
	return fail(daemon, "GET /events: HTTP status %d: %s; look at the log of %s", result->status, text,
		    daemon->product);
}

static int ask_events(struct docker_daemon *daemon)
{
	int64_t since = wall_now() - EVENTS_BEFORE;
	struct http_call call = {
		.unix_socket = daemon->socket,
		.header = see_header,
		.bytes = take_events,
		.ctx = daemon,
	};
	char url[160];
	int err = json_lines_open(&daemon->lines, NULL, take_event, daemon);

	snprintf(url, sizeof(url),
		 "http://localhost/v1.%u/events?since=%lld.%09lld&filters=%%7B%%22type%%22%%3A%%5B%%22container%%22%%5D%%7D",
		 daemon->version.api, since / NS_PER_S, since % NS_PER_S);
	call.url = url;
	return err ? err : http_start(&daemon->events, daemon->http, &call, end_events);
}

/* ---- from the beginning to the end ---- */

static int take_version(struct docker_daemon *daemon)
{
	char path[64];
	int err = ask_events(daemon);

	if (err)
		return err;
	daemon->asked_wall = wall_now();
	daemon->listing++;
	snprintf(path, sizeof(path), "/v1.%u/containers/json?all=1", daemon->version.api);
	/* Should the stream never open, this says so. */
	err = loop_timer_set(daemon->timer, loop_now() + PATIENCE);
	return err ? err : ask(&daemon->first, DOCKER_LISTING, path, end_listing);
}

static int read_version(struct docker_reply *reply, const char *text, size_t length)
{
	return docker_version_parse(&reply->daemon->version, text, length, reply->reason);
}

static int end_version(void *ctx, const struct http_result *result)
{
	return end_first(ctx, result, read_version, take_version);
}

static int see_greeting(void *ctx, const char *name, const char *value)
{
	struct docker_daemon *daemon = ctx;

	if (!strcmp(name, "libpod-api-version"))
		snprintf(daemon->podman, sizeof(daemon->podman), "%s", value);
	return 0;
}

/* Whatever else it answers, /version will say so. */
static int end_ping(void *ctx, const struct http_result *result)
{
	struct docker_daemon *daemon = ctx;
	int err;

	daemon->ping = NULL;
	if (result->error)
		return result->error == -ENOMEM ? -ENOMEM : fail_socket(daemon, "/_ping", result);
	err = daemon->listener.greeted(daemon->listener.ctx, daemon->podman);
	return err || !daemon->connected ? err : ask(&daemon->first, DOCKER_VERSION, "/version", end_version);
}

int docker_daemon_connect(struct docker_daemon *daemon)
{
	const struct http_call call = { .url = "http://localhost/_ping", .unix_socket = daemon->socket, .timeout = PATIENCE,
					.header = see_greeting, .ctx = daemon };
	int err = loop_timer_set(daemon->timer, 0);

	daemon->connected = true;
	daemon->podman[0] = '\0';
	return err ? err : http_start(&daemon->ping, daemon->http, &call, end_ping);
}

void docker_daemon_disconnect(struct docker_daemon *daemon)
{
	struct container *container;

	loop_timer_set(daemon->timer, 0);
	docker_reply_clear(&daemon->first);
	for (size_t i = 0; i < AT_ONCE; i++)
		docker_reply_clear(&daemon->asked[i]);
	http_cancel(daemon->ping);
	daemon->ping = NULL;
	http_cancel(daemon->events);
	daemon->events = NULL;
	json_lines_close(daemon->lines);
	daemon->lines = NULL;
	daemon->events_reason[0] = '\0';
	memset(daemon->events_message, 0, sizeof(daemon->events_message));
	daemon->events_length = 0;
	forget_due(daemon);
	for (container = daemon->units->containers; container; container = container->hh.next)
		container->is_asked = container->is_pending = container->is_unreadable = false;
	daemon->connected = daemon->stream_open = daemon->listed = daemon->whole = daemon->units->live = false;
	daemon->pending = daemon->unreadable = daemon->unreadable_told = 0;
}

static int fail(struct docker_daemon *daemon, const char *format, ...)
{
	CLEANUP(free_pointer) char *reason = NULL;
	va_list arguments;

	va_start(arguments, format);
	reason = vformatted(format, arguments);
	va_end(arguments);
	if (!reason)
		return -ENOMEM;
	docker_daemon_disconnect(daemon);
	return daemon->listener.failed(daemon->listener.ctx, reason);
}

static int on_timer(void *ctx, uint32_t events)
{
	struct docker_daemon *daemon = ctx;

	(void)events;
	if (!daemon->stream_open)
		return fail(daemon, "no answer to GET /events; see whether %s still works", daemon->product);
	return daemon->whole ? ask_unreadable(daemon) : 0;
}

const struct docker_version *docker_daemon_version(const struct docker_daemon *daemon)
{
	return &daemon->version;
}

bool docker_daemon_is_connected(const struct docker_daemon *daemon)
{
	return daemon->connected;
}

int docker_daemon_open(struct docker_daemon **ret, struct loop *loop, const char *socket, const char *scheme,
		       const char *product, struct docker_units *units, const struct docker_daemon_listener *listener)
{
	struct docker_daemon *daemon = calloc(1, sizeof(*daemon));
	int err;

	if (!daemon)
		return -ENOMEM;
	daemon->scheme = scheme;
	daemon->product = product;
	daemon->units = units;
	daemon->listener = *listener;
	daemon->due_end = &daemon->due;
	daemon->first.daemon = daemon;
	for (size_t i = 0; i < AT_ONCE; i++)
		daemon->asked[i].daemon = daemon;
	daemon->socket = strdup(socket);
	err = daemon->socket ? loop_timer_open(&daemon->timer, loop, on_timer, daemon) : -ENOMEM;
	if (!err)
		err = loop_timer_open(&daemon->turn, loop, on_turn, daemon);
	if (!err)
		err = http_open(&daemon->http, loop);
	if (err) {
		docker_daemon_close(daemon);
		return err;
	}
	*ret = daemon;
	return 0;
}

void docker_daemon_close(struct docker_daemon *daemon)
{
	if (!daemon)
		return;
	if (daemon->timer)
		docker_daemon_disconnect(daemon);
	loop_timer_close(daemon->timer);
	loop_timer_close(daemon->turn);
	http_close(daemon->http);
	free(daemon->socket);
	free(daemon);
}
