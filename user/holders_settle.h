/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finds holders until they add up, or it is clear that they do not.
 *
 * The kernel is not stopped while it is looked at.  What comes or goes between the counts and the walk, and a socket whose
 * reference is given back only after a grace period of RCU, would be taken for a reference of the kernel.
 */
#ifndef NETNSLEAK_HOLDERS_SETTLE_H
#define NETNSLEAK_HOLDERS_SETTLE_H

#include "holders.h"

/* As holders_find(); looks a few times at most, and waits in between for some tens of milliseconds. */
int holders_settle(struct holders *holders, const struct nns_ident *netns, size_t count, uint64_t node,
		   struct holders_found *ret);

#endif
