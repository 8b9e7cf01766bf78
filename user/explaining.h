/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All that an explanation of a netns rests on, gathered from a pipeline.
 */
#ifndef NETNSLEAK_EXPLAINING_H
#define NETNSLEAK_EXPLAINING_H

#include "explain.h"
#include "peers.h"
#include "pipeline.h"
#include "routes.h"

struct explaining {
	struct explanation explanation; /* of what follows */
	struct remedies remedies;
	struct cause cause;
	struct peers peers;
	struct routes routes;
};

/*
 * Of netns, grace, now, wall_offset, undecided: as in struct explanation, whose other members are set.  Without its routes,
 * see explaining_ask().
 */
void explaining_gather(struct explaining *ret, const struct explanation *what, const struct pipeline *pipeline);
/* Its routes, for which it is entered for a moment, where that can be done. */
void explaining_ask(struct explaining *explaining);

#endif
