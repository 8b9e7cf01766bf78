// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * metrics_doc: the metrics as a table of Markdown.  metrics_doc --check FILE: FILE (tools/doc/metrics.md) must hold it as it is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "metrics.h"
#include "util.h"

#define MOST_VALUES 8 /* of a label, that are worth a line */

static void add_label(struct text *text, const struct metric_spec *spec)
{
	static const struct metrics_sample none;
	const char *value, *between = ": ";
	size_t count = 0, i;

	if (!spec->label)
		return;
	text_printf(text, "`%s`", spec->label);
	for (i = 0; i < spec->count; i++)
		count += spec->label_of(&none, i) != NULL;
	for (i = 0; i < spec->count && spec->count > 1 && count <= MOST_VALUES; i++) {
		value = spec->label_of(&none, i);
		if (!value)
			continue;
		text_add(text, between);
		text_add(text, value);
		between = ", ";
	}
}

static void make_table(struct text *text)
{
	text_add(text, "| metric | type | label | meaning |\n|---|---|---|---|\n");
	for (size_t i = 0; i < metric_spec_count; i++) {
		const struct metric_spec *spec = &metric_specs[i];

		text_printf(text, "| `%s` | %s | ", spec->name, metric_type_name(spec->type));
		add_label(text, spec);
		text_printf(text, " | %s |\n", spec->help);
	}
}

static bool holds(const char *path, const char *table)
{
	FILE *file = fopen(path, "re");
	CLEANUP(free_pointer) char *text = NULL;
	size_t size = 0;
	bool found;

	if (!file)
		return false;
	found = getdelim(&text, &size, '\0', file) > 0 && strstr(text, table);
	fclose(file);
	return found;
}

int main(int argc, char **argv)
{
	TEXT(table, 32768);

	make_table(&table);
	if (table.cut || (argc != 1 && (argc != 3 || strcmp(argv[1], "--check"))))
		return 2;
	if (argc == 1) {
		fputs(table.bytes, stdout);
		return 0;
	}
	if (holds(argv[2], table.bytes))
		return 0;
	fprintf(stderr, "metrics_doc: %s does not hold this table:\n%s", argv[2], table.bytes);
	return 1;
}
