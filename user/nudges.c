/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "nudges.h"

#include <errno.h>
#include <stdlib.h>

#include "correlate.h"
#include "util.h"

struct nudge {
	uint32_t inum, pid;
};

/* They are noted first: what a source tells may be the end of a netns. */
struct nudges {
	struct nudge *all;
	size_t count, capacity;
};

bool netns_is_bound_weakly(const struct netns *netns)
{
	return netns->phase == NETNS_REFERENCED && !netns->initial && netns->inum &&
	       (!netns->binding || netns->binding->evidence < EVIDENCE_CGROUP);
}

static int note_nudge(void *ctx, struct netns *netns)
{
	struct nudges *nudges = ctx;

	if (netns->pid && netns_is_bound_weakly(netns) && nudges->count < nudges->capacity)
		nudges->all[nudges->count++] = (struct nudge){ netns->inum, netns->pid };
	return 0;
}

int nudges_give(const struct state *state, struct source *const *sources, size_t count)
{
	CLEANUP(free_pointer) struct nudge *all = NULL;
	struct nudges nudges = { .capacity = state_counts(state)->live };
	int err = 0;

	all = nudges.all = calloc(nudges.capacity + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	state_each(state, note_nudge, &nudges);
	for (size_t i = 0; i < nudges.count && !err; i++)
		for (size_t j = 0; j < count && !err; j++)
			err = source_nudge(sources[j], all[i].inum, all[i].pid);
	return err;
}
