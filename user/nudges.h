/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Shows the sources the processes of netns that nothing has bound well: the cgroup of one may say whose it is.
 */
#ifndef NETNSLEAK_NUDGES_H
#define NETNSLEAK_NUDGES_H

#include "source.h"
#include "state.h"

/* Nothing has said whose it is, or nothing as good as a process of the pod. */
bool netns_is_bound_weakly(const struct netns *netns);

/* After a census.  -ENOMEM, or what a source returned. */
int nudges_give(const struct state *state, struct source *const *sources, size_t count);

#endif
