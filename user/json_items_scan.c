/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The grammar, a byte at a time, and the usual steps in one go.
 */
#include "json_items_private.h"

#include <string.h>

/* --- brackets, commas, and where values begin --- */

static int open_bracket(struct json_items *items, const char *at)
{
	const struct json_keep *keep = json_items_keep_below(items);
	bool array = *at == '[';

	if (items->in_items && items->depth == 2) {
		int err = array ? json_items_bad(items, "an item that is no object") : json_items_begin_item(items, at);

		if (err)
			return err;
	}
	if (items->depth == JSON_ITEMS_DEPTH)
		return json_items_bad(items, "nested too deeply");
	items->is_array[++items->depth] = array;
	items->keep[items->depth] = keep;
	items->expect = array ? VALUE_OR_END : KEY_OR_END;
	if (array && items->depth == 2 && !items->skipping && items->key_length == 5 && !memcmp(items->key, "items", 5)) {
		if (items->had_items)
			return json_items_bad(items, "\"items\" comes twice");
		items->in_items = items->had_items = true;
		return json_items_switch(items, at + 1, NULL);
	}
	return 0;
}

static int close_bracket(struct json_items *items, const char *at)
{
	bool array = *at == ']';

	if (items->is_array[items->depth] != array)
		return json_items_bad(items, "the wrong closing bracket");
	items->depth--;
	items->expect = items->depth ? COMMA_OR_END : AFTER;
	if (!items->depth)
		return json_items_switch(items, at + 1, NULL);
	if (!items->in_items)
		return 0;
	if (items->depth == 2)
		return json_items_end_item(items, at + 1);
	if (items->depth == 1) {
		items->in_items = false;
		return json_items_switch(items, at, &items->envelope);
	}
	return 0;
}

static bool key_is_needed(const struct json_items *items)
{
	return !items->skipping && (items->depth == 1 || items->keep[items->depth]);
}

static void open_string(struct json_items *items, bool key)
{
	items->expect = STRING;
	items->in_key = key;
	items->capturing = key && key_is_needed(items);
	items->key_length = 0;
	items->key_escaped = false;
}

static int open_value(struct json_items *items, const char *at)
{
	if (items->skip_next) {
		int err = json_items_begin_skip(items, at);

		if (err)
			return err;
	}
	if (items->in_items && items->depth == 2 && *at != '{' && *at != '[')
		return json_items_bad(items, "an item that is no object");
	switch (*at) {
	case '{':
	case '[':
		return open_bracket(items, at);
	case '"':
		open_string(items, false);
		return 0;
	case 't':
		items->literal = "rue";
		break;
	case 'f':
		items->literal = "alse";
		break;
	case 'n':
		items->literal = "ull";
		break;
	case '-':
		items->expect = MINUS;
		return 0;
	case '0':
		items->expect = ZERO;
		return 0;
	case '1' ... '9':
		items->expect = INTEGER;
		return 0;
	default:
		return json_items_bad(items, "a value was expected");
	}
	items->expect = LITERAL;
	return 0;
}

static int after_value(struct json_items *items, const char *at)
{
	if (items->skipping && items->depth == items->skip_depth) {
		int err = json_items_end_skip(items, at);

		if (err)
			return err;
	}
	if (*at == ',') {
		items->expect = items->is_array[items->depth] ? VALUE : KEY;
		return 0;
	}
	if (*at == ']' || *at == '}')
		return close_bracket(items, at);
	return json_items_bad(items, "a comma or a closing bracket was expected");
}

static int before_first(struct json_items *items, const char *at)
{
	unsigned char c = (unsigned char)*at;

	if (c == '{') {
		items->target = &items->envelope;
		items->pending = at;
		return open_bracket(items, at);
	}
	if (c == 0xef || c == 0xfe || c == 0xff)
		return json_items_bad(items, "a byte order mark: it must be UTF-8 without one");
	return json_items_bad(items, "an object was expected");
}

static int structure(struct json_items *items, const char *at)
{
	if (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')
		return 0;
	switch (items->expect) {
	case BEFORE:
		return before_first(items, at);
	case VALUE:
		return open_value(items, at);
	case VALUE_OR_END:
		return *at == ']' ? close_bracket(items, at) : open_value(items, at);
	case KEY_OR_END:
		if (*at == '}')
			return close_bracket(items, at);
		/* fall through */
	case KEY:
		if (*at != '"')
			return json_items_bad(items, "a key was expected");
		open_string(items, true);
		return 0;
	case COLON:
		items->expect = VALUE;
		return *at == ':' ? 0 : json_items_bad(items, "a colon was expected");
	case COMMA_OR_END:
		return after_value(items, at);
	default:
		return json_items_bad(items, "something after the end");
	}
}

/* --- strings --- */

/* The first byte of a character of several; the ranges are RFC 3629's. */
static int utf8_begins(struct json_items *items, unsigned char c)
{
	if (c < 0xc2 || c > 0xf4)
		return json_items_bad(items, "not UTF-8");
	items->utf8_left = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	items->utf8_low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	items->utf8_high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	items->expect = UTF8;
	return 0;
}

static int utf8_goes_on(struct json_items *items, unsigned char c)
{
	if (c < items->utf8_low || c > items->utf8_high)
		return json_items_bad(items, "not UTF-8");
	items->utf8_low = 0x80;
	items->utf8_high = 0xbf;
	if (!--items->utf8_left)
		items->expect = STRING;
	return 0;
}

static int string_byte(struct json_items *items, char c)
{
	if (c == '"') {
		items->expect = items->in_key ? COLON : COMMA_OR_END;
		if (items->capturing)
			json_items_look_up_key(items);
		items->capturing = false;
		return 0;
	}
	if (items->capturing) {
		if (items->key_length < sizeof(items->key))
			items->key[items->key_length] = c;
		items->key_length++;
		items->key_escaped |= c == '\\';
	}
	if (c == '\\')
		items->expect = ESCAPE;
	else if ((unsigned char)c >= 0x80)
		return utf8_begins(items, (unsigned char)c);
	else if ((unsigned char)c < 0x20)
		return json_items_bad(items, c ? "a control character in a string" : "a NUL byte");
	return 0;
}

static int escape_byte(struct json_items *items, char c)
{
	if (!c || !strchr("\"\\/bfnrtu", c))
		return json_items_bad(items, "an unknown escape in a string");
	items->expect = STRING;
	if (c == 'u') {
		items->expect = HEX;
		items->hex = 0;
		items->hex_left = 4;
	}
	return 0;
}

/* The four digits are read. */
static int hex_ends(struct json_items *items)
{
	bool low = items->hex >= 0xdc00 && items->hex <= 0xdfff;

	if (!items->hex)
		return json_items_bad(items, "a NUL character in a string");
	if (low != items->low_due)
		return json_items_bad(items, "half a surrogate pair in a string");
	items->low_due = items->hex >= 0xd800 && items->hex <= 0xdbff;
	items->expect = items->low_due ? LOW_ESCAPE : STRING;
	return 0;
}

static int hex_byte(struct json_items *items, char c)
{
	unsigned int digit;

	if (c >= '0' && c <= '9')
		digit = (unsigned int)(c - '0');
	else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		digit = (unsigned int)((c | 0x20) - 'a' + 10);
	else
		return json_items_bad(items, "four hexadecimal digits were expected");
	items->hex = items->hex << 4 | digit;
	return --items->hex_left ? 0 : hex_ends(items);
}

static int low_surrogate_byte(struct json_items *items, char c)
{
	if (c != (items->expect == LOW_ESCAPE ? '\\' : 'u'))
		return json_items_bad(items, "half a surrogate pair in a string");
	if (items->expect == LOW_ESCAPE)
		items->expect = LOW_U;
	else
		return escape_byte(items, 'u');
	return 0;
}

/* --- literals and numbers --- */

static int literal_byte(struct json_items *items, char c)
{
	if (c != *items->literal)
		return json_items_bad(items, "a value was expected");
	if (!*++items->literal)
		items->expect = COMMA_OR_END;
	return 0;
}

/* What the number becomes with this byte; COMMA_OR_END: it ended before it; AFTER: it is none. */
static enum expect number_goes_on(enum expect expect, char c)
{
	bool digit = c >= '0' && c <= '9';
	bool exponent = c == 'e' || c == 'E';

	switch (expect) {
	case MINUS:
		return c == '0' ? ZERO : digit ? INTEGER : AFTER;
	case INTEGER:
		if (digit)
			return INTEGER;
		/* fall through */
	case ZERO:
		return digit ? AFTER : c == '.' ? POINT : exponent ? EXPONENT : COMMA_OR_END;
	case POINT:
		return digit ? FRACTION : AFTER;
	case FRACTION:
		return digit ? FRACTION : exponent ? EXPONENT : COMMA_OR_END;
	case EXPONENT:
		if (c == '+' || c == '-')
			return EXPONENT_SIGN;
		/* fall through */
	case EXPONENT_SIGN:
		return digit ? EXPONENT_DIGIT : AFTER;
	default:
		return digit ? EXPONENT_DIGIT : COMMA_OR_END;
	}
}

static int number_byte(struct json_items *items, const char *at)
{
	items->expect = number_goes_on(items->expect, *at);
	if (items->expect == AFTER)
		return json_items_bad(items, "a malformed number");
	return items->expect == COMMA_OR_END ? structure(items, at) : 0;
}

/* --- all of it --- */

static int take_byte(struct json_items *items, const char *at)
{
	switch (items->expect) {
	case STRING:
		return string_byte(items, *at);
	case UTF8:
		return utf8_goes_on(items, (unsigned char)*at);
	case ESCAPE:
		return escape_byte(items, *at);
	case HEX:
		return hex_byte(items, *at);
	case LOW_ESCAPE:
	case LOW_U:
		return low_surrogate_byte(items, *at);
	case LITERAL:
		return literal_byte(items, *at);
	case MINUS:
	case ZERO:
	case INTEGER:
	case POINT:
	case FRACTION:
	case EXPONENT:
	case EXPONENT_SIGN:
	case EXPONENT_DIGIT:
		return number_byte(items, at);
	default:
		return structure(items, at);
	}
}

/* What needs no look in a string: bytes from 0x20 to 0x7f but the quote and the backslash. */
static const char *skip_plain(const char *at, const char *end)
{
	while (at < end && (signed char)*at >= 0x20 && *at != '"' && *at != '\\')
		at++;
	return at;
}

/* Where a bracket of a value that is skipped is no more than a bracket. */
static bool is_usual_bracket(const struct json_items *items, char c, enum expect expect)
{
	if (!items->skipping)
		return false;
	if (c == '{' || c == '[')
		return (expect == VALUE || expect == VALUE_OR_END) && items->depth < JSON_ITEMS_DEPTH;
	return (c == '}' || c == ']') && expect != VALUE && expect != KEY && expect != COLON &&
	       expect != (c == '}' ? VALUE_OR_END : KEY_OR_END) && items->depth > items->skip_depth &&
	       items->is_array[items->depth] == (c == ']');
}

static enum expect take_usual_bracket(struct json_items *items, char c)
{
	if (c == '{' || c == '[') {
		items->is_array[++items->depth] = c == '[';
		items->keep[items->depth] = NULL;
		return c == '[' ? VALUE_OR_END : KEY_OR_END;
	}
	items->depth--;
	return COMMA_OR_END;
}

/*
 * The steps that most of a text is made of, taken without a look at what else could be there; what this leaves is for
 * take_byte().  Returns where it stopped.
 */
static const char *take_usual(struct json_items *items, const char *at, const char *end)
{
	enum expect expect = items->expect;

	for (; at < end; at++) {
		char c = *at;

		switch (expect) {
		case STRING:
			if (items->capturing)
				goto stop;
			at = skip_plain(at, end);
			if (at == end || *at != '"')
				goto stop;
			expect = items->in_key ? COLON : COMMA_OR_END;
			continue;
		case COLON:
			if (c != ':')
				goto stop;
			expect = VALUE;
			continue;
		case COMMA_OR_END:
			if (c == ' ')
				continue;
			if (c == ',' && !(items->skipping && items->depth == items->skip_depth)) {
				expect = items->is_array[items->depth] ? VALUE : KEY;
				continue;
			}
			break;
		case KEY:
		case KEY_OR_END:
			if (c == ' ')
				continue;
			if (c == '"') {
				open_string(items, true);
				expect = STRING;
				continue;
			}
			break;
		case VALUE:
		case VALUE_OR_END:
			if (c == ' ')
				continue;
			if (c == '"' && !items->skip_next && !(items->in_items && items->depth == 2)) {
				open_string(items, false);
				expect = STRING;
				continue;
			}
			break;
		default:
			goto stop;
		}
		if (!is_usual_bracket(items, c, expect))
			break;
		expect = take_usual_bracket(items, c);
	}
stop:
	items->expect = expect;
	return at;
}

int json_items_feed(struct json_items *items, const char *bytes, size_t length)
{
	const char *end = bytes + length, *at = bytes;

	items->pending = bytes;
	while (!items->error) {
		at = take_usual(items, at, end);
		if (at == end)
			break;
		items->offset = items->before + (uint64_t)(at - bytes);
		items->error = take_byte(items, at++);
	}
	if (!items->error) {
		items->before += length;
		items->offset = items->before;
		items->error = json_items_switch(items, end, items->target);
	}
	if (!items->error && items->skipping)
		items->error = json_items_check_skipped(items, items->before);
	return items->error;
}
