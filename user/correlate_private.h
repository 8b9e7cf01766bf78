/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of correlate share.  The rules stand in correlate.h.
 *
 * All that returns an int returns 0 or -ENOMEM.
 */
#ifndef NETNSLEAK_CORRELATE_PRIVATE_H
#define NETNSLEAK_CORRELATE_PRIVATE_H

#include "correlate.h"
#include "ip_index.h"
#include "pods.h"

/* A node seldom has more than 250 pods: this is all of them, gone at once. */
#define ENDED_KEPT 256

/* A statement "this netns is that pod's" whose netns is not known yet, or no longer. */
struct statement {
	char *key; /* source, a NUL-free separator, key within the source */
	uint32_t inum;
	bool used; /* it has found its netns: an inode number may come again, a netns does not */
	uint64_t used_cookie; /* of that netns, which with the inode number are its identity */
	uint32_t used_mix;
	bool refused; /* ... which is bound to another pod */
	bool in_host; /* it is the node's own */
	char *path;
	enum evidence evidence;
	char *source;
	char *pod_uid, *pod_namespace, *pod_name, *container_id;
	struct ip_address *ips;
	size_t ip_count;
	int64_t as_of_wall;
	UT_hash_handle hh;
};

struct memory;

/*
 * A pod of this node that ended and that nothing was bound to.  Its netns may still be told of: a runtime that is
 * asked now and then, a cache file that is read later.
 */
struct ended {
	char *uid;
	const struct authority *authority;
	int64_t gone_wall;
};

struct correlate {
	const struct state *state;
	correlate_change_fn fn;
	void *ctx;
	char *node;
	int64_t wall_offset;
	uint64_t now;
	struct pods pods;
	struct ip_entry *ips;
	struct ip_entry *touched; /* what changed and has not been looked at again */
	struct authority *authorities;
	struct authority remembered; /* the state file's word about pods that were gone */
	struct statement *statements;
	struct memory *memories;
	size_t refused, in_host; /* statements */
	struct ended ended[ENDED_KEPT]; /* a ring */
	size_t ended_next;
	uint64_t bound;
};

static inline struct pod_entry *entry_of(struct pod *pod)
{
	return (struct pod_entry *)(void *)pod;
}

/* Says a change, with the time of now. */
void correlate_tell(struct correlate *correlate, struct correlate_change change);
/* Real time to boot time, within what can be: not before the boot, not after now. */
uint64_t correlate_to_boot(const struct correlate *correlate, int64_t wall);
int64_t correlate_now_wall(const struct correlate *correlate);
/* Real time before which the netns cannot have been made, as far as that is known. */
int64_t correlate_born_wall(const struct correlate *correlate, const struct netns *netns);

/* --- addresses --- */

/*
 * Looks at all that was touched.  While the kernel has not been counted, or not since a loss, another netns that has
 * the address may not have been told yet.
 */
int correlate_settle_addresses(struct correlate *correlate);
/* Its addresses count, or not any more: then nothing can fail. */
int correlate_index_pod(struct correlate *correlate, struct pod_entry *entry, bool wanted);
int correlate_set_pod_ips(struct correlate *correlate, struct pod_entry *entry, const struct ip_address *ips,
			  size_t count);
/* It is listed anew: its addresses may bind now. */
void correlate_touch_pod(struct correlate *correlate, struct pod_entry *entry);
/* STATE_ADDR_ADDED or STATE_ADDR_REMOVED. */
int correlate_address(struct correlate *correlate, const struct state_change *change);
/* A netns on its way out answers for no address any more. */
void correlate_drop_addresses(struct correlate *correlate, struct netns *netns);

/* --- ends --- */

int correlate_judge_pod(struct correlate *correlate, struct pod_entry *entry);
/* Likewise, after a full listing that may not have had it. */
int correlate_judge_absence(struct correlate *correlate, struct pod_entry *entry);
/* It is told of again, by its netns: was it one that has ended? */
int correlate_recall_end(struct correlate *correlate, struct pod_entry *entry);
/* May free the pod. */
void correlate_drop_if_idle(struct correlate *correlate, struct pod_entry *entry);

/* --- bindings --- */

static inline bool names_another(const struct binding *binding, const struct pod_entry *entry)
{
	return binding->pod != &entry->pod;
}

/* Where the statement is stronger than what binds the netns. */
int correlate_bind(struct correlate *correlate, struct netns *netns, struct pod_entry *entry,
		   const struct statement *by, bool restored);
/* May free the pod. */
void correlate_unbind(struct correlate *correlate, struct netns *netns);
/* The source says anew where the path leads: the netns to which it led may have lost it, or got it back. */
void correlate_judge_path(struct correlate *correlate, const struct statement *former,
			  const struct input_binding *told);

/* --- statements --- */

/* Frees what it has, not the statement. */
void statement_clear(struct statement *statement);
void statement_free(struct correlate *correlate, struct statement *statement);
/* False: no memory. */
bool statement_fill(struct statement *statement, enum evidence evidence, const char *source, const char *uid,
		    const char *namespace_, const char *name, const char *container, const struct ip_address *ips,
		    size_t ip_count);
/* The pod gets the addresses that the statement has, where it has no better ones. */
int statement_give_ips(struct correlate *correlate, const struct statement *statement, struct pod_entry *entry);
/* All that are of this netns, which is new. */
int correlate_apply_statements(struct correlate *correlate, struct netns *netns);
/* The pod is gone that a netns is bound to: it may be that of another, whose statement came second. */
int correlate_retry_statements(struct correlate *correlate, const struct pod_entry *entry);
/* The pod is listed, or otherwise than before: is it in the node's own netns? */
void correlate_judge_host(struct correlate *correlate, struct pod_entry *entry);
int correlate_binding(struct correlate *correlate, const struct input_binding *told);
int correlate_binding_gone(struct correlate *correlate, const struct input_binding_gone *gone);

/* --- what an earlier session knew --- */

int correlate_remember(struct correlate *correlate, const struct input_restored *told);
/* Of this netns, which is new. */
int correlate_apply_memory(struct correlate *correlate, struct netns *netns);
void correlate_forget_memories(struct correlate *correlate);

/* --- what the sources say --- */

int correlate_pod(struct correlate *correlate, const struct input_pod *told);
int correlate_pod_gone(struct correlate *correlate, const struct input_pod_gone *told);
int correlate_source(struct correlate *correlate, const struct input_source *told);
void correlate_forget_sources(struct correlate *correlate);

#endif
