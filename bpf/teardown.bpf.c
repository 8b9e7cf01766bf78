// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Why a dying netns is not freed: which of its devices is still referenced, and where the kernel's worker is.
 *
 * Two programs, neither of which stays attached: one that user space runs with BPF_PROG_TEST_RUN, over the devices that
 * it asks about; and an iterator over the tasks, which writes the stack of each worker.  None takes a reference or a lock.
 */
#include "hook.bpf.h"
#include "records.bpf.h"

#include "percpu.bpf.h"
#include "teardown.h"

const volatile __u64 handle_salt = 0;

enum { PF_WQ_WORKER = 0x20 };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct teardown_devices);
} teardown_devices SEC(".maps");

struct teardown_run run;

/*
 * A device that was freed is another by now, or its state says so: free_netdev() leaves another number in it.
 */
static __always_inline bool is_leaving(struct net_device *dev, const struct teardown_device *wanted)
{
	__u32 state = netdev_registration(dev);

	return (state == NETREG_UNREGISTERING || state == NETREG_UNREGISTERED) &&
	       (__u32)BPF_CORE_READ(dev, ifindex) == wanted->ifindex && net_handle(netdev_net(dev)) == wanted->netns;
}

__noinline int look_at_device(__u32 number)
{
	__u32 zero = 0;
	struct teardown_devices *devices = bpf_map_lookup_elem(&teardown_devices, &zero);
	struct teardown_device *wanted;
	struct net_device *dev;

	if (!devices)
		return 1;
	wanted = &devices->all[number & (TEARDOWN_DEVICES - 1)];
	dev = (void *)(wanted->device ^ handle_salt);
	if (!is_leaving(dev, wanted))
		return 0;
	if (!netdev_usage_is_per_cpu())
		wanted->usage = netdev_usage(dev);
	else if (cpu_distances && run.cpus <= MOST_CPUS)
		wanted->usage = sum_of_cpus(BPF_CORE_READ(dev, pcpu_refcnt), run.cpus); /* as netdev_refcnt_read() */
	else
		return 0;
	wanted->references = wanted->usage - netdev_usage_when_free();
	wanted->present = 1;
	return 0;
}

SEC("raw_tp")
int teardown_look_at_devices(void *ctx)
{
	for (__u32 i = 0; i < TEARDOWN_DEVICES && i < run.devices; i++)
		if (look_at_device(i))
			break;
	return 0;
}

SEC("iter/task")
int teardown_worker(struct bpf_iter__task *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	struct teardown_stack stack = {};

	if (!task || !(task->flags & PF_WQ_WORKER))
		return 0;
	/* Of one that runs on another CPU right now there is none: the caller sees that, and asks again. */
	stack.pid = task->pid;
	if (bpf_get_task_stack(task, stack.addresses, sizeof(stack.addresses), 0) <= 0)
		stack.addresses[0] = 0;
	bpf_seq_write(seq, &stack, sizeof(stack));
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
