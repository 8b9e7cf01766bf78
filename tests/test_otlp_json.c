/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "golden.h"

#include <cjson/cJSON.h>

#include "journal.h"
#include "otlp_json.h"
#include "report_fixtures.h"
#include "sink.h"
#include "util.h"

static const cJSON *member(const cJSON *json, const char *key)
{
	const cJSON *found = cJSON_GetObjectItemCaseSensitive(json, key);

	if (!found)
		fail_msg("no %s", key);
	return found;
}

static const cJSON *only(const cJSON *json, const char *key)
{
	const cJSON *array = member(json, key);

	assert_int_equal(cJSON_GetArraySize(array), 1);
	return cJSON_GetArrayItem(array, 0);
}

static void assert_members(const cJSON *members, const cJSON *list);

/* value, of OTLP, says what json does, of ours. */
static void assert_value(const cJSON *json, const cJSON *value)
{
	const cJSON *child = value->child;

	assert_int_equal(cJSON_GetArraySize(value), 1);
	if (cJSON_IsString(json)) {
		assert_string_equal(child->string, "stringValue");
		assert_string_equal(child->valuestring, json->valuestring);
	} else if (cJSON_IsBool(json)) {
		assert_string_equal(child->string, "boolValue");
		assert_int_equal(child->type, json->type);
	} else if (cJSON_IsNumber(json) && !strcmp(child->string, "intValue")) {
		assert_true(cJSON_IsString(child));
		assert_float_equal(strtod(child->valuestring, NULL), json->valuedouble, 0);
	} else if (cJSON_IsNumber(json)) {
		assert_string_equal(child->string, "doubleValue");
		assert_float_equal(child->valuedouble, json->valuedouble, 0);
	} else if (cJSON_IsArray(json)) {
		const cJSON *ours = json->child, *theirs = member(member(value, "arrayValue"), "values")->child;

		for (; ours && theirs; ours = ours->next, theirs = theirs->next)
			assert_value(ours, theirs);
		assert_true(!ours && !theirs);
	} else {
		assert_true(cJSON_IsObject(json));
		assert_members(json->child, member(member(value, "kvlistValue"), "values"));
	}
}

static void assert_members(const cJSON *members, const cJSON *list)
{
	const cJSON *item = list->child;

	for (; members && item; members = members->next, item = item->next) {
		assert_string_equal(member(item, "key")->valuestring, members->string);
		assert_value(members, member(item, "value"));
	}
	assert_true(!members && !item);
}

static void assert_resource(const cJSON *resource, const cJSON *node)
{
	const cJSON *attributes = member(resource, "attributes"), *last = cJSON_GetArrayItem(attributes, 2);

	assert_int_equal(cJSON_GetArraySize(attributes), node ? 3 : 2);
	assert_string_equal(member(attributes->child, "key")->valuestring, "service.name");
	assert_string_equal(member(attributes->child->next, "key")->valuestring, "service.version");
	if (!node)
		return;
	assert_string_equal(member(last, "key")->valuestring, "k8s.node.name");
	assert_value(node, member(last, "value"));
}

static void assert_same(const char *line, const char *otlp, int64_t wall)
{
	cJSON *json = cJSON_Parse(line), *logs = cJSON_Parse(otlp), *node;
	const cJSON *resource, *record;
	char time[32];

	assert_non_null(json);
	assert_non_null(logs);
	resource = only(logs, "resourceLogs");
	record = only(only(resource, "scopeLogs"), "logRecords");
	snprintf(time, sizeof(time), "%lld", (long long)wall);
	assert_string_equal(member(record, "timeUnixNano")->valuestring, time);
	assert_true(cJSON_IsNumber(member(record, "severityNumber")));
	assert_int_equal(member(record, "severityNumber")->valueint, member(json, "severity_number")->valueint);
	assert_string_equal(member(record, "severityText")->valuestring, member(json, "severity_text")->valuestring);
	assert_string_equal(member(record, "eventName")->valuestring, member(json, "event_name")->valuestring);
	assert_value(member(json, "body"), member(record, "body"));
	cJSON_DeleteItemFromObjectCaseSensitive(json, "timestamp");
	cJSON_DeleteItemFromObjectCaseSensitive(json, "severity_number");
	cJSON_DeleteItemFromObjectCaseSensitive(json, "severity_text");
	cJSON_DeleteItemFromObjectCaseSensitive(json, "event_name");
	cJSON_DeleteItemFromObjectCaseSensitive(json, "body");
	node = cJSON_DetachItemFromObjectCaseSensitive(json, "k8s.node.name");
	assert_resource(member(resource, "resource"), node);
	assert_members(json->child, member(record, "attributes"));
	cJSON_Delete(node);
	cJSON_Delete(json);
	cJSON_Delete(logs);
}

/* otlp: of the length that it is to have at most, so that what writes beyond it is seen. */
static void assert_transcribed(const char *line, int64_t wall)
{
	size_t capacity = OTLP_JSON_MAX(strlen(line)), length;
	char *otlp = malloc(capacity);

	assert_non_null(otlp);
	length = otlp_json(otlp, line, strlen(line), wall);
	assert_in_range(length, 1, capacity - 1);
	assert_ptr_equal(memchr(otlp, '\n', length), otlp + length - 1);
	otlp[length] = '\0';
	assert_same(line, otlp, wall);
	free(otlp);
}

static void each_kind(void **state)
{
	struct fixture f;

	(void)state;
	fixture_init(&f);
	for (int kind = 0; kind < REPORT_KIND_MAX; kind++) {
		struct report report = fixture_report(&f, (enum report_kind)kind);
		char line[REPORT_JSON_MAX + 1];

		line[report_json(line, &report, 7)] = '\0';
		assert_transcribed(line, report.wall);
		report.node = NULL;
		line[report_json(line, &report, 7)] = '\0';
		assert_transcribed(line, report.wall);
	}
	fixture_done(&f);
}

#define HEAD "{\"timestamp\":\"2026-11-21T00:00:00.000000001Z\",\"severity_text\":\"INFO\",\"severity_number\":9,\"event_name\":\"x\"," \
	     "\"body\":\"\\\"\\\\\",\"schema_version\":\"1\""

static void odd_values(void **state)
{
	(void)state;
	assert_transcribed(HEAD "}\n", 1);
	assert_transcribed(HEAD ",\"k8s.node.name\":\"n\"}\n", 1);
	assert_transcribed(HEAD ",\"truncated\":true}\n", 1);
	assert_transcribed(HEAD ",\"a\":[],\"b\":[[]],\"c\":[{}],\"d\":[\"\",{\"e\":[1,-2,false]},\"]},\\\"\"]}\n", 1);
	assert_transcribed(HEAD ",\"a\":[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],"
				"[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]}\n", 1);
	assert_transcribed(HEAD ",\"a\":9223372036854775807,\"b\":-9223372036854775807,\"c\":0,\"d\":1.000000}\n", 1);
}

static void large_numbers(void **state)
{
	static const char line[] = HEAD ",\"a\":9223372036854775807,\"b\":9223372036854775808,\"c\":18446744073709551615}\n";
	char otlp[OTLP_JSON_MAX(sizeof(line))];
	size_t length = otlp_json(otlp, line, sizeof(line) - 1, 1);

	(void)state;
	otlp[length] = '\0';
	assert_non_null(strstr(otlp, "{\"intValue\":\"9223372036854775807\"}"));
	assert_non_null(strstr(otlp, "{\"doubleValue\":9223372036854775808}"));
	assert_non_null(strstr(otlp, "{\"doubleValue\":18446744073709551615}"));
}

/* Each line begins with the priority of what it says, and is then the line that it is elsewhere. */
static void priorities(void **state)
{
	static const struct {
		enum report_kind kind;
		const char *priority;
	} cases[] = {
		{ REPORT_DEVICE_ADDED, "<7>{" }, { REPORT_NETNS_CREATED, "<6>{" },
		{ REPORT_NETNS_LEAKED, "<4>{" }, { REPORT_NETNS_IP_CONFLICT, "<3>{" },
	};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		const struct sink_type *type = i % 2 ? &sink_otlp_json : &sink_json;
		struct report report = fixture_report(&f, cases[i / 2].kind);
		char *lines[2];

		for (int journal = 0; journal < 2; journal++) {
			struct capture capture;
			struct sink_options options = { .journal = journal };
			struct sink *sink;

			capture_open(&capture);
			options.outlet = capture.outlet;
			assert_int_equal(type->open(&sink, &options), 0);
			assert_int_equal(type->report(sink, &report), 0);
			type->close(sink);
			lines[journal] = capture_close(&capture);
		}
		assert_memory_equal(lines[1], cases[i / 2].priority, 4);
		assert_string_equal(lines[1] + 3, lines[0]);
		free(lines[0]);
		free(lines[1]);
	}
	fixture_done(&f);
}

/* What systemd says of a socket that is not stdout is not said of stdout. */
static void journal_by_name(void **state)
{
	static const char *const bad[] = { "", "x", "1", "1:", ":1", "18446744073709551615:1" };
	struct stat st;
	char name[64];

	(void)state;
	assert_int_equal(fstat(STDOUT_FILENO, &st), 0);
	unsetenv("JOURNAL_STREAM");
	assert_false(journal_is_stdout());
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		setenv("JOURNAL_STREAM", bad[i], 1);
		assert_false(journal_is_stdout());
	}
	for (int off = 0; off < 3; off++) {
		snprintf(name, sizeof(name), "%llu:%llu%s", (unsigned long long)st.st_dev,
			 (unsigned long long)st.st_ino + (off == 1), off == 2 ? "x" : "");
		setenv("JOURNAL_STREAM", name, 1);
		assert_int_equal(journal_is_stdout(), off == 0);
	}
	unsetenv("JOURNAL_STREAM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind),  cmocka_unit_test(odd_values),	 cmocka_unit_test(large_numbers),
		cmocka_unit_test(priorities), cmocka_unit_test(journal_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
