/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All rows at once: the table is as wide as they are.
 */
#include "fields_private.h"

#include <errno.h>
#include <stdlib.h>

#include "outlet.h"
#include "util.h"

int fields_print_table(struct fields *fields, struct outlet *outlet, const struct fields_rows *rows)
{
	size_t capacity = fields_line_bytes(fields);
	CLEANUP(free_pointer) char *bytes = malloc(capacity);
	struct text text = { .bytes = bytes, .capacity = capacity };
	struct table table;
	int err;

	if (!bytes)
		return -ENOMEM;
	text_reset(&text);
	fields_table(fields, &table);
	for (size_t i = 0; i < rows->count; i++) {
		fields_row(fields, (const char *)rows->all + i * rows->size);
		table_measure(&table, fields->row);
	}
	table_header(&table, rows->colored, &text);
	err = outlet_line(outlet, text.bytes, text.length);
	for (size_t i = 0; i < rows->count && !err; i++) {
		const void *row = (const char *)rows->all + i * rows->size;

		text_reset(&text);
		err = fields_table_row(fields, &table, row, rows->colored && rows->accent ? rows->accent(row) : NULL, &text);
		if (!err)
			err = outlet_line(outlet, text.bytes, text.length);
	}
	return err;
}

int fields_print_csv(struct fields *fields, struct outlet *outlet, const struct fields_rows *rows)
{
	const char *line;
	size_t length;
	int err = fields_csv_header(fields, &line, &length);

	if (!err)
		err = outlet_line(outlet, line, length);
	for (size_t i = 0; i < rows->count && !err; i++) {
		err = fields_csv_row(fields, (const char *)rows->all + i * rows->size, &line, &length);
		if (!err)
			err = outlet_line(outlet, line, length);
	}
	return err;
}
