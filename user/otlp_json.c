/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "otlp_json.h"

#include <stdbool.h>
#include <string.h>

#include "format.h"
#include "json_member.h"
#include "version.h"

/* out: where the line goes on; who calls knows that there is as much room as is taken. */
static void put(char **out, const char *bytes, size_t length)
{
	memcpy(*out, bytes, length);
	*out += length;
}

#define PUT(out, literal) put(out, literal, sizeof(literal) - 1)

/* As it stands: escapes are the same in both. */
static void put_again(char **out, const struct json_value *value)
{
	put(out, value->bytes, value->length);
}

/* What OTLP's integers cannot hold goes out as a double, as a collector reads it from our JSON. */
static bool is_int64(const struct json_value *number)
{
	static const char most[] = "9223372036854775807";
	bool negative = number->bytes[0] == '-';
	const char *digits = number->bytes + negative;
	size_t count = number->length - negative;

	if (memchr(digits, '.', count))
		return false;
	return count < sizeof(most) - 1 || (count == sizeof(most) - 1 && memcmp(digits, most, count) <= 0);
}

/* A number, true or false. */
static void put_word(char **out, const struct json_value *word)
{
	if (word->bytes[0] == 't' || word->bytes[0] == 'f') {
		PUT(out, "{\"boolValue\":");
		put_again(out, word);
		PUT(out, "}");
	} else if (is_int64(word)) {
		PUT(out, "{\"intValue\":\"");
		put_again(out, word);
		PUT(out, "\"}");
	} else {
		PUT(out, "{\"doubleValue\":");
		put_again(out, word);
		PUT(out, "}");
	}
}

static void put_value(char **out, const struct json_value *value);

static void put_member(char **out, const struct json_value *key, const struct json_value *value)
{
	PUT(out, "{\"key\":");
	put_again(out, key);
	PUT(out, ",\"value\":");
	put_value(out, value);
	PUT(out, "}");
}

static void put_elements(char **out, const struct json_value *array)
{
	struct json_value element;
	size_t at = 0;

	for (bool any = false; json_next_element(array, &at, &element); any = true) {
		if (any)
			PUT(out, ",");
		put_value(out, &element);
	}
}

static void put_members(char **out, const struct json_value *object)
{
	struct json_value key, value;
	size_t at = 0;

	for (bool any = false; json_next_member(object, &at, &key, &value); any = true) {
		if (any)
			PUT(out, ",");
		put_member(out, &key, &value);
	}
}

/* As deep as our lines are: a list of objects that have lists. */
static void put_value(char **out, const struct json_value *value)
{
	switch (value->bytes[0]) {
	case '"':
		PUT(out, "{\"stringValue\":");
		put_again(out, value);
		PUT(out, "}");
		break;
	case '[':
		PUT(out, "{\"arrayValue\":{\"values\":[");
		put_elements(out, value);
		PUT(out, "]}}");
		break;
	case '{':
		PUT(out, "{\"kvlistValue\":{\"values\":[");
		put_members(out, value);
		PUT(out, "]}}");
		break;
	default:
		put_word(out, value);
	}
}

/* What each line begins with, in its order; what is not the record's attribute. */
enum head {
	HEAD_TIMESTAMP,
	HEAD_SEVERITY_TEXT,
	HEAD_SEVERITY_NUMBER,
	HEAD_EVENT_NAME,
	HEAD_BODY,
	HEAD_SCHEMA_VERSION,
	HEAD_NODE,
	HEAD_COUNT
};

static const struct json_value head_keys[HEAD_COUNT] = {
#define QUOTED(name) { "\"" name "\"", sizeof("\"" name "\"") - 1 }
	[HEAD_TIMESTAMP] = QUOTED("timestamp"),
	[HEAD_SEVERITY_TEXT] = QUOTED("severity_text"),
	[HEAD_SEVERITY_NUMBER] = QUOTED("severity_number"),
	[HEAD_EVENT_NAME] = QUOTED("event_name"),
	[HEAD_BODY] = QUOTED("body"),
	[HEAD_SCHEMA_VERSION] = QUOTED("schema_version"),
	[HEAD_NODE] = QUOTED("k8s.node.name"),
#undef QUOTED
};

static bool is_same(const struct json_value *left, const struct json_value *right)
{
	return left->length == right->length && !memcmp(left->bytes, right->bytes, left->length);
}

/* Up to the first member that is none of the head's: key and value are that one's.  False: there is none. */
static bool take_head(const struct json_value *line, size_t *at, struct json_value head[HEAD_COUNT], struct json_value *key,
		      struct json_value *value)
{
	int i = 0;

	while (json_next_member(line, at, key, value)) {
		while (i < HEAD_COUNT && !is_same(key, &head_keys[i]))
			i++;
		if (i == HEAD_COUNT)
			return true;
		head[i++] = *value;
	}
	return false;
}

static void put_resource(char **out, const struct json_value *node)
{
	PUT(out, "{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"netnsleak\"}},"
			"{\"key\":\"service.version\",\"value\":{\"stringValue\":\"" NETNSLEAK_VERSION "\"}}");
	if (node->length) {
		PUT(out, ",{\"key\":\"k8s.node.name\",\"value\":{\"stringValue\":");
		put_again(out, node);
		PUT(out, "}}");
	}
	PUT(out, "]}");
}

static void put_record_head(char **out, const struct json_value head[HEAD_COUNT], int64_t wall)
{
	PUT(out, "{\"timeUnixNano\":\"");
	*out += format_u64((uint64_t)wall, *out);
	PUT(out, "\",\"severityNumber\":");
	put_again(out, &head[HEAD_SEVERITY_NUMBER]);
	PUT(out, ",\"severityText\":");
	put_again(out, &head[HEAD_SEVERITY_TEXT]);
	PUT(out, ",\"eventName\":");
	put_again(out, &head[HEAD_EVENT_NAME]);
	PUT(out, ",\"body\":{\"stringValue\":");
	put_again(out, &head[HEAD_BODY]);
	PUT(out, "},\"attributes\":[{\"key\":\"schema_version\",\"value\":{\"stringValue\":");
	put_again(out, &head[HEAD_SCHEMA_VERSION]);
	PUT(out, "}}");
}

size_t otlp_json(char *line, const char *json, size_t length, int64_t wall)
{
	const struct json_value object = { json, length };
	struct json_value head[HEAD_COUNT] = { 0 }, key, value;
	char *out = line;
	size_t at = 0;
	bool more = take_head(&object, &at, head, &key, &value);

	PUT(&out, "{\"resourceLogs\":[");
	put_resource(&out, &head[HEAD_NODE]);
	PUT(&out, ",\"scopeLogs\":[{\"scope\":{\"name\":\"netnsleak\",\"version\":\"" NETNSLEAK_VERSION "\"},\"logRecords\":[");
	put_record_head(&out, head, wall);
	for (; more; more = json_next_member(&object, &at, &key, &value)) {
		PUT(&out, ",");
		put_member(&out, &key, &value);
	}
	PUT(&out, "]}]}]}]}\n");
	return (size_t)(out - line);
}
