/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "json_member.h"

#include <stdint.h>
#include <string.h>

#include "format.h"

#define REPLACEMENT 0xfffd

/* The byte behind the string that begins at `at`; `length`, where it does not end. */
static size_t behind_string(const char *bytes, size_t length, size_t at)
{
	for (at++; at < length; at++) {
		if (bytes[at] == '\\')
			at++;
		else if (bytes[at] == '"')
			return at + 1;
	}
	return length;
}

/* The byte behind the value that begins at `at`. */
static size_t behind_value(const char *bytes, size_t length, size_t at)
{
	unsigned depth = 0;

	while (at < length) {
		char c = bytes[at];

		if (!depth && (c == ',' || c == '}' || c == ']'))
			return at;
		if (c == '"') {
			at = behind_string(bytes, length, at);
			continue;
		}
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		at++;
	}
	return length;
}

bool json_next_member(const struct json_value *object, size_t *at, struct json_value *key, struct json_value *ret)
{
	size_t begin = *at + 1, end, value; /* behind the bracket, or the comma */

	if (begin >= object->length || object->bytes[begin] != '"')
		return false;
	end = behind_string(object->bytes, object->length, begin);
	value = end + 1; /* behind the colon */
	if (value >= object->length)
		return false;
	*at = behind_value(object->bytes, object->length, value);
	*key = (struct json_value){ object->bytes + begin, end - begin };
	*ret = (struct json_value){ object->bytes + value, *at - value };
	return true;
}

bool json_line_member(const char *line, size_t length, const char *key, struct json_value *ret)
{
	const struct json_value object = { line, length };
	size_t wanted = strlen(key), at = 0;
	struct json_value name, value;

	while (json_next_member(&object, &at, &name, &value)) {
		if (name.length - 2 == wanted && !memcmp(name.bytes + 1, key, wanted)) {
			*ret = value;
			return true;
		}
	}
	return false;
}

bool json_next_element(const struct json_value *array, size_t *at, struct json_value *ret)
{
	size_t begin = *at + 1; /* behind the bracket, or the comma */

	if (!json_is_array(array) || begin + 1 >= array->length)
		return false;
	*at = behind_value(array->bytes, array->length, begin);
	*ret = (struct json_value){ array->bytes + begin, *at - begin };
	return true;
}

bool json_is_text(const struct json_value *value)
{
	return value->length && value->bytes[0] == '"';
}

bool json_is_array(const struct json_value *value)
{
	return value->length && value->bytes[0] == '[';
}

static uint32_t hex(const char *digits, size_t length)
{
	uint32_t code = 0;

	for (size_t i = 0; i < 4; i++) {
		char c = i < length ? digits[i] : 'x';

		if (c >= '0' && c <= '9')
			code = code * 16 + (uint32_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			code = code * 16 + (uint32_t)((c | 32) - 'a') + 10;
		else
			return REPLACEMENT;
	}
	return code;
}

/* Of the basic plane: the writer escapes no others.  A NUL would end the text. */
static void add_code(struct text *text, uint32_t code)
{
	char bytes[3];

	if (!code || (code >= 0xd800 && code < 0xe000))
		code = REPLACEMENT;
	if (code < 0x80) {
		bytes[0] = (char)code;
		text_add_bytes(text, bytes, 1);
	} else if (code < 0x800) {
		bytes[0] = (char)(0xc0 | code >> 6);
		bytes[1] = (char)(0x80 | (code & 0x3f));
		text_add_bytes(text, bytes, 2);
	} else {
		bytes[0] = (char)(0xe0 | code >> 12);
		bytes[1] = (char)(0x80 | (code >> 6 & 0x3f));
		bytes[2] = (char)(0x80 | (code & 0x3f));
		text_add_bytes(text, bytes, 3);
	}
}

/* escape: what stands behind the backslash.  Returns how much of it was taken. */
static size_t add_escaped(struct text *text, const char *escape, size_t length)
{
	static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
	const char *found;

	if (!length)
		return 0;
	if (escape[0] == 'u') {
		add_code(text, hex(escape + 1, length - 1));
		return length < 5 ? length : 5;
	}
	found = memchr(letters, escape[0], sizeof(letters) - 1);
	text_add_bytes(text, found ? meant + (found - letters) : escape, 1);
	return 1;
}

void json_value_text(struct text *text, const struct json_value *value)
{
	const char *bytes = value->bytes + 1;
	size_t plain = 0, i = 0, length;

	if (!json_is_text(value) || value->length < 2) {
		text_add_bytes(text, value->bytes, value->length);
		return;
	}
	length = value->length - 2;
	while (i < length) {
		if (bytes[i] != '\\') {
			i++;
			continue;
		}
		text_add_bytes(text, bytes + plain, i - plain);
		i++;
		i += add_escaped(text, bytes + i, length - i);
		plain = i;
	}
	text_add_bytes(text, bytes + plain, length - plain);
}
