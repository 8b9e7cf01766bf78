/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Goes into netns: what netlink and /proc/net tell, they tell to those who are in it.  A thread of its own does, so that
 * the caller never leaves its own netns.
 */
#ifndef NETNSLEAK_NETNS_VISIT_H
#define NETNSLEAK_NETNS_VISIT_H

#include <stdint.h>

struct netns_visitor {
	uint32_t at; /* inode number of the netns where it is */
};

/*
 * Runs visit in the thread, and waits for it.  Then the thread is home again; what visit has opened elsewhere, visit closes.
 * -EAGAIN: no thread can be had; or why its own netns cannot be opened, without which it would not find home.
 */
int netns_visit(void (*visit)(struct netns_visitor *visitor, void *ctx), void *ctx);

/* For visit: goes on into the netns of an nsfs descriptor.  Where one is already, that needs no privilege.  Negative errno. */
int netns_visit_enter(struct netns_visitor *visitor, int netns);

#endif
