/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "json_writer.h"

#include <string.h>

#include "format.h"
#include "util.h"

#define REPLACEMENT "\uFFFD"
#define ELLIPSIS "\u2026"

/* Nonzero: a byte that cannot go into a JSON string as it is, or begins or continues a longer character. */
static const unsigned char special[256] = {
	[0 ... 0x1f] = 1, ['"'] = 1, ['\\'] = 1, [0x7f ... 0xff] = 1,
};

/*
 * Every member begins with a comma.  The one that comes first in an object or array is overwritten with the
 * opening bracket when that is closed, so that none needs to know whether it is the first.
 */
void json_begin(struct json_line *line, char *bytes, size_t capacity, bool tight)
{
	*line = (struct json_line){ .bytes = bytes, .limit = capacity - JSON_END_BYTES, .tight = tight };
}

static void close_bracket(struct json_line *line, size_t opened, char open, char close)
{
	/* Room for both is kept behind the limit. */
	if (line->length == opened)
		line->length++;
	line->bytes[opened] = open;
	line->bytes[line->length++] = close;
}

size_t json_end(struct json_line *line)
{
	static const char truncated[] = ",\"truncated\":true";

	if (line->full) {
		memcpy(line->bytes + line->length, truncated, sizeof(truncated) - 1);
		line->length += sizeof(truncated) - 1;
	}
	close_bracket(line, 0, '{', '}');
	line->bytes[line->length++] = '\n';
	return line->length;
}

static bool fits(struct json_line *line, size_t length)
{
	if (line->length + length <= line->limit) /* a bracket may have gone beyond it */
		return true;
	line->full = true;
	return false;
}

static inline void put(struct json_line *line, const char *bytes, size_t length)
{
	memcpy(line->bytes + line->length, bytes, length);
	line->length += length;
}

static inline void put_byte(struct json_line *line, char byte)
{
	line->bytes[line->length++] = byte;
}

void json_raw(struct json_line *line, const char *bytes, size_t length)
{
	if (fits(line, length))
		put(line, bytes, length);
}

#define NUMBER_ROOM 48 /* of any number, quotes included, or time */

void json_u64(struct json_line *line, const char *key, size_t key_length, uint64_t number)
{
	if (!fits(line, key_length + NUMBER_ROOM))
		return;
	put(line, key, key_length);
	line->length += format_u64(number, line->bytes + line->length);
}

void json_i64(struct json_line *line, const char *key, size_t key_length, int64_t number)
{
	if (!fits(line, key_length + NUMBER_ROOM))
		return;
	put(line, key, key_length);
	if (number < 0)
		put_byte(line, '-');
	line->length += format_u64(number < 0 ? -(uint64_t)number : (uint64_t)number, line->bytes + line->length);
}

void json_bool(struct json_line *line, const char *key, size_t key_length, bool value)
{
	if (!fits(line, key_length + NUMBER_ROOM))
		return;
	put(line, key, key_length);
	put(line, value ? "true" : "false", value ? 4 : 5);
}

void json_u64_text(struct json_line *line, const char *key, size_t key_length, uint64_t number)
{
	if (!fits(line, key_length + NUMBER_ROOM))
		return;
	put(line, key, key_length);
	put_byte(line, '"');
	line->length += format_u64(number, line->bytes + line->length);
	put_byte(line, '"');
}

void json_seconds(struct json_line *line, const char *key, size_t key_length, uint64_t ns)
{
	uint64_t fraction = ns % NS_PER_S / 1000;

	if (!fits(line, key_length + NUMBER_ROOM))
		return;
	put(line, key, key_length);
	line->length += format_u64(ns / NS_PER_S, line->bytes + line->length);
	put_byte(line, '.');
	for (unsigned i = 6; i--; fraction /= 10)
		line->bytes[line->length + i] = (char)('0' + fraction % 10);
	line->length += 6;
}

void json_time(struct json_line *line, const char *key, size_t key_length, int64_t wall)
{
	char stamp[FORMAT_TIMESTAMP_LEN];

	json_plain(line, key, key_length, stamp, format_timestamp(wall, stamp));
}

void json_plain(struct json_line *line, const char *key, size_t key_length, const char *text, size_t length)
{
	if (!fits(line, key_length + length + 2))
		return;
	put(line, key, key_length);
	put_byte(line, '"');
	put(line, text, length);
	put_byte(line, '"');
}

static void put_u_escape(struct json_line *line, uint32_t code)
{
	static const char hex[] = "0123456789abcdef";
	char escape[6] = { '\\', 'u', hex[code >> 12 & 15], hex[code >> 8 & 15], hex[code >> 4 & 15], hex[code & 15] };

	put(line, escape, sizeof(escape));
}

/* One character or one byte that is none, at most six bytes of output; returns how many bytes it took. */
static size_t put_special(struct json_line *line, const char *text, size_t length)
{
	uint32_t code;
	size_t size = utf8_decode(text, length, &code);

	if (!size)
		put(line, REPLACEMENT, sizeof(REPLACEMENT) - 1);
	else if (code == '"' || code == '\\')
		put(line, (char[]){ '\\', (char)code }, 2);
	else if (code_is_hostile(code)) /* all of them are below 0x10000 */
		put_u_escape(line, code);
	else
		put(line, text, size);
	return size ? size : 1;
}

#define EACH(byte) (UINT64_MAX / 0xff * (byte))
#define ANY_ZERO(word) (((word) - EACH(0x01)) & ~(word) & EACH(0x80))

/*
 * How many bytes from the start can go as they are.  Eight at a time: the test may see a special one in what
 * follows one, never none where there is one, so the bytes of such a word are looked at one by one.
 */
static size_t plain_bytes(const char *text, size_t length)
{
	size_t i = 0;

	for (; i + 8 <= length; i += 8) {
		uint64_t word;

		memcpy(&word, text + i, sizeof(word));
		if ((((word - EACH(0x20)) & ~word) | word) & EACH(0x80) || ANY_ZERO(word ^ EACH('"')) ||
		    ANY_ZERO(word ^ EACH('\\')) || ANY_ZERO(word ^ EACH(0x7f)))
			break;
	}
	while (i < length && !special[(unsigned char)text[i]])
		i++;
	return i;
}

/* Up to `end` of the line, which keeps room for an ellipsis.  False: not all of it fitted. */
static bool put_escaped(struct json_line *line, const char *text, size_t length, size_t end)
{
	size_t i = 0;

	while (i < length) {
		size_t plain = plain_bytes(text + i, length - i), room = end - line->length;

		put(line, text + i, plain < room ? plain : room);
		if (plain > room)
			return false;
		i += plain;
		if (i == length)
			break;
		if (end - line->length < 6)
			return false;
		i += put_special(line, text + i, length - i);
	}
	return true;
}

void json_text_bytes(struct json_line *line, const char *key, size_t key_length, const char *text, size_t length,
		     size_t cap)
{
	const size_t mark = line->length, end_room = sizeof("\"" ELLIPSIS) - 1;
	bool cutting = line->tight && cap != JSON_NO_CAP;
	size_t end = line->limit - end_room;

	if (!fits(line, key_length + 1 + end_room))
		return;
	put(line, key, key_length);
	put_byte(line, '"');
	if (cutting && end - line->length > cap)
		end = line->length + cap;
	if (!put_escaped(line, text, length, end)) {
		line->full = true;
		if (!cutting) {
			line->length = mark;
			return;
		}
		put(line, ELLIPSIS, sizeof(ELLIPSIS) - 1);
	}
	put_byte(line, '"');
}

void json_text(struct json_line *line, const char *key, size_t key_length, const char *text, size_t cap)
{
	json_text_bytes(line, key, key_length, text, strlen(text), cap);
}

bool json_open(struct json_line *line, const char *key, size_t key_length, size_t *ret_opened)
{
	if (!fits(line, key_length))
		return false;
	put(line, key, key_length);
	*ret_opened = line->length;
	return true;
}

void json_close_array(struct json_line *line, size_t opened)
{
	close_bracket(line, opened, '[', ']');
}

void json_close_object(struct json_line *line, size_t opened)
{
	close_bracket(line, opened, '{', '}');
}

bool json_open_element(struct json_line *line, struct json_element *ret)
{
	ret->before = *line;
	if (!json_open(line, JSON_ELEMENT, &ret->opened))
		return false;
	line->full = false;
	return true;
}

bool json_close_element(struct json_line *line, const struct json_element *element)
{
	json_close_object(line, element->opened);
	if (line->full)
		*line = element->before;
	line->full |= element->before.full;
	return line->length > element->before.length;
}
