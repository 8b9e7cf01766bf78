/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Birth and end of netns: created, creation failed, dying, cleanup entered, freed. */
#ifndef NETNSLEAK_LIFECYCLE_BPF_H
#define NETNSLEAK_LIFECYCLE_BPF_H

#include "calls.bpf.h"
#include "emit.bpf.h"
#include "hook.bpf.h"

enum { CLONE_NEWNET = 0x40000000, MAX_ERRNO = 4095, EEXIST = 17 };

/*
 * The netns that were said to be dying and are not freed yet, by address of struct net.  This is what makes
 * "dying" come once, whichever of its roads sees it first.  Preallocated: before 6.1 the kernel warns when a
 * kprobe program has a map that is not.  When it is full, cleanup says dying for those that did not fit.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct nns_ident);
} ending SEC(".maps");

/*
 * Who is about to drop what may be the last reference, in netns_put(), by address of struct net.  The worker
 * that cleans up often runs before netns_put() has returned (every second time on a preemptible kernel) and
 * then has to say dying; this tells it who did it.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct nns_task);
} droppers SEC(".maps");

/* task: NULL for the one that this runs in.  NULL: no room. */
static __always_inline struct nns_netns_end *end_reserve(enum nns_kind kind, const struct nns_ident *ident,
							 enum nns_road road, const struct nns_task *task)
{
	struct nns_netns_end *record = record_reserve(kind, sizeof(*record));

	if (!record)
		return NULL;
	record->netns = *ident;
	if (task)
		record->task = *task;
	else
		fill_task(&record->task);
	record->road = road;
	return record;
}

static __always_inline void tell_end(enum nns_kind kind, const struct nns_ident *ident, enum nns_road road,
				     const struct nns_task *task)
{
	struct nns_netns_end *record = end_reserve(kind, ident, road, task);

	if (record)
		record_submit(record);
}

static __always_inline void tell_created(struct net *net, struct net *parent)
{
	struct nns_netns_created *record = record_reserve(NNS_NETNS_CREATED, sizeof(*record));

	if (!record)
		return;
	fill_ident(&record->netns, net);
	fill_ident(&record->parent, parent);
	fill_task(&record->task);
	record_submit(record);
}

static __always_inline void tell_create_failed(__s32 error)
{
	struct nns_netns_create_failed *record = record_reserve(NNS_NETNS_CREATE_FAILED, sizeof(*record));

	if (!record)
		return;
	fill_task(&record->task);
	record->error = error;
	record_submit(record);
}

/* Says freed for one that was said to be dying, unless that was done already: only one can delete it. */
static __always_inline void tell_freed_once(struct net *net)
{
	__u64 key = (__u64)net;
	struct nns_ident *known = bpf_map_lookup_elem(&ending, &key);
	struct nns_ident ident;

	if (!known)
		return;
	ident = *known;
	if ((int)bpf_map_delete_elem(&ending, &key) == 0)
		tell_end(NNS_NETNS_FREED, &ident, NNS_ROAD_NONE, NULL);
}

static __always_inline int netns_created(__u64 flags, struct net *parent, struct net *net)
{
	if (!enabled || !(flags & CLONE_NEWNET) || !net)
		return 0;
	if ((__u64)net >= (__u64)-MAX_ERRNO) {
		tell_create_failed((__s32)(__s64)net);
		return 0;
	}
	/* Should the end of the one that had this address have been missed, then tell it before it is another's. */
	tell_freed_once(net);
	tell_created(net, parent);
	return 0;
}

/*
 * The first to put it into the map says dying.  Returns whether this call is to say it.
 */
static __always_inline bool begin_ending(__u64 net, const struct nns_ident *ident, bool last_chance)
{
	/* int, not long: before 6.4 the kernel may leave the upper half of the result unset */
	int error = (int)bpf_map_update_elem(&ending, &net, ident, BPF_NOEXIST);

	if (error == -EEXIST)
		return false;
	/* Full: leave it to cleanup, which passes each netns once and after all other roads. */
	return !error || last_chance;
}

static __always_inline int netns_dying(struct net *net, enum nns_road road)
{
	__u64 key = (__u64)net;
	struct nns_netns_end *record;
	struct nns_ident ident;

	if (bpf_map_lookup_elem(&ending, &key))
		return 0;
	fill_ident(&ident, net);
	/* Room is taken first: once it stands in the map, another CPU may tell of the cleanup, which is to come behind. */
	record = end_reserve(NNS_NETNS_DYING, &ident, road, NULL);
	if (!record) {
		/* Keeps the compiler from making one call of the two: the verifier would lose sight of the record. */
		asm volatile("");
		begin_ending(key, &ident, false);
		return 0;
	}
	if (!begin_ending(key, &ident, false))
		record->hdr.kind = NNS_FILLER;
	record_submit(record);
	return 0;
}

static __always_inline struct net *net_of(struct ns_common *ns)
{
	return (void *)ns - bpf_core_field_offset(struct net, ns);
}

static __always_inline int netns_is_put(struct ns_common *ns)
{
	struct net *net = net_of(ns);
	__u64 key = (__u64)net;
	struct nns_task task = {};

	if (!enabled || net_references(net) != 1)
		return 0;
	fill_task(&task);
	bpf_map_update_elem(&droppers, &key, &task, BPF_ANY);
	return 0;
}

/*
 * netns_put() drops the reference of an nsfs inode, and the compiler put __put_net() into it (both are in
 * net/core/net_namespace.c), so that a hook there does not see it.  Whether it was the last reference shows
 * only afterwards, when the count is 0.
 */
static __always_inline int netns_was_put(struct ns_common *ns)
{
	struct net *net = net_of(ns);
	__u64 key = (__u64)net;

	if (!enabled)
		return 0;
	if (net_references(net) == 0)
		netns_dying(net, NNS_ROAD_NETNS_PUT);
	bpf_map_delete_elem(&droppers, &key);
	return 0;
}

/* No road said dying before cleanup: either netns_put() has not returned yet, or there is a road unknown to us. */
static __always_inline void tell_dying_at_cleanup(__u64 net, const struct nns_ident *ident)
{
	struct nns_task *dropper = bpf_map_lookup_elem(&droppers, &net);
	struct nns_task task;

	if (!dropper) {
		tell_end(NNS_NETNS_DYING, ident, NNS_ROAD_CLEANUP, NULL);
		return;
	}
	task = *dropper;
	bpf_map_delete_elem(&droppers, &net);
	tell_end(NNS_NETNS_DYING, ident, NNS_ROAD_NETNS_PUT, &task);
}

/*
 * cleanup_net() calls the pre_exit operations of each netns that it takes up, before it waits for anything
 * but locks.  They are called through pointers, so the compiler cannot hide them, unlike cleanup_net()'s own
 * list.  They are also called where a netns could not be made: then its count is not 0.
 */
static __always_inline int netns_cleanup(struct net *net)
{
	struct nns_ident ident;

	if (!enabled || net_references(net) != 0)
		return 0;
	fill_ident(&ident, net);
	if (begin_ending((__u64)net, &ident, true))
		tell_dying_at_cleanup((__u64)net, &ident);
	tell_end(NNS_NETNS_CLEANUP, &ident, NNS_ROAD_NONE, NULL);
	return 0;
}

/*
 * The last passive reference: net_free() is called when it is gone (0), net_passive_dec() and net_drop_ns()
 * just before (1).  Of two that drop the last two at the same moment both may read 2 (kernel sockets and sysfs
 * hold such references too): then it shows at the exit, where the count is 0 and the memory is still there,
 * for cleanup frees it a round later (0f6ede9fbc74, "net: defer final 'struct net' free in netns dismantle").
 */
static __always_inline int netns_freed(struct net *net)
{
	__u64 key = (__u64)net;
	struct nns_ident ident;

	if (!enabled || BPF_CORE_READ(net, passive.refs.counter) > 1)
		return 0;
	fill_ident(&ident, net);
	bpf_map_delete_elem(&ending, &key);
	tell_end(NNS_NETNS_FREED, &ident, NNS_ROAD_NONE, NULL);
	return 0;
}

static __always_inline int netns_was_freed(struct net *net)
{
	if (enabled && BPF_CORE_READ(net, passive.refs.counter) == 0)
		tell_freed_once(net);
	return 0;
}

SEC("fexit")
int BPF_PROG(copy_net_ns__fexit, unsigned long flags, void *user_ns, struct net *parent, struct net *net)
{
	return netns_created(flags, parent, net);
}

SEC("kprobe")
int BPF_KPROBE(copy_net_ns__kprobe, unsigned long flags, void *user_ns, struct net *parent)
{
	if (flags & CLONE_NEWNET)
		call_save(CALL_COPY_NET_NS, (__u64)parent, flags);
	return 0;
}

SEC("kretprobe")
int BPF_KRETPROBE(copy_net_ns__kretprobe, struct net *net)
{
	struct call_values entry;

	if (!call_take(CALL_COPY_NET_NS, &entry))
		return 0;
	return netns_created(entry.number, (struct net *)entry.object, net);
}

ENTRY_HOOK(put_net, enabled ? netns_dying(net, NNS_ROAD_PUT_NET) : 0, struct net *net)

SEC("fentry")
int BPF_PROG(netns_put__fentry, struct ns_common *ns)
{
	return netns_is_put(ns);
}

SEC("fexit")
int BPF_PROG(netns_put__fexit, struct ns_common *ns)
{
	return netns_was_put(ns);
}

SEC("kprobe")
int BPF_KPROBE(netns_put__kprobe, struct ns_common *ns)
{
	call_save(CALL_NETNS_PUT, (__u64)ns, 0);
	return netns_is_put(ns);
}

SEC("kretprobe")
int BPF_KRETPROBE(netns_put__kretprobe)
{
	struct call_values entry;

	return call_take(CALL_NETNS_PUT, &entry) ? netns_was_put((struct ns_common *)entry.object) : 0;
}

ENTRY_HOOK(pre_exit, netns_cleanup(net), struct net *net)

SEC("fentry")
int BPF_PROG(net_free__fentry, struct net *net)
{
	return netns_freed(net);
}

SEC("fexit")
int BPF_PROG(net_free__fexit, struct net *net)
{
	return netns_was_freed(net);
}

SEC("kprobe")
int BPF_KPROBE(net_free__kprobe, struct net *net)
{
	call_save(CALL_NET_FREE, (__u64)net, 0);
	return netns_freed(net);
}

SEC("kretprobe")
int BPF_KRETPROBE(net_free__kretprobe)
{
	struct call_values entry;

	return call_take(CALL_NET_FREE, &entry) ? netns_was_freed((struct net *)entry.object) : 0;
}

#endif
