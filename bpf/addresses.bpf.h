/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* IPv4 and IPv6 addresses, added and removed. */
#ifndef NETNSLEAK_ADDRESSES_BPF_H
#define NETNSLEAK_ADDRESSES_BPF_H

#include "emit.bpf.h"
#include "hook.bpf.h"

enum { NETDEV_UP = 1, NETDEV_DOWN = 2 };

static __always_inline int ipv4_address(enum nns_kind kind, struct in_ifaddr *ifa)
{
	struct nns_addr *record;

	if (!enabled)
		return 0;
	record = record_reserve(kind, sizeof(*record));
	if (!record)
		return 0;
	fill_ipv4(record, ifa);
	record_submit(record);
	return 0;
}

/*
 * fib_del_ifaddr() with a second argument takes the routes of a secondary address away that is about to get
 * them back as a primary one (__inet_del_ifa(), promote_secondaries): the address stays.
 */
static __always_inline int ipv4_removed(struct in_ifaddr *ifa, struct in_ifaddr *primary)
{
	return primary ? 0 : ipv4_address(NNS_ADDR_REMOVED, ifa);
}

/* The kernel's notifier of IPv6 addresses: NETDEV_UP when one was added, NETDEV_DOWN when it was removed. */
static __always_inline int ipv6_address(unsigned long event, struct inet6_ifaddr *ifa)
{
	struct nns_addr *record;

	if (!enabled || (event != NETDEV_UP && event != NETDEV_DOWN))
		return 0;
	record = record_reserve(event == NETDEV_UP ? NNS_ADDR_ADDED : NNS_ADDR_REMOVED, sizeof(*record));
	if (!record)
		return 0;
	fill_ipv6(record, ifa);
	record_submit(record);
	return 0;
}

ENTRY_HOOK(fib_add_ifaddr, ipv4_address(NNS_ADDR_ADDED, ifa), struct in_ifaddr *ifa)

ENTRY_HOOK(fib_del_ifaddr, ipv4_removed(ifa, primary), struct in_ifaddr *ifa, struct in_ifaddr *primary)

ENTRY_HOOK(inet6addr_notifier, ipv6_address(event, ifa), unsigned long event, void *ifa)

#endif
