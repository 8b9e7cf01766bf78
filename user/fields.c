/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "fields_private.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* --- names --- */

static bool is_named(const char *name, const char *text, size_t length)
{
	return name && strlen(name) == length && !strncmp(name, text, length);
}

const struct table_column *fields_find(const struct fields_kind *kind, const char *name, size_t length)
{
	for (size_t i = 0; i < kind->count; i++)
		if (is_named(kind->columns[i].field, name, length) || is_named(kind->columns[i].alias, name, length))
			return &kind->columns[i];
	return NULL;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many characters are to be put in, taken out or changed to make one of the other (Levenshtein). */
static unsigned distance(const char *a, size_t length, const char *b)
{
	unsigned row[64], width = (unsigned)least((unsigned)strlen(b), 63), diagonal, above;

	for (unsigned j = 0; j <= width; j++)
		row[j] = j;
	for (unsigned i = 0; i < length; i++) {
		diagonal = row[0];
		row[0] = i + 1;
		for (unsigned j = 1; j <= width; j++) {
			above = row[j];
			row[j] = least(least(above, row[j - 1]) + 1, diagonal + (a[i] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[width];
}

/* The name that is most like it; NULL: none is. */
static const char *nearest(const struct fields_kind *kind, const char *name, size_t length)
{
	unsigned best = length < 4 ? 2 : 3;
	const char *found = NULL;

	for (size_t i = 0; i < 2 * kind->count && length < 64; i++) {
		const struct table_column *column = &kind->columns[i / 2];
		const char *candidate = i % 2 ? column->alias : column->field;
		unsigned far = candidate ? distance(name, length, candidate) : UINT_MAX;

		if (far < best) {
			best = far;
			found = candidate;
		}
	}
	return found;
}

int fields_refuse_name(const struct fields_kind *kind, const char *name, size_t length, struct text *why)
{
	const char *meant = nearest(kind, name, length);

	text_printf(why, "no such field: '%.*s'; ", (int)(length < 60 ? length : 60), name);
	if (meant) {
		text_printf(why, "is it '%s'? --fields help lists all", meant);
		return -EINVAL;
	}
	text_add(why, "there are ");
	for (size_t i = 0; i < kind->count; i++) {
		text_add(why, i ? ", " : "");
		text_add(why, kind->columns[i].alias ? kind->columns[i].alias : kind->columns[i].field);
	}
	return -EINVAL;
}

/* --- what is wanted --- */

static int add_names(struct fields *fields, const char *names, struct text *why)
{
	for (size_t length; *names || !fields->chosen_count; names += length + (names[length] == ',')) {
		const struct table_column *column;

		length = strcspn(names, ",");
		column = fields_find(fields->kind, names, length);
		if (!column)
			return fields_refuse_name(fields->kind, names, length, why);
		if (fields->chosen_count == TABLE_COLUMNS) {
			text_printf(why, "--fields: more than %d fields", TABLE_COLUMNS);
			return -EINVAL;
		}
		fields->chosen[fields->chosen_count++] = column;
	}
	return 0;
}

static bool is_of_form(const struct table_column *column, enum fields_form form)
{
	return form == FIELDS_CSV ? column->flags & TABLE_CSV : !(column->flags & TABLE_EXTRA);
}

static int choose(struct fields *fields, const struct fields_wanted *wanted, struct text *why)
{
	fields->are_chosen = wanted->names || wanted->form != FIELDS_AS_EVER;
	if (wanted->names)
		return add_names(fields, wanted->names, why);
	for (size_t i = 0; i < fields->kind->count && fields->are_chosen && fields->chosen_count < TABLE_COLUMNS; i++)
		if (is_of_form(&fields->kind->columns[i], wanted->form))
			fields->chosen[fields->chosen_count++] = &fields->kind->columns[i];
	return 0;
}

static int add_keys(struct fields *fields, const char *names, struct text *why)
{
	for (size_t length; *names || !fields->key_count; names += length + (names[length] == ',')) {
		struct sort_key *key = &fields->keys[fields->key_count];

		key->descending = *names == '-';
		names += key->descending;
		length = strcspn(names, ",");
		key->column = fields_find(fields->kind, names, length);
		if (!key->column)
			return fields_refuse_name(fields->kind, names, length, why);
		if (++fields->key_count == TABLE_COLUMNS) {
			text_printf(why, "--sort: more than %d fields", TABLE_COLUMNS - 1);
			return -EINVAL;
		}
	}
	return 0;
}

static int add_filters(struct fields *fields, const struct fields_wanted *wanted, struct text *why)
{
	int err = 0;

	fields->filters = calloc(wanted->filter_count + 1, sizeof(*fields->filters));
	if (!fields->filters)
		return -ENOMEM;
	for (size_t i = 0; i < wanted->filter_count && !err; i++)
		err = fields_add_filter(fields, wanted->filters[i], why);
	return err;
}

int fields_open(struct fields **ret, const struct fields_kind *kind, const struct fields_wanted *wanted, struct text *why)
{
	struct fields *fields = calloc(1, sizeof(*fields));
	int err;

	if (!fields)
		return -ENOMEM;
	fields->kind = kind;
	err = choose(fields, wanted, why);
	if (!err)
		err = add_filters(fields, wanted, why);
	if (!err && wanted->sort)
		err = add_keys(fields, wanted->sort, why);
	if (err) {
		fields_close(fields);
		return err;
	}
	*ret = fields;
	return 0;
}

void fields_close(struct fields *fields)
{
	if (!fields)
		return;
	for (size_t i = 0; i < fields->filter_count; i++)
		if (fields->filters[i].has_regex)
			regfree(&fields->filters[i].regex);
	free(fields->filters);
	free(fields->line);
	free(fields->value.bytes);
	free(fields->csv.bytes);
	free(fields);
}

/* --- as a table --- */

bool fields_are_chosen(const struct fields *fields)
{
	return fields && fields->are_chosen;
}

/* What has no value says so: a blank could not be told from the gap between two cells. */
static void make_cell(void *ctx, const struct table_column *column, const void *row, struct text *text)
{
	struct fields *fields = ctx;
	char buffer[FORMAT_DURATION_LEN];
	long double seconds;

	if (!(column->flags & TABLE_ATTRIBUTE))
		column->cell(row, text);
	else if (column->type == TABLE_SECONDS && fields_number(&seconds, TABLE_SECONDS, fields_text(fields, column)) && seconds >= 0)
		text_add(text, format_duration((uint64_t)(seconds * NS_PER_S), buffer));
	else
		text_add(text, fields_text(fields, column));
	if (!text->length)
		text_add(text, "-");
}

void fields_table(struct fields *fields, struct table *table)
{
	table_choose(table, fields->chosen, fields->chosen_count);
	table->cell = make_cell;
	table->cell_ctx = fields;
}

size_t fields_line_bytes(const struct fields *fields)
{
	return fields->chosen_count * (2 * TABLE_CELL + 64) + 256;
}

int fields_table_row(struct fields *fields, const struct table *table, const void *row, const char *color, struct text *text)
{
	fields_row(fields, row);
	table_row(table, row, color, text);
	return fields->err;
}
