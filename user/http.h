/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * HTTP by libcurl, in the one loop: nothing blocks, and nothing wakes but an answer or a deadline.
 *
 * One struct http keeps the connections of one source, so that its next request finds one open.  What a request
 * points to need not outlive http_start().
 */
#ifndef NETNSLEAK_HTTP_H
#define NETNSLEAK_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct http;
struct http_request;

/* PEM text, not a file: whoever rotates it reads it anew.  NULL: none. */
struct http_tls {
	const char *ca;	  /* who alone may sign the server's certificate; NULL: whom this machine trusts */
	const char *cert; /* of the client, with its key */
	const char *key;
	bool unverified;  /* the server's certificate is not looked at */
};

struct http_call {
	const char *url;	 /* http:// or https:// */
	const char *unix_socket; /* where to connect to instead of the URL's host, or NULL */
	const char *connect_to;	 /* likewise, an address; TLS is held against the URL's host all the same.  Or NULL */
	const char *proxy;	 /* NULL: as the environment says; "": none.  With unix_socket there is none. */
	struct http_tls tls;
	bool prior_knowledge; /* HTTP/2 without asking, as gRPC wants it, on a connection of its own; else what the
				 server offers */

	const char *const *headers; /* "name: value", ends with NULL; or NULL */
	const void *body;	    /* makes it a POST; NULL: a GET */
	size_t body_size;
	uint64_t connect_timeout; /* ns; 0: 10 s */
	uint64_t timeout;	  /* ns, from start to end; 0: none */

	/*
	 * Each may be NULL.  A negative return ends the request, whose `end` gets it as error.  They may not start or
	 * cancel requests: libcurl is in their midst; `end` may.
	 */
	int (*header)(void *ctx, const char *name, const char *value); /* name in lower case; trailers too */
	int (*answered)(void *ctx, int status); /* the head of the answer is whole, its body begins */
	int (*bytes)(void *ctx, int status, const char *bytes, size_t length); /* of the answer's body, as they come */
	void *ctx;
};

struct http_result {
	/*
	 * 0: the answer came whole, see status.  What a callback returned, or -ETIMEDOUT, -ECONNREFUSED (nothing
	 * answered), -EHOSTUNREACH (no such host), -ECONNRESET (cut off on the way), -EKEYREJECTED (TLS), -EPROTO.
	 */
	int error;
	int status;	    /* of HTTP; 0: none came */
	bool connected;	    /* it had a connection made, and did not find one open */
	bool http2;
	const char *reason; /* of the error, for people, without the URL; "" without error */
};

/* The last that is heard of the request, which is freed afterwards; another may be started here.  Negative: the loop
 * ends with it. */
typedef int (*http_end_fn)(void *ctx, const struct http_result *result);

/* -ELIBACC: there is no libcurl on this machine. */
int http_open(struct http **ret, struct loop *loop);
/* Loads what http_open() would load, for who changes its root directory before; without it, http_open() fails. */
void http_prepare(void);
void http_close(struct http *http); /* cancels what is under way; NULL is fine */

/* Never calls back before it returns.  -EINVAL: not a URL, or a certificate that is none; -ENOMEM. */
int http_start(struct http_request **ret, struct http *http, const struct http_call *call, http_end_fn end);
void http_cancel(struct http_request *request); /* nothing more is heard of it; NULL is fine */

#endif
