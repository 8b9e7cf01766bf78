/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which rows, in which order.
 */
#include "fields_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

/* What a row is sorted by, in one field. */
struct sorted {
	bool has;
	long double number;
	char *text; /* owned; of a field that is compared as one */
};

struct place {
	size_t index; /* of the row */
	const struct fields *fields;
	struct sorted *by; /* one for each key */
};

static int read_key(struct fields *fields, const struct sort_key *key, struct sorted *ret)
{
	const char *text = fields_text(fields, key->column);

	if (fields_compare_as_numbers(key->column)) {
		ret->has = fields_number(&ret->number, key->column->type, text);
		return fields->err;
	}
	ret->has = *text;
	ret->text = strdup(text);
	return ret->text ? fields->err : -ENOMEM;
}

static int compare(const struct sort_key *key, const struct sorted *a, const struct sorted *b)
{
	int order;

	/* Those without come last, whatever the direction. */
	if (a->has != b->has)
		return a->has ? -1 : 1;
	order = a->text ? strcmp(a->text, b->text) : a->has ? (a->number > b->number) - (a->number < b->number) : 0;
	return key->descending ? -order : order;
}

static int by_keys(const void *left, const void *right)
{
	const struct place *a = left, *b = right;

	for (size_t i = 0; i < a->fields->key_count; i++) {
		int order = compare(&a->fields->keys[i], &a->by[i], &b->by[i]);

		if (order)
			return order;
	}
	return (a->index > b->index) - (a->index < b->index);
}

/* Keeps the rows that meet the filters. */
static int filter_rows(struct fields *fields, char *rows, size_t *count, size_t size)
{
	size_t kept = 0;

	for (size_t i = 0; i < *count && fields->filter_count; i++) {
		int match = fields_match(fields, rows + i * size);

		if (match < 0)
			return match;
		if (match)
			memmove(rows + kept++ * size, rows + i * size, size);
	}
	if (fields->filter_count)
		*count = kept;
	return 0;
}

static int read_keys(struct fields *fields, struct place *places, struct sorted *by, const char *rows, size_t count, size_t size)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		places[i] = (struct place){ i, fields, by + i * fields->key_count };
		fields_row(fields, rows + i * size);
		for (size_t key = 0; key < fields->key_count && !err; key++)
			err = read_key(fields, &fields->keys[key], &places[i].by[key]);
	}
	return err;
}

static int sort_rows(struct fields *fields, char *rows, size_t count, size_t size)
{
	CLEANUP(free_pointer) struct place *places = calloc(count, sizeof(*places));
	CLEANUP(free_pointer) struct sorted *by = calloc(count * fields->key_count, sizeof(*by));
	CLEANUP(free_pointer) char *sorted = reallocarray(NULL, count, size);
	int err = places && by && sorted ? read_keys(fields, places, by, rows, count, size) : -ENOMEM;

	if (!err) {
		qsort(places, count, sizeof(*places), by_keys);
		for (size_t i = 0; i < count; i++)
			memcpy(sorted + i * size, rows + places[i].index * size, size);
		memcpy(rows, sorted, count * size);
	}
	for (size_t i = 0; by && i < count * fields->key_count; i++)
		free(by[i].text);
	return err;
}

int fields_select(struct fields *fields, void *rows, size_t *count, size_t size)
{
	int err = fields ? filter_rows(fields, rows, count, size) : 0;

	return err || !fields || !fields->key_count || !*count ? err : sort_rows(fields, rows, *count, size);
}
