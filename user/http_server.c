/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "http_server.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <microhttpd.h>

#include "format.h"
#include "loop.h"
#include "util.h"

/* Loaded when it is first needed: it brings TLS along, which takes time and memory, and mostly nobody listens. */
#define MHD_FUNCTIONS(each) \
	each(add_response_header) \
	each(create_response_from_buffer) \
	each(destroy_response) \
	each(get_connection_info) \
	each(get_daemon_info) \
	each(get_timeout) \
	each(queue_response) \
	each(run) \
	each(start_daemon) \
	each(stop_daemon)

#define FIELD(name) __typeof__(MHD_##name) *name;
static struct {
	void *library;
	MHD_FUNCTIONS(FIELD)
} mhd;

static int load_mhd(void)
{
	void *library;

	if (mhd.library)
		return 0;
	library = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return -ELIBACC;
#define LOAD(name) \
	*(void **)&mhd.name = dlsym(library, "MHD_" #name); \
	if (!mhd.name) { \
		dlclose(library); \
		return -ELIBACC; \
	}
	MHD_FUNCTIONS(LOAD)
	mhd.library = library;
	return 0;
}

struct visitor {
	int fd;
	uint64_t due; /* 0: nobody is here, or was told to leave */
};

struct http_server {
	struct http_server_options options;
	struct MHD_Daemon *daemon;
	struct loop_timer *timer;
	int epoll; /* libmicrohttpd's; -1: not in the loop */
	bool left; /* somebody has, since libmicrohttpd ran */
	struct visitor visitors[HTTP_SERVER_CONNECTIONS];
};

/* --- answers --- */

static enum MHD_Result send_reply(struct MHD_Connection *connection, struct http_reply *reply, const char *allow)
{
	struct MHD_Response *response = mhd.create_response_from_buffer(
		reply->length, reply->body, reply->body ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	if (!response) {
		free(reply->body);
		return MHD_NO;
	}
	mhd.add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->type);
	mhd.add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	mhd.add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
	if (allow)
		mhd.add_response_header(response, MHD_HTTP_HEADER_ALLOW, allow);
	result = mhd.queue_response(connection, reply->status, response);
	mhd.destroy_response(response);
	return result;
}

static void say_instead(struct http_reply *reply, unsigned status, const char *text)
{
	free(reply->body);
	reply->status = status;
	reply->body = strdup(text);
	reply->length = reply->body ? strlen(text) : 0;
}

static void say_paths(struct http_reply *reply, const struct http_route *routes)
{
	TEXT(text, 256);

	text_add(&text, "no such path; there are:");
	for (; routes->path; routes++) {
		text_add(&text, " ");
		text_add(&text, routes->path);
	}
	text_add(&text, "\n");
	say_instead(reply, MHD_HTTP_NOT_FOUND, text.bytes);
}

/* Of what a client sends behind the headers nothing is read: the connection ends with the answer. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *path, const char *method,
				  const char *version, const char *data, size_t *data_size, void **state)
{
	const struct http_server *server = ctx;
	const struct http_route *route = server->options.routes;
	struct http_reply reply = { .status = MHD_HTTP_OK, .type = "text/plain; charset=utf-8" };
	const char *allow = NULL;

	(void)version;
	(void)data;
	(void)data_size;
	(void)state;
	while (route->path && strcmp(route->path, path))
		route++;
	if (!route->path) {
		say_paths(&reply, server->options.routes);
	} else if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD)) {
		allow = "GET, HEAD";
		say_instead(&reply, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are answered\n");
	} else {
		int err = route->answer(server->options.ctx, &reply);

		if (err)
			say_instead(&reply, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
	}
	return send_reply(connection, &reply, allow);
}

/* --- who is here, and for how long --- */

static void on_connection(void *ctx, struct MHD_Connection *connection, void **visitor,
			  enum MHD_ConnectionNotificationCode what)
{
	struct http_server *server = ctx;
	const union MHD_ConnectionInfo *info;
	size_t i = 0;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		server->left = true;
		if (*visitor)
			*(struct visitor *)*visitor = (struct visitor){ .fd = -1 };
		return;
	}
	info = mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	while (i < ARRAY_SIZE(server->visitors) && server->visitors[i].fd >= 0)
		i++;
	/* There are as many places as libmicrohttpd lets in. */
	if (!info || i == ARRAY_SIZE(server->visitors))
		return;
	server->visitors[i] = (struct visitor){ info->connect_fd, loop_now() + HTTP_SERVER_PATIENCE };
	*visitor = &server->visitors[i];
}

/* The descriptor is libmicrohttpd's to close, when it finds that the connection has ended. */
static void show_out(struct http_server *server)
{
	uint64_t now = loop_now();

	for (size_t i = 0; i < ARRAY_SIZE(server->visitors); i++) {
		struct visitor *visitor = &server->visitors[i];

		if (!visitor->due || visitor->due > now)
			continue;
		shutdown(visitor->fd, SHUT_RDWR);
		visitor->due = 0;
	}
}

/* --- in the loop --- */

/*
 * While there is no room libmicrohttpd does not watch the listening socket, and only its next run after somebody has left
 * does so again: who waits to be let in would wake nobody.
 */
static uint64_t next_due(const struct http_server *server)
{
	MHD_UNSIGNED_LONG_LONG timeout;
	uint64_t due = 0;

	if (server->left)
		return loop_now();
	if (mhd.get_timeout(server->daemon, &timeout) == MHD_YES)
		due = loop_now() + timeout * NS_PER_MS;
	for (size_t i = 0; i < ARRAY_SIZE(server->visitors); i++)
		if (server->visitors[i].due && (!due || server->visitors[i].due < due))
			due = server->visitors[i].due;
	return due;
}

static int on_ready(void *ctx, uint32_t events)
{
	struct http_server *server = ctx;
	int err = server->options.before ? server->options.before(server->options.ctx) : 0;

	(void)events;
	if (err)
		return err;
	show_out(server);
	server->left = false;
	if (mhd.run(server->daemon) != MHD_YES)
		return -EIO;
	return loop_timer_set(server->timer, next_due(server));
}

static int start(struct http_server *server, int *listening)
{
	const union MHD_DaemonInfo *info;
	int err;

	server->daemon = mhd.start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, on_request, server,
					  MHD_OPTION_LISTEN_SOCKET, *listening,
					  MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_SERVER_CONNECTIONS,
					  MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)(HTTP_SERVER_PATIENCE / NS_PER_S),
					  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_SERVER_REQUEST_BYTES,
					  MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
					  MHD_OPTION_END);
	if (!server->daemon)
		return -EIO;
	*listening = -1; /* libmicrohttpd closes it */
	info = mhd.get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info || info->epoll_fd < 0)
		return -EIO;
	err = loop_timer_open(&server->timer, server->options.loop, on_ready, server);
	if (!err)
		err = loop_add(server->options.loop, info->epoll_fd, EPOLLIN, on_ready, server);
	if (err)
		return err;
	server->epoll = info->epoll_fd;
	return loop_timer_set(server->timer, next_due(server));
}

int http_server_open(struct http_server **ret, int *listening, const struct http_server_options *options)
{
	CLEANUP(close_descriptor) int fd = take_descriptor(listening);
	struct http_server *server;
	int err = load_mhd();

	if (err)
		return err;
	server = malloc(sizeof(*server));
	if (!server)
		return -ENOMEM;
	*server = (struct http_server){ .options = *options, .epoll = -1 };
	for (size_t i = 0; i < ARRAY_SIZE(server->visitors); i++)
		server->visitors[i].fd = -1;
	err = start(server, &fd);
	if (err) {
		http_server_close(server);
		return err;
	}
	*ret = server;
	return 0;
}

void http_server_close(struct http_server *server)
{
	if (!server)
		return;
	if (server->epoll >= 0)
		loop_remove(server->options.loop, server->epoll);
	loop_timer_close(server->timer);
	if (server->daemon)
		mhd.stop_daemon(server->daemon);
	free(server);
}
