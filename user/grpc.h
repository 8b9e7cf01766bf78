/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Unary gRPC calls over a Unix socket, by http.h: HTTP/2 with prior knowledge, as
 * github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md has it.  Messages are bytes here.
 */
#ifndef NETNSLEAK_GRPC_H
#define NETNSLEAK_GRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http;
struct http_result;

#define GRPC_REASON_BYTES 256

/* ---- the answer as its parts come: what is told apart from the connection ---- */

struct grpc_answer {
	size_t most;	   /* bytes that the message may have: a longer one is refused before there is room for it */
	uint8_t prefix[5]; /* not compressed, and its length */
	size_t prefix_filled;
	uint8_t *message;  /* owned */
	size_t size, filled;
	bool typed;	   /* it says that it is gRPC */
	int status;	   /* grpc-status of trailers, or of headers that have no body after them; -1: none came */
	char detail[GRPC_REASON_BYTES / 2]; /* grpc-message, decoded, printable ASCII */
	const char *fault; /* why it cannot be believed; static; NULL: nothing is wrong so far */
};

void grpc_answer_init(struct grpc_answer *answer, size_t most);
void grpc_answer_free(struct grpc_answer *answer);
/* name in lower case.  -EBADMSG: answer->fault says why. */
int grpc_answer_header(struct grpc_answer *answer, const char *name, const char *value);
/* In pieces of any size.  -EBADMSG, -ENOMEM. */
int grpc_answer_bytes(struct grpc_answer *answer, const char *bytes, size_t length);
/* It ended so.  What a call would get as error, see below; reason: "" where that is 0. */
int grpc_answer_end(const struct grpc_answer *answer, const struct http_result *result,
		    char reason[static GRPC_REASON_BYTES]);

/* ---- a call ---- */

struct grpc_request;

struct grpc_call {
	const char *unix_socket;
	const char *method;	/* "/runtime.v1.RuntimeService/Version" */
	const void *message;
	size_t size;
	size_t most;		/* bytes of the answer */
	uint64_t timeout;	/* ns */
	void *ctx;
};

struct grpc_result {
	/*
	 * 0: message holds the answer.  By the server's word: -ENOSYS (no such service or method), -ENOENT,
	 * -EAGAIN (not available now), -ETIMEDOUT, -EREMOTEIO (another of its errors).  -EBADMSG: what came is no answer.
	 * Of the connection: as in struct http_result, -ETIMEDOUT and -ECONNREFUSED among them.
	 */
	int error;
	const char *reason; /* of the error, for people, printable ASCII */
	const uint8_t *message; /* for the call only */
	size_t size;
};

/* The last that is heard of the call; another may be started here.  Negative: the loop ends with it. */
typedef int (*grpc_end_fn)(void *ctx, const struct grpc_result *result);

/* Never calls back before it returns.  -ENOMEM, -EINVAL. */
int grpc_start(struct grpc_request **ret, struct http *http, const struct grpc_call *call, grpc_end_fn end);
void grpc_cancel(struct grpc_request *request); /* NULL is fine */

#endif
