/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "process.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

static void read_file(const char *proc, uint32_t pid, const char *name, char *ret, size_t size)
{
	CLEANUP(close_descriptor) int fd = -1;
	char path[64];
	ssize_t length;

	*ret = '\0';
	if (!pid || snprintf(path, sizeof(path), "%s/%u/%s", proc, pid, name) >= (int)sizeof(path))
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	length = fd < 0 ? -1 : read(fd, ret, size - 1);
	ret[length > 0 ? length : 0] = '\0';
}

/* proc(5): starttime is field 22, the twentieth behind the name, which may hold anything. */
static bool is_still(const char *proc, uint32_t pid, uint64_t started)
{
	const uint64_t tick = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
	char stat[1024];
	const char *field;

	read_file(proc, pid, "stat", stat, sizeof(stat));
	field = strrchr(stat, ')');
	for (int i = 0; i < 20 && field; i++)
		field = strchr(field + 1, ' ');
	return field && strtoull(field + 1, NULL, 10) == started / tick;
}

/*
 * To who is in a cgroup namespace of its own, as in a pod, a path outside of it leads up first, cgroup_namespaces(7). What
 * stands above is nowhere told; what stands below is what people know it by.
 */
static const char *without_way_up(const char *path)
{
	while (!strncmp(path, "/..", 3) && (path[3] == '/' || !path[3]))
		path += 3;
	return path;
}

void process_cgroup(const char *proc, uint32_t pid, uint64_t started, char ret[static PROCESS_CGROUP_BYTES])
{
	char *rest = ret, *line;
	const char *path, *best = "";

	read_file(proc, pid, "cgroup", ret, PROCESS_CGROUP_BYTES);
	if (started && !is_still(proc, pid, started))
		*ret = '\0';
	while ((line = strsep(&rest, "\n"))) {
		path = strchr(line, ':');
		path = path ? strchr(path + 1, ':') : NULL;
		path = path ? without_way_up(path + 1) : "/";
		if (*path && strcmp(path, "/") && (!*best || !strncmp(line, "0::", 3)))
			best = path;
	}
	memmove(ret, best, strlen(best) + 1);
}

void process_comm(const char *proc, uint32_t pid, char ret[static PROCESS_COMM_BYTES])
{
	read_file(proc, pid, "comm", ret, PROCESS_COMM_BYTES);
	ret[strcspn(ret, "\n")] = '\0';
}
