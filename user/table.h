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
	TABLE_EXTRA = 16,     /* not shown unless asked for by name */
	TABLE_WIDE = 32,      /* not shown unless asked for, or all of the wide table is */
	TABLE_CSV = 64,	      /* in CSV where no fields are asked for */
	TABLE_ATTRIBUTE = 128, /* its field is an attribute of JSON, and has the value that stands there */
};

/* What its values are, for comparing. */
enum table_type { TABLE_TEXT, TABLE_NUMBER, TABLE_SECONDS, TABLE_TIME };

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

	/* For who asks for it (fields.h): an attribute of JSON, or a word of its own; and a shorter name, or NULL. */
	const char *field, *alias;
	enum table_type type;
	/* The value of a field that is no attribute, NULL: what stands in the cell.  Of TABLE_SECONDS, seconds with decimals. */
	void (*value)(const void *row, struct text *text);
};

#define TABLE_COLUMNS 64
#define TABLE_CELL 4400	 /* a path of PATH_MAX and some words; what is more is cut */
#define TABLE_LINE 16384 /* bytes that hold any row of the columns that are shown by default */

struct table {
	const struct table_column *columns[TABLE_COLUMNS];
	unsigned widths[TABLE_COLUMNS];
	size_t count;
	bool chosen;	/* columns that were asked for: nothing is cut */
	unsigned gap;	/* columns between two cells */
	unsigned width; /* of the screen; 0: lines may be of any length */
	/* Where not 0: a last cell that finds no room begins a line of its own, so far right, which may be as
	 * long as three of the screen. */
	unsigned wrap;
	/* What makes the cells instead of the columns' own functions; NULL: those. */
	void (*cell)(void *ctx, const struct table_column *column, const void *row, struct text *text);
	void *cell_ctx;
};

/* The columns that are shown by default.  columns: count of them, outliving the table. */
void table_init(struct table *table, const struct table_column *columns, size_t count);
/* These, at most TABLE_COLUMNS; `most` is not heeded, since who chose them wants to see what stands there. */
void table_choose(struct table *table, const struct table_column *const *columns, size_t count);
/* Widen columns for what this row has. */
void table_measure(struct table *table, const void *row);
/* Newline included.  colored: it stands out, on a terminal. */
void table_header(const struct table *table, bool colored, struct text *text);
/* A row, newline included.  color: a terminal's SGR parameters for the accent, NULL: none. */
void table_row(const struct table *table, const void *row, const char *color, struct text *text);

#endif
