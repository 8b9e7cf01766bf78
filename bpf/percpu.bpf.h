/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where each CPU's own variables are. */
#ifndef NETNSLEAK_PERCPU_BPF_H
#define NETNSLEAK_PERCPU_BPF_H

#include "hook.bpf.h"

/*
 * Address of __per_cpu_offset, which has the distance of each CPU's; 0: not known.  The kernel looks up a per-CPU variable
 * of its BTF in the same list of names as user space, so that with bpf_per_cpu_ptr() nothing more would be seen.
 */
const volatile __u64 cpu_distances = 0;

enum { MOST_CPUS = 1024 };

/* The sum of what all CPUs have at counter, which is a per-CPU pointer. */
static __always_inline __s32 sum_of_cpus(void *counter, __u32 cpus)
{
	const __u64 *distances = (const __u64 *)cpu_distances;
	__s32 sum = 0;

	for (__u32 cpu = 0; cpu < MOST_CPUS && cpu < cpus; cpu++) {
		__u64 distance = 0;
		__s32 count = 0;

		bpf_probe_read_kernel(&distance, sizeof(distance), &distances[cpu]);
		bpf_probe_read_kernel(&count, sizeof(count), counter + distance);
		sum += count;
	}
	return sum;
}

#endif
