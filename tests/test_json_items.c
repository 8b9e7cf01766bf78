/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json_items.h"
#include "util.h"

struct seen {
	char text[4096]; /* the items, joined by '|' */
	int count, fail_at;
};

static int collect(void *ctx, const char *text, size_t length)
{
	struct seen *seen = ctx;
	size_t used = strlen(seen->text);

	if (++seen->count == seen->fail_at)
		return -EPROTO;
	snprintf(seen->text + used, sizeof(seen->text) - used, "%s%.*s", used ? "|" : "", (int)length, text);
	return 0;
}

/* Feeds text in chunks, each in memory of its own so that the sanitizer sees a step beyond. */
static int scan(struct json_items *items, const char *text, size_t length, size_t chunk, const char **ret_envelope)
{
	size_t envelope_length;

	for (size_t i = 0; i < length; i += chunk) {
		size_t step = length - i < chunk ? length - i : chunk;
		CLEANUP(free_pointer) char *copy = malloc(step);
		int err;

		assert_non_null(copy);
		memcpy(copy, text + i, step);
		err = json_items_feed(items, copy, step);
		if (err)
			return err;
	}
	return json_items_end(items, ret_envelope, &envelope_length);
}

static void expect_good(const char *text, const char *list, const char *envelope)
{
	size_t length = strlen(text);

	for (size_t chunk = 1; chunk <= length; chunk++) {
		struct seen seen = { .count = 0 };
		struct json_items *items;
		const char *got = NULL;

		assert_int_equal(json_items_open(&items, collect, &seen), 0);
		assert_int_equal(scan(items, text, length, chunk, &got), 0);
		assert_string_equal(seen.text, list);
		assert_string_equal(got, envelope);
		json_items_close(items);
	}
}

static void expect_bad(const char *text, size_t length, uint64_t offset, const char *reason)
{
	for (size_t chunk = 1; chunk <= length || chunk == 1; chunk++) {
		struct seen seen = { .count = 0 };
		struct json_items *items;
		const char *got = NULL;

		assert_int_equal(json_items_open(&items, collect, &seen), 0);
		assert_int_equal(scan(items, text, length, chunk, &got), -EBADMSG);
		assert_string_equal(json_items_reason(items), reason);
		assert_int_equal(json_items_offset(items), offset);
		/* An error is final. */
		assert_int_equal(json_items_feed(items, "{}", 2), -EBADMSG);
		assert_int_equal(json_items_offset(items), offset);
		json_items_close(items);
	}
}

static void good(void **state)
{
	(void)state;
	expect_good("{\"apiVersion\":\"v1\",\"items\":[],\"kind\":\"List\"}", "",
		    "{\"apiVersion\":\"v1\",\"items\":[],\"kind\":\"List\"}");
	expect_good(" {\"items\" : [ {\"a\":1} ,\n{\"b\":[{\"items\":[{}]}]} ], \"k\": [1] } \n",
		    "{\"a\":1}|{\"b\":[{\"items\":[{}]}]}", "{\"items\" : [], \"k\": [1] }");
	expect_good("{\"kind\":\"Pod\",\"spec\":{\"items\":[{}]}}", "",
		    "{\"kind\":\"Pod\",\"spec\":{\"items\":[{}]}}");
	expect_good("{\"items\":null}", "", "{\"items\":null}");
	expect_good("{\"itemsx\":[1],\"item\":[2],\"i\\u0074ems\":[3]}", "",
		    "{\"itemsx\":[1],\"item\":[2],\"i\\u0074ems\":[3]}");
	expect_good("{\"items\":[{\"n\":[0,-0,1,-12,0.5,10.25e3,1E-5,1e+9],\"t\":[true,false,null]}]}",
		    "{\"n\":[0,-0,1,-12,0.5,10.25e3,1E-5,1e+9],\"t\":[true,false,null]}", "{\"items\":[]}");
	expect_good("{\"items\":[{\"s\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u20ac\\ud83d\\udc27 \xc3\xbc\xe2\x82\xac\xf0\x9f\x90\xa7\"}]}",
		    "{\"s\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u20ac\\ud83d\\udc27 \xc3\xbc\xe2\x82\xac\xf0\x9f\x90\xa7\"}",
		    "{\"items\":[]}");
	expect_good("{}", "", "{}");
}

#define TEXT(text) text, sizeof(text) - 1

static void hostile(void **state)
{
	static const struct {
		const char *text;
		size_t length;
		uint64_t offset;
		const char *reason;
	} cases[] = {
		{ TEXT(""), 0, "it is empty" },
		{ TEXT(" \n"), 2, "it is empty" },
		{ TEXT("[]"), 0, "an object was expected" },
		{ TEXT("No resources found\n"), 0, "an object was expected" },
		{ TEXT("\xff\xfe{\0}\0"), 0, "a byte order mark: it must be UTF-8 without one" },
		{ TEXT("\xef\xbb\xbf{}"), 0, "a byte order mark: it must be UTF-8 without one" },
		{ TEXT("{"), 1, "it ends too early" },
		{ TEXT("{\"items\":[{\"a\":1}"), 17, "it ends too early" },
		{ TEXT("{\"items\":[{\"a\":\"x"), 17, "it ends too early" },
		{ TEXT("{} {}"), 3, "something after the end" },
		{ TEXT("{}\0"), 2, "something after the end" },
		{ TEXT("{\"a\":[}"), 6, "a value was expected" },
		{ TEXT("{\"a\":[1}"), 7, "the wrong closing bracket" },
		{ TEXT("{\"a\":{\"b\":1]"), 11, "the wrong closing bracket" },
		{ TEXT("{\"a\":1,}"), 7, "a key was expected" },
		{ TEXT("{\"a\":[1,]}"), 8, "a value was expected" },
		{ TEXT("{,}"), 1, "a key was expected" },
		{ TEXT("{\"a\" 1}"), 5, "a colon was expected" },
		{ TEXT("{\"a\":1 \"b\":2}"), 7, "a comma or a closing bracket was expected" },
		{ TEXT("{a:1}"), 1, "a key was expected" },
		{ TEXT("{'a':1}"), 1, "a key was expected" },
		{ TEXT("{\"items\":[1]}"), 10, "an item that is no object" },
		{ TEXT("{\"items\":[[]]}"), 10, "an item that is no object" },
		{ TEXT("{\"items\":[{},null]}"), 13, "an item that is no object" },
		{ TEXT("{\"items\":[],\"items\":[]}"), 20, "\"items\" comes twice" },
		{ TEXT("{\"a\":01}"), 6, "a malformed number" },
		{ TEXT("{\"a\":-}"), 6, "a malformed number" },
		{ TEXT("{\"a\":1.}"), 7, "a malformed number" },
		{ TEXT("{\"a\":1e}"), 7, "a malformed number" },
		{ TEXT("{\"a\":1e+}"), 8, "a malformed number" },
		{ TEXT("{\"a\":+1}"), 5, "a value was expected" },
		{ TEXT("{\"a\":.5}"), 5, "a value was expected" },
		{ TEXT("{\"a\":NaN}"), 5, "a value was expected" },
		{ TEXT("{\"a\":nul}"), 8, "a value was expected" },
		{ TEXT("{\"a\":truex}"), 9, "a comma or a closing bracket was expected" },
		{ TEXT("{\"a\":\"x\ny\"}"), 7, "a control character in a string" },
		{ TEXT("{\"a\":\"x\0y\"}"), 7, "a NUL byte" },
		{ TEXT("{\"a\":\0}"), 5, "a value was expected" },
		{ TEXT("{\"a\":\"\\u0000\"}"), 11, "a NUL character in a string" },
		{ TEXT("{\"a\":\"\\x41\"}"), 7, "an unknown escape in a string" },
		{ TEXT("{\"a\":\"\\u12g4\"}"), 10, "four hexadecimal digits were expected" },
		{ TEXT("{\"a\":\"\\ud83d\"}"), 12, "half a surrogate pair in a string" },
		{ TEXT("{\"a\":\"\\ud83d\\n\"}"), 13, "half a surrogate pair in a string" },
		{ TEXT("{\"a\":\"\\ud83d\\u0041\"}"), 17, "half a surrogate pair in a string" },
		{ TEXT("{\"a\":\"\\udc27\"}"), 11, "half a surrogate pair in a string" },
		{ TEXT("{\"a\":\"\xc0\xaf\"}"), 6, "not UTF-8" },
		{ TEXT("{\"a\":\"\xe0\x80\xaf\"}"), 7, "not UTF-8" },
		{ TEXT("{\"a\":\"\xed\xa0\x80\"}"), 7, "not UTF-8" },
		{ TEXT("{\"a\":\"\xf4\x90\x80\x80\"}"), 7, "not UTF-8" },
		{ TEXT("{\"a\":\"\xe2\x82\"}"), 8, "not UTF-8" },
		{ TEXT("{\"a\":\"\xff\"}"), 6, "not UTF-8" },
		{ TEXT("{\"\xff\":1}"), 2, "not UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		expect_bad(cases[i].text, cases[i].length, cases[i].offset, cases[i].reason);
}

static void depth(void **state)
{
	char text[2 * JSON_ITEMS_DEPTH + 16] = "{\"a\":";
	size_t start = strlen(text);

	(void)state;
	/* The object around takes one level. */
	memset(text + start, '[', JSON_ITEMS_DEPTH - 1);
	memset(text + start + JSON_ITEMS_DEPTH - 1, ']', JSON_ITEMS_DEPTH - 1);
	strcpy(text + start + 2 * (JSON_ITEMS_DEPTH - 1), "}");
	expect_good(text, "", text);
	memset(text + start, '[', JSON_ITEMS_DEPTH);
	expect_bad(text, strlen(text), start + JSON_ITEMS_DEPTH - 1, "nested too deeply");
}

static int ignore(void *ctx, const char *text, size_t length)
{
	(void)text;
	*(size_t *)ctx = length;
	return 0;
}

/* An item of exactly the bound passes, one byte more does not; the same for the envelope. */
static void size(void **state)
{
	static const char *const before[] = { "{\"items\":[", "" }, *const after[] = { "]}", "" };
	CLEANUP(free_pointer) char *object = malloc(JSON_ITEMS_ITEM_BYTES + 2);

	(void)state;
	assert_non_null(object);
	for (unsigned int more = 0; more < 2; more++)
		for (int i = 0; i < 2; i++) {
			size_t length = JSON_ITEMS_ITEM_BYTES + more, seen = 0;
			struct json_items *items;
			const char *envelope;

			memset(object, 'x', length);
			memcpy(object, "{\"a\":\"", 6);
			memcpy(object + length - 2, "\"}", 2);
			assert_int_equal(json_items_open(&items, ignore, &seen), 0);
			assert_int_equal(json_items_feed(items, before[i], strlen(before[i])), 0);
			assert_int_equal(json_items_feed(items, object, length), more ? -EBADMSG : 0);
			if (more) {
				assert_string_equal(json_items_reason(items), "an object of more than 8 MiB");
			} else {
				assert_int_equal(json_items_feed(items, after[i], strlen(after[i])), 0);
				assert_int_equal(json_items_end(items, &envelope, &length), 0);
				assert_int_equal(i ? length : seen, JSON_ITEMS_ITEM_BYTES);
			}
			json_items_close(items);
		}
}

static void callback_error(void **state)
{
	struct seen seen = { .fail_at = 2 };
	struct json_items *items;
	const char *envelope;

	(void)state;
	assert_int_equal(json_items_open(&items, collect, &seen), 0);
	assert_int_equal(scan(items, TEXT("{\"items\":[{}, {\"b\":1},{}]}"), 100, &envelope), -EPROTO);
	assert_int_equal(seen.count, 2);
	assert_int_equal(json_items_item_offset(items), 14);
	assert_string_equal(json_items_reason(items), "");
	json_items_close(items);
	json_items_close(NULL);
}

static const struct json_keep inner[] = { { "b", NULL }, { "list", NULL }, { NULL, NULL } };
static const struct json_keep outer[] = { { "a", inner }, { "whole", NULL }, { "object", inner }, { NULL, NULL } };

static void expect_kept(const char *text, const char *list, const char *envelope)
{
	size_t length = strlen(text);

	for (size_t chunk = 1; chunk <= length; chunk++) {
		struct seen seen = { .count = 0 };
		struct json_items *items;
		const char *got = NULL;

		assert_int_equal(json_items_open(&items, collect, &seen), 0);
		json_items_keep(items, outer, *list ? NULL : outer);
		assert_int_equal(scan(items, text, length, chunk, &got), 0);
		assert_string_equal(seen.text, list);
		assert_string_equal(got, envelope);
		json_items_close(items);
	}
}

/* What is not of interest is null, whatever it was; the rest is as it stood, wherever the chunks end. */
static void keep(void **state)
{
	(void)state;
	expect_kept("{\"items\":[{\"a\":{\"b\":[1,{\"c\":2}],\"c\":{\"b\":[{}]}},\"x\":[[],{}]},{\"x\":-1.5e3,\"whole\":{\"x\":1}}],"
		    "\"x\":{\"x\":1}}",
		    "{\"a\":{\"b\":[1,{\"c\":2}],\"c\":null},\"x\":null}|{\"x\":null,\"whole\":{\"x\":1}}",
		    "{\"items\":[],\"x\":{\"x\":1}}");
	/* In an array the tables are for its objects; what is no object stays. */
	expect_kept("{\"items\":[{\"a\":[{\"b\":1,\"c\":\"]}\\\"\"},7,[{\"c\":true,\"b\":\"x\"}]]}]}",
		    "{\"a\":[{\"b\":1,\"c\":null},7,[{\"c\":null,\"b\":\"x\"}]]}", "{\"items\":[]}");
	/* A key may be written with escapes: then it may be any, and its value stays. */
	expect_kept("{\"items\":[{\"\\u0061\":{\"c\":1},\"x\":false,\"\":null,\"aa\":0,\"a\":3}]}",
		    "{\"\\u0061\":{\"c\":1},\"x\":null,\"\":null,\"aa\":null,\"a\":3}", "{\"items\":[]}");
	/* Of the envelope. */
	expect_kept("{\"items\":[{\"a\":1}],\"object\":{\"b\":\"y\",\"items\":[{}],\"c\":\"z\"},\"x\": [ { } , 1 ] ,\"whole\":2 }", "",
		    "{\"items\":null,\"object\":{\"b\":\"y\",\"items\":null,\"c\":null},\"x\": null,\"whole\":2 }");
}

static void expect_kept_bad(const char *text, uint64_t offset, const char *reason)
{
	size_t length = strlen(text);

	for (size_t chunk = 1; chunk <= length; chunk++) {
		struct seen seen = { .count = 0 };
		struct json_items *items;
		const char *got = NULL;

		assert_int_equal(json_items_open(&items, collect, &seen), 0);
		json_items_keep(items, outer, NULL);
		assert_int_equal(scan(items, text, length, chunk, &got), -EBADMSG);
		assert_string_equal(json_items_reason(items), reason);
		assert_int_equal(json_items_offset(items), offset);
		assert_int_equal(seen.count, 0);
		json_items_close(items);
	}
}

/* What is not of interest must be JSON all the same. */
static void keep_checks(void **state)
{
	static const struct {
		const char *text;
		uint64_t offset;
		const char *reason;
	} bad[] = {
		{ "{\"items\":[{\"x\":[1}", 17, "the wrong closing bracket" },
		{ "{\"items\":[{\"x\":{]", 16, "a key was expected" },
		{ "{\"items\":[{\"x\":[}", 16, "a value was expected" },
		{ "{\"items\":[{\"x\":[1,]", 18, "a value was expected" },
		{ "{\"items\":[{\"x\":{\"a\":1,}", 22, "a key was expected" },
		{ "{\"items\":[{\"x\":{\"a\"}", 19, "a colon was expected" },
		{ "{\"items\":[{\"x\":{\"a\":}", 20, "a value was expected" },
		{ "{\"items\":[{\"x\":{1", 16, "a key was expected" },
		{ "{\"items\":[{\"x\":[1 2", 18, "a comma or a closing bracket was expected" },
		{ "{\"items\":[{\"x\":\"\xff", 16, "not UTF-8" },
		{ "{\"items\":[{\"x\":[\"\\x", 18, "an unknown escape in a string" },
		{ "{\"items\":[{\"x\":01", 16, "a malformed number" },
		{ "{\"items\":[{\"x\":}", 15, "a value was expected" },
		{ "{\"items\":[{\"x\":1]", 16, "the wrong closing bracket" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		expect_kept_bad(bad[i].text, bad[i].offset, bad[i].reason);
}

/* What reading a text comes to. */
struct outcome {
	int err, count;
	uint64_t offset;
	const char *reason;
};

static struct outcome outcome_of(const char *text, size_t length, size_t chunk, const struct json_keep *item)
{
	struct seen seen = { .count = 0 };
	struct outcome outcome;
	struct json_items *items;
	const char *got;

	assert_int_equal(json_items_open(&items, collect, &seen), 0);
	json_items_keep(items, item, NULL);
	outcome.err = scan(items, text, length, chunk, &got);
	outcome.count = seen.count;
	outcome.offset = json_items_offset(items);
	outcome.reason = json_items_reason(items); /* static */
	json_items_close(items);
	return outcome;
}

/* Whatever stands at any place: what is skipped is refused, and where, as it is when it is read. */
static void keep_agrees(void **state)
{
	static const char text[] = "{ \"items\" : [ {\"x\":{\"p\":[1,-2.5e+3 ,{\"q\":\"\\u00e4\\n\xc3\xa4\"},[ ]],\"r\":{ }},\"a\" :"
				   "{\"b\":\"c\",\"d\":[true,null]},\"y\":false},{}],\"z\":{\"x\":[{}]}}";
	static const char bytes[] = "{}[]:,\"\\ 1xe-\xff\xc3\n";
	static const size_t chunks[] = { 1, 3, 7, 1000 };
	char copy[sizeof(text)];

	(void)state;
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		for (size_t j = 0; j < sizeof(bytes); j++) {
			struct outcome plain;

			memcpy(copy, text, sizeof(text));
			copy[i] = bytes[j];
			plain = outcome_of(copy, sizeof(text) - 1, 1, NULL);
			for (size_t k = 0; k < ARRAY_SIZE(chunks); k++) {
				struct outcome kept = outcome_of(copy, sizeof(text) - 1, chunks[k], outer);

				assert_int_equal(kept.err, plain.err);
				assert_int_equal(kept.count, plain.count);
				assert_int_equal(kept.offset, plain.offset);
				assert_string_equal(kept.reason, plain.reason);
			}
		}
}

/* It takes no memory, and has the bound of any item all the same. */
static void keep_bound(void **state)
{
	static const char begin[] = "{\"items\":[{\"x\":\"";
	struct seen seen = { .count = 0 };
	struct json_items *items;
	char text[4096];
	size_t fed = 0;
	int err;

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_int_equal(json_items_open(&items, collect, &seen), 0);
	json_items_keep(items, outer, NULL);
	err = json_items_feed(items, begin, sizeof(begin) - 1);
	for (; !err; fed += sizeof(text))
		err = json_items_feed(items, text, sizeof(text));
	assert_int_equal(err, -EBADMSG);
	assert_string_equal(json_items_reason(items), "an object of more than 8 MiB");
	assert_in_range(fed, JSON_ITEMS_ITEM_BYTES, JSON_ITEMS_ITEM_BYTES + 2 * sizeof(text));
	json_items_close(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keep),
		cmocka_unit_test(keep_checks),
		cmocka_unit_test(keep_agrees),
		cmocka_unit_test(keep_bound),
		cmocka_unit_test(good),	   cmocka_unit_test(hostile), cmocka_unit_test(depth),
		cmocka_unit_test(size), cmocka_unit_test(callback_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
