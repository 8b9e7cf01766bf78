/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "grpc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "util.h"

/* ---- the answer ---- */

/* By number, github.com/grpc/grpc/blob/master/doc/statuscodes.md */
static const struct {
	const char *name;
	int error;
} statuses[] = {
	[0] = { "OK", 0 },
	[1] = { "CANCELLED", -EREMOTEIO },
	[2] = { "UNKNOWN", -EREMOTEIO },
	[3] = { "INVALID_ARGUMENT", -EREMOTEIO },
	[4] = { "DEADLINE_EXCEEDED", -ETIMEDOUT },
	[5] = { "NOT_FOUND", -ENOENT },
	[6] = { "ALREADY_EXISTS", -EREMOTEIO },
	[7] = { "PERMISSION_DENIED", -EREMOTEIO },
	[8] = { "RESOURCE_EXHAUSTED", -EREMOTEIO },
	[9] = { "FAILED_PRECONDITION", -EREMOTEIO },
	[10] = { "ABORTED", -EREMOTEIO },
	[11] = { "OUT_OF_RANGE", -EREMOTEIO },
	[12] = { "UNIMPLEMENTED", -ENOSYS },
	[13] = { "INTERNAL", -EREMOTEIO },
	[14] = { "UNAVAILABLE", -EAGAIN },
	[15] = { "DATA_LOSS", -EREMOTEIO },
	[16] = { "UNAUTHENTICATED", -EREMOTEIO },
};

void grpc_answer_init(struct grpc_answer *answer, size_t most)
{
	*answer = (struct grpc_answer){ .most = most, .status = -1 };
}

void grpc_answer_free(struct grpc_answer *answer)
{
	free(answer->message);
	answer->message = NULL;
}

static int fault(struct grpc_answer *answer, const char *text)
{
	answer->fault = text;
	return -EBADMSG;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A bad escape stands for itself, as the specification wants it.  What is not printable ASCII becomes '?'. */
static void take_detail(struct grpc_answer *answer, const char *value)
{
	size_t used = 0;

	while (*value && used + 1 < sizeof(answer->detail)) {
		int c = (unsigned char)*value, high = -1, low = -1;

		if (c == '%' && (high = hex_digit(value[1])) >= 0)
			low = hex_digit(value[2]);
		value += low >= 0 ? 3 : 1;
		if (low >= 0)
			c = high << 4 | low;
		answer->detail[used++] = (char)(c >= ' ' && c <= '~' ? c : '?');
	}
	answer->detail[used] = '\0';
}

static int take_status(struct grpc_answer *answer, const char *value)
{
	size_t digits = strspn(value, "0123456789");

	if (!digits || value[digits] || digits > 3)
		return fault(answer, "its grpc-status is no number");
	answer->status = atoi(value);
	return 0;
}

int grpc_answer_header(struct grpc_answer *answer, const char *name, const char *value)
{
	static const char type[] = "application/grpc";
	const char *rest = value + sizeof(type) - 1;

	if (!strcmp(name, "grpc-status"))
		return take_status(answer, value);
	if (!strcmp(name, "grpc-message"))
		take_detail(answer, value);
	/* "application/grpc", "application/grpc+proto", with or without parameters */
	if (!strcmp(name, "content-type"))
		answer->typed = !strncmp(value, type, sizeof(type) - 1) && (!*rest || strchr("+; ", *rest));
	return 0;
}

static int begin_message(struct grpc_answer *answer)
{
	const uint8_t *prefix = answer->prefix;

	if (answer->message)
		return fault(answer, "it has more than one message");
	if (prefix[0])
		return fault(answer, "its message is compressed, or it is none");
	answer->size = (size_t)prefix[1] << 24 | (size_t)prefix[2] << 16 | (size_t)prefix[3] << 8 | prefix[4];
	if (answer->size > answer->most)
		return fault(answer, "its message is too long");
	answer->message = malloc(answer->size + 1);
	return answer->message ? 0 : -ENOMEM;
}

/* What of length fits into what is left of size. */
static size_t take(uint8_t *to, size_t *filled, size_t size, const char *bytes, size_t length)
{
	size_t count = size - *filled < length ? size - *filled : length;

	memcpy(to + *filled, bytes, count);
	*filled += count;
	return count;
}

int grpc_answer_bytes(struct grpc_answer *answer, const char *bytes, size_t length)
{
	if (!answer->typed)
		return fault(answer, "it is not gRPC");
	while (length) {
		size_t count;
		int err;

		if (answer->message && answer->filled < answer->size) {
			count = take(answer->message, &answer->filled, answer->size, bytes, length);
		} else {
			count = take(answer->prefix, &answer->prefix_filled, sizeof(answer->prefix), bytes, length);
			err = answer->prefix_filled == sizeof(answer->prefix) ? begin_message(answer) : 0;
			if (err)
				return err;
			if (answer->prefix_filled == sizeof(answer->prefix))
				answer->prefix_filled = 0;
		}
		bytes += count;
		length -= count;
	}
	return 0;
}

static const char *fault_at_end(const struct grpc_answer *answer)
{
	if (answer->fault)
		return answer->fault;
	if (!answer->typed)
		return "it is not gRPC";
	if (answer->status < 0)
		return "it has no trailers";
	if (answer->status > 0)
		return NULL;
	if (answer->prefix_filled || answer->filled < answer->size)
		return "its message is cut off";
	return answer->message ? NULL : "it has no message";
}

static int status_error(const struct grpc_answer *answer, char reason[static GRPC_REASON_BYTES])
{
	size_t status = (size_t)answer->status;
	bool known = status < ARRAY_SIZE(statuses);

	if (!status)
		return 0;
	snprintf(reason, GRPC_REASON_BYTES, "%s%s%s", known ? statuses[status].name : "unknown status",
		 *answer->detail ? ": " : "", answer->detail);
	return known ? statuses[status].error : -EREMOTEIO;
}

int grpc_answer_end(const struct grpc_answer *answer, const struct http_result *result,
		    char reason[static GRPC_REASON_BYTES])
{
	const char *wrong = fault_at_end(answer);

	*reason = '\0';
	/* A server that refuses may cut the stream off after its word. */
	if (answer->status > 0 && !answer->fault)
		return status_error(answer, reason);
	if (!answer->fault && result->error) {
		snprintf(reason, GRPC_REASON_BYTES, "%s", text_is_ascii(result->reason) ? result->reason : "?");
		return result->error;
	}
	if (!answer->fault && result->status != 200) {
		snprintf(reason, GRPC_REASON_BYTES, "its answer is HTTP status %d", result->status);
		return -EBADMSG;
	}
	if (!wrong)
		return 0;
	snprintf(reason, GRPC_REASON_BYTES, "its answer cannot be believed: %s", wrong);
	return -EBADMSG;
}

/* ---- a call ---- */

struct grpc_request {
	struct http_request *http;
	struct grpc_answer answer;
	grpc_end_fn end;
	void *ctx;
};

static void request_free(struct grpc_request *request)
{
	grpc_answer_free(&request->answer);
	free(request);
}

static int on_header(void *ctx, const char *name, const char *value)
{
	struct grpc_request *request = ctx;

	return grpc_answer_header(&request->answer, name, value);
}

static int on_bytes(void *ctx, int status, const char *bytes, size_t length)
{
	struct grpc_request *request = ctx;

	/* The page of an HTTP error says nothing to us. */
	return status == 200 ? grpc_answer_bytes(&request->answer, bytes, length) : 0;
}

static int on_end(void *ctx, const struct http_result *http)
{
	struct grpc_request *request = ctx;
	char reason[GRPC_REASON_BYTES];
	struct grpc_result result = { .error = grpc_answer_end(&request->answer, http, reason), .reason = reason };
	int err;

	if (!result.error) {
		result.message = request->answer.message;
		result.size = request->answer.size;
	}
	err = request->end(request->ctx, &result);
	request_free(request);
	return err;
}

/* The five bytes before each message. */
static uint8_t *frame(const void *message, size_t size)
{
	uint8_t *bytes = malloc(size + 5);

	if (!bytes)
		return NULL;
	bytes[0] = 0;
	for (int i = 0; i < 4; i++)
		bytes[1 + i] = (uint8_t)(size >> (24 - 8 * i));
	if (size)
		memcpy(bytes + 5, message, size);
	return bytes;
}

int grpc_start(struct grpc_request **ret, struct http *http, const struct grpc_call *call, grpc_end_fn end)
{
	CLEANUP(free_pointer) uint8_t *body = frame(call->message, call->size);
	struct grpc_request *request = calloc(1, sizeof(*request));
	char url[256], deadline[64];
	const char *const headers[] = { "content-type: application/grpc", "te: trailers", deadline, NULL };
	struct http_call http_call = {
		.url = url, .unix_socket = call->unix_socket, .prior_knowledge = true, .headers = headers,
		.body = body, .body_size = call->size + 5, .timeout = call->timeout, .header = on_header,
		.bytes = on_bytes, .ctx = request,
	};
	int err;

	snprintf(url, sizeof(url), "http://localhost%s", call->method);
	snprintf(deadline, sizeof(deadline), "grpc-timeout: %llum", (unsigned long long)(call->timeout / NS_PER_MS));
	if (!body || !request) {
		free(request);
		return -ENOMEM;
	}
	request->end = end;
	request->ctx = call->ctx;
	grpc_answer_init(&request->answer, call->most);
	err = http_start(&request->http, http, &http_call, on_end);
	if (err) {
		request_free(request);
		return err;
	}
	*ret = request;
	return 0;
}

void grpc_cancel(struct grpc_request *request)
{
	if (!request)
		return;
	http_cancel(request->http);
	request_free(request);
}
