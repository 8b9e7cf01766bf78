/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of fields share.
 */
#ifndef NETNSLEAK_FIELDS_PRIVATE_H
#define NETNSLEAK_FIELDS_PRIVATE_H

#include <regex.h>

#include "fields.h"
#include "json_member.h"

enum filter_operator { FILTER_IS, FILTER_IS_NOT, FILTER_LIKE, FILTER_UNLIKE, FILTER_LESS, FILTER_LEAST, FILTER_MORE, FILTER_MOST };

struct filter {
	const struct table_column *column;
	enum filter_operator operator;
	const char *value;
	long double number; /* of a column that is compared as one */
	regex_t regex;
	bool has_regex;
};

struct sort_key {
	const struct table_column *column;
	bool descending;
};

struct fields {
	const struct fields_kind *kind;
	const struct table_column *chosen[TABLE_COLUMNS];
	size_t chosen_count;
	bool are_chosen;
	struct filter *filters; /* owned */
	size_t filter_count;
	struct sort_key keys[TABLE_COLUMNS];
	size_t key_count;

	/* The row that is asked about. */
	const void *row;
	bool spelled;
	char *line;  /* owned; as JSON */
	size_t length, capacity;
	struct text value, csv; /* bytes owned */
	int err;		/* -ENOMEM, of this row */
};

/* What is asked next is of this row. */
void fields_row(struct fields *fields, const void *row);
/* The value of an attribute; false: it has none, or no memory (fields->err). */
bool fields_attribute(struct fields *fields, const struct table_column *column, struct json_value *ret);
/* The value as one text, of an array the elements behind each other; valid until the next call. */
const char *fields_text(struct fields *fields, const struct table_column *column);

/* A number, of TABLE_TIME in ns since 1970.  False: it is none. */
bool fields_number(long double *ret, enum table_type type, const char *text);
bool fields_compare_as_numbers(const struct table_column *column);

int fields_add_filter(struct fields *fields, const char *text, struct text *why);
int fields_refuse_name(const struct fields_kind *kind, const char *name, size_t length, struct text *why);

#endif
