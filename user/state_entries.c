/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Each netns that is known: found by its address or inode number, told apart from the next one there.
 */
#include "state_private.h"

#include <errno.h>
#include <stdlib.h>

void entry_count_in(struct entry *entry, uint64_t *count)
{
	if (entry->counted)
		--*entry->counted;
	entry->counted = count;
	if (count)
		++*count;
}

/* Deleting leaves the handle as it was: it must say that the entry is in no table now. */
static void entry_forget_inum(struct state *state, struct entry *entry)
{
	if (entry->by_inum.tbl)
		HASH_DELETE(by_inum, state->by_inum, entry);
	entry->by_inum.tbl = NULL;
}

void entry_forget(struct state *state, struct entry *entry)
{
	entry_count_in(entry, NULL);
	HASH_DELETE(by_handle, state->by_handle, entry);
	entry_forget_inum(state, entry);
	if (state->census.current == entry)
		state->census.current = NULL;
}

void entry_free(struct entry *entry)
{
	netns_clear(&entry->netns);
	free(entry);
}

struct entry *entry_find(const struct state *state, uint64_t handle)
{
	struct entry *entry;

	HASH_FIND(by_handle, state->by_handle, &handle, sizeof(handle), entry);
	return entry;
}

static struct entry *entry_new(struct state *state, uint64_t handle, uint64_t time)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->netns.handle = handle;
	entry->netns.first_seen = time;
	entry->netns.references = -1;
	HASH_ADD(by_handle, state->by_handle, netns.handle, sizeof(handle), entry);
	if (!entry->by_handle.tbl) {
		free(entry);
		return NULL;
	}
	return entry;
}

void entry_vanish(struct state *state, struct entry *entry, uint64_t time)
{
	entry_forget(state, entry);
	if (entry->announced) {
		state->counts.vanished++;
		state_tell_netns(state, STATE_NETNS_VANISHED, entry, time);
	}
	state_paths_leave(state, &entry->netns);
	entry_free(entry);
}

int entry_identify(struct state *state, struct entry *entry, const struct nns_ident *ident, uint64_t time)
{
	struct entry *holder;

	if (ident->cookie)
		entry->netns.cookie = ident->cookie;
	if (ident->mix)
		entry->netns.mix = ident->mix;
	if (!ident->inum || entry->netns.inum)
		return 0;
	/* The kernel frees an inode number before the netns that had it is freed itself, so the dying one
	 * may still stand under it. */
	HASH_FIND(by_inum, state->by_inum, &ident->inum, sizeof(ident->inum), holder);
	entry->netns.inum = ident->inum;
	if (holder && time < holder->netns.counted_at)
		return 0; /* a census was quicker than the records: the number has gone on to the holder */
	if (holder) {
		state_paths_leave(state, &holder->netns);
		entry_forget_inum(state, holder);
	}
	HASH_ADD(by_inum, state->by_inum, netns.inum, sizeof(ident->inum), entry);
	if (!entry->by_inum.tbl)
		return -ENOMEM;
	state_paths_arrive(state, &entry->netns);
	return 0;
}

bool entry_is_another(const struct entry *entry, const struct nns_ident *ident)
{
	return entry->netns.mix && ident->mix && entry->netns.mix != ident->mix;
}

/*
 * Find or make.  1: the record is of an earlier netns at this address; it was still in the ring when a census told
 * of the present one.
 */
int entry_get(struct state *state, const struct nns_ident *ident, uint64_t time, struct entry **ret)
{
	struct entry *entry = entry_find(state, ident->handle);

	if (entry && entry_is_another(entry, ident)) {
		if (time < entry->netns.counted_at)
			return 1;
		entry_vanish(state, entry, time);
		entry = NULL;
	}
	if (!entry)
		entry = entry_new(state, ident->handle, time);
	if (!entry)
		return -ENOMEM;
	/* One that is being made has it already; without it, it could pass for another. */
	if (!entry->netns.mix)
		entry->netns.mix = ident->mix;
	*ret = entry;
	return 0;
}

void entry_announce(struct state *state, struct entry *entry, uint64_t time)
{
	struct netns *netns = &entry->netns;
	uint32_t i;

	if (netns->phase == NETNS_NASCENT)
		netns->phase = NETNS_REFERENCED;
	if (entry->announced)
		return;
	entry->announced = true;
	entry_count_in(entry, netns->phase < NETNS_DYING ? &state->counts.live : &state->counts.dying);
	state_tell_netns(state, STATE_NETNS_CREATED, entry, time);
	/* What came before it was announced: the loopback device, mostly. */
	for (i = 0; i < netns->dev_count; i++)
		state_tell(state, (struct state_change){ .kind = STATE_DEV_ADDED, .time = time, .netns = netns,
							 .dev = &netns->devs[i] });
	for (i = 0; i < netns->addr_count; i++)
		state_tell(state, (struct state_change){ .kind = STATE_ADDR_ADDED, .time = time, .netns = netns,
							 .addr = &netns->addrs[i] });
	/* The record of its creation was lost, that of its end was not. */
	if (netns->phase >= NETNS_DYING)
		state_tell_netns(state, STATE_NETNS_DYING, entry, time);
	if (netns->phase == NETNS_CLEANUP)
		state_tell_netns(state, STATE_NETNS_CLEANUP, entry, time);
}
