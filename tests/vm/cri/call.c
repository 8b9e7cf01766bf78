/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "call.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "util.h"

#define ENDPOINT "/run/containerd/containerd.sock"
#define SERVICE "http://localhost/runtime.v1.RuntimeService/"
/* A call may wait for CNI plugins, which a guest without KVM runs slowly; the kubelet waits for 4 minutes. */
#define TIMEOUT_S 240
/* A byte that says "not compressed", and the message's length. */
#define PREFIX_BYTES 5

struct runtime {
	CURL *easy;
	struct curl_slist *headers;
};

/* What is under way. */
struct call {
	const char *method;
	const ProtobufCMessageDescriptor *type;
	message_fn fn;		   /* of a stream */
	ProtobufCMessage *message; /* of a call that has one */
	uint8_t *bytes;		   /* of messages that are not yet handed on */
	size_t size;
	bool said;		   /* why it failed */
	/* Of trailers, or of the headers of an answer that has nothing else. */
	char status[16];
	char detail[1024];
};

int refuse(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("cri: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
	return -EREMOTEIO;
}

void free_message(void *variable)
{
	ProtobufCMessage *message = *(ProtobufCMessage **)variable;

	if (message)
		protobuf_c_message_free_unpacked(message, NULL);
}

/* ---- the answer, in pieces of any size ---- */

static void read_value(char *to, size_t size, const char *name, const char *line, size_t length)
{
	size_t skip = strlen(name);

	if (length < skip || strncasecmp(line, name, skip))
		return;
	while (skip < length && line[skip] == ' ')
		skip++;
	while (length > skip && strchr("\r\n", line[length - 1]))
		length--;
	snprintf(to, size, "%.*s", (int)(length - skip), line + skip);
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
	struct call *call = ctx;
	size_t length = size * count;

	read_value(call->status, sizeof(call->status), "grpc-status:", line, length);
	read_value(call->detail, sizeof(call->detail), "grpc-message:", line, length);
	return length;
}

static int fault(struct call *call, const char *what)
{
	call->said = true;
	return refuse("%s: %s", call->method, what);
}

static int on_message(struct call *call, const uint8_t *bytes, size_t size)
{
	CLEANUP(free_message) ProtobufCMessage *message = protobuf_c_message_unpack(call->type, NULL, size, bytes);

	if (!message)
		return fault(call, "its answer cannot be unpacked");
	if (call->fn) {
		int err = call->fn(message);

		call->said = err < 0;
		return err;
	}
	if (call->message)
		return fault(call, "it answers twice");
	call->message = TAKE_PTR(message);
	return 0;
}

/* Hands on all that is whole. */
static int take_messages(struct call *call)
{
	size_t at = 0;
	int err = 0;

	while (!err && call->size - at >= PREFIX_BYTES) {
		uint32_t size;

		memcpy(&size, call->bytes + at + 1, sizeof(size));
		size = ntohl(size);
		if (call->bytes[at])
			return fault(call, "its answer is compressed, or not gRPC");
		if (call->size - at - PREFIX_BYTES < size)
			break;
		err = on_message(call, call->bytes + at + PREFIX_BYTES, size);
		at += PREFIX_BYTES + size;
	}
	call->size -= at;
	memmove(call->bytes, call->bytes + at, call->size);
	return err;
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
	struct call *call = ctx;
	size_t length = size * count;
	uint8_t *room = realloc(call->bytes, call->size + length);

	if (!room)
		return 0;
	memcpy(room + call->size, bytes, length);
	call->bytes = room;
	call->size += length;
	/* Another number than came makes libcurl end the request. */
	return take_messages(call) < 0 ? 0 : length;
}

/* ---- the request ---- */

int runtime_open(struct runtime **ret)
{
	struct runtime *runtime;

	/* TLS is not needed, and takes long to set up. */
	if (curl_global_init(CURL_GLOBAL_NOTHING))
		return -ENOMEM;
	runtime = calloc(1, sizeof(*runtime));
	if (!runtime)
		return -ENOMEM;
	runtime->easy = curl_easy_init();
	runtime->headers = curl_slist_append(NULL, "Content-Type: application/grpc");
	if (!runtime->easy || !runtime->headers || !curl_slist_append(runtime->headers, "TE: trailers")) {
		runtime_close(runtime);
		return -ENOMEM;
	}
	*ret = runtime;
	return 0;
}

void runtime_close(struct runtime *runtime)
{
	curl_easy_cleanup(runtime->easy);
	curl_slist_free_all(runtime->headers);
	free(runtime);
}

static uint8_t *pack(const ProtobufCMessage *request, size_t *ret_size)
{
	size_t size = protobuf_c_message_get_packed_size(request);
	uint8_t *bytes = malloc(PREFIX_BYTES + size);
	uint32_t length = htonl(size);

	if (!bytes)
		return NULL;
	bytes[0] = 0;
	memcpy(bytes + 1, &length, sizeof(length));
	protobuf_c_message_pack(request, bytes + PREFIX_BYTES);
	*ret_size = PREFIX_BYTES + size;
	return bytes;
}

static CURLcode perform(struct runtime *runtime, struct call *call, const uint8_t *body, size_t size)
{
	CURL *easy = runtime->easy;
	char url[256];

	snprintf(url, sizeof(url), SERVICE "%s", call->method);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, ENDPOINT);
	/* On a connection of its own: libcurl 7.88 fails on one that is open already (CURLE_HTTP2). */
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1l);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, runtime->headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)size);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, call->fn ? 0l : (long)TIMEOUT_S);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	return curl_easy_perform(easy);
}

/* Says why it failed, if that has not been said. */
static int outcome(struct runtime *runtime, const struct call *call, CURLcode code)
{
	long http = 0;

	if (call->said)
		return -EREMOTEIO;
	if (*call->status && strcmp(call->status, "0"))
		return refuse("%s: gRPC status %s: %s", call->method, call->status, call->detail);
	if (code)
		return refuse("%s: curl: (%d) %s", call->method, code, curl_easy_strerror(code));
	if (call->fn)
		return refuse("%s: the stream has ended", call->method);
	curl_easy_getinfo(runtime->easy, CURLINFO_RESPONSE_CODE, &http);
	if (!*call->status)
		return refuse("%s: HTTP status %ld without a gRPC status", call->method, http);
	if (!call->message)
		return refuse("%s: an answer without a message", call->method);
	return 0;
}

static int make_call(struct runtime *runtime, struct call *call, const ProtobufCMessage *request)
{
	size_t size = 0;
	CLEANUP(free_pointer) uint8_t *body = pack(request, &size);

	if (!body)
		return refuse("%s: no memory", call->method);
	return outcome(runtime, call, perform(runtime, call, body, size));
}

int runtime_call(struct runtime *runtime, const char *method, const ProtobufCMessage *request,
		 const ProtobufCMessageDescriptor *type, void *ret)
{
	struct call call = { .method = method, .type = type };
	int err = make_call(runtime, &call, request);

	free(call.bytes);
	if (err)
		free_message(&call.message);
	else
		*(ProtobufCMessage **)ret = call.message;
	return err;
}

int runtime_stream(struct runtime *runtime, const char *method, const ProtobufCMessage *request,
		   const ProtobufCMessageDescriptor *type, message_fn fn)
{
	struct call call = { .method = method, .type = type, .fn = fn };
	int err = make_call(runtime, &call, request);

	free(call.bytes);
	return err;
}
