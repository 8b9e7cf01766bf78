/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One netns: its devices, addresses and paths as ordered sets.  Used by state.c alone; others read struct
 * netns (state.h).
 */
#ifndef NETNSLEAK_NETNS_H
#define NETNSLEAK_NETNS_H

#include "state.h"

void netns_clear(struct netns *netns); /* frees what it owns, not itself */

/* ret_new: it was not there before.  NULL: no memory.  The pointer holds until the next change of the set. */
struct netns_dev *netns_dev_put(struct netns *netns, uint32_t ifindex, bool *ret_new);
struct netns_addr *netns_addr_put(struct netns *netns, const struct netns_addr *addr, bool *ret_new);

/* Positions in the arrays, -1: not there. */
int netns_dev_find(const struct netns *netns, uint32_t ifindex);
int netns_addr_find(const struct netns *netns, const struct netns_addr *addr);
void netns_dev_remove(struct netns *netns, uint32_t position);
void netns_addr_remove(struct netns *netns, uint32_t position);

int netns_path_add(struct netns *netns, const char *path, int64_t made_wall); /* twice is fine; -ENOMEM */
void netns_path_remove(struct netns *netns, const char *path);

/* Instead of what was found before.  -ENOMEM. */
int netns_holders_begin(struct netns *netns, const struct input_holders *sum, uint64_t time);
/* More than HOLDERS_KEPT are not kept.  -ENOMEM. */
int netns_holders_add(struct netns_holders *holders, const struct input_holder *holder);
void netns_holders_free(struct netns_holders *holders); /* NULL is fine */
#define HOLDERS_KEPT 1024

/* NULL: no memory. */
struct netns_teardown *netns_teardown_get(struct netns *netns);
void netns_teardown_free(struct netns_teardown *teardown); /* NULL is fine */
/* -ENOMEM. */
int netns_leaving_add(struct netns *netns, const struct netns_leaving *leaving);

#endif
