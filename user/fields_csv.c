/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rows as CSV, after RFC 4180.
 */
#include "fields_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CSV_BYTES 4096

/* What is not clean comes as \xNN before it is quoted; and is_text: a formula is none. */
static void add_value(struct text *csv, const char *value, bool is_text)
{
	size_t begin = csv->length;
	char *cell;

	if (is_text && *value && strchr("=+-@", *value))
		text_add(csv, "'");
	text_add_safe(csv, value);
	cell = csv->bytes + begin;
	if (csv->cut || (!strpbrk(cell, ",\"") && *cell != ' ' && (!*cell || csv->bytes[csv->length - 1] != ' ')))
		return;
	cell = strdup(cell);
	csv->length = begin;
	if (!cell) {
		csv->cut = true; /* with more room it is tried again, and there fails */
		return;
	}
	text_add(csv, "\"");
	for (const char *at = cell; *at; at += strcspn(at, "\"")) {
		if (*at == '"') {
			text_add(csv, "\"\"");
			at++;
		}
		text_add_bytes(csv, at, strcspn(at, "\""));
	}
	text_add(csv, "\"");
	free(cell);
}

static void add_cell(struct fields *fields, const struct table_column *column)
{
	struct json_value value;
	bool is_text = !fields_compare_as_numbers(column);

	if (is_text && column->flags & TABLE_ATTRIBUTE)
		is_text = fields_attribute(fields, column, &value) && (json_is_text(&value) || json_is_array(&value));
	add_value(&fields->csv, fields_text(fields, column), is_text);
}

static void add_line(struct fields *fields, bool header)
{
	for (size_t i = 0; i < fields->chosen_count && !fields->csv.cut && !fields->err; i++) {
		if (i)
			text_add(&fields->csv, ",");
		if (header)
			add_value(&fields->csv, fields->chosen[i]->field, false);
		else
			add_cell(fields, fields->chosen[i]);
	}
	text_add(&fields->csv, "\n");
}

/* However long it becomes. */
static int make_line(struct fields *fields, bool header, const char **ret, size_t *ret_length)
{
	for (;;) {
		size_t capacity = fields->csv.cut ? 2 * fields->csv.capacity : CSV_BYTES;

		if (capacity > fields->csv.capacity) {
			char *bytes = realloc(fields->csv.bytes, capacity);

			if (!bytes)
				return -ENOMEM;
			fields->csv.bytes = bytes;
			fields->csv.capacity = capacity;
		}
		text_reset(&fields->csv);
		add_line(fields, header);
		if (fields->err || !fields->csv.cut)
			break;
	}
	*ret = fields->csv.bytes;
	*ret_length = fields->csv.length;
	return fields->err;
}

int fields_csv_header(struct fields *fields, const char **ret, size_t *ret_length)
{
	return make_line(fields, true, ret, ret_length);
}

int fields_csv_row(struct fields *fields, const void *row, const char **ret, size_t *ret_length)
{
	fields_row(fields, row);
	return make_line(fields, false, ret, ret_length);
}
