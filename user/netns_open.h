/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A descriptor of a netns that the kernel's records told of, by whatever leads to it: there is no call that takes its number.
 */
#ifndef NETNSLEAK_NETNS_OPEN_H
#define NETNSLEAK_NETNS_OPEN_H

#include "state.h"

/*
 * By its paths, its processes, the mounts and descriptors that hold it: the first that leads to this very inode.  -ENOENT:
 * none does.  It holds the netns: close it soon.
 */
int netns_open(const struct netns *netns);

#endif
