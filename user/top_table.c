/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table: which columns there is room for, and how wide they are.
 */
#include <string.h>

#include "format.h"
#include "top_private.h"

#define MEASURED 1000 /* rows */
#define ROOMY 110     /* columns of a screen on which the table's stand further apart */

struct layout {
	bool used[TOP_COLUMNS];
	unsigned widths[TOP_COLUMNS];
	unsigned wanted[TOP_COLUMNS]; /* by what stands in them */
	unsigned gap;
};

struct claim {
	enum top_column column;
	unsigned least; /* where there is less, it is left out; less suffices where no more stands in it */
	unsigned good;	/* before it has so much, none that stands below it is let in */
	unsigned most;
};

/* The first is served first. */
static const struct claim claims[] = {
	{ TOP_STATE, 8, 12, 12 },     { TOP_POD, 10, 22, 60 },	  { TOP_SINCE, 8, 8, 8 },   { TOP_CAUSE, 8, 14, 24 },
	{ TOP_HELD_BY, 10, 24, 160 }, { TOP_HOLDERS, 5, 5, 5 },	  { TOP_AGE, 9, 9, 9 },	    { TOP_NETNS, 20, 20, 64 },
	{ TOP_ADDRESS, 16, 20, 42 },  { TOP_REFERENCES, 4, 4, 8 },
};

#define UNDISPUTED 6 /* the first of them are let in wherever there is any room */
#define CLAIMS (sizeof(claims) / sizeof(claims[0]))

static void measure(struct layout *layout, const struct top *top)
{
	for (enum top_column column = 0; column < TOP_COLUMNS; column++)
		layout->wanted[column] = (unsigned)strlen(top_column_name(column)) + (column == top->by);
	for (size_t i = 0; i < top->shown_count && i < MEASURED; i++)
		for (enum top_column column = 0; column < TOP_COLUMNS; column++) {
			const char *cell = top->shown[i]->cells[column];
			size_t width = text_width(cell, strlen(cell));

			if (width > layout->wanted[column])
				layout->wanted[column] = (unsigned)width;
		}
}

static unsigned least(unsigned left, unsigned right)
{
	return left < right ? left : right;
}

/* Those that find room, and how much of it is left. */
static unsigned admit(struct layout *layout, unsigned width)
{
	unsigned left = width, good = width;

	for (size_t i = 0; i < CLAIMS; i++) {
		const enum top_column column = claims[i].column;
		const unsigned wanted = least(layout->wanted[column], claims[i].most);
		const unsigned needed = least(wanted, claims[i].least), gap = left < width ? layout->gap : 0;

		layout->wanted[column] = wanted;
		/* What has all that it wants takes nothing from the others. */
		if (needed + gap > left || (i >= UNDISPUTED && needed + gap > good))
			continue;
		layout->used[column] = true;
		layout->widths[column] = needed;
		left -= needed + gap;
		good -= least(good, least(wanted, claims[i].good) + gap);
	}
	return left;
}

static unsigned widen(struct layout *layout, enum top_column column, unsigned to, unsigned left)
{
	const unsigned width = layout->widths[column], wanted = least(layout->wanted[column], to);
	const unsigned more = wanted > width ? least(wanted - width, left) : 0;

	if (!layout->used[column])
		return left;
	layout->widths[column] += more;
	return left - more;
}

static void lay_out(struct layout *ret, const struct top *top, unsigned width)
{
	unsigned left;

	*ret = (struct layout){ .gap = width < ROOMY ? 1 : 2 };
	measure(ret, top);
	left = admit(ret, width);
	for (size_t i = 0; i < CLAIMS; i++)
		left = widen(ret, claims[i].column, claims[i].good, left);
	for (size_t i = 0; i < CLAIMS; i++)
		left = widen(ret, claims[i].column, claims[i].most, left);
}

/* Of a pod's name both ends tell more than its start; of several holders the first is to be seen. */
static enum text_cut cut_of(enum top_column column)
{
	return column == TOP_POD || column == TOP_ADDRESS ? TEXT_CUT_MIDDLE : TEXT_CUT_END;
}

static void put_cell(struct grid *grid, unsigned row, unsigned at, unsigned width, unsigned style, const char *cell,
		     enum top_column column)
{
	const size_t used = text_width(cell, strlen(cell));

	if (top_column_is_number(column) && used < width)
		at += width - (unsigned)used;
	grid_put(grid, row, at, width, style, cell, cut_of(column));
}

static void draw_header(const struct top *top, const struct layout *layout, struct grid *grid, unsigned row)
{
	unsigned at = 0;

	for (enum top_column column = 0; column < TOP_COLUMNS; column++) {
		TEXT(name, 64);

		if (!layout->used[column])
			continue;
		text_add(&name, top_column_name(column));
		if (column == top->by)
			text_add(&name, top->reverse ? "\xe2\x86\x91" : "\xe2\x86\x93");
		put_cell(grid, row, at, layout->widths[column], GRID_PLAIN, name.bytes, column);
		at += layout->widths[column] + layout->gap;
	}
	grid_paint(grid, row, GRID_BAR);
}

static unsigned style_of(const struct top_row *row, enum top_column column)
{
	return column == TOP_STATE || row->state == TOP_NODE ? top_state_style(row->state) : GRID_PLAIN;
}

static void draw_row(const struct top_row *row, const struct layout *layout, struct grid *grid, unsigned at_row, bool selected)
{
	unsigned at = 0;

	for (enum top_column column = 0; column < TOP_COLUMNS; column++) {
		if (!layout->used[column])
			continue;
		put_cell(grid, at_row, at, layout->widths[column], style_of(row, column), row->cells[column],
			 column);
		at += layout->widths[column] + layout->gap;
	}
	if (selected)
		grid_paint(grid, at_row, GRID_PLAIN | GRID_SELECTED);
}

void top_draw_table(struct top *top, struct grid *grid, unsigned row, unsigned rows)
{
	struct layout layout;

	lay_out(&layout, top, grid->columns);
	draw_header(top, &layout, grid, row);
	top_scroll(top, rows - 1);
	for (size_t i = 0; i + 1 < rows && top->first + i < top->shown_count; i++)
		draw_row(top->shown[top->first + i], &layout, grid, row + 1 + (unsigned)i,
			 top->shown[top->first + i]->handle == top->selected);
}
