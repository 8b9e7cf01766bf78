/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc_scan.h"

#include <errno.h>
#include <stdio.h>

#include "nsfs.h"

static int by_task(const struct proc_scan *scan, const char *proc, uint32_t inum)
{
	char path[4096];
	int fd = -ENOENT;

	for (size_t i = 0; i < scan->task_count && fd < 0; i++) {
		if (scan->tasks[i].inum != inum)
			continue;
		snprintf(path, sizeof(path), "%.3000s/%u/task/%u/ns/net", proc, scan->tasks[i].pid, scan->tasks[i].tid);
		fd = nsfs_open(path, inum);
	}
	return fd;
}

static bool is_way(const struct proc_mount *mount, uint32_t inum)
{
	return mount->inum == inum && !mount->covered && !mount->deleted;
}

static int by_mount(const struct proc_scan *scan, const char *proc, uint32_t inum)
{
	char path[8192];
	int fd = -ENOENT;

	for (size_t i = 0; i < scan->mount_count && fd < 0; i++) {
		const struct proc_mount *mount = &scan->mounts[i];

		if (!is_way(mount, inum))
			continue;
		snprintf(path, sizeof(path), "%.3000s/%u/root%s", proc, mount->pid, mount->path);
		fd = nsfs_open(path, inum);
		/* The root of another is not to be looked into by anybody; the same path may lead there from here. */
		if (fd < 0 && mount->node)
			fd = nsfs_open(mount->path, inum);
	}
	return fd;
}

static int by_file(const struct proc_scan *scan, const char *proc, uint32_t inum)
{
	char path[4096];
	int fd = -ENOENT;

	for (size_t i = 0; i < scan->file_count && fd < 0; i++) {
		const struct proc_file *file = &scan->files[i];

		if (file->inum != inum)
			continue;
		snprintf(path, sizeof(path), "%.3000s/%u/fd/%u", proc, file->pid, file->fd);
		fd = file->is_socket ? nsfs_open_by_socket(file->pid, file->fd, inum) : nsfs_open(path, inum);
	}
	return fd;
}

bool proc_scan_leads_to(const struct proc_scan *scan, uint32_t inum)
{
	for (size_t i = 0; i < scan->mount_count; i++)
		if (is_way(&scan->mounts[i], inum))
			return true;
	for (size_t i = 0; i < scan->task_count; i++)
		if (scan->tasks[i].inum == inum)
			return true;
	for (size_t i = 0; i < scan->file_count; i++)
		if (scan->files[i].inum == inum)
			return true;
	return false;
}

int proc_scan_open(const struct proc_scan *scan, const char *proc, uint32_t inum)
{
	int fd = by_mount(scan, proc, inum);

	if (fd < 0)
		fd = by_task(scan, proc, inum);
	if (fd < 0)
		fd = by_file(scan, proc, inum);
	/* Where it is, it may be looked into without any privilege. */
	if (fd < 0)
		fd = nsfs_open("/proc/self/ns/net", inum);
	return fd;
}
