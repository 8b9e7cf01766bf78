/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From birth to free, record by record.
 */
#include "state_private.h"

int state_take_created(struct state *state, const void *record)
{
	const struct nns_netns_created *created = record;
	uint64_t time = created->hdr.time;
	struct entry *entry;
	int err = entry_get(state, &created->netns, time, &entry);

	if (err)
		return err;
	state->counts.created += !entry->netns.born;
	entry->netns.born = time;
	entry->netns.preexisting = false;
	entry->netns.creator = created->task;
	entry->netns.creator.comm[NNS_COMM_LEN - 1] = '\0';
	entry->netns.creator_inum = created->parent.inum;
	err = entry_identify(state, entry, &created->netns, time);
	if (err < 0)
		return err;
	entry_announce(state, entry, time);
	return 0;
}

int state_take_create_failed(struct state *state, const void *record)
{
	const struct nns_netns_create_failed *failed = record;

	state->counts.failed++;
	state_tell(state, (struct state_change){ .kind = STATE_CREATE_FAILED, .time = failed->hdr.time,
						 .task = &failed->task, .error = failed->error });
	return 0;
}

void entry_begin_dying(struct state *state, struct entry *entry, uint64_t time, uint32_t road)
{
	entry->netns.phase = NETNS_DYING;
	entry->netns.dying_at = time;
	entry->netns.dying_road = road;
	if (!entry->announced)
		return;
	entry_count_in(entry, &state->counts.dying);
	state_tell_netns(state, STATE_NETNS_DYING, entry, time);
}

int state_take_dying(struct state *state, const void *record)
{
	const struct nns_netns_end *end = record;
	struct entry *entry = entry_find(state, end->netns.handle);

	if (entry && !entry_is_another(entry, &end->netns) && entry->netns.phase < NETNS_DYING)
		entry_begin_dying(state, entry, end->hdr.time, end->road);
	return 0;
}

int state_take_cleanup(struct state *state, const void *record)
{
	const struct nns_netns_end *end = record;
	struct entry *entry = entry_find(state, end->netns.handle);

	if (!entry || entry_is_another(entry, &end->netns))
		return 0;
	if (entry->netns.phase < NETNS_DYING)
		entry_begin_dying(state, entry, end->hdr.time, NNS_ROAD_CLEANUP);
	if (entry->netns.phase == NETNS_DYING) {
		entry->netns.phase = NETNS_CLEANUP;
		entry->netns.cleanup_at = end->hdr.time;
		if (entry->announced)
			state_tell_netns(state, STATE_NETNS_CLEANUP, entry, end->hdr.time);
	}
	return 0;
}

int state_take_freed(struct state *state, const void *record)
{
	const struct nns_netns_end *end = record;
	struct entry *entry = entry_find(state, end->netns.handle);

	if (!entry || entry_is_another(entry, &end->netns))
		return 0;
	entry->netns.phase = NETNS_FREED;
	entry->netns.freed_at = end->hdr.time;
	entry_forget(state, entry);
	/* One that was never announced failed while it was made: told by STATE_CREATE_FAILED. */
	if (entry->announced) {
		state->counts.freed++;
		state_tell_netns(state, STATE_NETNS_FREED, entry, end->hdr.time);
	}
	state_paths_leave(state, &entry->netns);
	entry_free(entry);
	return 0;
}
