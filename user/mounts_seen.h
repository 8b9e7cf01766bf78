/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Whether the paths of the mounts that hold a netns lead to it, so that it can be said what unmounts them.
 */
#ifndef NETNSLEAK_MOUNTS_SEEN_H
#define NETNSLEAK_MOUNTS_SEEN_H

#include <stdbool.h>

struct netns;

/*
 * Notes it at netns->holders: HOLDER_SEEN, HOLDER_HIDDEN.  foreign: in other mount namespaces too, whose paths are the
 * kernel's, and not those of a process that has another root.
 */
void mounts_seen(const struct netns *netns, bool foreign);

#endif
