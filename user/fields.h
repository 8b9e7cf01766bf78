/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a person wants to see of rows: which fields (--fields, -o wide), of which rows (--filter), in which order (--sort), and
 * the same as CSV.
 *
 * A field is a column of the kind of rows.  Where it is an attribute of JSON, its value is what stands there: the row is
 * spelled as JSON and read back, once a row, and only where a field is asked for.
 */
#ifndef NETNSLEAK_FIELDS_H
#define NETNSLEAK_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "table.h"

struct fields_kind {
	const struct table_column *columns;
	size_t count;
	/* The row as a line of JSON, all of it; 0: that does not fit. */
	size_t (*spell)(const void *row, char *bytes, size_t capacity);
};

enum fields_form { FIELDS_AS_EVER, FIELDS_WIDE, FIELDS_CSV };

struct fields_wanted {
	enum fields_form form;
	const char *names;	    /* "netns,inum,age"; NULL: those of the form */
	const char *const *filters; /* "age>10m": all of them must be met */
	size_t filter_count;
	const char *sort; /* "-age,inum"; NULL: as they come */
};

struct fields;

/* -EINVAL: `why` says what is wrong, and is to have room for all names of the kind; -ENOMEM.  wanted must outlive it. */
int fields_open(struct fields **ret, const struct fields_kind *kind, const struct fields_wanted *wanted, struct text *why);
void fields_close(struct fields *fields); /* NULL is fine */

/* Whether the row meets all filters: 1, 0 or -ENOMEM. */
int fields_match(struct fields *fields, const void *row);

/*
 * Those of the array that meet all filters, in the order that was asked for, stable; *count becomes how many that are.
 * -ENOMEM.
 */
int fields_select(struct fields *fields, void *rows, size_t *count, size_t size);

/* Whether there are columns that were asked for; then, the table of them. */
bool fields_are_chosen(const struct fields *fields);
void fields_table(struct fields *fields, struct table *table);
/* Bytes for any line of that table. */
size_t fields_line_bytes(const struct fields *fields);
/* As table_row(), of a table made by fields_table(), but it says -ENOMEM where it could not be spelled. */
int fields_table_row(struct fields *fields, const struct table *table, const void *row, const char *color, struct text *text);

/*
 * A line of CSV (RFC 4180, but that it ends with a newline alone), valid until the next call.  Of a value that a spreadsheet
 * would take for a formula though it is a text, an apostrophe comes first; control characters come as \xNN, so that each row
 * is one line.
 */
int fields_csv_header(struct fields *fields, const char **ret, size_t *ret_length);
int fields_csv_row(struct fields *fields, const void *row, const char **ret, size_t *ret_length);

struct outlet;

struct fields_rows {
	const void *all; /* an array of `count`, each of `size` */
	size_t count, size;
	bool colored;
	/* The colour of a row's accent, as table_row() has it; NULL: none. */
	const char *(*accent)(const void *row);
};

/* All of them.  -ENOMEM, or what outlet_line() returns. */
int fields_print_table(struct fields *fields, struct outlet *outlet, const struct fields_rows *rows);
int fields_print_csv(struct fields *fields, struct outlet *outlet, const struct fields_rows *rows);

/* The column of this name or alias; NULL: there is none. */
const struct table_column *fields_find(const struct fields_kind *kind, const char *name, size_t length);

#endif
