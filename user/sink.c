/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "sink.h"

#include <string.h>

const struct sink_type *const sink_types[] = { &sink_table, &sink_json, NULL };

const struct sink_type *sink_type_by_name(const char *name)
{
	for (const struct sink_type *const *type = sink_types; *type; type++)
		if (!strcmp((*type)->name, name))
			return *type;
	return NULL;
}
