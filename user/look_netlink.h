/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks netlink in the netns where the calling thread is, and fills a look.  Private to look.c.  Negative errno. */
#ifndef NETNSLEAK_LOOK_NETLINK_H
#define NETNSLEAK_LOOK_NETLINK_H

#include "look.h"

struct mnl_socket;

/* The socket is of that netns. */
int look_ask(struct mnl_socket *socket, struct look *look);

/* Which kinds of rules this kernel has at all; below 0: that cannot be told. */
int look_rule_kinds(void);
void look_count_rules(struct look *look, int kinds);

/* How the netns of the socket counts the netns of the descriptor: its id, -1: not at all, or it cannot be told. */
int32_t look_netnsid(struct mnl_socket *socket, int netns);

/* By which device the netns of the socket reaches the address: as look_addr.way. */
uint32_t look_way(struct mnl_socket *socket, const struct look_addr *addr);

#endif
