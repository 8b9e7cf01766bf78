/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Answers GET and HEAD over HTTP, in the caller's loop: libmicrohttpd without a thread of its own.
 *
 * One request a connection, which lives for HTTP_SERVER_PATIENCE at most however slowly its client sends or reads, so that
 * no client keeps the others out for longer.  Any other path is answered with 404, any other method with 405; what is too
 * large or no HTTP gets what libmicrohttpd says to that.
 */
#ifndef NETNSLEAK_HTTP_SERVER_H
#define NETNSLEAK_HTTP_SERVER_H

#include <stddef.h>

struct http_server;
struct loop;

#define HTTP_SERVER_PATIENCE (5 * NS_PER_S)
#define HTTP_SERVER_CONNECTIONS 32 /* at once; more wait in the kernel */
#define HTTP_SERVER_REQUEST_BYTES 16384u /* line and headers, and the headers of the answer */

struct http_reply {
	unsigned status; /* 200 where it is left alone */
	const char *type; /* of the content; "text/plain; charset=utf-8" where it is left alone */
	char *body; /* owned, from malloc(); NULL: empty */
	size_t length;
};

struct http_route {
	const char *path; /* "/metrics" */
	int (*answer)(void *ctx, struct http_reply *ret); /* Negative errno: the client gets 500 */
};

struct http_server_options {
	struct loop *loop;
	const struct http_route *routes; /* ends with a path of NULL */
	/* Before any requests are answered: what they tell should be of now.  Negative: the loop ends with it. */
	int (*before)(void *ctx);
	void *ctx;
};

/*
 * *listening: does not block; taken, and -1 from then on, also where it fails.  -ELIBACC: libmicrohttpd is not installed;
 * it is loaded by the first server.
 */
int http_server_open(struct http_server **ret, int *listening, const struct http_server_options *options);
void http_server_close(struct http_server *server); /* NULL is fine */

#endif
