/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads back what json_writer.h has written: one object on one line, without blanks between its tokens.  Of any other text it
 * finds something or nothing, but stays within it.
 */
#ifndef NETNSLEAK_JSON_MEMBER_H
#define NETNSLEAK_JSON_MEMBER_H

#include <stdbool.h>
#include <stddef.h>

struct text;

/* A value, as it stands in the line. */
struct json_value {
	const char *bytes;
	size_t length;
};

/* Members of an object, one after the other: *at is 0 before the first.  key: with its quotes.  False: there is none left. */
bool json_next_member(const struct json_value *object, size_t *at, struct json_value *key, struct json_value *ret);

/* The value of this member of the object.  False: it has none. */
bool json_line_member(const char *line, size_t length, const char *key, struct json_value *ret);

/* Elements of an array, one after the other: *at is 0 before the first.  False: there is none left. */
bool json_next_element(const struct json_value *array, size_t *at, struct json_value *ret);

bool json_is_text(const struct json_value *value);
bool json_is_array(const struct json_value *value);

/* What a string says, without quotes and escapes; any other value as it stands. */
void json_value_text(struct text *text, const struct json_value *value);

#endif
