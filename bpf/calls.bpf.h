/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a hook at the beginning of a kernel function leaves for the one at its end, in the same task. */
#ifndef NETNSLEAK_CALLS_BPF_H
#define NETNSLEAK_CALLS_BPF_H

#include "kernel.bpf.h"

enum call { CALL_COPY_NET_NS = 1, CALL_NETNS_PUT, CALL_NET_FREE, CALL_CHANGE_NET_NAMESPACE };

struct call_key {
	__u64 pid_tgid;
	__u64 call; /* enum call */
};

struct call_values {
	__u64 object;
	__u64 number;
};

/* LRU: a function that never reaches its second hook (a move that fails) leaves an entry that must not stay. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct call_key);
	__type(value, struct call_values);
} calls SEC(".maps");

static __always_inline void call_save(enum call call, __u64 object, __u64 number)
{
	struct call_key key = { .pid_tgid = bpf_get_current_pid_tgid(), .call = call };
	struct call_values values = { .object = object, .number = number };

	bpf_map_update_elem(&calls, &key, &values, BPF_ANY);
}

static __always_inline bool call_take(enum call call, struct call_values *ret)
{
	struct call_key key = { .pid_tgid = bpf_get_current_pid_tgid(), .call = call };
	struct call_values *values = bpf_map_lookup_elem(&calls, &key);

	if (!values)
		return false;
	*ret = *values;
	bpf_map_delete_elem(&calls, &key);
	return true;
}

#endif
