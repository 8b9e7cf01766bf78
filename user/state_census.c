/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a walk over the kernel's own list tells, and what it disproves.
 */
#include "state_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- births, by an earlier session --- */

/* What an earlier session saw of the birth of a netns that no census has told yet. */
struct birth {
	struct birth *next;
	uint64_t cookie;
	uint32_t inum, mix;
	uint64_t born;
	uint32_t pid;
	char comm[NNS_COMM_LEN];
};

static void take_birth(struct state *state, struct netns *netns)
{
	struct birth **slot = &state->births, *birth;

	while ((birth = *slot)) {
		if (birth->cookie != netns->cookie || birth->inum != netns->inum || birth->mix != netns->mix) {
			slot = &birth->next;
			continue;
		}
		netns->born = birth->born;
		netns->creator.pid = birth->pid;
		memcpy(netns->creator.comm, birth->comm, sizeof(birth->comm));
		*slot = birth->next;
		free(birth);
		return;
	}
}

int state_restored(struct state *state, const struct input_restored *restored, int64_t wall_offset, uint64_t time)
{
	int64_t born = restored->born_wall - wall_offset;
	struct birth *birth;

	/* A file may hold anything, but nothing was made before the boot or is yet to be. */
	if (!restored->born_wall || born <= 0 || (uint64_t)born > time)
		return 0;
	birth = calloc(1, sizeof(*birth));
	if (!birth)
		return -ENOMEM;
	birth->cookie = restored->cookie;
	birth->inum = restored->inum;
	birth->mix = restored->mix;
	birth->born = (uint64_t)born;
	birth->pid = restored->creator_pid;
	memcpy(birth->comm, restored->creator, strnlen(restored->creator, sizeof(birth->comm) - 1));
	birth->next = state->births;
	state->births = birth;
	return 0;
}

void state_forget_births(struct state *state)
{
	struct birth *birth;

	while ((birth = state->births)) {
		state->births = birth->next;
		free(birth);
	}
}

/* --- the walk --- */

int state_take_census_begin(struct state *state, const void *record)
{
	const struct nns_census_mark *mark = record;

	state->census.number++;
	state->census.begin = mark->hdr.time;
	state->census.running = true;
	state->census.current = NULL;
	return 0;
}

/*
 * All of one netns has been told: what it no longer has, goes.  Entries that records added meanwhile bear the
 * number of this census too, so they stay.
 */
static void census_settle(struct state *state, uint64_t time)
{
	struct entry *entry = state->census.current;
	uint32_t i;

	state->census.current = NULL;
	if (!entry)
		return;
	for (i = entry->netns.addr_count; i-- > 0;)
		if (entry->netns.addrs[i].census != state->census.number)
			state_drop_addr(state, entry, i, time);
	for (i = entry->netns.dev_count; i-- > 0;)
		if (entry->netns.devs[i].census != state->census.number)
			state_drop_dev(state, entry, entry->netns.devs[i].ifindex, time);
}

int state_take_census_netns(struct state *state, const void *record)
{
	const struct nns_census_netns *told = record;
	uint64_t time = told->hdr.time;
	struct entry *entry;
	int err;

	if (state->census.current && state->census.current->netns.handle == told->netns.handle)
		return 0; /* a further part of one with very many devices */
	census_settle(state, time);
	err = entry_get(state, &told->netns, time, &entry);
	if (err)
		return err;
	err = entry_identify(state, entry, &told->netns, time);
	if (err < 0)
		return err;
	if (!entry->announced && !entry->netns.born) {
		entry->netns.preexisting = true;
		take_birth(state, &entry->netns);
	}
	entry->missed = false;
	entry->netns.initial = told->flags & NNS_NETNS_INIT;
	entry->netns.references = told->references;
	entry->netns.tasks = told->tasks;
	entry->netns.tasks_unseen = told->flags & NNS_NETNS_TASKS_UNSEEN;
	entry->netns.devs_unseen = told->flags & NNS_NETNS_DEVS_UNSEEN;
	entry->netns.pid = 0;
	entry->netns.counted_at = time;
	entry->netns.census = state->census.number;
	state->census.current = entry;
	entry_announce(state, entry, time);
	if (!told->references && entry->netns.phase == NETNS_REFERENCED)
		entry_begin_dying(state, entry, time, NNS_ROAD_NONE);
	return 0;
}

int state_take_census_task(struct state *state, const void *record)
{
	const struct nns_census_task *told = record;
	struct entry *entry = state->census.current;

	if (entry && entry->netns.handle == told->netns.handle)
		entry->netns.pid = told->pid;
	return 0;
}

int state_take_census_dev(struct state *state, const void *record)
{
	const struct nns_dev *dev = record;
	struct entry *entry = state->census.current;

	if (!entry || entry->netns.handle != dev->netns.handle)
		return 0;
	return state_put_dev(state, entry, dev, state->census.number);
}

int state_take_census_addr(struct state *state, const void *record)
{
	const struct nns_addr *addr = record;
	struct entry *entry = state->census.current;

	if (!entry || entry->netns.handle != addr->netns.handle)
		return 0;
	return state_put_addr(state, entry, addr);
}

/*
 * A netns that the census does not have.  After a loss its end was among the lost records.  Without a loss
 * the records of its end are still on their way, or it was made after the walk had passed; only where that
 * stays so for two censuses the state was wrong.
 */
static bool census_disproves(const struct state *state, struct entry *entry)
{
	if (entry->netns.census == state->census.number || entry->netns.first_seen >= state->census.begin)
		return false;
	if (state->incomplete)
		return true;
	if (entry->netns.phase != NETNS_REFERENCED)
		return false; /* the records came: cleanup_net() took it off the list */
	if (entry->missed)
		return true;
	entry->missed = true;
	return false;
}

int state_take_census_end(struct state *state, const void *record)
{
	const struct nns_census_mark *mark = record;
	struct entry *entry, *next;

	/* Where the walk broke off, it may not have told all of the last netns. */
	if (mark->error || !state->census.running) {
		state->census.running = false;
		state->census.current = NULL;
		return 0;
	}
	census_settle(state, mark->hdr.time);
	state->census.running = false;
	state->census.end = mark->hdr.time;
	HASH_ITER(by_handle, state->by_handle, entry, next)
		if (census_disproves(state, entry))
			entry_vanish(state, entry, mark->hdr.time);
	state->counts.censuses++;
	state->incomplete = false;
	state_tell(state, (struct state_change){ .kind = STATE_CENSUS_DONE, .time = mark->hdr.time,
						 .count = mark->netns });
	return 0;
}
