/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "choose.h"

#include <errno.h>
#include <string.h>

#include "list.h"
#include "report_columns.h"
#include "say.h"
#include "util.h"

const struct fields_kind *fields_of_command(enum command command)
{
	switch (command) {
	case COMMAND_LIST:
		return &list_fields;
	case COMMAND_TRACE:
	case COMMAND_REPLAY:
		return &event_fields;
	case COMMAND_AUDIT:
		return &finding_fields;
	default:
		return NULL;
	}
}

static bool is_format(const struct options *options, const char *format)
{
	return options->format && !strcmp(options->format, format);
}

/* What does not go together; NULL: all does. */
static const char *clash(const struct options *options)
{
	if (is_format(options, "classic") || is_format(options, "npd"))
		return options->fields || options->sort || options->filters.count ?
			       "--fields, --filter and --sort do not go with -o classic and -o npd, whose lines are what others read" :
			       NULL;
	if (!options->fields)
		return NULL;
	if (is_format(options, "json") || is_format(options, "otlp-json"))
		return "--fields does not go with JSON, which has them all: pick with jq, or take -o csv";
	if (is_format(options, "wide"))
		return "--fields does not go with -o wide, which has fields of its own: leave one away";
	return NULL;
}

int choose_fields(struct fields **ret, const struct options *options, const struct fields_kind *kind)
{
	const struct fields_wanted wanted = {
		.form = is_format(options, "wide") ? FIELDS_WIDE : is_format(options, "csv") ? FIELDS_CSV : FIELDS_AS_EVER,
		.names = options->fields,
		.filters = options->filters.items,
		.filter_count = options->filters.count,
		.sort = options->sort,
	};
	const char *wrong = clash(options);
	TEXT(why, 4096);
	int err;

	*ret = NULL;
	if (wrong) {
		say("%s", wrong);
		return -EINVAL;
	}
	if (wanted.form == FIELDS_AS_EVER && !wanted.names && !wanted.filter_count && !wanted.sort)
		return 0;
	err = fields_open(ret, kind, &wanted, &why);
	if (err)
		say("%s", why.length ? why.bytes : strerror(-err));
	return err;
}
