/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "otlp_json.h"

#include <stdbool.h>
#include <string.h>

#include "format.h"
#include "util.h"
#include "version.h"

/* What is read, and where it goes; both know that there is as much of each as they take. */
struct transcript {
	const char *in;
	char *out;
};

struct slice {
	const char *bytes;
	size_t length;
};

static void put(struct transcript *transcript, const char *bytes, size_t length)
{
	memcpy(transcript->out, bytes, length);
	transcript->out += length;
}

#define PUT(transcript, literal) put(transcript, literal, sizeof(literal) - 1)

/* With its quotes; escapes are the same in both. */
static struct slice take_string(struct transcript *transcript)
{
	const char *start = transcript->in, *at = start + 1;

	while (*at != '"')
		at += *at == '\\' ? 2 : 1;
	transcript->in = at + 1;
	return (struct slice){ start, (size_t)(transcript->in - start) };
}

/* A number, true or false. */
static struct slice take_word(struct transcript *transcript)
{
	const char *start = transcript->in, *at = start;

	while (*at != ',' && *at != ']' && *at != '}')
		at++;
	transcript->in = at;
	return (struct slice){ start, (size_t)(at - start) };
}

/* What OTLP's integers cannot hold goes out as a double, as a collector reads it from our JSON. */
static bool is_int64(struct slice number)
{
	static const char most[] = "9223372036854775807";
	bool negative = number.bytes[0] == '-';
	const char *digits = number.bytes + negative;
	size_t count = number.length - negative;

	if (memchr(digits, '.', count))
		return false;
	return count < sizeof(most) - 1 || (count == sizeof(most) - 1 && memcmp(digits, most, count) <= 0);
}

static void put_word(struct transcript *transcript)
{
	struct slice word = take_word(transcript);

	if (word.bytes[0] == 't' || word.bytes[0] == 'f') {
		PUT(transcript, "{\"boolValue\":");
		put(transcript, word.bytes, word.length);
		PUT(transcript, "}");
	} else if (is_int64(word)) {
		PUT(transcript, "{\"intValue\":\"");
		put(transcript, word.bytes, word.length);
		PUT(transcript, "\"}");
	} else {
		PUT(transcript, "{\"doubleValue\":");
		put(transcript, word.bytes, word.length);
		PUT(transcript, "}");
	}
}

static void put_value(struct transcript *transcript);

static void put_member(struct transcript *transcript, struct slice key)
{
	PUT(transcript, "{\"key\":");
	put(transcript, key.bytes, key.length);
	PUT(transcript, ",\"value\":");
	put_value(transcript);
	PUT(transcript, "}");
}

static struct slice take_key(struct transcript *transcript)
{
	struct slice key = take_string(transcript);

	transcript->in++; /* the colon */
	return key;
}

static bool take_comma(struct transcript *transcript)
{
	if (*transcript->in != ',')
		return false;
	transcript->in++;
	return true;
}

/* The elements or members up to the closing bracket. */
static void put_all(struct transcript *transcript, char close, bool members)
{
	transcript->in++;
	if (*transcript->in != close) {
		do {
			if (members)
				put_member(transcript, take_key(transcript));
			else
				put_value(transcript);
			PUT(transcript, ",");
		} while (take_comma(transcript));
		transcript->out--;
	}
	transcript->in++;
}

/* As deep as our lines are: a list of objects that have lists. */
static void put_value(struct transcript *transcript)
{
	struct slice text;

	switch (*transcript->in) {
	case '"':
		text = take_string(transcript);
		PUT(transcript, "{\"stringValue\":");
		put(transcript, text.bytes, text.length);
		PUT(transcript, "}");
		break;
	case '[':
		PUT(transcript, "{\"arrayValue\":{\"values\":[");
		put_all(transcript, ']', false);
		PUT(transcript, "]}}");
		break;
	case '{':
		PUT(transcript, "{\"kvlistValue\":{\"values\":[");
		put_all(transcript, '}', true);
		PUT(transcript, "]}}");
		break;
	default:
		put_word(transcript);
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

static const struct slice head_keys[HEAD_COUNT] = {
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

/* Leaves behind the comma before the first member that is none of the head's, or at the end. */
static void take_head(struct transcript *transcript, struct slice values[HEAD_COUNT])
{
	bool more = true;

	transcript->in++;
	for (int i = 0; i < HEAD_COUNT && more; i++) {
		const struct slice *key = &head_keys[i];

		if (strncmp(transcript->in, key->bytes, key->length) != 0)
			continue;
		transcript->in += key->length + 1;
		values[i] = *transcript->in == '"' ? take_string(transcript) : take_word(transcript);
		more = take_comma(transcript);
	}
}

static void put_resource(struct transcript *transcript, struct slice node)
{
	PUT(transcript, "{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"netnsleak\"}},"
			"{\"key\":\"service.version\",\"value\":{\"stringValue\":\"" NETNSLEAK_VERSION "\"}}");
	if (node.length) {
		PUT(transcript, ",{\"key\":\"k8s.node.name\",\"value\":{\"stringValue\":");
		put(transcript, node.bytes, node.length);
		PUT(transcript, "}}");
	}
	PUT(transcript, "]}");
}

static void put_record_head(struct transcript *transcript, const struct slice values[HEAD_COUNT], int64_t wall)
{
	PUT(transcript, "{\"timeUnixNano\":\"");
	transcript->out += format_u64((uint64_t)wall, transcript->out);
	PUT(transcript, "\",\"severityNumber\":");
	put(transcript, values[HEAD_SEVERITY_NUMBER].bytes, values[HEAD_SEVERITY_NUMBER].length);
	PUT(transcript, ",\"severityText\":");
	put(transcript, values[HEAD_SEVERITY_TEXT].bytes, values[HEAD_SEVERITY_TEXT].length);
	PUT(transcript, ",\"eventName\":");
	put(transcript, values[HEAD_EVENT_NAME].bytes, values[HEAD_EVENT_NAME].length);
	PUT(transcript, ",\"body\":{\"stringValue\":");
	put(transcript, values[HEAD_BODY].bytes, values[HEAD_BODY].length);
	PUT(transcript, "},\"attributes\":[{\"key\":\"schema_version\",\"value\":{\"stringValue\":");
	put(transcript, values[HEAD_SCHEMA_VERSION].bytes, values[HEAD_SCHEMA_VERSION].length);
	PUT(transcript, "}}");
}

size_t otlp_json(char *line, const char *json, int64_t wall)
{
	struct transcript transcript = { .in = json, .out = line };
	struct slice head[HEAD_COUNT] = { 0 };

	take_head(&transcript, head);
	PUT(&transcript, "{\"resourceLogs\":[");
	put_resource(&transcript, head[HEAD_NODE]);
	PUT(&transcript, ",\"scopeLogs\":[{\"scope\":{\"name\":\"netnsleak\",\"version\":\"" NETNSLEAK_VERSION "\"},\"logRecords\":[");
	put_record_head(&transcript, head, wall);
	while (*transcript.in != '}') {
		PUT(&transcript, ",");
		put_member(&transcript, take_key(&transcript));
		take_comma(&transcript);
	}
	PUT(&transcript, "]}]}]}]}\n");
	return (size_t)(transcript.out - line);
}
