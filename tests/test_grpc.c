// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* gRPC's framing and its statuses, of answers that come in pieces of any size; the connection is tests/cri-check's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "grpc.h"
#include "http.h"
#include "util.h"

#define BYTES(text) text, sizeof(text) - 1
#define MOST 64

/* One answer from its headers to its end; piece: how many bytes come at once.  The first error, or the last word. */
static int take(struct grpc_answer *answer, const char *bytes, size_t length, size_t piece, const char *status,
		const char *message, char reason[static GRPC_REASON_BYTES])
{
	struct http_result result = { .status = 200, .reason = "" };
	int err = 0;

	grpc_answer_init(answer, MOST);
	assert_int_equal(grpc_answer_header(answer, "content-type", "application/grpc"), 0);
	for (size_t at = 0; at < length && !err; at += piece)
		err = grpc_answer_bytes(answer, bytes + at, length - at < piece ? length - at : piece);
	if (err) {
		result.error = err;
		result.reason = strerror(-err);
	}
	if (!err && message)
		assert_int_equal(grpc_answer_header(answer, "grpc-message", message), 0);
	if (!err && status)
		err = grpc_answer_header(answer, "grpc-status", status);
	return grpc_answer_end(answer, &result, reason);
}

static void whole(void **state)
{
	char reason[GRPC_REASON_BYTES];
	struct grpc_answer answer;

	(void)state;
	for (size_t piece = 1; piece <= 9; piece++) {
		assert_int_equal(take(&answer, BYTES("\0\0\0\0\4four"), piece, "0", NULL, reason), 0);
		assert_string_equal(reason, "");
		assert_int_equal(answer.size, 4);
		assert_memory_equal(answer.message, "four", 4);
		grpc_answer_free(&answer);
	}
	assert_int_equal(take(&answer, BYTES("\0\0\0\0\0"), 5, "0", NULL, reason), 0);
	assert_int_equal(answer.size, 0);
	grpc_answer_free(&answer);
}

static void broken(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		const char *status, *reason;
	} cases[] = {
		{ BYTES(""), "0", "it has no message" },
		{ BYTES("\0\0\0"), "0", "its message is cut off" },
		{ BYTES("\0\0\0\0\5four"), "0", "its message is cut off" },
		{ BYTES("\0\0\0\0\3four"), "0", "its message is cut off" },
		{ BYTES("\0\0\0\0\4four\0\0\0\0\0"), "0", "it has more than one message" },
		{ BYTES("\1\0\0\0\4four"), "0", "its message is compressed, or it is none" },
		{ BYTES("<html>"), "0", "its message is compressed, or it is none" },
		{ BYTES("\0\0\0\0\x41"), "0", "its message is too long" },
		{ BYTES("\0\6\x40\0\0"), "0", "its message is too long" },
		{ BYTES("\0\xff\xff\xff\xff"), "0", "its message is too long" },
		{ BYTES("\0\0\0\0\4four"), NULL, "it has no trailers" },
		{ BYTES("\0\0\0\0\4four"), "", "its grpc-status is no number" },
		{ BYTES("\0\0\0\0\4four"), "0x", "its grpc-status is no number" },
		{ BYTES("\0\0\0\0\4four"), "-1", "its grpc-status is no number" },
		{ BYTES("\0\0\0\0\4four"), "4294967296", "its grpc-status is no number" },
	};
	char reason[GRPC_REASON_BYTES], expected[GRPC_REASON_BYTES];
	struct grpc_answer answer;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(expected, sizeof(expected), "its answer cannot be believed: %s", cases[i].reason);
		for (size_t piece = 1; piece <= 16; piece += 5) {
			assert_int_equal(take(&answer, cases[i].bytes, cases[i].length, piece, cases[i].status, NULL,
					      reason), -EBADMSG);
			assert_string_equal(reason, expected);
			grpc_answer_free(&answer);
		}
	}
}

/* The longest that is taken, to the byte. */
static void longest(void **state)
{
	char reason[GRPC_REASON_BYTES], bytes[5 + MOST] = { 0, 0, 0, 0, MOST };
	struct grpc_answer answer;

	(void)state;
	assert_int_equal(take(&answer, bytes, sizeof(bytes), 7, "0", NULL, reason), 0);
	assert_int_equal(answer.size, MOST);
	grpc_answer_free(&answer);
}

static void refused(void **state)
{
	static const struct {
		const char *status, *message;
		int error;
		const char *reason;
	} cases[] = {
		{ "2", NULL, -EREMOTEIO, "UNKNOWN" },
		{ "4", "late", -ETIMEDOUT, "DEADLINE_EXCEEDED: late" },
		{ "5", "no such sandbox", -ENOENT, "NOT_FOUND: no such sandbox" },
		{ "7", "", -EREMOTEIO, "PERMISSION_DENIED" },
		{ "12", "unknown service runtime.v1.RuntimeService", -ENOSYS,
		  "UNIMPLEMENTED: unknown service runtime.v1.RuntimeService" },
		{ "14", "a%20b%2Fc%0ad%", -EAGAIN, "UNAVAILABLE: a b/c?d%" },
		{ "16", "%e2%82%ac%zz%4", -EREMOTEIO, "UNAUTHENTICATED: ???%zz%4" },
		{ "17", "new", -EREMOTEIO, "unknown status: new" },
		{ "999", "x\x1b[31m", -EREMOTEIO, "unknown status: x?[31m" },
	};
	char reason[GRPC_REASON_BYTES];
	struct grpc_answer answer;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* Without a message, with a whole one, and with half of one. */
		for (size_t length = 0; length <= 9; length += 3) {
			assert_int_equal(take(&answer, "\0\0\0\0\4four", length, 9, cases[i].status, cases[i].message,
					      reason), cases[i].error);
			assert_string_equal(reason, cases[i].reason);
			grpc_answer_free(&answer);
		}
	}
}

static void long_words(void **state)
{
	char message[1000], reason[GRPC_REASON_BYTES];
	struct grpc_answer answer;

	(void)state;
	memset(message, 'x', sizeof(message) - 1);
	message[sizeof(message) - 1] = '\0';
	assert_int_equal(take(&answer, "", 0, 1, "13", message, reason), -EREMOTEIO);
	assert_int_equal(strlen(reason), strlen("INTERNAL: ") + sizeof(answer.detail) - 1);
	grpc_answer_free(&answer);
}

/* What is no gRPC at all, and what the connection says. */
static void connections(void **state)
{
	static const char *const good[] = { "application/grpc", "application/grpc+proto", "application/grpc; x=y" };
	static const char *const bad[] = { "application/grpc-web", "text/html", "application/grpcx", "" };
	struct http_result page = { .status = 404, .reason = "" };
	struct http_result cut = { .error = -ECONNRESET, .status = 200, .reason = "cut \x1b off" };
	char reason[GRPC_REASON_BYTES];
	struct grpc_answer answer;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		grpc_answer_init(&answer, MOST);
		assert_int_equal(grpc_answer_header(&answer, "content-type", good[i]), 0);
		assert_int_equal(grpc_answer_bytes(&answer, BYTES("\0\0\0\0\0")), 0);
		grpc_answer_free(&answer);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		grpc_answer_init(&answer, MOST);
		assert_int_equal(grpc_answer_header(&answer, "content-type", bad[i]), 0);
		assert_int_equal(grpc_answer_bytes(&answer, BYTES("\0\0\0\0\0")), -EBADMSG);
		assert_string_equal(answer.fault, "it is not gRPC");
		grpc_answer_free(&answer);
	}
	grpc_answer_init(&answer, MOST);
	assert_int_equal(grpc_answer_end(&answer, &page, reason), -EBADMSG);
	assert_string_equal(reason, "its answer is HTTP status 404");
	assert_int_equal(grpc_answer_end(&answer, &cut, reason), -ECONNRESET);
	assert_string_equal(reason, "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),   cmocka_unit_test(broken),	 cmocka_unit_test(longest),
		cmocka_unit_test(refused), cmocka_unit_test(long_words), cmocka_unit_test(connections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
