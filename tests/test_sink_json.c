/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "golden.h"

#include <cjson/cJSON.h>

#include "json_writer.h"
#include "report_fixtures.h"
#include "sink.h"
#include "util.h"

/* What the sink writes, kind by kind; tests/schema-check holds the same lines against the schema. */
static void each_kind(void **state)
{
	struct capture capture;
	struct sink_options options = { 0 };
	struct sink *sink;
	struct fixture f;
	char *text;

	(void)state;
	fixture_init(&f);
	capture_open(&capture);
	options.outlet = capture.outlet;
	assert_int_equal(sink_type_by_name("json")->open(&sink, &options), 0);
	assert_int_equal(sink_json.begin(sink, "not for machines"), 0);
	for (int kind = 0; kind < REPORT_KIND_MAX; kind++) {
		struct report report = fixture_report(&f, (enum report_kind)kind);

		assert_int_equal(sink_json.report(sink, &report), 0);
	}
	assert_int_equal(sink_json.settle(sink, &f.summary), 0);
	sink_json.close(sink);
	text = capture_close(&capture);
	assert_golden(text, "reports.jsonl");
	free(text);
	fixture_done(&f);
}

static cJSON *parse(const struct report *report)
{
	char line[REPORT_JSON_MAX + 1];
	size_t length = report_json(line, report, 0);
	cJSON *json;

	assert_in_range(length, 1, REPORT_JSON_MAX);
	assert_int_equal(line[length - 1], '\n');
	assert_null(memchr(line, '\n', length - 1));
	line[length] = '\0';
	json = cJSON_Parse(line);
	assert_non_null(json);
	return json;
}

static const char *string_of(const cJSON *json, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, key));
}

static bool truncated(const cJSON *json)
{
	return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "truncated"));
}

/* What is not known is left out, not guessed. */
static void unknown_left_out(void **state)
{
	static const char *const keys[] = { "netns.cookie", "netns.inum", "netns.path", "netns.paths", "netns.created_at",
					    "netns.age_seconds", "netns.references", "netns.tasks",
					    "netns.creator.pid", "k8s.pod.name", "k8s.pod.uid", "k8s.node.name",
					    "container.id", "netns.binding", "pod.gone_at", "truncated" };
	struct fixture f;
	struct report report;
	cJSON *json;

	(void)state;
	fixture_init(&f);
	report = fixture_report(&f, REPORT_NETNS_CREATED);
	report.netns = &f.bare;
	report.node = "";
	json = parse(&report);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		assert_null(cJSON_GetObjectItemCaseSensitive(json, keys[i]));
	assert_string_equal(string_of(json, "netns.id"), "0-00000001");
	assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "netns.addresses")), 0);
	cJSON_Delete(json);
	fixture_done(&f);
}

static void hostile_bytes(void **state)
{
	static char name[] = "a\"b\\c\n\x1b[2J\x7f\xff\xe2\x80\xae\xed\xa0\x80\xc3\xa9";
	char line[REPORT_JSON_MAX];
	struct fixture f;
	struct report report;
	cJSON *json;
	size_t length;

	(void)state;
	fixture_init(&f);
	f.pod.name = name;
	report = fixture_report(&f, REPORT_NETNS_LEAKED);
	length = report_json(line, &report, 0);
	for (size_t i = 0; i + 1 < length; i++)
		assert_true((unsigned char)line[i] >= 0x20 && line[i] != 0x7f);
	json = parse(&report);
	/* Each byte that is no UTF-8 is one U+FFFD; the rest comes through. */
	assert_string_equal(string_of(json, "k8s.pod.name"),
			    "a\"b\\c\n\x1b[2J\x7f\uFFFD\xe2\x80\xae\uFFFD\uFFFD\uFFFD\xc3\xa9");
	assert_non_null(strstr(line, "a\\\"b\\\\c\\u000a\\u001b[2J\\u007f\uFFFD\\u202e"));
	assert_false(truncated(json));
	cJSON_Delete(json);
	fixture_done(&f);
}

/* A thousand addresses: as many as there is room for, whole ones, and it says so. */
static void many_addresses(void **state)
{
	static struct netns_addr addrs[1000];
	struct fixture f;
	struct report report;
	const cJSON *list;
	cJSON *json;
	int count;

	(void)state;
	fixture_init(&f);
	for (uint32_t i = 0; i < 1000; i++)
		addrs[i] = fixture_addr(2, 24, 0, 0, 10, 99, (uint8_t)(i >> 8), (uint8_t)i);
	report = fixture_report(&f, REPORT_NETNS_LEAKED);
	f.netns.addrs = addrs;
	f.netns.addr_count = 1000;
	json = parse(&report);
	assert_true(truncated(json));
	list = cJSON_GetObjectItemCaseSensitive(json, "netns.addresses");
	count = cJSON_GetArraySize(list);
	assert_in_range(count, 100, 999);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(list, 100)), "10.99.0.100/24");
	assert_string_equal(string_of(json, "netns.path"), f.paths->path);
	cJSON_Delete(json);
	fixture_done(&f);
}

/* A text that is too long is cut between characters, and ends with an ellipsis. */
static void long_path(void **state)
{
	struct netns_path *path;
	struct fixture f;
	struct report report;
	const char *got;
	char text[4096];
	cJSON *json;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < sizeof(text) - 1; i += 3)
		memcpy(text + i, "\u6f22", 3);
	text[sizeof(text) - 1] = '\0';
	text[0] = text[1] = text[2] = '/';
	path = fixture_path(text, NULL);
	report = fixture_report(&f, REPORT_NETNS_LEAKED);
	f.netns.paths = path;
	json = parse(&report);
	assert_true(truncated(json));
	got = string_of(json, "netns.path");
	assert_true(strlen(got) > 700);
	assert_memory_equal(got + strlen(got) - 6, "\u6f22\u2026", 6);
	assert_memory_equal(got, text, strlen(got) - 3);
	assert_string_equal(string_of(json, "k8s.pod.name"), f.pod.name);
	cJSON_Delete(json);
	free(path);
	fixture_done(&f);
}

/* The writer alone, at every length: never broken, never longer than it may be. */
static void any_length(void **state)
{
	char bytes[256];

	(void)state;
	for (size_t capacity = JSON_END_BYTES + 1; capacity < sizeof(bytes); capacity++)
		for (int tight = 0; tight < 2; tight++) {
			struct json_line line;
			size_t length, opened, inner;
			cJSON *json;

			json_begin(&line, bytes, capacity, tight);
			json_i64(&line, JSON_KEY("number"), INT64_MIN);
			json_text(&line, JSON_KEY("text"), "a\xc3\xa9\x01\xff\u6f22\u6f22\u6f22\u6f22\u6f22", 12);
			if (json_open(&line, JSON_KEY("list"), &opened)) {
				json_text(&line, JSON_ELEMENT, "one", JSON_NO_CAP);
				if (json_open(&line, JSON_ELEMENT, &inner)) {
					json_bool(&line, JSON_KEY("yes"), true);
					json_close_object(&line, inner);
				}
				json_text(&line, JSON_ELEMENT, "three", JSON_NO_CAP);
				json_close_array(&line, opened);
			}
			json_seconds(&line, JSON_KEY("seconds"), 1000001000);
			length = json_end(&line);
			assert_true(length < capacity);
			bytes[length] = '\0';
			json = cJSON_Parse(bytes);
			assert_non_null(json);
			assert_int_equal(truncated(json), line.full);
			if (capacity > 240 && !tight)
				assert_string_equal(bytes, "{\"number\":-9223372036854775808,\"text\":\"a\u00e9\\u0001\uFFFD"
							   "\u6f22\u6f22\u6f22\u6f22\u6f22\",\"list\":[\"one\",{\"yes\":true},"
							   "\"three\"],\"seconds\":1.000001}\n");
			cJSON_Delete(json);
		}
}

/* Special bytes at each place of the words that the writer reads at once. */
static void every_byte(void **state)
{
	char text[32], bytes[512];

	(void)state;
	for (int byte = 1; byte < 0x80; byte++)
		for (size_t at = 0; at < 20; at++) {
			struct json_line line;
			cJSON *json;

			memset(text, 'x', 20);
			text[20] = '\0';
			text[at] = (char)byte;
			json_begin(&line, bytes, sizeof(bytes), false);
			json_text(&line, JSON_KEY("text"), text, JSON_NO_CAP);
			bytes[json_end(&line)] = '\0';
			json = cJSON_Parse(bytes);
			assert_non_null(json);
			assert_string_equal(string_of(json, "text"), text);
			for (const char *out = bytes; *out != '\n'; out++)
				assert_true(*out >= 0x20 && *out < 0x7f);
			cJSON_Delete(json);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind),	  cmocka_unit_test(unknown_left_out), cmocka_unit_test(hostile_bytes),
		cmocka_unit_test(many_addresses), cmocka_unit_test(long_path),	      cmocka_unit_test(any_length),
		cmocka_unit_test(every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
