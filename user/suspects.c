/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "suspects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "holders.h"
#include "holders_settle.h"
#include "holders_tell.h"
#include "loop.h"
#include "pipeline.h"
#include "say.h"
#include "util.h"

struct suspects {
	struct nns_ident *all; /* owned */
	size_t count, capacity;
	uint64_t node; /* handle of the node's own netns */
};

static int note_suspect(void *ctx, struct netns *netns)
{
	struct suspects *suspects = ctx;

	if (netns->phase == NETNS_REFERENCED && suspects->count < suspects->capacity)
		suspects->all[suspects->count++] = (struct nns_ident){ .handle = netns->handle, .cookie = netns->cookie,
								       .inum = netns->inum, .mix = netns->mix };
	return 0;
}

static int note_node(void *ctx, struct netns *netns)
{
	struct suspects *suspects = ctx;

	if (netns->initial)
		suspects->node = netns->handle;
	return netns->initial;
}

static int tell_unknown(const struct suspects *suspects, input_fn input, void *ctx)
{
	int err = 0;

	for (size_t i = 0; i < suspects->count && !err; i++)
		err = holders_tell_unknown(suspects->all[i].handle, loop_now(), input, ctx);
	return err;
}

static int look(struct holders *holders, const struct suspects *suspects, input_fn input, void *ctx)
{
	struct holders_found found;
	int err = holders_settle(holders, suspects->all, suspects->count, suspects->node, &found);

	if (err)
		say("cannot look for what holds a netns: %s; what is found is reported without", strerror(-err));
	err = err ? tell_unknown(suspects, input, ctx) : holders_tell(&found, "/proc", loop_now(), input, ctx);
	holders_found_free(&found);
	return err;
}

int suspects_look(struct holders *holders, const struct pipeline *pipeline, input_fn input, void *ctx)
{
	const struct state *state = pipeline_state(pipeline);
	CLEANUP(free_pointer) struct nns_ident *all = NULL;
	struct suspects suspects = { .capacity = state_counts(state)->live };

	all = suspects.all = calloc(suspects.capacity + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	pipeline_each_suspect(pipeline, note_suspect, &suspects);
	if (!suspects.count)
		return 0;
	state_each(state, note_node, &suspects);
	return look(holders, &suspects, input, ctx);
}

int suspects_look_at(struct holders *holders, const struct pipeline *pipeline, const struct netns *netns, input_fn input, void *ctx)
{
	struct nns_ident ident = { .handle = netns->handle, .cookie = netns->cookie, .inum = netns->inum, .mix = netns->mix };
	struct suspects suspects = { .all = &ident, .count = 1, .capacity = 1 };

	state_each(pipeline_state(pipeline), note_node, &suspects);
	return look(holders, &suspects, input, ctx);
}
