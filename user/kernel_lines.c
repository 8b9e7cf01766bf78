/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "kernel_lines.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmsg.h"
#include "util.h"

#define LEVEL_WARNING 4
#define BLOCKED "unregister_netdevice: waiting for "

/* Of a netns, not of netnsleak, whose own name is in what the kernel has to say of any process. */
static bool names_netns(const char *text)
{
	static const char own[] = "netnsleak", word[] = "netns";
	const char *at = text;

	while ((at = strcasestr(at, word)) && !strncmp(at, own, strlen(own)))
		at += strlen(own);
	return at || strcasestr(text, "net namespace") || strcasestr(text, "network namespace");
}

/* The kernel's own, of level warning or worse, and about a netns. */
static bool is_wanted(unsigned int priority, const char *text)
{
	if (priority >> 3 || (priority & 7) > LEVEL_WARNING)
		return false;
	return strstr(text, BLOCKED) || names_netns(text);
}

/* "usage count = 1" and "= 2" say the same. */
static bool is_same(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			a += strspn(a, "0123456789");
			b += strspn(b, "0123456789");
		} else if (*a++ != *b++) {
			return false;
		}
	}
	return *a == *b;
}

/* Blocked devices are told apart by their names, whatever digits these have. */
static struct kernel_line *find(const struct kernel_lines *log, const char *text, bool blocked)
{
	size_t length = strcspn(text, ".");

	for (size_t i = 0; i < log->count; i++) {
		struct kernel_line *line = &log->lines[i];

		if (line->blocked == blocked && (blocked ? !strncmp(line->text, text, strlen(BLOCKED)) &&
								   !strncmp(line->text + strlen(BLOCKED), text + strlen(BLOCKED),
									    strcspn(text + strlen(BLOCKED), " ") + 1) :
							   length && is_same(line->text, text)))
			return line;
	}
	return NULL;
}

static int take_text(struct kernel_lines *log, const char *text, uint64_t time)
{
	bool blocked = !strncmp(text, BLOCKED, strlen(BLOCKED));
	struct kernel_line *line = find(log, text, blocked);

	if (!line && log->count == log->capacity) {
		size_t capacity = log->capacity ? 2 * log->capacity : 8;
		struct kernel_line *lines = reallocarray(log->lines, capacity, sizeof(*lines));

		if (!lines)
			return -ENOMEM;
		log->lines = lines;
		log->capacity = capacity;
	}
	if (!line) {
		line = &log->lines[log->count];
		*line = (struct kernel_line){ .blocked = blocked };
		log->count++;
	}
	line->time = time;
	line->count++;
	return replace_text(&line->text, text);
}

int kernel_lines_take(struct kernel_lines *log, const char *record)
{
	const char *text = strchr(record, ';');
	unsigned long long time;
	unsigned int priority;
	char line[1024];

	if (!text || sscanf(record, "%u,%*u,%llu,", &priority, &time) != 2)
		return 0;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(text + 1, "\n"), text + 1);
	if (!is_wanted(priority, line) || !text_is_printable(line, strlen(line)))
		return 0;
	return take_text(log, line, time * 1000);
}

int kernel_lines_read(struct kernel_lines *ret, const char *path)
{
	CLEANUP(close_descriptor) int fd = kmsg_open(path);
	char record[KMSG_BYTES];
	int more = fd < 0 ? fd : 1;
	int err = 0;

	*ret = (struct kernel_lines){ 0 };
	while (more > 0 && !err && (more = kmsg_read(fd, record)) > 0)
		err = kernel_lines_take(ret, record);
	ret->err = more < 0 ? more : 0;
	return err;
}

void kernel_lines_free(struct kernel_lines *log)
{
	for (size_t i = 0; i < log->count; i++)
		free(log->lines[i].text);
	free(log->lines);
	*log = (struct kernel_lines){ 0 };
}
