/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "self.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "util.h"

static uint64_t cpu_time(void)
{
	struct timespec time;

	return clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) < 0 ? SELF_UNKNOWN : (uint64_t)timespec_to_ns(&time);
}

static void read_line(const char *path, char *ret, size_t size)
{
	FILE *file = fopen(path, "re");

	if (!file || !fgets(ret, (int)size, file))
		*ret = '\0';
	if (file)
		fclose(file);
}

static void read_memory(struct self *self)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t size, resident;
	char line[256];

	read_line("/proc/self/statm", line, sizeof(line));
	if (sscanf(line, "%" SCNu64 " %" SCNu64, &size, &resident) != 2)
		return;
	self->virtual = size * page;
	self->resident = resident * page;
}

/* proc(5): field 22, the twentieth behind the name, which may hold anything. */
static uint64_t start_time(void)
{
	char line[1024];
	const char *field;

	read_line("/proc/self/stat", line, sizeof(line));
	field = strrchr(line, ')');
	for (int i = 0; i < 20 && field; i++)
		field = strchr(field + 1, ' ');
	return field ? strtoull(field + 1, NULL, 10) * (NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK)) : SELF_UNKNOWN;
}

/* Without the one that reads them. */
static uint64_t count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;
	uint64_t count = 0;

	if (!directory)
		return SELF_UNKNOWN;
	while ((entry = readdir(directory)))
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count - 1;
}

static uint64_t most_descriptors(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ? SELF_UNKNOWN : limit.rlim_cur;
}

void self_read(struct self *ret)
{
	*ret = (struct self){
		.cpu = cpu_time(),
		.resident = SELF_UNKNOWN,
		.virtual = SELF_UNKNOWN,
		.started = start_time(),
		.open_fds = count_descriptors(),
		.max_fds = most_descriptors(),
	};
	read_memory(ret);
}
