/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The way out of the hooks: the ring buffer, sequence numbers and the count of what found no room. */
#ifndef NETNSLEAK_EMIT_BPF_H
#define NETNSLEAK_EMIT_BPF_H

#include "records.bpf.h"

/* Set once all is attached: a half-attached tracer says nothing. */
volatile bool enabled;

/* Records that found no room; user space reads it where it is mapped. */
volatile __u64 lost_records;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20); /* user space sets it before load */
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} sequence SEC(".maps");

/*
 * Next number of this CPU.  5.10 has no atomic add that returns the value (it came with 5.12), so it is read
 * back: a hook that runs in an interrupt between the two makes one number appear twice and the next one
 * missing.  That looks like a loss and costs a resync; a real loss never looks like none.
 */
static __always_inline __u64 next_sequence(void)
{
	__u32 zero = 0;
	volatile __u64 *number = bpf_map_lookup_elem(&sequence, &zero);

	if (!number)
		return 0;
	__sync_fetch_and_add(number, 1);
	return *number;
}

static __always_inline void fill_header(struct nns_hdr *header, enum nns_kind kind, __u64 size, __u64 number)
{
	header->kind = kind;
	header->size = size;
	header->cpu = bpf_get_smp_processor_id();
	header->seq = number;
	header->time = bpf_ktime_get_boot_ns();
}

/* A zeroed record with its header, or NULL, counted.  size is a constant: that of the kind's struct. */
static __always_inline void *record_reserve(enum nns_kind kind, __u64 size)
{
	__u64 number = next_sequence();
	struct nns_hdr *header = bpf_ringbuf_reserve(&events, size, 0);

	if (!header) {
		__sync_fetch_and_add(&lost_records, 1);
		return NULL;
	}
	__builtin_memset(header, 0, size);
	fill_header(header, kind, size, number);
	return header;
}

/* A record that was made elsewhere, for it shows late whether there is one: it goes into the ring with its header. */
static __always_inline void record_output(enum nns_kind kind, struct nns_hdr *record, __u64 size)
{
	fill_header(record, kind, size, next_sequence());
	if (bpf_ringbuf_output(&events, record, size, 0) != 0)
		__sync_fetch_and_add(&lost_records, 1);
}

static __always_inline void record_submit(void *record)
{
	bpf_ringbuf_submit(record, 0);
}

static __always_inline void fill_task(struct nns_task *task)
{
	__u64 pid_tgid = bpf_get_current_pid_tgid();

	task->pid = pid_tgid >> 32;
	task->tid = pid_tgid;
	task->cgroup_id = bpf_get_current_cgroup_id();
	bpf_get_current_comm(task->comm, sizeof(task->comm));
}

#endif
