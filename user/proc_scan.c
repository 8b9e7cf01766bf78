/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc_scan.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc_scan_private.h"
#include "process.h"
#include "util.h"

struct walk {
	struct proc_scan *scan;
	const char *proc;
	unsigned int what;
	uint32_t *mntns; /* those that were read; owned */
	size_t mntns_count, mntns_capacity;
	uint32_t first_mntns; /* the node's own */
	bool saw_init, saw_node_mounts;
	bool whole; /* pids are the node's: this is not the /proc of a container */
	uint32_t *unread; /* processes whose netns may not be read; owned */
	size_t unread_count, unread_capacity;
};

void *proc_scan_add(void **array, size_t *count, size_t *capacity, size_t size)
{
	if (*count == *capacity) {
		size_t more = *capacity ? 2 * *capacity : 64;
		void *larger = reallocarray(*array, more, size);

		if (!larger)
			return NULL;
		*array = larger;
		*capacity = more;
	}
	return memset((char *)*array + (*count)++ * size, 0, size);
}

uint32_t proc_link_inum(const char *target, const char *name)
{
	size_t length = strlen(name);
	unsigned long inum;
	char *end;

	if (strncmp(target, name, length) || strncmp(target + length, ":[", 2))
		return 0;
	errno = 0;
	inum = strtoul(target + length + 2, &end, 10);
	return *end == ']' && !errno && inum <= UINT32_MAX ? (uint32_t)inum : 0;
}

uint32_t proc_read_inum(int directory, const char *link, const char *name, int *ret_err)
{
	char target[64];
	ssize_t length = readlinkat(directory, link, target, sizeof(target) - 1);

	*ret_err = length < 0 ? -errno : 0;
	if (length < 0)
		return 0;
	target[length] = '\0';
	return proc_link_inum(target, name);
}

/* --- tasks --- */

static int add_task(struct proc_scan *scan, uint32_t inum, uint32_t pid, uint32_t tid)
{
	struct proc_task *task = proc_scan_add((void **)&scan->tasks, &scan->task_count, &scan->task_capacity, sizeof(*task));

	if (!task)
		return -ENOMEM;
	*task = (struct proc_task){ .inum = inum, .pid = pid, .tid = tid };
	return 0;
}

/* Threads that are elsewhere than their process: a handful on any node, but each is a holder of its own. */
static int take_threads(struct proc_scan *scan, int process, uint32_t pid, uint32_t inum)
{
	int fd = openat(process, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC), err = 0;
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!directory) {
		close_descriptor(&fd);
		return 0;
	}
	while (!err && (entry = readdir(directory))) {
		uint32_t tid = (uint32_t)strtoul(entry->d_name, NULL, 10), there;
		char link[64];
		int ignored;

		if (!tid || tid == pid)
			continue;
		snprintf(link, sizeof(link), "%u/ns/net", tid);
		there = proc_read_inum(dirfd(directory), link, "net", &ignored);
		if (there && there != inum)
			err = add_task(scan, there, pid, tid);
	}
	closedir(directory);
	return err;
}

/* A directory has two links, and one more for each directory in it. */
static bool has_threads(int process)
{
	struct stat file;

	return fstatat(process, "task", &file, 0) < 0 || file.st_nlink > 3;
}

static int note_unread(struct walk *walk, uint32_t pid)
{
	uint32_t *slot = proc_scan_add((void **)&walk->unread, &walk->unread_count, &walk->unread_capacity, sizeof(*slot));

	if (!slot)
		return -ENOMEM;
	*slot = pid;
	return 0;
}

/* *ret_inum 0: it has none any more, or it may not be looked at. */
static int take_task(struct walk *walk, int process, uint32_t pid, uint32_t *ret_inum)
{
	int why, err = 0;

	*ret_inum = proc_read_inum(process, "ns/net", "net", &why);
	if (why == -EACCES || why == -EPERM)
		return note_unread(walk, pid);
	if (*ret_inum)
		err = add_task(walk->scan, *ret_inum, pid, pid);
	/* The first thread may have ended before the others. */
	if (!err && has_threads(process))
		err = take_threads(walk->scan, process, pid, *ret_inum);
	return err;
}

/* --- those that may not be looked at --- */

/*
 * /proc/PID/net is open to all, and a file there has one inode number in one netns and another in each other: which netns
 * it is does not show, but that it is the same as another process's does.
 */
static ino_t mark_of(const struct walk *walk, uint32_t pid)
{
	char path[4096];
	struct stat file;

	snprintf(path, sizeof(path), "%.3000s/%u/net/dev", walk->proc, pid);
	return stat(path, &file) < 0 ? 0 : file.st_ino;
}

struct mark {
	ino_t mark;
	uint32_t inum;
};

/* Of each netns in which a process is that may be looked at.  NULL: no memory. */
static struct mark *collect_marks(const struct walk *walk, size_t *ret_count)
{
	const struct proc_scan *scan = walk->scan;
	struct mark *marks = calloc(scan->task_count + 1, sizeof(*marks));
	size_t count = 0, i, j;

	for (i = 0; marks && i < scan->task_count; i++) {
		for (j = 0; j < count && marks[j].inum != scan->tasks[i].inum; j++)
			;
		if (j == count && scan->tasks[i].pid == scan->tasks[i].tid)
			marks[count++] = (struct mark){ mark_of(walk, scan->tasks[i].pid), scan->tasks[i].inum };
	}
	*ret_count = count;
	return marks;
}

static int place_unread(struct walk *walk)
{
	CLEANUP(free_pointer) struct mark *marks = NULL;
	size_t count, j;
	int err = 0;

	if (!walk->unread_count)
		return 0;
	marks = collect_marks(walk, &count);
	if (!marks)
		return -ENOMEM;
	for (size_t i = 0; i < walk->unread_count && !err; i++) {
		ino_t mark = mark_of(walk, walk->unread[i]);

		for (j = 0; j < count && marks[j].mark != mark; j++)
			;
		if (mark && j < count)
			err = add_task(walk->scan, marks[j].inum, walk->unread[i], walk->unread[i]);
		else
			walk->scan->unread_tasks++;
	}
	return err;
}

/* Where init and kthreadd may not be looked at, one that is known to be where they are will do. */
static void place_node(struct proc_scan *scan)
{
	for (size_t i = 0; i < scan->task_count && !scan->node_is_known; i++)
		if (scan->tasks[i].pid == 1 && scan->all_processes) {
			scan->node_inum = scan->tasks[i].inum;
			scan->node_is_known = true;
		}
}

/* --- the node --- */

/* Where init has gone elsewhere, as in some virtual machines, kthreadd never does.  A container has an init of its own. */
static void take_node(struct walk *walk, int process, uint32_t pid, uint32_t inum)
{
	struct proc_scan *scan = walk->scan;
	char comm[PROCESS_COMM_BYTES];
	int ignored;

	if (pid > 2 || !inum || !walk->whole)
		return;
	process_comm(walk->proc, pid, comm);
	if (pid == 2 && strcmp(comm, "kthreadd"))
		return;
	scan->node_inum = inum;
	scan->node_is_known = true;
	walk->first_mntns = proc_read_inum(process, "ns/mnt", "mnt", &ignored);
}

/* --- mounts --- */

static bool is_read(struct walk *walk, uint32_t mntns)
{
	for (size_t i = walk->mntns_count; i-- > 0;)
		if (walk->mntns[i] == mntns)
			return true;
	return false;
}

static int take_mounts(struct walk *walk, int process, uint32_t pid)
{
	int why, err;
	uint32_t mntns = proc_read_inum(process, "ns/mnt", "mnt", &why), *slot;
	bool node;

	/* A table may be read that cannot be told from the others: the node's own is worth it. */
	if (why == -EACCES || why == -EPERM)
		walk->scan->unread_mounts += pid != 1;
	if ((!mntns && pid != 1) || (mntns && is_read(walk, mntns)))
		return 0;
	slot = mntns ? proc_scan_add((void **)&walk->mntns, &walk->mntns_count, &walk->mntns_capacity, sizeof(*slot)) : NULL;
	if (mntns && !slot)
		return -ENOMEM;
	if (slot)
		*slot = mntns;
	node = walk->whole && (pid <= 2 || mntns == walk->first_mntns);
	err = proc_scan_mounts(walk->scan, process, pid, mntns, node);
	walk->saw_node_mounts |= node && !err;
	if (err == -EACCES || err == -EPERM)
		walk->scan->unread_mounts++;
	return err == -ENOMEM ? err : 0;
}

/* --- the walk --- */

static int take_process(struct walk *walk, const char *name)
{
	uint32_t pid = (uint32_t)strtoul(name, NULL, 10), inum;
	CLEANUP(close_descriptor) int process = -1;
	char path[4096];
	int err;

	snprintf(path, sizeof(path), "%.3000s/%u", walk->proc, pid);
	process = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (process < 0)
		return 0; /* it has ended */
	walk->saw_init |= pid == 1;
	err = take_task(walk, process, pid, &inum);
	take_node(walk, process, pid, inum);
	if (!err && walk->what & (PROC_FILES | PROC_SOCKETS))
		err = proc_scan_files(walk->scan, process, pid, inum, walk->what);
	if (!err && walk->what & PROC_MOUNTS)
		err = take_mounts(walk, process, pid);
	return err;
}

/* Without privilege all that can be said is where this process is. */
static void take_own(struct proc_scan *scan, const char *proc)
{
	char path[4096];
	int ignored;

	if (scan->node_inum)
		return;
	snprintf(path, sizeof(path), "%.3000s/self/ns/net", proc);
	scan->node_inum = proc_read_inum(AT_FDCWD, path, "net", &ignored);
}

int proc_scan(struct proc_scan *ret, const char *proc, unsigned int what)
{
	struct walk walk = { .scan = ret, .proc = proc, .what = what, .whole = sees_all_processes() };
	DIR *directory = opendir(proc);
	struct dirent *entry;
	int err = directory ? 0 : -errno;

	*ret = (struct proc_scan){ 0 };
	while (!err && (entry = readdir(directory)))
		if (isdigit((unsigned char)entry->d_name[0]))
			err = take_process(&walk, entry->d_name);
	if (directory)
		closedir(directory);
	/* With hidepid the processes of others, init among them, are not even listed. */
	ret->all_processes = walk.saw_init && walk.whole;
	ret->node_mounts = walk.saw_node_mounts && ret->all_processes;
	if (!err)
		err = place_unread(&walk);
	place_node(ret);
	take_own(ret, proc);
	free(walk.mntns);
	free(walk.unread);
	return err;
}

void proc_scan_free(struct proc_scan *scan)
{
	for (size_t i = 0; i < scan->mount_count; i++)
		free(scan->mounts[i].path);
	free(scan->mounts);
	free(scan->tasks);
	free(scan->files);
	*scan = (struct proc_scan){ 0 };
}

bool proc_scan_saw_tasks(const struct proc_scan *scan)
{
	return scan->all_processes && !scan->unread_tasks;
}

uint32_t proc_scan_tasks(const struct proc_scan *scan, uint32_t inum, uint32_t *ret_pid)
{
	uint32_t count = 0;

	*ret_pid = 0;
	for (size_t i = 0; i < scan->task_count; i++) {
		if (scan->tasks[i].inum != inum)
			continue;
		count++;
		if (!*ret_pid)
			*ret_pid = scan->tasks[i].pid;
	}
	return count;
}
