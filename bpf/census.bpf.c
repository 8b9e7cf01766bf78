// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The census: walks the kernel's list of netns and writes what it finds into a buffer that user space maps.
 *
 * User space runs census_run with BPF_PROG_TEST_RUN, reads the buffer, and runs it again while it says that
 * there is more.  Each run is one RCU read-side section, so whatever a run stands on stays in memory.
 *
 * What makes it complete though the list changes between runs: netns are appended at the tail and removed
 * anywhere, never reordered (list_add_tail_rcu() and list_del_rcu() in net/core/net_namespace.c), and so are
 * the devices of a netns.  So what was told, kept in order in "told", is a list that only lost members since:
 * a later run walks both side by side, and what it meets behind the last one told is new.  Addresses of
 * struct net and net_device can come back, so a netns is told by its address and hash_mix, a device by its
 * address and index.
 *
 * The walk is a state machine of small steps, run by two nested loops of global functions.  The verifier
 * checks each of those once, so that a million steps fit into what 5.10 accepts, which has no bpf_loop().
 */
#include "hook.bpf.h"
#include "records.bpf.h"

#include "census.h"

enum { STEPS_INNER = 1024, STEPS_OUTER = 1024 };
enum { ENOENT = 2, E2BIG = 7, ENOSPC = 28, ELOOP = 40 };

/* What step does next. */
enum census_phase { FIND_HEAD, NEXT_NET, MATCH_NET, TELL_NET, NEXT_DEV, MATCH_DEV, TELL_DEV, TELL_IPV4, TELL_IPV6 };

enum census_verdict { GO_ON = 0, STOP = 1 };

struct told {
	__u64 object; /* struct net or struct net_device */
	__u64 mark;   /* its hash_mix or ifindex */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct census_buffer);
} census_buffer SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, CENSUS_TOLD_MAX);
	__type(key, __u32);
	__type(value, struct told);
} census_told SEC(".maps");

struct census_state census;

/*
 * Copy a pointer out of this before BPF_CORE_READ(): all that stands in there is relocated, this struct too.
 * Not static: the compiler would take it apart into variables called at.0, at.1, ..., names that the kernel's
 * BTF refuses.
 */
struct census_walk at;

static __always_inline __u64 net_mark(struct net *net)
{
	return BPF_CORE_READ(net, hash_mix);
}

static __always_inline __u64 dev_mark(struct net_device *dev)
{
	return BPF_CORE_READ(dev, ifindex);
}

static __always_inline struct list_head *list_next(struct list_head *node)
{
	return BPF_CORE_READ(node, next);
}

#define container_of_core(pointer, type, member) ((type *)((void *)(pointer) - bpf_core_field_offset(type, member)))

static __always_inline int fail(__s32 error)
{
	census.error = error;
	return STOP;
}

/*
 * The buffer is full, or this run took too long.  Leave the netns begun for the next run, whole; one that
 * has this buffer to itself is handed over in pieces, cut between devices.
 */
static __always_inline int leave_for_next_run(void)
{
	census.more = 1;
	if (at.net_begin) {
		census.bytes = at.net_begin;
		census.told_devs = 0;
		census.partial = 0;
		return STOP;
	}
	if (!at.dev_begin)
		return fail(-E2BIG);
	census.bytes = at.dev_begin;
	return STOP;
}

/* A zeroed record in the buffer, or NULL: no room. */
static __always_inline void *census_record(enum nns_kind kind, __u32 size)
{
	struct census_buffer *buffer;
	struct nns_hdr *header;
	__u32 zero = 0, offset = census.bytes;

	if (offset + size > CENSUS_BYTES)
		return NULL;
	buffer = bpf_map_lookup_elem(&census_buffer, &zero);
	if (!buffer)
		return NULL;
	header = (void *)&buffer->bytes[offset & (CENSUS_BYTES - 1)];
	__builtin_memset(header, 0, size);
	header->kind = kind;
	header->size = size;
	header->time = bpf_ktime_get_boot_ns();
	census.bytes = offset + size;
	return header;
}

static __always_inline bool tell(__u32 index, __u64 object, __u64 mark)
{
	struct told told = { .object = object, .mark = mark };

	return (int)bpf_map_update_elem(&census_told, &index, &told, BPF_ANY) == 0;
}

static __always_inline bool was_told(__u32 index, __u64 object, __u64 mark)
{
	struct told *told = bpf_map_lookup_elem(&census_told, &index);

	return told && told->object == object && told->mark == mark;
}

/* The ring has one member that is no struct net: the list's head. */
static __always_inline int find_head(void)
{
	struct net *net = container_of_core(at.net_node, struct net, list);

	if ((__u64)BPF_CORE_READ(net, ns.ops) != at.ops) {
		at.head = at.net_node;
		at.phase = NEXT_NET;
		return GO_ON;
	}
	at.net_node = list_next(at.net_node);
	return GO_ON;
}

static __always_inline int next_net(void)
{
	at.net_node = list_next(at.net_node);
	if (!at.net_node)
		return fail(-ENOENT);
	at.net_begin = census.bytes;
	if (at.net_node == at.head) {
		census.more = 0;
		return STOP;
	}
	at.net = container_of_core(at.net_node, struct net, list);
	at.phase = at.skip < census.told_nets ? MATCH_NET : TELL_NET;
	return GO_ON;
}

static __always_inline int match_net(void)
{
	if (at.skip >= census.told_nets) {
		at.phase = TELL_NET;
		return GO_ON;
	}
	if (was_told(at.skip, (__u64)at.net, net_mark(at.net)))
		at.phase = NEXT_NET;
	at.skip++;
	return GO_ON;
}

static __always_inline int tell_net(void)
{
	bool begun = census.partial == (__u64)at.net && census.partial_mix == net_mark(at.net);
	struct nns_census_netns *record;

	at.dev_node = (void *)at.net + bpf_core_field_offset(struct net, dev_base_head);
	at.skip = 0;
	at.phase = NEXT_DEV;
	at.dev_begin = 0;
	if (begun)
		return GO_ON;
	census.told_devs = 0;
	record = census_record(NNS_CENSUS_NETNS, sizeof(*record));
	if (!record)
		return leave_for_next_run();
	fill_ident(&record->netns, at.net);
	record->references = net_references(at.net);
	if (at.net_node == list_next(at.head))
		record->flags = NNS_NETNS_INIT;
	census.partial = (__u64)at.net;
	census.partial_mix = record->netns.mix;
	return GO_ON;
}

static __always_inline int net_done(void)
{
	if (!tell(census.told_nets, (__u64)at.net, net_mark(at.net)))
		return fail(-ENOSPC);
	census.told_nets++;
	census.told_devs = 0;
	census.partial = 0;
	at.skip = census.told_nets;
	at.phase = NEXT_NET;
	return GO_ON;
}

static __always_inline int next_dev(void)
{
	struct list_head *head = (void *)at.net + bpf_core_field_offset(struct net, dev_base_head);

	at.dev_node = list_next(at.dev_node);
	if (!at.dev_node || at.dev_node == head)
		return net_done();
	at.dev = container_of_core(at.dev_node, struct net_device, dev_list);
	at.phase = at.skip < census.told_devs ? MATCH_DEV : TELL_DEV;
	return GO_ON;
}

static __always_inline int match_dev(void)
{
	if (at.skip >= census.told_devs) {
		at.phase = TELL_DEV;
		return GO_ON;
	}
	if (was_told(census.told_nets + at.skip, (__u64)at.dev, dev_mark(at.dev)))
		at.phase = NEXT_DEV;
	at.skip++;
	return GO_ON;
}

static __always_inline int tell_dev(void)
{
	struct net_device *dev = at.dev;
	struct in_device *ipv4 = BPF_CORE_READ(dev, ip_ptr);
	struct nns_dev *record;

	at.dev_begin = census.bytes;
	record = census_record(NNS_CENSUS_DEV, sizeof(*record));
	if (!record)
		return leave_for_next_run();
	fill_device(record, dev);
	at.ipv4 = ipv4 ? BPF_CORE_READ(ipv4, ifa_list) : NULL;
	at.phase = TELL_IPV4;
	return GO_ON;
}

static __always_inline int begin_ipv6(void)
{
	struct net_device *dev = at.dev;
	struct inet6_dev *ipv6 = BPF_CORE_READ(dev, ip6_ptr);

	at.ipv6_head = ipv6 ? (void *)ipv6 + bpf_core_field_offset(struct inet6_dev, addr_list) : NULL;
	at.ipv6_node = ipv6 ? list_next(at.ipv6_head) : NULL;
	at.phase = TELL_IPV6;
	return GO_ON;
}

static __always_inline int tell_ipv4(void)
{
	struct in_ifaddr *ifa = at.ipv4;
	struct nns_addr *record;

	if (!ifa)
		return begin_ipv6();
	record = census_record(NNS_CENSUS_ADDR, sizeof(*record));
	if (!record)
		return leave_for_next_run();
	fill_ipv4(record, ifa);
	at.ipv4 = BPF_CORE_READ(ifa, ifa_next);
	return GO_ON;
}

static __always_inline int dev_done(void)
{
	if (!tell(census.told_nets + census.told_devs, (__u64)at.dev, dev_mark(at.dev)))
		return fail(-ENOSPC);
	census.told_devs++;
	at.skip = census.told_devs;
	at.phase = NEXT_DEV;
	return GO_ON;
}

static __always_inline int tell_ipv6(void)
{
	struct nns_addr *record;

	if (!at.ipv6_node || at.ipv6_node == at.ipv6_head)
		return dev_done();
	record = census_record(NNS_CENSUS_ADDR, sizeof(*record));
	if (!record)
		return leave_for_next_run();
	fill_ipv6(record, container_of_core(at.ipv6_node, struct inet6_ifaddr, if_list));
	at.ipv6_node = list_next(at.ipv6_node);
	return GO_ON;
}

__noinline int census_step(int unused)
{
	switch (at.phase) {
	case FIND_HEAD:
		return find_head();
	case NEXT_NET:
		return next_net();
	case MATCH_NET:
		return match_net();
	case TELL_NET:
		return tell_net();
	case NEXT_DEV:
		return next_dev();
	case MATCH_DEV:
		return match_dev();
	case TELL_DEV:
		return tell_dev();
	case TELL_IPV4:
		return tell_ipv4();
	case TELL_IPV6:
		return tell_ipv6();
	}
	return fail(-ELOOP) + unused;
}

__noinline int census_steps(int unused)
{
	for (int i = 0; i < STEPS_INNER; i++)
		if (census_step(i) != GO_ON)
			return STOP;
	return GO_ON & unused;
}

SEC("raw_tp")
int census_run(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct net *own = BPF_CORE_READ(task, nsproxy, net_ns);

	at.phase = FIND_HEAD;
	at.ops = (__u64)BPF_CORE_READ(own, ns.ops);
	at.net_node = (void *)own + bpf_core_field_offset(struct net, list);
	at.skip = 0;
	at.net_begin = 0;
	at.dev_begin = 0;
	census.bytes = 0;
	census.more = 0;
	census.error = 0;
	for (int i = 0; i < STEPS_OUTER; i++)
		if (census_steps(i) != GO_ON)
			return 0;
	/* A run that told nothing in a million steps never will: the list is corrupt or endless. */
	if (!at.net_begin && !at.dev_begin)
		return fail(-ELOOP);
	return leave_for_next_run();
}

/* Says for each process which netns it is in; user space counts them. */
SEC("iter/task")
int census_task(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	struct census_task_entry entry = {};
	struct nsproxy *nsproxy;

	if (!task)
		return 0;
	nsproxy = task->nsproxy;
	if (!nsproxy) /* it is exiting */
		return 0;
	/* A thread counts where it went its own way, or lives on without its leader. */
	if (task->pid != task->tgid && BPF_CORE_READ(task, group_leader, nsproxy) == nsproxy)
		return 0;
	entry.handle = net_handle(BPF_CORE_READ(nsproxy, net_ns));
	entry.started = task->pid == task->tgid ? task->start_time : ~0ull;
	entry.pid = task->tgid;
	bpf_seq_write(seq, &entry, sizeof(entry));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
