/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "explaining.h"

#include "netns_open.h"
#include "routes_ask.h"
#include "util.h"

void explaining_gather(struct explaining *ret, const struct explanation *what, const struct pipeline *pipeline)
{
	struct explanation *explanation = &ret->explanation;

	*explanation = *what;
	explanation->remedies = &ret->remedies;
	explanation->cause = &ret->cause;
	explanation->peers = ret->peers.all;
	explanation->routes = NULL;
	remedies_find(&ret->remedies, what->netns, explain_is_leaked(explanation));
	cause_find(&ret->cause, what->netns, pipeline_calls(pipeline), what->now);
	peers_find(&ret->peers, what->netns, pipeline_state(pipeline));
	explanation->peer_count = ret->peers.count;
}

void explaining_ask(struct explaining *explaining)
{
	CLEANUP(close_descriptor) int fd = netns_open(explaining->explanation.netns);

	if (fd < 0)
		return;
	routes_ask(&explaining->routes, fd);
	if (!explaining->routes.err)
		explaining->explanation.routes = &explaining->routes;
}
