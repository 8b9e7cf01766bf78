/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Network devices: registered, unregistered, moved between netns. */
#ifndef NETNSLEAK_DEVICES_BPF_H
#define NETNSLEAK_DEVICES_BPF_H

#include "calls.bpf.h"
#include "emit.bpf.h"
#include "hook.bpf.h"

static __always_inline int device_event(enum nns_kind kind, struct net_device *dev)
{
	struct nns_dev *record;

	if (!enabled)
		return 0;
	record = record_reserve(kind, sizeof(*record));
	if (!record)
		return 0;
	fill_device(record, dev);
	/* It is not freed yet: that waits until nothing refers to it any more, and may be asked for by this (teardown.h). */
	if (kind == NNS_DEV_UNREGISTERED)
		record->other = device_handle(dev);
	record_submit(record);
	return 0;
}

/* A move begins: it may give the device another index, so keep the one that it had. */
static __always_inline int device_leaves(struct net_device *dev)
{
	if (enabled)
		call_save(CALL_CHANGE_NET_NAMESPACE, (__u64)dev, BPF_CORE_READ(dev, ifindex));
	return 0;
}

/*
 * netdev_change_owner() is called by the move alone, past all that can fail and once dev has its new netns
 * and index (net/core/dev.c).
 */
static __always_inline int device_moved(struct net_device *dev, struct net *old)
{
	struct call_values begun = {};
	struct nns_dev *record;

	call_take(CALL_CHANGE_NET_NAMESPACE, &begun);
	if (!enabled)
		return 0;
	record = record_reserve(NNS_DEV_MOVED, sizeof(*record));
	if (!record)
		return 0;
	fill_device(record, dev);
	record->other = net_handle(old);
	record->old_ifindex = begun.object == (__u64)dev ? begun.number : record->ifindex;
	record_submit(record);
	return 0;
}

/*
 * Registered: dev_init_scheduler() is called by register_netdevice() alone, when the device has its index and
 * is in sysfs.  Only a notifier's veto can follow, and that unregisters the device in the usual way.
 */
ENTRY_HOOK(dev_init_scheduler, device_event(NNS_DEV_REGISTERED, dev), struct net_device *dev)

/* Unregistered: past the notifiers that take its addresses away, so those are told first. */
ENTRY_HOOK(netdev_unregister_kobject, device_event(NNS_DEV_UNREGISTERED, dev), struct net_device *dev)

ENTRY_HOOK(dev_change_net_namespace, device_leaves(dev), struct net_device *dev)

ENTRY_HOOK(netdev_change_owner, device_moved(dev, old), struct net_device *dev, struct net *old)

#endif
