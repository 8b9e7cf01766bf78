/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Fills the parts of records (events.h) from kernel objects; shared by the hooks and the census. */
#ifndef NETNSLEAK_RECORDS_BPF_H
#define NETNSLEAK_RECORDS_BPF_H

#include "kernel.bpf.h"

#include "events.h"

enum {
	AF_INET = 2,
	AF_INET6 = 10,
	IFF_UP = 1,
	IFF_LOOPBACK = 8,
	RT_SCOPE_UNIVERSE = 0,
	RT_SCOPE_SITE = 200,
	RT_SCOPE_LINK = 253,
	RT_SCOPE_HOST = 254,
};

/* Secret of the session: an address of the kernel must not leave it as it is.  Set before load. */
extern const volatile __u64 handle_salt;

/*
 * A trampoline's arguments are pointers to the verifier, which allows no XOR on a pointer: read it back from
 * the stack as a number.
 */
static __always_inline __u64 pointer_number(const void *pointer)
{
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), &pointer);
	return number;
}

/* A number that tells one object from another; 0 for NULL. */
static __always_inline __u64 salted(const void *pointer)
{
	return pointer ? pointer_number(pointer) ^ handle_salt : 0;
}

static __always_inline __u64 net_handle(const struct net *net)
{
	return salted(net);
}

static __always_inline __u64 device_handle(const struct net_device *dev)
{
	return pointer_number(dev) ^ handle_salt;
}

static __always_inline void fill_ident(struct nns_ident *ident, struct net *net)
{
	ident->handle = net_handle(net);
	ident->cookie = net_cookie(net);
	ident->inum = BPF_CORE_READ(net, ns.inum);
	ident->mix = BPF_CORE_READ(net, hash_mix);
}

static __always_inline struct net *netdev_net(struct net_device *dev)
{
	return BPF_CORE_READ(dev, nd_net.net);
}

static __always_inline bool is_veth(const char *kind)
{
	return kind[0] == 'v' && kind[1] == 'e' && kind[2] == 't' && kind[3] == 'h' && !kind[4];
}

/*
 * The other end of a veth is the first word of its private area (struct veth_priv, drivers/net/veth.c; a
 * module's type, so not in the kernel's BTF).  It is NULL until both ends are registered and again once one
 * of them is being removed.
 */
static __always_inline void fill_veth_peer(struct nns_dev *record, struct net_device *dev)
{
	struct net_device *peer = NULL;

	bpf_probe_read_kernel(&peer, sizeof(peer), netdev_private(dev));
	if (!peer)
		return;
	record->peer_ifindex = BPF_CORE_READ(peer, ifindex);
	record->peer_netns = net_handle(netdev_net(peer));
	record->flags |= NNS_DEV_PEER;
}

/* All but the header; what is not known stays as it was: zero. */
static __always_inline void fill_device(struct nns_dev *record, struct net_device *dev)
{
	const struct rtnl_link_ops *ops = BPF_CORE_READ(dev, rtnl_link_ops);
	__u32 flags = BPF_CORE_READ(dev, flags);

	fill_ident(&record->netns, netdev_net(dev));
	record->ifindex = BPF_CORE_READ(dev, ifindex);
	record->flags = (flags & IFF_UP ? NNS_DEV_UP : 0) | (flags & IFF_LOOPBACK ? NNS_DEV_LOOPBACK : 0);
	bpf_probe_read_kernel_str(record->ifname, sizeof(record->ifname), &dev->name);
	if (!ops)
		return;
	bpf_probe_read_kernel_str(record->link_kind, sizeof(record->link_kind), BPF_CORE_READ(ops, kind));
	if (is_veth(record->link_kind))
		fill_veth_peer(record, dev);
}

static __always_inline void fill_address_device(struct nns_addr *record, struct net_device *dev)
{
	fill_ident(&record->netns, netdev_net(dev));
	record->ifindex = BPF_CORE_READ(dev, ifindex);
	bpf_probe_read_kernel_str(record->ifname, sizeof(record->ifname), &dev->name);
}

static __always_inline void fill_ipv4(struct nns_addr *record, struct in_ifaddr *ifa)
{
	__be32 address = BPF_CORE_READ(ifa, ifa_local);

	fill_address_device(record, BPF_CORE_READ(ifa, ifa_dev, dev));
	record->family = AF_INET;
	record->prefixlen = BPF_CORE_READ(ifa, ifa_prefixlen);
	record->scope = BPF_CORE_READ(ifa, ifa_scope);
	__builtin_memcpy(record->addr, &address, sizeof(address));
	if (record->addr[0] == 127)
		record->flags = NNS_ADDR_LOOPBACK;
	else if (record->addr[0] == 169 && record->addr[1] == 254)
		record->flags = NNS_ADDR_LINK_LOCAL;
}

static __always_inline bool is_ipv6_loopback(const __u8 *addr)
{
	__u8 others = 0;

#pragma unroll
	for (int i = 0; i < 15; i++)
		others |= addr[i];
	return !others && addr[15] == 1;
}

/* As the kernel's rt_scope(): what `ip -6 addr` calls scope, which follows from the address alone. */
static __always_inline void fill_ipv6_scope(struct nns_addr *record)
{
	const __u8 *addr = record->addr;

	if (is_ipv6_loopback(addr)) {
		record->scope = RT_SCOPE_HOST;
		record->flags = NNS_ADDR_LOOPBACK;
	} else if (addr[0] == 0xfe && (addr[1] & 0xc0) == 0x80) {
		record->scope = RT_SCOPE_LINK;
		record->flags = NNS_ADDR_LINK_LOCAL;
	} else if (addr[0] == 0xfe && (addr[1] & 0xc0) == 0xc0) {
		record->scope = RT_SCOPE_SITE;
	} else {
		record->scope = RT_SCOPE_UNIVERSE;
	}
}

static __always_inline void fill_ipv6(struct nns_addr *record, struct inet6_ifaddr *ifa)
{
	fill_address_device(record, BPF_CORE_READ(ifa, idev, dev));
	record->family = AF_INET6;
	record->prefixlen = BPF_CORE_READ(ifa, prefix_len);
	bpf_probe_read_kernel(record->addr, sizeof(record->addr), &ifa->addr);
	fill_ipv6_scope(record);
}

#endif
