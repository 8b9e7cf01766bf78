/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a row has in a field.
 */
#include "fields_private.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

#define LINE_BYTES 8192 /* of most rows */

void fields_row(struct fields *fields, const void *row)
{
	fields->row = row;
	fields->spelled = false;
	fields->err = 0;
}

/* Room for any value that stands in a line of so many bytes, joined. */
static int make_room(struct fields *fields, size_t capacity)
{
	char *line = malloc(capacity), *value = malloc(capacity + TABLE_CELL);

	if (!line || !value) {
		free(line);
		free(value);
		return -ENOMEM;
	}
	free(fields->line);
	free(fields->value.bytes);
	fields->line = line;
	fields->capacity = capacity;
	fields->value = (struct text){ .bytes = value, .capacity = capacity + TABLE_CELL };
	text_reset(&fields->value);
	return 0;
}

static int spell(struct fields *fields)
{
	size_t capacity = fields->capacity ? fields->capacity : LINE_BYTES;

	while (!fields->err) {
		if (capacity > fields->capacity)
			fields->err = make_room(fields, capacity);
		if (!fields->err)
			fields->length = fields->kind->spell(fields->row, fields->line, fields->capacity);
		if (!fields->err && fields->length) {
			fields->spelled = true;
			return 0;
		}
		capacity *= 2;
	}
	return fields->err;
}

bool fields_attribute(struct fields *fields, const struct table_column *column, struct json_value *ret)
{
	if (!fields->spelled && spell(fields))
		return false;
	return json_line_member(fields->line, fields->length, column->field, ret);
}

static void add_elements(struct text *text, const struct json_value *array)
{
	struct json_value element;
	size_t at = 0;

	for (bool any = false; json_next_element(array, &at, &element); any = true) {
		if (any)
			text_add(text, ",");
		json_value_text(text, &element);
	}
}

const char *fields_text(struct fields *fields, const struct table_column *column)
{
	struct json_value value;

	if (!fields->value.bytes && !fields->err)
		fields->err = make_room(fields, LINE_BYTES);
	if (fields->err)
		return "";
	text_reset(&fields->value);
	if (!(column->flags & TABLE_ATTRIBUTE))
		(column->value ? column->value : column->cell)(fields->row, &fields->value);
	else if (!fields_attribute(fields, column, &value))
		return "";
	else if (json_is_array(&value))
		add_elements(&fields->value, &value);
	else
		json_value_text(&fields->value, &value);
	return fields->value.bytes;
}

bool fields_compare_as_numbers(const struct table_column *column)
{
	return column->type != TABLE_TEXT;
}

bool fields_number(long double *ret, enum table_type type, const char *text)
{
	char *end;
	int64_t ns;

	if (type == TABLE_TIME) {
		if (rfc3339_parse(&ns, text) < 0)
			return false;
		*ret = (long double)ns;
		return true;
	}
	/* No "inf", no "0x10". */
	if (!*text || strspn(text, "0123456789.-") != strlen(text))
		return false;
	*ret = strtold(text, &end);
	return !*end;
}
