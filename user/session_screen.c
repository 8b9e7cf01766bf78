/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The session on a screen: `netnsleak top`.
 */
#include "session_private.h"

#include <string.h>

#include "loop.h"
#include "mounts_seen.h"
#include "pipeline.h"
#include "say.h"
#include "suspects.h"
#include "top_live.h"

static const struct pipeline *pipeline_of(void *ctx)
{
	return ((struct session *)ctx)->pipeline;
}

static void facts_of(void *ctx, struct top_facts *ret)
{
	const struct session *session = ctx;

	ret->now = loop_now();
	ret->began = session->began;
	ret->wall_offset = session->node.wall_offset;
}

static int look(void *ctx, const struct netns *netns)
{
	struct session *session = ctx;
	int err;

	if (!session->holders || netns->phase != NETNS_REFERENCED || netns->initial)
		return 0;
	err = suspects_look_at(session->holders, session->pipeline, netns, session_input, session);
	if (!err)
		mounts_seen(netns, true);
	return err;
}

int session_open_screen(struct session *session)
{
	const struct top_live_options options = {
		.loop = session->loop,
		.outlet = session->output.outlet,
		.node = session->node.name,
		.kernel = session->node.uts.release,
		.grace = session->options->grace,
		.color = output_wants_color(session->options),
		.pipeline = pipeline_of,
		.facts = facts_of,
		.look = look,
		.ctx = session,
	};
	int err;

	session->began = loop_now();
	err = top_live_open(&session->screen, &options);
	if (err)
		say("cannot use the terminal: %s", strerror(-err));
	else
		session->output.says_sources = false; /* that is on the screen */
	return err;
}
