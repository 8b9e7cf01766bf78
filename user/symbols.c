// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "symbols.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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

/* The list does not change while a kernel runs, but for modules, in which none of these is. */
static struct {
	const char *name;
	uint64_t address;
} noted[] = {
	{ .name = "__per_cpu_offset" },
	{ .name = "seq_open_net" },
	{ .name = "single_open_net" },
};
static bool list_was_read;

/* "ffffffff81000000 T name\n" */
static void note(const char *line)
{
	const char *type = strchr(line, ' ');
	size_t length = type && type[1] && type[2] == ' ' ? strcspn(type + 3, "\t\n") : 0;

	for (size_t i = 0; length && i < ARRAY_SIZE(noted); i++)
		if (strlen(noted[i].name) == length && !memcmp(noted[i].name, type + 3, length))
			noted[i].address = strtoull(line, NULL, 16);
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

		note(line);
		for (size_t i = 0; name && i < count; i++)
			if (symbols[i].name[0] == name[0])
				compare(&symbols[i], name, length);
	}
	fclose(file);
	list_was_read = true;
	return 0;
}

uint64_t symbols_noted(const char *name)
{
	if (!list_was_read)
		(void)symbols_find(NULL, 0);
	for (size_t i = 0; i < ARRAY_SIZE(noted); i++)
		if (!strcmp(noted[i].name, name))
			return noted[i].address;
	return 0;
}

/* --- addresses --- */

typedef void (*function_fn)(void *ctx, uint64_t address, const char *name, size_t length);

static int each_function(function_fn fn, void *ctx)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	bool hidden = true;
	char line[512];

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		size_t length;
		const char *name = function_name(line, &length);
		uint64_t address = name ? strtoull(line, NULL, 16) : 0;

		if (!address)
			continue;
		hidden = false;
		fn(ctx, address, name, length);
	}
	fclose(file);
	return hidden ? -EPERM : 0;
}

struct wanted {
	struct symbol_at *all;
	size_t count;
};

static void keep_nearest(void *ctx, uint64_t address, const char *name, size_t length)
{
	const struct wanted *wanted = ctx;

	for (size_t i = 0; i < wanted->count; i++) {
		struct symbol_at *at = &wanted->all[i];

		if (address > at->address || address <= at->begin)
			continue;
		at->begin = address;
		length = length < sizeof(at->name) ? length : sizeof(at->name) - 1;
		memcpy(at->name, name, length);
		at->name[length] = '\0';
	}
}

int symbols_at(struct symbol_at *all, size_t count)
{
	struct wanted wanted = { .all = all, .count = count };

	for (size_t i = 0; i < count; i++) {
		all[i].begin = 0;
		all[i].name[0] = '\0';
	}
	return each_function(keep_nearest, &wanted);
}

struct extent {
	const char *name;
	size_t length;
	uint64_t begin, end;
};

static void find_begin(void *ctx, uint64_t address, const char *name, size_t length)
{
	struct extent *extent = ctx;

	if (length == extent->length && !memcmp(name, extent->name, length))
		extent->begin = address;
}

static void find_end(void *ctx, uint64_t address, const char *name, size_t length)
{
	struct extent *extent = ctx;

	(void)name, (void)length;
	if (address > extent->begin && address < extent->end)
		extent->end = address;
}

int symbols_extent(const char *name, uint64_t *ret_begin, uint64_t *ret_end)
{
	struct extent extent = { .name = name, .length = strlen(name), .end = UINT64_MAX };
	int err = each_function(find_begin, &extent);

	if (!err && !extent.begin)
		err = -ENOENT;
	if (!err)
		err = each_function(find_end, &extent);
	if (err)
		return err;
	*ret_begin = extent.begin;
	*ret_end = extent.end;
	return 0;
}
