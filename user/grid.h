/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A screen as a grid of cells, and the bytes that turn one screen into the next: only what differs is drawn, so that nothing
 * flickers.
 *
 * Pure, but for widths, which are the locale's.
 */
#ifndef NETNSLEAK_GRID_H
#define NETNSLEAK_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format.h"

enum grid_style {
	GRID_PLAIN,
	GRID_STRONG,
	GRID_FAINT,
	GRID_BAR,  /* a table's header */
	GRID_GOOD, /* these three are colours: plain text, or strong, where there are none */
	GRID_WARN,
	GRID_BAD,
	GRID_STYLES,
	GRID_SELECTED = 16, /* or-ed to any of them */
};

#define GRID_CELL_BYTES 14 /* a character and some that combine with it */

struct grid_cell {
	char bytes[GRID_CELL_BYTES];
	uint8_t length; /* 0: a blank */
	uint8_t style;
};

/* Of a character of two columns the second cell has length GRID_COVERED. */
#define GRID_COVERED 255

struct grid {
	unsigned rows, columns;
	struct grid_cell *cells; /* owned; row by row */
};

/* All blank afterwards.  -ENOMEM: it stays as it was. */
int grid_resize(struct grid *grid, unsigned rows, unsigned columns);
void grid_free(struct grid *grid);
void grid_clear(struct grid *grid);

/*
 * A text without hostile characters, in at most `most` columns, cut as `where` says, and never beyond the grid.  Returns
 * the columns that it took.
 */
unsigned grid_put(struct grid *grid, unsigned row, unsigned column, unsigned most, unsigned style, const char *text,
		  enum text_cut where);
/* The whole row, its text left as it is. */
void grid_paint(struct grid *grid, unsigned row, unsigned style);

/* Bytes that hold any grid_diff() of a grid of that size. */
size_t grid_diff_room(const struct grid *grid);
/*
 * What a terminal is to be sent that shows `old`, NULL: anything, to show `new`; "" where that is the same.  color: where
 * not, all styles are by brightness.
 */
void grid_diff(const struct grid *old, const struct grid *new, bool color, struct text *ret);

#endif
