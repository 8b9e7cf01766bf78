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
 * The dentry of its nsfs file; NULL while nothing has that open or mounted.  In a number until 6.9 made it a pointer
 * ("nsfs: convert to path_from_stashed() helper").
 */
static __always_inline struct dentry *net_file(struct net *net)
{
	if (bpf_core_field_exists(struct ns_common, stashed))
		return BPF_CORE_READ(net, ns.stashed);
	return (struct dentry *)BPF_CORE_READ((struct net___atomic *)net, ns.stashed.counter);
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

/* Whether it is registered: NETREG_*.  Bits of an enum where it is no byte of its own yet. */
static __always_inline __u32 netdev_registration(struct net_device *dev)
{
	if (bpf_core_field_exists(struct net_device, reg_state))
		return BPF_CORE_READ(dev, reg_state);
	return BPF_CORE_READ_BITFIELD_PROBED((struct net_device___bits *)dev, reg_state);
}

/* References of a device are counted on each CPU, but where CONFIG_PCPU_DEV_REFCNT, which came with 5.13, is not set. */
static __always_inline bool netdev_usage_is_per_cpu(void)
{
	return bpf_core_field_exists(struct net_device, pcpu_refcnt);
}

static __always_inline __s32 netdev_usage(struct net_device *dev)
{
	return BPF_CORE_READ((struct net_device___one_count *)dev, dev_refcnt.refs.counter);
}

/*
 * The count at which an unregistered device is freed: 1 since 5.13 (919067cc845f, "net: add CONFIG_PCPU_DEV_REFCNT"),
 * before 0.  A type that came with the same release tells.
 */
static __always_inline __s32 netdev_usage_when_free(void)
{
	return bpf_core_field_exists(struct net_device_path, dev);
}

#endif
