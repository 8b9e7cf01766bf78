/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "own_mounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "mountinfo.h"
#include "util.h"

/* 0: it cannot be told. */
static uint32_t mount_namespace_of(const char *proc, const char *process)
{
	char path[128];
	struct stat file;

	snprintf(path, sizeof(path), "%.80s/%s/ns/mnt", proc, process);
	return stat(path, &file) == 0 ? (uint32_t)file.st_ino : 0;
}

struct numbers {
	uint32_t *all; /* owned */
	size_t count, capacity;
};

static void free_numbers(struct numbers *numbers)
{
	free(numbers->all);
}

static int add(struct numbers *numbers, uint32_t number)
{
	if (numbers->count == numbers->capacity) {
		size_t more = numbers->capacity ? 2 * numbers->capacity : 64;
		uint32_t *larger = reallocarray(numbers->all, more, sizeof(*larger));

		if (!larger)
			return -ENOMEM;
		numbers->all = larger;
		numbers->capacity = more;
	}
	numbers->all[numbers->count++] = number;
	return 0;
}

static int compare(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

static bool have(const uint32_t *sorted, size_t count, uint32_t number)
{
	return count && bsearch(&number, sorted, count, sizeof(number), compare);
}

/* The mounts of netns, each before its parent, and the mounts in which an unmount of the node's happens too. */
static int read_table(FILE *file, struct numbers *netns, struct numbers *slaves)
{
	CLEANUP(free_pointer) char *line = NULL;
	struct mountinfo mount;
	size_t size = 0;
	int err = 0;

	while (!err && getline(&line, &size, file) > 0) {
		if (!mountinfo_parse(line, &mount))
			continue;
		if (mount.slave)
			err = add(slaves, mount.id);
		if (!err && mount.netns)
			err = add(netns, mount.id);
		if (!err && mount.netns)
			err = add(netns, mount.parent);
	}
	return err;
}

/*
 * What the node unmounts goes from each mount to which its parent's propagates: so the parent is to be a slave, whatever the
 * mount itself is (Documentation/filesystems/sharedsubtree.rst).
 */
static int find(struct own_mounts *own, FILE *file)
{
	CLEANUP(free_numbers) struct numbers netns = { 0 }, slaves = { 0 };
	size_t count = 0;
	int err = read_table(file, &netns, &slaves);

	if (err || !netns.count)
		return err;
	if (slaves.count)
		qsort(slaves.all, slaves.count, sizeof(*slaves.all), compare);
	for (size_t i = 0; i < netns.count; i += 2)
		if (have(slaves.all, slaves.count, netns.all[i + 1]))
			netns.all[count++] = netns.all[i];
	qsort(netns.all, count, sizeof(*netns.all), compare);
	own->ids = TAKE_PTR(netns.all);
	own->count = count;
	return 0;
}

int own_mounts_read(struct own_mounts *ret, const char *proc)
{
	uint32_t node = mount_namespace_of(proc, "1");
	char path[128];
	FILE *file;
	int err;

	*ret = (struct own_mounts){ .mntns_inum = mount_namespace_of(proc, "self") };
	if (!node || !ret->mntns_inum || node == ret->mntns_inum)
		return 0;
	snprintf(path, sizeof(path), "%.80s/self/mountinfo", proc);
	file = fopen(path, "re");
	if (!file)
		return 0;
	err = find(ret, file);
	fclose(file);
	return err;
}

bool own_mounts_have(const struct own_mounts *own, uint32_t mntns_inum, uint32_t mount_id)
{
	return mntns_inum == own->mntns_inum && have(own->ids, own->count, mount_id);
}

void own_mounts_free(struct own_mounts *own)
{
	free(own->ids);
	*own = (struct own_mounts){ 0 };
}
