/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why a netns is still there: one of a closed set, with what it rests on.
 *
 * Pure.  First who did not clean up, as far as the calls of CNI plugins show it; then what holds the netns.  A call
 * is the cause only where the runtime's own mount is still there, or where what it says could not be undone by another
 * call that was not seen.  README has the table.
 */
#ifndef NETNSLEAK_CAUSE_H
#define NETNSLEAK_CAUSE_H

#include "cni_calls.h"

/* In order of precedence. */
enum cause_kind {
	CAUSE_TEARDOWN_STUCK,	/* nothing holds it; the kernel does not get on with its end */
	CAUSE_CNI_DEL_HANGS,	/* CNI DEL was called and still runs, and the runtime waits for it */
	CAUSE_CNI_DEL_FAILED,	/* the last call of CNI DEL failed, and the runtime left all as it was */
	CAUSE_CNI_DEL_OTHER_NETNS, /* CNI DEL was given another netns than CNI ADD */
	CAUSE_CNI_DEL_PATH_GONE, /* CNI DEL was given a path that led to no netns any more, or none */
	CAUSE_CNI_ADD_FAILED,	/* CNI ADD failed, and CNI DEL was never called */
	CAUSE_CNI_DEL_NEVER_CALLED,
	CAUSE_TASK_SURVIVES,	/* a process runs in it */
	CAUSE_MOUNT_LEFT,	/* the mount that the runtime made; where that is not known, any on the node */
	CAUSE_MOUNT_EXTRA,	/* another one in the node's mount namespace than the runtime's */
	CAUSE_MOUNT_PRIVATE_COPY, /* one in another mount namespace */
	CAUSE_FD_HELD,		/* a descriptor */
	CAUSE_MOUNT_DETACHED,	/* one in none, umount -l: kept by what has it open, of which nothing was found */
	CAUSE_SOCKET_HELD,
	CAUSE_KERNEL_REFERENCE, /* only references that the kernel itself has */
	CAUSE_UNKNOWN,
	CAUSE_KINDS
};

#define CAUSE_EVIDENCE_MAX 4
#define CAUSE_EVIDENCE_LEN 384

struct cause {
	enum cause_kind kind;
	char evidence[CAUSE_EVIDENCE_MAX][CAUSE_EVIDENCE_LEN]; /* sentences without a full stop, the first says the most */
	size_t count;
	size_t del; /* evidence[del - 1] says how CNI DEL ended, which is not the cause; 0: none does */
};

/*
 * As of now, boot ns.  calls: NULL: none were watched.  Of a netns that is in use it is CAUSE_UNKNOWN without evidence.
 */
void cause_find(struct cause *ret, const struct netns *netns, const struct cni_calls *calls, uint64_t now);
/* Likewise, for who reads it later: "at 2026-11-21T14:02:11Z", and not how long before. */
void cause_find_to_keep(struct cause *ret, const struct netns *netns, const struct cni_calls *calls, uint64_t now,
			int64_t wall_offset);

const char *cause_name(enum cause_kind kind); /* "cni-del-failed" */
/* Shown by the calls of CNI plugins: a later session cannot find it again. */
bool cause_is_of_calls(enum cause_kind kind);
/* For a table, where what holds the netns is said anyway: "CNI DEL failed"; NULL: that says it all. */
const char *cause_label(enum cause_kind kind);

#endif
