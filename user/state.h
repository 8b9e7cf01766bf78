/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Live state of every netns of the node: what the kernel's records add up to.
 *
 * Pure: no I/O, no clock, no globals.  Knows nothing of pods.  Facts are sets, so a record that is told twice,
 * or that a census told first, changes nothing; each real change goes out once, through state_change_fn.
 */
#ifndef NETNSLEAK_STATE_H
#define NETNSLEAK_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "events.h"
#include "input.h"

enum netns_phase {
	NETNS_NASCENT,	  /* heard of through a device or an address only: being made, or not yet in a census */
	NETNS_REFERENCED, /* its reference count is above zero */
	NETNS_DYING,	  /* the count reached zero; waits for cleanup_net() */
	NETNS_CLEANUP,	  /* dying, and cleanup_net() has it in hand */
	NETNS_FREED,	  /* only ever seen in its last change */
};

struct netns_addr {
	uint32_t ifindex;
	uint8_t family, prefixlen, scope, flags; /* as in struct nns_addr */
	uint8_t addr[NNS_ADDR_LEN];
	uint32_t census; /* number of the census that told it last */
};

struct netns_dev {
	uint32_t ifindex;
	uint32_t peer_ifindex; /* 0: no peer known */
	uint64_t peer_netns;   /* handle */
	uint32_t flags;	       /* enum nns_dev_flag */
	uint32_t census;
	char name[NNS_IFNAME_LEN];
	char link_kind[NNS_KIND_LEN];
};

struct binding; /* correlate.h; state only carries the pointer */
struct netns_path {
	struct netns_path *next;
	int64_t made_wall;
	char path[]; /* NUL-terminated */
};

/* A holder, as in struct input_holder. */
struct netns_holder {
	enum holder_kind kind;
	uint32_t pid, tid, fd;
	uint32_t flags;
	uint32_t mount_id, parent_mount_id, mntns_inum;
	char *comm, *what, *cgroup; /* one piece of memory, owned, that begins with comm */
};

/* Who held it when that was last looked at; see netns_holders_are_known(). */
struct netns_holders {
	uint64_t at; /* boot ns */
	struct input_holders sum;
	struct netns_holder *all; /* owned; in the order in which they were told */
	uint32_t count, capacity;
};

/* A device that was unregistered while the netns was taken down.  It is freed once nothing refers to it any more. */
struct netns_leaving {
	uint64_t device; /* handle */
	uint64_t netns;	 /* handle of the netns that it was in: of a veth's other end mostly another */
	uint64_t since;	 /* boot ns */
	uint32_t ifindex;
	int32_t references; /* that it still waits for, as last looked at; 0: none */
	char name[NNS_IFNAME_LEN];
	char link_kind[NNS_KIND_LEN];
};

/* How the end of a netns goes on. */
struct netns_teardown {
	struct netns_leaving *leaving; /* owned; in the order in which they left */
	uint32_t leaving_count, leaving_capacity;
	uint64_t looked_at; /* when it was last looked at why it is not freed; 0: never */
	char *function;	    /* owned; that the kernel's worker was in then; "" unknown, NULL: never looked at */
	char log_device[NNS_IFNAME_LEN]; /* that the kernel's log said last that it waits for, "" none */
	int32_t log_usage;
	uint64_t log_at;
};

struct netns {
	uint64_t handle;
	uint64_t cookie; /* 0 where the kernel gives none at birth */
	uint32_t inum;
	uint32_t mix;
	enum netns_phase phase;
	bool initial;	 /* the node's own */
	bool preexisting; /* found by the census: made before the session, or while records were lost */
	uint64_t first_seen; /* boot time of the first record about it */
	uint64_t born;	     /* boot time of its creation; 0 unknown */
	uint64_t dying_at, cleanup_at, freed_at; /* boot time; 0: not yet */
	uint32_t dying_road; /* enum nns_road */
	struct nns_task creator; /* pid 0: unknown */
	uint32_t creator_inum;	 /* of the netns that the creator was in; 0 unknown */

	int64_t references; /* as last counted by a census, -1 never */
	uint32_t tasks;	    /* likewise; at least so many where tasks_unseen */
	bool tasks_unseen;  /* not all of the node's processes could be looked at */
	uint32_t pid;	    /* of the oldest process that was in it then; 0: none, or not known */
	uint64_t counted_at;
	uint32_t census;    /* number of that census */

	struct netns_dev *devs; /* ordered by ifindex */
	uint32_t dev_count, dev_capacity;
	bool devs_unseen; /* what is in it could not be looked at */
	struct netns_addr *addrs; /* ordered by ifindex, family, address */
	uint32_t addr_count, addr_capacity;

	struct netns_holders *holders; /* NULL: not looked at yet */
	struct netns_teardown *teardown; /* NULL: nothing of it was heard of yet */

	struct netns_path *paths; /* where the node's mounts show it; told by INPUT_PATH */
	struct netns_path *last_path; /* the one that went last, so that it keeps its name; mostly NULL */

	/* Slots of the stages to the right, which set and clear them; state carries them and looks away. */
	struct binding *binding;  /* correlate.h */
	struct verdict *verdict;  /* verdict.h */
};

enum state_change_kind {
	STATE_NETNS_CREATED, /* its identity is known; also one found by a census: see preexisting */
	STATE_NETNS_DYING,
	STATE_NETNS_CLEANUP,
	STATE_NETNS_FREED,   /* last use of the netns: it is released after the call */
	STATE_NETNS_VANISHED, /* likewise, but its end was lost: a census no longer has it */
	STATE_ADDR_ADDED,
	STATE_ADDR_REMOVED,
	STATE_DEV_ADDED,
	STATE_DEV_REMOVED,
	STATE_CREATE_FAILED, /* netns NULL; task, error */
	STATE_GAP,	     /* records are missing: netns NULL; ask for a census */
	STATE_CENSUS_DONE,   /* netns NULL; state and kernel agree as of now */
	STATE_CNI_EXEC,	     /* netns NULL; cni_exec: a call of a CNI plugin, which state passes on */
	STATE_CNI_EXIT,	     /* netns NULL; cni_exit */
};

struct state_change {
	enum state_change_kind kind;
	uint64_t time; /* boot ns */
	struct netns *netns;
	const struct netns_addr *addr;
	const struct netns_dev *dev;
	const struct nns_task *task;
	const struct nns_cni_exec *cni_exec;
	const struct nns_cni_exit *cni_exit;
	int32_t error;
	uint64_t count; /* STATE_GAP: records missing; STATE_CENSUS_DONE: netns told */
};

typedef void (*state_change_fn)(void *ctx, const struct state_change *change);

struct state;

int state_new(struct state **ret, state_change_fn fn, void *ctx);
void state_free(struct state *state);

/*
 * One record of bpf/events.h, unchecked.  -EBADMSG: its size is not that of its kind, or its time or number
 * cannot be (the record is skipped and counted); unknown kinds are skipped and counted too, and return 0.  -ENOMEM.
 */
int state_record(struct state *state, const void *record, size_t size);

/* INPUT_LOST, as of time: verdicts wait until the next census. */
int state_lost(struct state *state, const struct input_lost *lost, uint64_t time);

/* A path leads to the netns with this inode number, or no longer does.  Kept until the inode number turns up. */
int state_path(struct state *state, const char *path, uint32_t inum, bool present, int64_t made_wall);

/* INPUT_HOLDERS, INPUT_HOLDER, in that order.  Of a netns that is not known nothing is kept.  -ENOMEM. */
int state_holders(struct state *state, const struct input_holders *holders, uint64_t time);
int state_holder(struct state *state, const struct input_holder *holder);

/* INPUT_TEARDOWN, INPUT_BLOCKER, in that order; INPUT_KERNEL_LOG.  Likewise. */
int state_teardown(struct state *state, const struct input_teardown *teardown, uint64_t time);
void state_blocker(struct state *state, const struct input_blocker *blocker);
int state_kernel_log(struct state *state, const struct input_kernel_log *log, uint64_t time);

/* When and by whom a netns was made that the next census tells of, as an earlier session saw it.  -ENOMEM. */
int state_restored(struct state *state, const struct input_restored *restored, int64_t wall_offset, uint64_t time);

/* True from state_new() to the end of the first census, and from any loss to the end of the next. */
bool state_incomplete(const struct state *state);

struct netns *state_by_handle(const struct state *state, uint64_t handle);
/* The one netns that is not freed and has this nsfs inode number, or NULL. */
struct netns *state_by_inum(const struct state *state, uint32_t inum);

/* Every netns, in order of handle age (first seen first).  Return nonzero to stop. */
typedef int (*state_visit_fn)(void *ctx, struct netns *netns);
int state_each(const struct state *state, state_visit_fn fn, void *ctx);

struct state_counts {
	uint64_t live, dying;		  /* now */
	uint64_t created, failed, freed;  /* since the start */
	uint64_t vanished;		  /* ends that were lost */
	uint64_t records, lost, gaps, bad; /* records taken, missing or missed, how often, refused */
	uint64_t censuses;
};
const struct state_counts *state_counts(const struct state *state);

/* Its holders were looked for; the kernel's count of its references may be missing all the same. */
bool netns_holders_are_known(const struct netns *netns);
bool netns_tasks_are_known(const struct netns *netns); /* all of them */
bool netns_references_are_counted(const struct netns *netns); /* it is not */

const char *netns_phase_name(enum netns_phase phase); /* "referenced", "dying", ... */
bool netns_is_dying(const struct netns *netns);	      /* in either phase of it; not yet freed */
struct ip_address netns_addr_ip(const struct netns_addr *addr); /* as sources spell it */
/* The device that keeps it from being freed, the first of them; NULL: none is known to. */
const struct netns_leaving *netns_blocker(const struct netns *netns);
const struct netns_dev *netns_dev_by_index(const struct netns *netns, uint32_t ifindex); /* or NULL */

/* Identity for people and files: the cookie, or "INUM-MIX" where there is none.  size >= NETNS_ID_LEN. */
#define NETNS_ID_LEN 32
const char *netns_id(const struct netns *netns, char *buffer, size_t size);

#endif
