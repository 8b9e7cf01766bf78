/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cgroup_path.h"

#include <string.h>

#define UUID_LENGTH 36
#define HASH_LENGTH 32

/* Text that is not ended by a NUL. */
struct span {
	const char *at;
	size_t length;
};

static bool ends_with(struct span span, const char *end)
{
	size_t length = strlen(end);

	return span.length >= length && !memcmp(span.at + span.length - length, end, length);
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_hyphen_of_uuid(size_t position)
{
	return position == 8 || position == 13 || position == 18 || position == 23;
}

/* separator: what stands for '-' */
static bool is_uid(struct span span, char separator)
{
	bool uuid = span.length == UUID_LENGTH;
	size_t i;

	if (!uuid && span.length != HASH_LENGTH)
		return false;
	for (i = 0; i < span.length; i++)
		if (uuid && is_hyphen_of_uuid(i) ? span.at[i] != separator : !is_hex(span.at[i]))
			return false;
	return true;
}

static bool take_uid(struct span span, char separator, char *uid)
{
	size_t i;

	if (!is_uid(span, separator))
		return false;
	for (i = 0; i < span.length; i++)
		uid[i] = span.at[i] == separator ? '-' : span.at[i];
	uid[span.length] = '\0';
	return true;
}

/* "podUID" */
static bool take_plain(struct span name, char *uid)
{
	struct span rest = { name.at + 3, name.length - 3 };

	return name.length > 3 && !memcmp(name.at, "pod", 3) && take_uid(rest, '-', uid);
}

/* The last `length` bytes are a uid that "kubepods", "-burstable" or "-besteffort" if at all, and "-pod" go before. */
static bool take_tail(struct span name, size_t length, char *uid)
{
	struct span tail = { name.at + name.length - length, length }, head = { name.at, name.length - length };

	if (name.length <= length || !ends_with(head, "-pod"))
		return false;
	head.length -= strlen("-pod");
	if (ends_with(head, "-burstable"))
		head.length -= strlen("-burstable");
	else if (ends_with(head, "-besteffort"))
		head.length -= strlen("-besteffort");
	return ends_with(head, "kubepods") && take_uid(tail, '_', uid);
}

/* "kubepods-burstable-podUID.slice", and what may follow after a colon */
static bool take_slice(struct span name, char *uid)
{
	const char *colon = memchr(name.at, ':', name.length);

	if (colon)
		name.length = (size_t)(colon - name.at);
	if (!ends_with(name, ".slice"))
		return false;
	name.length -= strlen(".slice");
	return take_tail(name, UUID_LENGTH, uid) || take_tail(name, HASH_LENGTH, uid);
}

bool cgroup_path_pod(const char *path, size_t length, char uid[static CGROUP_UID_BYTES])
{
	struct span whole = { path, length };
	const char *end;

	if (ends_with(whole, " (deleted)"))
		length -= strlen(" (deleted)");
	for (end = path + length; path < end;) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		struct span name = { path, (size_t)((slash ? slash : end) - path) };

		if (take_plain(name, uid) || take_slice(name, uid))
			return true;
		path = slash ? slash + 1 : end;
	}
	return false;
}

/* What stands behind the second colon. */
static bool path_of_line(struct span line, struct span *ret)
{
	const char *first = memchr(line.at, ':', line.length), *end = line.at + line.length;
	const char *second = first ? memchr(first + 1, ':', (size_t)(end - first - 1)) : NULL;

	if (!second)
		return false;
	*ret = (struct span){ second + 1, (size_t)(end - second - 1) };
	return true;
}

bool cgroup_file_pod(const char *text, size_t length, char uid[static CGROUP_UID_BYTES])
{
	char found[CGROUP_UID_BYTES] = "", other[CGROUP_UID_BYTES];
	const char *newline;

	for (; (newline = memchr(text, '\n', length)); length -= (size_t)(newline + 1 - text), text = newline + 1) {
		struct span line = { text, (size_t)(newline - text) }, path;

		if (!path_of_line(line, &path) || !cgroup_path_pod(path.at, path.length, other))
			continue;
		if (*found && strcmp(found, other))
			return false;
		strcpy(found, other);
	}
	if (!*found)
		return false;
	strcpy(uid, found);
	return true;
}
