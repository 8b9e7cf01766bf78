// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "symbols.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

/* The name in a line of kallsyms, "ffffffff81000000 t name\t[module]", and its length; NULL if it is no function. */
static const char *function_name(const char *line, size_t *length)
{
	const char *type = strchr(line, ' ');

	if (!type || !strchr("tTwW", type[1]) || type[2] != ' ')
		return NULL;
	*length = strcspn(type + 3, "\t\n");
	return type + 3;
}

/* Not ".cold": that is the rest of the function itself, which nobody calls. */
static bool is_part(const char *suffix, size_t length)
{
	static const char *const parts[] = { ".part.", ".isra.", ".constprop." };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (length > strlen(parts[i]) && strncmp(suffix, parts[i], strlen(parts[i])) == 0)
			return true;
	return false;
}

static void compare(struct symbol *symbol, const char *name, size_t length)
{
	size_t wanted = strlen(symbol->name);

	if (length < wanted || memcmp(name, symbol->name, wanted) != 0)
		return;
	if (length == wanted)
		symbol->found = true;
	else if (is_part(name + wanted, length - wanted))
		symbol->taken_apart = true;
}

int symbols_find(struct symbol *symbols, size_t count)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char line[512];

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		size_t length;
		const char *name = function_name(line, &length);

		for (size_t i = 0; name && i < count; i++)
			if (symbols[i].name[0] == name[0])
				compare(&symbols[i], name, length);
	}
	fclose(file);
	return 0;
}
