/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tables for people.  One description of a column drives its header, width, help and JSON.
 */
#ifndef NETNSLEAK_TABLE_H
#define NETNSLEAK_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "format.h"

struct json_line;

enum table_flag {
	TABLE_RIGHT = 1,      /* numbers */
	TABLE_CUT_MIDDLE = 2, /* both ends of a long text tell more than its start */
	TABLE_WHOLE = 4,      /* never cut: a longer one pushes what follows to the right */
	TABLE_ACCENT = 8,     /* takes the colour of the row */
	TABLE_EXTRA = 16,     /* not shown unless asked for */
};

struct table_column {
	const char *name; /* the header */
	const char *help; /* one line */
	unsigned width;	  /* at least; the header's where that is wider */
	unsigned most;	  /* at most; 0: as wide as the widest */
	unsigned flags;
	/* What stands in the cell, as it is: the table makes it safe and cuts it. */
	void (*cell)(const void *row, struct text *text);
	/* Its members in JSON, NULL: none. */
	void (*json)(const void *row, struct json_line *line);
};

#define TABLE_COLUMNS 16
#define TABLE_LINE 16384 /* bytes that hold any row */

struct table {
	const struct table_column *columns[TABLE_COLUMNS];
	unsigned widths[TABLE_COLUMNS];
	size_t count;
	unsigned gap;	/* columns between two cells */
	unsigned width; /* of the screen; 0: lines may be of any length */
	/* Where not 0: a last cell that finds no room begins a line of its own, so far right, which may be as
	 * long as three of the screen. */
	unsigned wrap;
};

/* The columns that are shown by default.  columns: count of them, outliving the table. */
void table_init(struct table *table, const struct table_column *columns, size_t count);
/* Widen columns for what this row has. */
void table_measure(struct table *table, const void *row);
void table_header(const struct table *table, struct text *text);
/* A row, newline included.  color: a terminal's SGR parameters for the accent, NULL: none. */
void table_row(const struct table *table, const void *row, const char *color, struct text *text);

#endif
