/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the references of a netns are made of: adds up what was found of its holders, and says what is left over.
 *
 * Pure.  The kinds of reference stand in bpf/holders.h.
 */
#ifndef NETNSLEAK_REFERENCES_H
#define NETNSLEAK_REFERENCES_H

#include <stdbool.h>

#include "holders.h"

/* Where the records of one netns stand in what was found. */
struct references_part {
	size_t first, count;
};

struct references {
	struct references_part tasks, files, mounts;
	int32_t counted;   /* by the kernel */
	int32_t nsproxies; /* one for all tasks that share it */
	int32_t nsfs;	   /* 0 or 1 */
	int32_t sockets;   /* by the kernel's count of them; where that cannot be read, those with a descriptor */
	int32_t proc_files;
	int32_t unexplained; /* the rest: the kernel's own; below 0: something went while it was counted */
	int32_t sockets_unseen; /* without a descriptor: in flight, or they linger after their end; -1: see told_apart */
	bool told_apart; /* else sockets without a descriptor and open files of /proc/PID/net may be among the unexplained */
	int32_t nsfs_unexplained; /* users of the nsfs file that are neither a mount nor a descriptor */
	bool changed; /* something came or went while the holders were looked for: what is unexplained says little */
};

/*
 * number: of found->counts[].  false: it has been freed, nothing is known of it.  Of the counts before and after, the smaller
 * is taken: what came or went meanwhile, and so may not have been found, is not to seem unexplained.
 */
bool references_add_up(struct references *ret, const struct holders_found *found, size_t number);

/*
 * None of the netns is worth another look: what was found explains all, or explains as little as that of the look before
 * (again), and nothing came or went.
 */
bool references_are_settled(const struct holders_found *found, bool again);

#endif
