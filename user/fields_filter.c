/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * FIELD=VALUE, FIELD!=VALUE, FIELD~REGEX, FIELD!~REGEX, FIELD<VALUE, ...
 */
#include "fields_private.h"

#include <errno.h>
#include <string.h>

#include "units.h"
#include "util.h"

/* Those that begin with another come before it. */
static const struct {
	const char *text;
	enum filter_operator operator;
} operators[] = {
	{ "!=", FILTER_IS_NOT }, { "!~", FILTER_UNLIKE }, { "<=", FILTER_MOST }, { ">=", FILTER_LEAST },
	{ "=", FILTER_IS },	 { "~", FILTER_LIKE },	  { "<", FILTER_LESS },	 { ">", FILTER_MORE },
};

static bool is_order(enum filter_operator operator)
{
	return operator >= FILTER_LESS;
}

/* The operator that begins there, and how long it is; 0: none does. */
static size_t read_operator(enum filter_operator *ret, const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		size_t length = strlen(operators[i].text);

		if (!strncmp(text, operators[i].text, length)) {
			*ret = operators[i].operator;
			return length;
		}
	}
	return 0;
}

static const char *wanted_of(enum table_type type)
{
	return type == TABLE_SECONDS ? "a time, as 90s, 10m or 1h30m" :
	       type == TABLE_TIME ? "a moment, as 2026-11-21T14:00:00Z" : "a number";
}

static int read_number(struct filter *filter, struct text *why)
{
	enum table_type type = filter->column->type;
	uint64_t ns;

	if (type == TABLE_SECONDS && !duration_parse(&ns, filter->value)) {
		filter->number = (long double)ns / NS_PER_S;
		return 0;
	}
	if (type != TABLE_SECONDS && fields_number(&filter->number, type, filter->value))
		return 0;
	text_printf(why, "--filter: %s is compared with %s, not with '%.60s'", filter->column->field, wanted_of(type), filter->value);
	return -EINVAL;
}

static int read_regex(struct filter *filter, struct text *why)
{
	char reason[128];
	int error = regcomp(&filter->regex, filter->value, REG_EXTENDED | REG_NOSUB);

	if (!error) {
		filter->has_regex = true;
		return 0;
	}
	if (error == REG_ESPACE)
		return -ENOMEM;
	regerror(error, &filter->regex, reason, sizeof(reason));
	text_printf(why, "--filter: '%.60s' is no regular expression: %s", filter->value, reason);
	return -EINVAL;
}

static int read_value(struct filter *filter, struct text *why)
{
	if (filter->operator == FILTER_LIKE || filter->operator == FILTER_UNLIKE)
		return read_regex(filter, why);
	if (is_order(filter->operator) && !fields_compare_as_numbers(filter->column)) {
		text_printf(why, "--filter: %s is a text: =, !=, ~ and !~ go with it", filter->column->field);
		return -EINVAL;
	}
	/* FIELD= asks for those that have none. */
	if (!fields_compare_as_numbers(filter->column) || (!*filter->value && !is_order(filter->operator)))
		return 0;
	return read_number(filter, why);
}

int fields_add_filter(struct fields *fields, const char *text, struct text *why)
{
	struct filter *filter = &fields->filters[fields->filter_count];
	size_t name = strcspn(text, "=!~<>"), length;

	*filter = (struct filter){ 0 };
	length = read_operator(&filter->operator, text + name);
	if (!name || !length) {
		text_printf(why, "--filter wants FIELD=VALUE, with =, !=, ~, !~, <, <=, > or >=, not '%.60s'", text);
		return -EINVAL;
	}
	filter->column = fields_find(fields->kind, text, name);
	if (!filter->column)
		return fields_refuse_name(fields->kind, text, name, why);
	filter->value = text + name + length;
	fields->filter_count++;
	return read_value(filter, why);
}

/* --- matching --- */

static bool is_like(const struct filter *filter, const char *text)
{
	return !regexec(&filter->regex, text, 0, NULL, 0);
}

static bool is_equal(const struct filter *filter, const char *text)
{
	long double number;

	if (*filter->value && fields_compare_as_numbers(filter->column))
		return fields_number(&number, filter->column->type, text) && number == filter->number;
	return !strcmp(text, filter->value);
}

static bool is_in_order(const struct filter *filter, const char *text)
{
	long double number;

	if (!fields_number(&number, filter->column->type, text))
		return false;
	switch (filter->operator) {
	case FILTER_LESS:
		return number < filter->number;
	case FILTER_MOST:
		return number <= filter->number;
	case FILTER_MORE:
		return number > filter->number;
	default:
		return number >= filter->number;
	}
}

static bool is_met_by(const struct filter *filter, const char *text)
{
	if (is_order(filter->operator))
		return is_in_order(filter, text);
	return filter->has_regex ? is_like(filter, text) : is_equal(filter, text);
}

/* Of an array, whether any of its elements does; of one that is empty, as of a text that is. */
static bool any_met(struct fields *fields, const struct filter *filter)
{
	struct json_value value, element;
	size_t at = 0;
	bool any = false;

	if (!(filter->column->flags & TABLE_ATTRIBUTE) || !fields_attribute(fields, filter->column, &value) || !json_is_array(&value))
		return is_met_by(filter, fields_text(fields, filter->column));
	for (; json_next_element(&value, &at, &element); any = true) {
		text_reset(&fields->value);
		json_value_text(&fields->value, &element);
		if (is_met_by(filter, fields->value.bytes))
			return true;
	}
	return !any && is_met_by(filter, "");
}

int fields_match(struct fields *fields, const void *row)
{
	fields_row(fields, row);
	for (size_t i = 0; i < fields->filter_count; i++) {
		const struct filter *filter = &fields->filters[i];
		bool negated = filter->operator == FILTER_IS_NOT || filter->operator == FILTER_UNLIKE;
		bool met = any_met(fields, filter);

		if (fields->err)
			return fields->err;
		if (met == negated)
			return 0;
	}
	return 1;
}
