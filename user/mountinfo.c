/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "mountinfo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* "\040" and the like to the byte. */
static void unescape(char *ret, size_t size, const char *text, size_t length)
{
	size_t used = 0;

	for (size_t i = 0; i < length && used + 1 < size; i++) {
		if (text[i] == '\\' && i + 3 < length && text[i + 1] >= '0' && text[i + 1] <= '3') {
			ret[used++] = (char)((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 | (text[i + 3] - '0'));
			i += 3;
		} else {
			ret[used++] = text[i];
		}
	}
	ret[used] = '\0';
}

/* The next field of a line, which is behind blanks; *at moves behind it. */
static const char *take_field(const char **at, size_t *ret_length)
{
	const char *start = *at + strspn(*at, " ");

	*ret_length = strcspn(start, " ");
	*at = start + *ret_length;
	return start;
}

static bool take_u32(const char **at, uint32_t *ret)
{
	size_t length;
	const char *field = take_field(at, &length);
	unsigned long number;
	char *end;

	errno = 0;
	number = strtoul(field, &end, 10);
	*ret = (uint32_t)number;
	return length && end == field + length && !errno && number <= UINT32_MAX;
}

static bool cut_deleted(char *path)
{
	static const char suffix[] = "//deleted";
	size_t length = strlen(path);

	if (length < sizeof(suffix) || strcmp(path + length - (sizeof(suffix) - 1), suffix))
		return false;
	path[length - (sizeof(suffix) - 1)] = '\0';
	return true;
}

/* "net:[4026532281]" */
static uint32_t netns_of(const char *root, size_t length)
{
	unsigned long inum;
	char *end;

	if (strncmp(root, "net:[", 5))
		return 0;
	errno = 0;
	inum = strtoul(root + 5, &end, 10);
	return *end == ']' && end + 1 == root + length && !errno && inum <= UINT32_MAX ? (uint32_t)inum : 0;
}

/* The optional field "shared:595", which stands before the separator. */
static uint32_t peers_of(const char *at, const char *separator)
{
	const char *found = strstr(at, " shared:");

	return found && found < separator ? (uint32_t)strtoul(found + 8, NULL, 10) : 0;
}

/* The optional field "master:595", likewise. */
static bool is_slave(const char *at, const char *separator)
{
	const char *found = strstr(at, " master:");

	return found && found < separator;
}

bool mountinfo_parse(const char *line, struct mountinfo *ret)
{
	const char *at = line, *root, *path, *separator;
	size_t length, root_length;

	if (!take_u32(&at, &ret->id) || !take_u32(&at, &ret->parent))
		return false;
	take_field(&at, &length); /* the device */
	root = take_field(&at, &root_length);
	path = take_field(&at, &length);
	separator = strstr(at, " - ");
	if (!length || !separator)
		return false;
	ret->peers = peers_of(at, separator);
	ret->slave = is_slave(at, separator);
	ret->netns = strncmp(separator + 3, "nsfs ", 5) ? 0 : netns_of(root, root_length);
	unescape(ret->path, sizeof(ret->path), path, length);
	ret->deleted = cut_deleted(ret->path);
	return true;
}
