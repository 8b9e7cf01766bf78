/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which netns the processes of the node are in, have open, have sockets of and have mounted: one walk over /proc.
 *
 * It is what can be known without BPF, and it says itself how much of it could not be looked at.  Nothing is opened that
 * holds a netns, but for a socket's: a copy of it is taken for as long as it takes to ask it which netns it belongs to.
 * Not an instant but a while: what a process does meanwhile may be missed.
 */
#ifndef NETNSLEAK_PROC_SCAN_H
#define NETNSLEAK_PROC_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A process, or a thread that is in another netns than its process. */
struct proc_task {
	uint32_t inum; /* of the netns */
	uint32_t pid, tid;
};

/* Where a netns is held open: a descriptor of itself, or of a socket that belongs to it. */
struct proc_file {
	uint32_t inum;
	uint32_t pid, fd;
	bool is_socket;
	uint16_t family, type, protocol; /* of a socket */
};

struct proc_mount {
	uint32_t inum;
	uint32_t mntns; /* inode number of the mount namespace; 0: it could not be read */
	uint32_t pid;	/* of a process in it, the one with the smallest number */
	uint32_t id, parent;
	bool node;    /* in the node's own mount namespace */
	bool deleted; /* the file that it stands on is no more */
	bool covered; /* no path leads to it: another mount stands on it, or on a directory above it */
	bool mirrored; /* covered, but it goes with the one that is seen there: they stand on mounts of one peer group */
	char *path;
};

enum proc_scan_what {
	PROC_FILES = 1,	  /* descriptors of netns */
	PROC_SOCKETS = 2, /* sockets that belong to another netns than their process */
	PROC_MOUNTS = 4,
};

struct proc_scan {
	struct proc_task *tasks;   /* by pid, as /proc lists them; then those that had to be placed by others */
	struct proc_file *files;
	struct proc_mount *mounts; /* of each mount namespace once; the node's own first */
	size_t task_count, file_count, mount_count;
	uint32_t node_inum; /* the node's own netns: that of kthreadd, else of init, else of this process */
	bool node_is_known; /* it is one of the first two's */
	bool all_processes; /* all of the node's processes can be seen in this /proc */
	bool node_mounts;   /* so can the mounts of the node's own mount namespace: they are among mounts */
	/* What could not be looked at: processes' netns, their descriptors, sockets, mount namespaces. */
	uint64_t unread_tasks, unread_files, unread_sockets, unread_mounts;
	size_t task_capacity, file_capacity, mount_capacity;
};

/* what: enum proc_scan_what, or-ed.  proc: "/proc".  Free it in any case. */
int proc_scan(struct proc_scan *ret, const char *proc, unsigned int what);
void proc_scan_free(struct proc_scan *scan);

/* No process can be in a netns, nor have been passed over, that is not among tasks. */
bool proc_scan_saw_tasks(const struct proc_scan *scan);

/* How many processes are in it; *ret_pid: that with the smallest number, 0: there is none. */
uint32_t proc_scan_tasks(const struct proc_scan *scan, uint32_t inum, uint32_t *ret_pid);

/* There is a process in it, or a file or a mount of it that a path leads to. */
bool proc_scan_leads_to(const struct proc_scan *scan, uint32_t inum);

/* A descriptor of the netns, to be closed soon: it holds it.  By whatever leads there.  -ENOENT: nothing does. */
int proc_scan_open(const struct proc_scan *scan, const char *proc, uint32_t inum);

#endif
