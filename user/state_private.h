/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of state share.
 */
#ifndef NETNSLEAK_STATE_PRIVATE_H
#define NETNSLEAK_STATE_PRIVATE_H

#include "netns.h"
#include "state.h"

/* A failed insertion must come back as -ENOMEM, not end the process. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct entry {
	struct netns netns;
	bool announced;	    /* STATE_NETNS_CREATED went out */
	bool missed;	    /* the last census did not have it, though nothing was lost */
	uint64_t *counted;  /* which of state_counts it stands in: live, dying or none */
	UT_hash_handle by_handle;
	UT_hash_handle by_inum;
};

struct census {
	uint32_t number;
	uint64_t begin;
	uint64_t end; /* of the last that was complete */
	bool running;
	struct entry *current; /* whose devices and addresses are being told */
};

struct birth;
struct waiting_path;

struct state {
	state_change_fn fn;
	void *ctx;
	struct entry *by_handle;
	struct entry *by_inum;
	struct waiting_path *waiting;
	struct birth *births;
	struct state_counts counts;
	struct census census;
	uint64_t *last_seq; /* per CPU */
	uint32_t cpu_count;
	uint64_t lost_counted; /* by the tracer's counter */
	uint64_t lost_in_gaps; /* by the sequence numbers: the same losses, seen later */
	uint64_t lost_unnumbered; /* neither knows of these: what hooks missed, and see expect_known() */
	bool incomplete;
};

void state_tell(struct state *state, struct state_change change);
void state_tell_netns(struct state *state, enum state_change_kind kind, struct entry *entry, uint64_t time);
/* What is missing by now is told. */
int state_lose(struct state *state, uint64_t time);

/* --- netns that are known --- */

struct entry *entry_find(const struct state *state, uint64_t handle);
/*
 * Find or make.  1: the record is of an earlier netns at this address; it was still in the ring when a census told
 * of the present one.  -ENOMEM.
 */
int entry_get(struct state *state, const struct nns_ident *ident, uint64_t time, struct entry **ret);
/* Is this record about another netns than the entry, at the same address?  Then the entry's end was lost. */
bool entry_is_another(const struct entry *entry, const struct nns_ident *ident);
/* Takes over what the record says of its identity.  -ENOMEM. */
int entry_identify(struct state *state, struct entry *entry, const struct nns_ident *ident, uint64_t time);
/* Tells that it is there, and what came before that; once. */
void entry_announce(struct state *state, struct entry *entry, uint64_t time);
void entry_begin_dying(struct state *state, struct entry *entry, uint64_t time, uint32_t road);
/* Which of state_counts it stands in; NULL: none. */
void entry_count_in(struct entry *entry, uint64_t *count);
/* The end of a netns that no record told: its records were lost. */
void entry_vanish(struct state *state, struct entry *entry, uint64_t time);
/* It is in no table any more. */
void entry_forget(struct state *state, struct entry *entry);
void entry_free(struct entry *entry);

/* --- paths --- */

/*
 * A path leads to an inode number until it is told to be gone.  Who mounts a new netns at the path of the old
 * one, and gets its inode number, is not told of: so the next netns of that number has the path.
 */
void state_paths_leave(struct state *state, struct netns *netns);
void state_paths_arrive(struct state *state, struct netns *netns);
void state_forget_paths(struct state *state);

/* --- devices and addresses; census: its number, by which they stay --- */

/* -ENOMEM. */
int state_put_dev(struct state *state, struct entry *entry, const struct nns_dev *record, uint32_t census);
void state_drop_dev(struct state *state, struct entry *entry, uint32_t ifindex, uint64_t time);
int state_put_addr(struct state *state, struct entry *entry, const struct nns_addr *record);
void state_drop_addr(struct state *state, struct entry *entry, uint32_t position, uint64_t time);

void state_forget_births(struct state *state);

/* --- records, each of the size that its kind has.  -ENOMEM. --- */

int state_take_created(struct state *state, const void *record);
int state_take_create_failed(struct state *state, const void *record);
int state_take_dying(struct state *state, const void *record);
int state_take_cleanup(struct state *state, const void *record);
int state_take_freed(struct state *state, const void *record);
int state_take_dev_added(struct state *state, const void *record);
int state_take_dev_removed(struct state *state, const void *record);
int state_take_dev_moved(struct state *state, const void *record);
int state_take_addr_added(struct state *state, const void *record);
int state_take_addr_removed(struct state *state, const void *record);
int state_take_census_begin(struct state *state, const void *record);
int state_take_census_netns(struct state *state, const void *record);
int state_take_census_task(struct state *state, const void *record);
int state_take_census_dev(struct state *state, const void *record);
int state_take_census_addr(struct state *state, const void *record);
int state_take_census_end(struct state *state, const void *record);

#endif
