/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asks the kernel who holds netns: tasks, descriptors, mounts, and its own counts.  What is found is as it was at one
 * moment or another of the call: a process that opens a file meanwhile may be missing.
 *
 * Loads BPF programs of its own, attaches nothing, holds no reference when it returns; what a reference is stands in
 * bpf/holders.h.  How what is found adds up: references.h.
 */
#ifndef NETNSLEAK_HOLDERS_H_USER
#define NETNSLEAK_HOLDERS_H_USER

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../bpf/holders.h"

struct holders;

/* All sorted by netns; owned. */
struct holders_found {
	struct holders_count *counts; /* of each netns that was asked for, in that order; see valid */
	struct holders_count *before; /* likewise: counts are of after all holders were looked for, these of before */
	size_t count_count;
	struct holders_task *tasks;   /* also one of each mount namespace of a mount, see mntns; then by nsproxy and pid */
	size_t task_count;
	struct holders_file *files;   /* then by file, pid and fd */
	size_t file_count;
	struct holders_mount **mounts; /* then by mount namespace and id */
	size_t mount_count;
	void *mount_bytes; /* where the mounts are */
	bool sees_proc_files; /* files of /proc/PID/net are among the files; else the kernel does not say what they are */
};

/*
 * For a process that sees_all_processes(): the others' references would be taken for the kernel's.
 * salt: of the handles in struct nns_ident (tracer_salt()).  Errors are those of tracer_open(), and tracer_complaint()
 * has what libbpf said.
 */
int holders_open(struct holders **ret, uint64_t salt);
void holders_close(struct holders *holders); /* NULL is fine */

/*
 * Who holds these netns.  Of one, only its own holders are looked at; of more, those of all netns but `node`, the handle of
 * the node's own, which holds most of what there is.  -EAGAIN: mounts come and go too quickly to be counted.  ret is to be freed in any case.
 * Something may come or go meanwhile: holders_settle.h looks again then.
 */
int holders_find(struct holders *holders, const struct nns_ident *netns, size_t count, uint64_t node,
		 struct holders_found *ret);
void holders_found_free(struct holders_found *found);

#endif
