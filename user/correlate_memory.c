/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an earlier session knew of netns, by its state file.
 */
#include "correlate_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What the state file remembers of a netns that no census has told yet. */
struct memory {
	struct memory *next;
	uint64_t cookie;
	uint32_t inum, mix;
	struct statement statement;
	int64_t gone_wall, released_wall;
};

int correlate_remember(struct correlate *correlate, const struct input_restored *told)
{
	struct memory *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return -ENOMEM;
	memory->cookie = told->cookie;
	memory->inum = told->inum;
	memory->mix = told->mix;
	memory->gone_wall = told->gone_wall;
	memory->released_wall = told->released_wall;
	memory->statement.as_of_wall = told->bound_wall;
	memory->statement.inum = told->inum;
	memory->statement.path = strdup(told->netns_path);
	if (!memory->statement.path ||
	    !statement_fill(&memory->statement, told->evidence, "state file", told->pod_uid,
			    told->pod_namespace, told->pod_name, told->container_id, told->ips,
			    told->ip_count)) {
		statement_clear(&memory->statement);
		free(memory);
		return -ENOMEM;
	}
	memory->next = correlate->memories;
	correlate->memories = memory;
	return 0;
}

static bool remembers(const struct memory *memory, const struct netns *netns)
{
	return memory->cookie == netns->cookie && memory->inum == netns->inum && memory->mix == netns->mix;
}

static int memory_apply(struct correlate *correlate, struct memory *memory, struct netns *netns)
{
	const struct statement *by = &memory->statement;
	struct pod_entry *entry;
	struct claim *claim;
	int err;

	if (by->evidence == EVIDENCE_NONE)
		return 0; /* remembered as an orphan or a stuck one */
	entry = pods_get(&correlate->pods, by->pod_uid, "", by->pod_namespace, by->pod_name);
	if (!entry)
		return -ENOMEM;
	if (memory->gone_wall) {
		claim = pod_claim_get(entry, &correlate->remembered);
		if (!claim)
			return -ENOMEM;
		claim->ended_wall = memory->gone_wall;
		claim->released_wall = memory->released_wall;
	}
	err = correlate_bind(correlate, netns, entry, by, true);
	if (!err)
		err = statement_give_ips(correlate, by, entry);
	correlate_drop_if_idle(correlate, entry);
	return err;
}

int correlate_apply_memory(struct correlate *correlate, struct netns *netns)
{
	struct memory **slot = &correlate->memories, *memory;
	int err;

	while ((memory = *slot)) {
		if (!remembers(memory, netns)) {
			slot = &memory->next;
			continue;
		}
		*slot = memory->next;
		err = memory_apply(correlate, memory, netns);
		statement_clear(&memory->statement);
		free(memory);
		return err;
	}
	return 0;
}

void correlate_forget_memories(struct correlate *correlate)
{
	struct memory *memory;

	while ((memory = correlate->memories)) {
		correlate->memories = memory->next;
		statement_clear(&memory->statement);
		free(memory);
	}
}
