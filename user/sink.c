/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "sink.h"

#include <string.h>

static int none_open(struct sink **ret, const struct sink_options *options)
{
	(void)options;
	*ret = NULL;
	return 0;
}

static int none_report(struct sink *sink, const struct report *report)
{
	(void)sink;
	(void)report;
	return 0;
}

const struct sink_type sink_none = { .name = "none", .open = none_open, .report = none_report };

const struct sink_type *const sink_types[] = { &sink_table, &sink_wide, &sink_json, &sink_otlp_json, &sink_csv, NULL };

const struct sink_type *sink_type_by_name(const char *name)
{
	for (const struct sink_type *const *type = sink_types; *type; type++)
		if (!strcmp((*type)->name, name))
			return *type;
	return NULL;
}
