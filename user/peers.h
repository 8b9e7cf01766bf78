/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the other ends of a netns's veth devices are.
 */
#ifndef NETNSLEAK_PEERS_H
#define NETNSLEAK_PEERS_H

#include "report.h"

#define PEERS_KEPT 64

struct peers {
	struct report_peer all[PEERS_KEPT];
	size_t count;
};

/* What the state knows; bridges, where the other end is in the node's own netns and so are we, by /sys. */
void peers_find(struct peers *ret, const struct netns *netns, const struct state *state);

#endif
