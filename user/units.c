/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "units.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

static int number_parse(uint64_t *ret, const char **text)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	errno = 0;
	*ret = strtoull(*text, &end, 10);
	if (errno)
		return -EINVAL;
	*text = end;
	return 0;
}

/* ret += number * unit */
static int add_scaled(uint64_t *ret, uint64_t number, uint64_t unit)
{
	uint64_t product;

	if (__builtin_mul_overflow(number, unit, &product) || __builtin_add_overflow(*ret, product, ret) ||
	    *ret > INT64_MAX)
		return -EINVAL;
	return 0;
}

int duration_parse(uint64_t *ret, const char *text)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "ms", NS_PER_MS },	   { "us", 1000 },		 { "ns", 1 },
		{ "s", NS_PER_S },	   { "m", 60 * NS_PER_S }, { "h", 3600 * NS_PER_S },
		{ "d", 86400 * NS_PER_S },
	};
	uint64_t sum = 0, number;
	bool alone = true;

	do {
		size_t i, length = 0;

		if (number_parse(&number, &text) < 0)
			return -EINVAL;
		while (isalpha((unsigned char)text[length]))
			length++;
		if (!length && !*text && alone) { /* a plain number is seconds; in 1h30 it could be anything */
			if (add_scaled(&sum, number, NS_PER_S) < 0)
				return -EINVAL;
			break;
		}
		alone = false;
		for (i = 0; i < ARRAY_SIZE(units); i++)
			if (strlen(units[i].name) == length && !strncmp(text, units[i].name, length))
				break;
		if (i == ARRAY_SIZE(units) || add_scaled(&sum, number, units[i].ns) < 0)
			return -EINVAL;
		text += length;
	} while (*text);
	*ret = sum;
	return 0;
}

int size_parse(uint64_t *ret, const char *text)
{
	static const char units[] = "KMGT";
	uint64_t number, sum = 0, unit = 1;
	const char *found;

	if (number_parse(&number, &text) < 0)
		return -EINVAL;
	if (*text) {
		found = strchr(units, toupper((unsigned char)*text));
		if (!found)
			return -EINVAL;
		unit = 1ull << (10 * (found - units + 1));
		text++;
		if (!strcmp(text, "iB") || !strcmp(text, "B"))
			text += strlen(text);
	}
	if (*text || add_scaled(&sum, number, unit) < 0)
		return -EINVAL;
	*ret = sum;
	return 0;
}
