/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "grid.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 1000
#define COLUMNS_MAX 2000
#define LINE 16384
#define MOVE_BYTES 32  /* "\033[12;345H" and the style behind it */

static struct grid_cell *cell_at(const struct grid *grid, unsigned row, unsigned column)
{
	return &grid->cells[(size_t)row * grid->columns + column];
}

int grid_resize(struct grid *grid, unsigned rows, unsigned columns)
{
	struct grid_cell *cells;

	rows = rows > ROWS_MAX ? ROWS_MAX : rows;
	columns = columns > COLUMNS_MAX ? COLUMNS_MAX : columns;
	cells = calloc((size_t)rows * columns + 1, sizeof(*cells));
	if (!cells)
		return -ENOMEM;
	free(grid->cells);
	*grid = (struct grid){ .rows = rows, .columns = columns, .cells = cells };
	return 0;
}

void grid_free(struct grid *grid)
{
	free(grid->cells);
	*grid = (struct grid){ 0 };
}

void grid_clear(struct grid *grid)
{
	memset(grid->cells, 0, (size_t)grid->rows * grid->columns * sizeof(*grid->cells));
}

/* --- putting --- */

/* What combines with the character before it stands in that one's cell, where there is room. */
static void combine(struct grid_cell *cell, const char *bytes, size_t size)
{
	if (cell->length == GRID_COVERED || !cell->length || cell->length + size > sizeof(cell->bytes))
		return;
	memcpy(cell->bytes + cell->length, bytes, size);
	cell->length = (uint8_t)(cell->length + size);
}

static void set(struct grid_cell *cell, const char *bytes, size_t size, unsigned style)
{
	*cell = (struct grid_cell){ .style = (uint8_t)style, .length = (uint8_t)size };
	memcpy(cell->bytes, bytes, size);
	if (size == 1 && *bytes == ' ')
		*cell = (struct grid_cell){ .style = (uint8_t)style };
}

unsigned grid_put(struct grid *grid, unsigned row, unsigned column, unsigned most, unsigned style, const char *text,
		  enum text_cut where)
{
	unsigned at = column, end;
	TEXT(fitting, LINE);

	if (row >= grid->rows || column >= grid->columns)
		return 0;
	end = most < grid->columns - column ? column + most : grid->columns;
	text_add_columns(&fitting, text, end - column, where);
	for (size_t i = 0, size; i < fitting.length; i += size) {
		uint32_t code;
		size_t width;

		size = utf8_decode(fitting.bytes + i, fitting.length - i, &code);
		size = size ? size : 1;
		width = text_width(fitting.bytes + i, size);
		if (!width) {
			if (at > column)
				combine(cell_at(grid, row, at - 1), fitting.bytes + i, size);
			continue;
		}
		if (at + width > end)
			break;
		set(cell_at(grid, row, at), fitting.bytes + i, size, style);
		for (size_t covered = 1; covered < width; covered++)
			*cell_at(grid, row, at + (unsigned)covered) =
				(struct grid_cell){ .style = (uint8_t)style, .length = GRID_COVERED };
		at += (unsigned)width;
	}
	return at - column;
}

void grid_paint(struct grid *grid, unsigned row, unsigned style)
{
	for (unsigned column = 0; row < grid->rows && column < grid->columns; column++)
		cell_at(grid, row, column)->style = (uint8_t)style;
}

/* --- drawing --- */

size_t grid_diff_room(const struct grid *grid)
{
	return (size_t)grid->rows * grid->columns * (GRID_CELL_BYTES + 2 * MOVE_BYTES) + 256;
}

static void add_style(struct text *text, unsigned style, bool color)
{
	static const char *const colored[GRID_STYLES] = {
		[GRID_PLAIN] = "", [GRID_STRONG] = ";1", [GRID_FAINT] = ";2", [GRID_BAR] = ";7",
		[GRID_GOOD] = ";32", [GRID_WARN] = ";33", [GRID_BAD] = ";1;31",
	};
	static const char *const plain[GRID_STYLES] = {
		[GRID_PLAIN] = "", [GRID_STRONG] = ";1", [GRID_FAINT] = "", [GRID_BAR] = ";7",
		[GRID_GOOD] = "", [GRID_WARN] = "", [GRID_BAD] = ";1",
	};
	const unsigned base = style & ~(unsigned)GRID_SELECTED;

	text_printf(text, "\033[0%s%sm", style & GRID_SELECTED ? ";7" : "", (color ? colored : plain)[base]);
}

static bool is_same(const struct grid_cell *left, const struct grid_cell *right)
{
	return left->length == right->length && left->style == right->style &&
	       (left->length == GRID_COVERED || !memcmp(left->bytes, right->bytes, left->length));
}

struct pen {
	struct text *text;
	unsigned row, column; /* where the cursor is */
	unsigned style;
	bool lost; /* what it is and what the terminal thinks may differ */
	bool color;
};

static void draw(struct pen *pen, const struct grid_cell *cell, unsigned row, unsigned column)
{
	if (pen->lost || pen->row != row || pen->column != column)
		text_printf(pen->text, "\033[%u;%uH", row + 1, column + 1);
	if (pen->style != cell->style)
		add_style(pen->text, cell->style, pen->color);
	text_add_bytes(pen->text, cell->length ? cell->bytes : " ", cell->length ? cell->length : 1);
	/* Terminals differ in the width of what is not ASCII. */
	*pen = (struct pen){ .text = pen->text, .row = row, .column = column + 1, .style = cell->style,
			     .color = pen->color, .lost = cell->length > 1 };
}

void grid_diff(const struct grid *old, const struct grid *new, bool color, struct text *ret)
{
	const bool all = !old || old->rows != new->rows || old->columns != new->columns;
	struct pen pen = { .text = ret, .lost = true, .style = ~0u, .color = color };

	for (unsigned row = 0; row < new->rows; row++)
		for (unsigned column = 0; column < new->columns; column++) {
			const struct grid_cell *cell = cell_at(new, row, column);
			/* Half of a wide character cannot be overwritten by itself. */
			const bool covers = column + 1 < new->columns && cell_at(new, row, column + 1)->length == GRID_COVERED;

			if (cell->length == GRID_COVERED)
				continue;
			if (all || !is_same(cell_at(old, row, column), cell) ||
			    (covers && !is_same(cell_at(old, row, column + 1), cell_at(new, row, column + 1))))
				draw(&pen, cell, row, column);
		}
	if (ret->length)
		text_add(ret, "\033[0m");
}
