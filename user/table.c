/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "table.h"

#include <string.h>

#define SAFE_CELL (2 * TABLE_CELL) /* escaping may double it before it is cut */

static void add_column(struct table *table, const struct table_column *column)
{
	size_t header = strlen(column->name);

	table->columns[table->count] = column;
	table->widths[table->count++] = column->width > header ? column->width : (unsigned)header;
}

void table_init(struct table *table, const struct table_column *columns, size_t count)
{
	*table = (struct table){ .gap = 2 };
	for (size_t i = 0; i < count && table->count < TABLE_COLUMNS; i++)
		if (!(columns[i].flags & (TABLE_EXTRA | TABLE_WIDE)))
			add_column(table, &columns[i]);
}

void table_choose(struct table *table, const struct table_column *const *columns, size_t count)
{
	*table = (struct table){ .gap = 2, .chosen = true };
	for (size_t i = 0; i < count && table->count < TABLE_COLUMNS; i++)
		add_column(table, columns[i]);
}

static void make_cell(const struct table *table, const struct table_column *column, const void *row, struct text *safe)
{
	TEXT(raw, TABLE_CELL);

	if (table->cell)
		table->cell(table->cell_ctx, column, row, &raw);
	else
		column->cell(row, &raw);
	text_add_safe(safe, raw.bytes);
}

void table_measure(struct table *table, const void *row)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct table_column *column = table->columns[i];
		TEXT(cell, SAFE_CELL);
		size_t width;

		make_cell(table, column, row, &cell);
		width = text_width(cell.bytes, cell.length);
		if (column->most && !table->chosen && width > column->most)
			width = column->most;
		if (width > table->widths[i])
			table->widths[i] = (unsigned)width;
	}
}

static void add_spaces(struct text *text, size_t count)
{
	while (count--)
		text_add_bytes(text, " ", 1);
}

static void trim(struct text *text)
{
	while (text->length && text->bytes[text->length - 1] == ' ')
		text->bytes[--text->length] = '\0';
}

static void end_line(struct text *text)
{
	trim(text);
	text_add_bytes(text, "\n", 1);
}

/* Returns the columns it took, its padding included. */
static size_t add_cell(struct text *text, const struct table_column *column, size_t width, bool whole, const char *cell,
		       const char *color)
{
	enum text_cut where = column->flags & TABLE_CUT_MIDDLE ? TEXT_CUT_MIDDLE : TEXT_CUT_END;
	size_t most = whole || column->flags & TABLE_WHOLE ? SIZE_MAX : width, used = text_width(cell, strlen(cell));

	if (column->flags & TABLE_RIGHT && used < width)
		add_spaces(text, width - used);
	if (color && *cell)
		text_printf(text, "\033[%sm", color);
	used = text_add_columns(text, cell, most, where);
	if (color && *cell)
		text_add(text, "\033[0m");
	if (used >= width)
		return used;
	if (!(column->flags & TABLE_RIGHT))
		add_spaces(text, width - used);
	return width;
}

/* The last cell has what is left of the line, and where that is not enough a line of its own. */
static void add_last(const struct table *table, struct text *text, size_t used, const char *cell)
{
	const struct table_column *column = table->columns[table->count - 1];
	size_t needed = text_width(cell, strlen(cell));
	size_t room = table->width > used ? table->width - used : 0;

	if (table->chosen) {
		add_cell(text, column, table->widths[table->count - 1], true, cell, NULL);
	} else if (!table->width) {
		text_add(text, cell);
	} else if (needed <= room || !table->wrap) {
		add_cell(text, column, room, false, cell, NULL);
	} else {
		end_line(text);
		add_spaces(text, table->wrap);
		/* The terminal may wrap it: a path that is cut is of no use.  But there is a limit to that. */
		room = table->width * 3 > table->wrap ? table->width * 3 - table->wrap : 1;
		add_cell(text, column, room, false, cell, NULL);
	}
}

void table_header(const struct table *table, bool colored, struct text *text)
{
	size_t used = 0;

	if (colored)
		text_add(text, "\033[1m");
	for (size_t i = 0; i < table->count; i++) {
		const struct table_column *column = table->columns[i];
		size_t length = strlen(column->name);

		/* On a narrow screen the last cells stand on lines of their own, and say what they are. */
		if (i == table->count - 1 && table->width && used + length > table->width)
			break;
		if (column->flags & TABLE_RIGHT)
			add_spaces(text, table->widths[i] - length);
		text_add(text, column->name);
		if (!(column->flags & TABLE_RIGHT))
			add_spaces(text, table->widths[i] - length);
		add_spaces(text, table->gap);
		used += table->widths[i] + table->gap;
	}
	end_line(text);
	if (!colored)
		return;
	text->length--; /* the newline stands behind the colour's end */
	text_add(text, "\033[0m\n");
}

void table_row(const struct table *table, const void *row, const char *color, struct text *text)
{
	size_t used = 0;

	for (size_t i = 0; i < table->count; i++) {
		const struct table_column *column = table->columns[i];
		TEXT(cell, SAFE_CELL);

		make_cell(table, column, row, &cell);
		if (i == table->count - 1) {
			add_last(table, text, used, cell.bytes);
			break;
		}
		used += add_cell(text, column, table->widths[i], table->chosen, cell.bytes,
				 column->flags & TABLE_ACCENT ? color : NULL);
		add_spaces(text, table->gap);
		used += table->gap;
	}
	end_line(text);
}
