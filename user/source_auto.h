/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * auto: the sources that this node has, as one source.  Which these are, each type says itself: available() of
 * struct source_type (source.h).
 *
 * For each purpose there is an order, and the first that the node has is taken:
 *
 *   which pods there are    kube, else kubelet
 *   the pods' runtime       cri
 *   containers of Docker    docker
 *   containers of Podman    podman
 *   what CNI was told       cni
 *   processes               cgroup
 *
 * One that has been down for AUTO_PATIENCE gets the next of its order beside it.  It is not closed, and what it said
 * stands; when it is back both are in use.  One that has not been in use once by then is SOURCE_ABSENT: no verdict
 * waits for what may never come.  A source that would change something by being asked is told that nobody named it
 * (struct source_context), and may say at once that it is absent: podman before 4.4.
 *
 * Where the node had nothing at all for a purpose, auto looks again when a netns comes or goes, AUTO_PATIENCE after the
 * last look at the earliest: a runtime that is started later is found with its first container, and an idle node is
 * left alone.
 */
#ifndef NETNSLEAK_SOURCE_AUTO_H
#define NETNSLEAK_SOURCE_AUTO_H

#include "source.h"
#include "util.h"

#define AUTO_PATIENCE (30 * NS_PER_S)

/* As source_auto.open, with these types instead of source_types[], and this patience. */
int source_auto_open_from(struct source **ret, const struct source_type *const *types, uint64_t patience,
			  const struct source_context *context);

#endif
