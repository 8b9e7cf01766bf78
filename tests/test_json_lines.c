/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json_lines.h"
#include "util.h"

struct seen {
	char text[1024]; /* the lines, joined by '|' */
	int count, fail_at;
};

static int collect(void *ctx, const char *text, size_t length)
{
	struct seen *seen = ctx;
	size_t used = strlen(seen->text);

	if (++seen->count == seen->fail_at)
		return -EPROTO;
	assert_int_equal(strlen(text), length);
	snprintf(seen->text + used, sizeof(seen->text) - used, "%s%s", used ? "|" : "", text);
	return 0;
}

/* In chunks of each size, each in memory of its own; what feed and end come to. */
static void expect(const char *text, size_t length, const char *lines, int status, const char *reason)
{
	for (size_t chunk = 1; chunk <= length; chunk++) {
		struct seen seen = { .count = 0 };
		struct json_lines *reader;
		int err = json_lines_open(&reader, NULL, collect, &seen);

		for (size_t i = 0; i < length && !err; i += chunk) {
			size_t step = length - i < chunk ? length - i : chunk;
			CLEANUP(free_pointer) char *copy = malloc(step);

			assert_non_null(copy);
			memcpy(copy, text + i, step);
			err = json_lines_feed(reader, copy, step);
		}
		if (!err)
			err = json_lines_end(reader);
		assert_int_equal(err, status);
		assert_string_equal(seen.text, lines);
		assert_string_equal(json_lines_reason(reader), reason);
		/* An error is final, and the end is none. */
		assert_int_equal(json_lines_feed(reader, "\n", 1), status);
		json_lines_close(reader);
	}
}

static void good(void **state)
{
	static const char crlf[] = "\r\n{\"a\":1}\r\n \t\n{\"b\":\"\\n\"}\n\n";

	(void)state;
	expect("{}\n", 3, "{}", 0, "");
	expect("\n", 1, "", 0, "");
	expect(crlf, sizeof(crlf) - 1, "{\"a\":1}|{\"b\":\"\\n\"}", 0, "");
	expect("  {\"items\":[{}]}  \n{}\n", 22, "{\"items\":[]}|{}", 0, "");
}

static void bad(void **state)
{
	(void)state;
	expect("{}\n{}", 5, "{}", -EBADMSG, "a line that breaks off");
	expect("{}\n{", 4, "{}", -EBADMSG, "a line that breaks off");
	expect("{\n}\n", 4, "", -EBADMSG, "it ends too early");
	expect("{}{}\n", 5, "", -EBADMSG, "something after the end");
	expect("[]\n", 3, "", -EBADMSG, "an object was expected");
	expect("{}\n\0\n", 5, "{}", -EBADMSG, "an object was expected");
	expect("{}\n{\"\xc0\xaf\":1}\n", 12, "{}", -EBADMSG, "not UTF-8");
}

static void callback_error(void **state)
{
	struct seen seen = { .fail_at = 2 };
	struct json_lines *reader;

	(void)state;
	assert_int_equal(json_lines_open(&reader, NULL, collect, &seen), 0);
	assert_int_equal(json_lines_feed(reader, "{}\n{}\n{}\n", 9), -EPROTO);
	assert_int_equal(seen.count, 2);
	assert_int_equal(json_lines_feed(reader, "{}\n", 3), -EPROTO);
	assert_int_equal(json_lines_end(reader), -EPROTO);
	assert_int_equal(seen.count, 2);
	json_lines_close(reader);
}

/* A line has a bound; the sum of all has none. */
static void bound(void **state)
{
	struct seen seen = { .count = 0 };
	struct json_lines *reader;
	char text[4096];
	int err = 0;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(json_lines_open(&reader, NULL, collect, &seen), 0);
	for (int line = 0; line < 5; line++) {
		assert_int_equal(json_lines_feed(reader, "{\"a\":\"", 6), 0);
		for (size_t fed = 0; fed < JSON_LINES_BYTES / 2; fed += sizeof(text))
			assert_int_equal(json_lines_feed(reader, text, sizeof(text)), 0);
		assert_int_equal(json_lines_feed(reader, "\"}\n", 3), 0);
	}
	assert_int_equal(seen.count, 5);
	assert_int_equal(json_lines_feed(reader, "{\"a\":\"", 6), 0);
	for (size_t fed = 0; fed < 2 * JSON_LINES_BYTES && !err; fed += sizeof(text))
		err = json_lines_feed(reader, text, sizeof(text));
	assert_int_equal(err, -EBADMSG);
	assert_string_equal(json_lines_reason(reader), "an object of more than 8 MiB");
	json_lines_close(reader);
	json_lines_close(NULL);
}

static void keeps(void **state)
{
	static const struct json_keep inner[] = { { "b", NULL }, { NULL, NULL } };
	static const struct json_keep table[] = { { "a", inner }, { NULL, NULL } };
	struct seen seen = { .count = 0 };
	struct json_lines *reader;

	(void)state;
	assert_int_equal(json_lines_open(&reader, table, collect, &seen), 0);
	assert_int_equal(json_lines_feed(reader, "{\"a\":{\"b\":1,\"c\":2}}\n{\"d\":1}\n", 28), 0);
	assert_int_equal(json_lines_end(reader), 0);
	assert_string_equal(seen.text, "{\"a\":{\"b\":1,\"c\":null}}|{\"d\":null}");
	json_lines_close(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good), cmocka_unit_test(bad), cmocka_unit_test(callback_error), cmocka_unit_test(bound),
		cmocka_unit_test(keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
