/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc_scan_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mountinfo.h"
#include "util.h"

/* A mount of another thing: it may hide one of a netns. */
struct other_mount {
	uint32_t id, parent, peers;
	char *path; /* owned */
};

struct table {
	struct proc_scan *scan;
	uint32_t pid, mntns;
	bool node;
	struct other_mount *others;
	size_t other_count, other_capacity;
};

/* Ids are the whole machine's: of a table that could not be told from another's, the same mounts come again. */
static bool is_known(const struct proc_scan *scan, uint32_t id)
{
	for (size_t i = 0; i < scan->mount_count && !scan->mounts[i].mntns; i++)
		if (scan->mounts[i].id == id)
			return true;
	return false;
}

/* Takes path, but for where it fails. */
static int add_mount(struct table *table, const struct mountinfo *found, char *path)
{
	struct proc_scan *scan = table->scan;
	struct proc_mount *mount;

	if (is_known(scan, found->id)) {
		free(path);
		return 0;
	}
	mount = proc_scan_add((void **)&scan->mounts, &scan->mount_count, &scan->mount_capacity, sizeof(*mount));
	if (!mount)
		return -ENOMEM;
	*mount = (struct proc_mount){ .inum = found->netns, .mntns = table->mntns, .pid = table->pid, .id = found->id,
				      .parent = found->parent, .node = table->node, .deleted = found->deleted, .path = path };
	return 0;
}

static int add_other(struct table *table, const struct mountinfo *found, char *path)
{
	struct other_mount *other =
		proc_scan_add((void **)&table->others, &table->other_count, &table->other_capacity, sizeof(*other));

	if (!other)
		return -ENOMEM;
	*other = (struct other_mount){ .id = found->id, .parent = found->parent, .peers = found->peers, .path = path };
	return 0;
}

static int take_line(struct table *table, const char *line)
{
	CLEANUP(free_pointer) char *path = NULL;
	struct mountinfo found;
	int err;

	if (!mountinfo_parse(line, &found))
		return 0;
	path = strdup(found.path);
	if (!path)
		return -ENOMEM;
	err = found.netns ? add_mount(table, &found, path) : add_other(table, &found, path);
	if (!err)
		(void)TAKE_PTR(path);
	return err;
}

static bool is_above(const char *directory, const char *path)
{
	size_t length = strlen(directory);

	return !strncmp(directory, path, length) && path[length] == '/';
}

/* On it, or on a directory on the way to it that belongs to the same mount as what it stands on. */
static bool hides(uint32_t parent, const char *path, const struct proc_mount *mount)
{
	return parent == mount->id ? !strcmp(path, mount->path) : parent == mount->parent && is_above(path, mount->path);
}

static uint32_t peers_of(const struct table *table, uint32_t id)
{
	for (size_t i = 0; i < table->other_count; i++)
		if (table->others[i].id == id)
			return table->others[i].peers;
	return 0;
}

/*
 * iproute2 binds /run/netns to itself when it first makes a netns, and each netns is mounted twice since, below the one and
 * below the other; but as both are of one peer group, to unmount it below the one unmounts it below the other.
 */
static void find_cover(const struct table *table, size_t first, struct proc_mount *mount)
{
	for (size_t i = 0; i < table->other_count; i++) {
		const struct other_mount *other = &table->others[i];

		if (!hides(other->parent, other->path, mount))
			continue;
		mount->covered = true;
		mount->mirrored |= other->peers && other->parent == mount->parent && other->peers == peers_of(table, mount->parent);
	}
	for (size_t i = first; i < table->scan->mount_count; i++)
		if (table->scan->mounts[i].parent == mount->id && hides(mount->id, table->scan->mounts[i].path, mount)) {
			mount->covered = true;
			mount->mirrored = false;
			return;
		}
}

static int read_table(struct table *table, int fd)
{
	FILE *file = fdopen(fd, "r");
	CLEANUP(free_pointer) char *line = NULL;
	size_t size = 0;
	int err = 0;

	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	while (!err && getline(&line, &size, file) > 0)
		err = take_line(table, line);
	fclose(file);
	return err;
}

int proc_scan_mounts(struct proc_scan *scan, int process, uint32_t pid, uint32_t mntns, bool node)
{
	struct table table = { .scan = scan, .pid = pid, .mntns = mntns, .node = node };
	size_t first = scan->mount_count;
	int fd = openat(process, "mountinfo", O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = read_table(&table, fd);
	for (size_t i = first; i < scan->mount_count; i++)
		find_cover(&table, first, &scan->mounts[i]);
	for (size_t i = 0; i < table.other_count; i++)
		free(table.others[i].path);
	free(table.others);
	return err;
}
