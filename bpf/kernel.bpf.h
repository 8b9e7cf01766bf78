/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where kernels differ: one accessor per difference.  Nothing else in bpf/ asks what kernel it runs on.
 * No version checks: a field is looked for, and libbpf turns the answer into a constant when it loads the
 * program, so the verifier drops the branches that are not taken.
 */
#ifndef NETNSLEAK_KERNEL_BPF_H
#define NETNSLEAK_KERNEL_BPF_H

#include "vmlinux.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/*
 * The reference count.  It was struct net's own until 5.10, moved into ns_common with 5.11 ("net: Use generic
 * ns_common::count") and was renamed there with 6.18, when namespaces got a common tree.
 */
static __always_inline __s32 net_references(struct net *net)
{
	if (bpf_core_field_exists(struct net___own_count, count))
		return BPF_CORE_READ((struct net___own_count *)net, count.refs.counter);
	if (bpf_core_field_exists(struct ns_common___renamed, __ns_ref))
		return BPF_CORE_READ((struct net___renamed *)net, ns.__ns_ref.refs.counter);
	return BPF_CORE_READ(net, ns.count.refs.counter);
}

/*
 * The cookie.  Since 5.12 (3d368ab87cf6, "net: initialize net->net_cookie at netns setup") each netns has it
 * from birth, as a plain number.  Before, it was an atomic64_t that stayed 0 until something asked for it: no
 * identity, so 0 always.
 */
static __always_inline __u64 net_cookie(struct net *net)
{
	if (bpf_core_field_exists(struct net, net_cookie))
		return BPF_CORE_READ(net, net_cookie);
	return 0;
}

/*
 * A driver's private area.  A member of struct net_device since 6.11 ("netdevice: define and allocate
 * &net_device _properly_"), before that it began behind the struct, at the next multiple of NETDEV_ALIGN (32).
 */
static __always_inline void *netdev_private(struct net_device *dev)
{
	if (bpf_core_field_exists(struct net_device___private, priv))
		return (void *)dev + bpf_core_field_offset(struct net_device___private, priv);
	return (void *)dev + ((bpf_core_type_size(struct net_device) + 31) & ~31ULL);
}

#endif
