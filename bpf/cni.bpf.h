/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls of CNI plugins: a program begins with CNI_COMMAND in its environment, and ends.
 *
 * Every exec of the node passes here, so that one that is no plugin must cost next to nothing: its environment is
 * copied in one go, and of each eight bytes one word is looked at.
 *
 * While a task is preempted in a program, the kernel does not run that program for others on the same CPU, since it takes
 * that for a recursion.  Programs on trampolines can be preempted where the kernel can, and since 7.0, where each kernel
 * can, those on tracepoints, too ("tracing: Guard __DECLARE_TRACE() use of __DO_TRACE_CALL() with SRCU-fast"): of calls on
 * busy CPUs one of twenty was missed.  So two programs look at an exec, one after the other, and the second has nothing to
 * do where the first was run; and an end is looked at where the kernel holds a lock under which nobody is preempted (but on a
 * real-time kernel).
 */
#ifndef NETNSLEAK_CNI_BPF_H
#define NETNSLEAK_CNI_BPF_H

#include "emit.bpf.h"
#include "hook.bpf.h"

enum {
	CNI_CHUNK = 4096,  /* bytes of the environment that are looked at in one go */
	CNI_OVERLAP = 16,  /* more than what is searched for has */
	CNI_CHUNKS = 16,   /* an environment that is larger than so many, some 64 KiB, is not looked at any further */
	CNI_STRINGS = 768, /* of a plugin's environment */
	CNI_STRING = 1024, /* bytes; of a longer one this much is looked at */
	CNI_ANCESTORS = 8,
	CAP_SYS_ADMIN = 21,
	SIGNAL_GROUP_EXIT = 4,
};

/* Which of the two programs looks at an exec: what they work with must not be the same. */
enum cni_look { CNI_FIRST_LOOK, CNI_SECOND_LOOK, CNI_LOOKS };

struct cni_scratch {
	union {
		__u8 chunk[CNI_CHUNK + CNI_OVERLAP];
		__u64 words[CNI_CHUNK / 8];
		char string[CNI_STRING];
	};
	struct nns_cni_exec record;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, CNI_LOOKS);
	__type(key, __u32);
	__type(value, struct cni_scratch);
} cni_scratch SEC(".maps");

/* Which process, and which of the programs that it runs one after the other. */
struct cni_exec {
	__u64 pid;
	__u64 born;
	__u64 number; /* task_struct.self_exec_id */
};

/* On each CPU, the last that the first look was at. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct cni_exec);
} cni_looked_at SEC(".maps");

struct cni_call {
	__u64 started;
	struct cni_exec exec; /* the last that is known of it */
};

/* The calls that have not ended, by pid. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct cni_call);
} cni_running SEC(".maps");

static __always_inline struct cni_scratch *cni_get_scratch(__u32 look)
{
	return bpf_map_lookup_elem(&cni_scratch, &look);
}

/* --- is it a plugin? --- */

#define WORD32(a, b, c, d) ((__u32)(a) | (__u32)(b) << 8 | (__u32)(c) << 16 | (__u32)(d) << 24)
#define WORD64(a, b, c, d, e, f, g, h) ((__u64)WORD32(a, b, c, d) | (__u64)WORD32(e, f, g, h) << 32)

/* Where in "CNI_COMMAND=" the four letters stand; -1: nowhere. */
static __always_inline int cni_place(__u32 letters)
{
	switch (letters) {
	case WORD32('C', 'N', 'I', '_'):
		return 0;
	case WORD32('N', 'I', '_', 'C'):
		return 1;
	case WORD32('I', '_', 'C', 'O'):
		return 2;
	case WORD32('_', 'C', 'O', 'M'):
		return 3;
	case WORD32('C', 'O', 'M', 'M'):
		return 4;
	case WORD32('O', 'M', 'M', 'A'):
		return 5;
	case WORD32('M', 'M', 'A', 'N'):
		return 6;
	case WORD32('M', 'A', 'N', 'D'):
		return 7;
	}
	return -1;
}

static __always_inline bool cni_begins_at(const struct cni_scratch *scratch, __u32 at)
{
	/* The compiler must not know more of it than the verifier does. */
	asm volatile("" : "+r"(at));
	at &= CNI_CHUNK - 1;
	return *(__u64 *)(scratch->chunk + at) == WORD64('C', 'N', 'I', '_', 'C', 'O', 'M', 'M') &&
	       *(__u32 *)(scratch->chunk + at + 8) == WORD32('A', 'N', 'D', '=');
}

/*
 * Does "CNI_COMMAND=" stand in the first length bytes of the scratch?  Its twelve letters cover the first half of an
 * aligned word of eight bytes, wherever they begin; and capitals and underscores have the three upper bits of their
 * bytes in common.  It may stand within another string: cni_take_strings() looks more closely.
 *
 * A function that the verifier looks at once and not for each chunk.
 */
__attribute__((noinline)) int cni_find(__u32 look, __u32 length)
{
	struct cni_scratch *scratch = cni_get_scratch(look);

	if (!scratch)
		return 0;
	for (__u32 i = 0; i < CNI_CHUNK / 8; i++) {
		__u32 letters = scratch->words[i];
		int place;

		if (i * 8 >= length)
			break;
		if ((letters & 0xe0e0e0e0) != 0x40404040)
			continue;
		place = cni_place(letters);
		if (place >= 0 && i * 8 >= (__u32)place && cni_begins_at(scratch, i * 8 - (__u32)place))
			return 1;
	}
	return 0;
}

static __always_inline bool cni_is_in_environment(enum cni_look look, __u64 at, __u64 end)
{
	struct cni_scratch *scratch = cni_get_scratch(look);

	if (!scratch)
		return false;
	for (int i = 0; i < CNI_CHUNKS && at < end; i++) {
		__u64 length = end - at;

		if (length > CNI_CHUNK)
			length = CNI_CHUNK;
		/* The new program's stack was written just now: no page of it is away. */
		if (bpf_probe_read_user(scratch->chunk, length, (void *)at) != 0)
			return false;
		if (cni_find(look, length))
			return true;
		at += CNI_CHUNK - CNI_OVERLAP;
	}
	return false;
}

/*
 * Anybody may put CNI_COMMAND into an environment; a plugin enters other netns.  Who may do that on the node is believed; what
 * most containers run is not even looked at.
 */
static __always_inline bool cni_is_trusted(struct task_struct *task)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);
	__u64 capabilities = 0;

	bpf_probe_read_kernel(&capabilities, sizeof(capabilities), (void *)cred + bpf_core_field_offset(struct cred, cap_effective));
	return capabilities >> CAP_SYS_ADMIN & 1 && BPF_CORE_READ(cred, user_ns, level) == 0;
}

/* --- what it is called with --- */

/* value: where in the string it begins. */
#define CNI_TAKE(record, field, scratch, value)                                                              \
	do {                                                                                                 \
		if (bpf_probe_read_kernel_str((record)->field, sizeof((record)->field),                      \
					      (scratch)->string + (value)) == sizeof((record)->field))       \
			(record)->flags |= NNS_CNI_CUT;                                                      \
	} while (0)

/* The string in the scratch, into the record.  A function for the same reason as cni_find(). */
__attribute__((noinline)) int cni_take_string(__u32 look)
{
	struct cni_scratch *scratch = cni_get_scratch(look);
	struct nns_cni_exec *record;
	__u64 name;

	if (!scratch || *(__u32 *)scratch->string != WORD32('C', 'N', 'I', '_'))
		return 0;
	record = &scratch->record;
	/* Eight bytes of what follows, read one by one: they are not aligned as the kernel of arm64 may want them. */
	bpf_probe_read_kernel(&name, sizeof(name), scratch->string + 4);
	if (name == WORD64('C', 'O', 'M', 'M', 'A', 'N', 'D', '='))
		CNI_TAKE(record, command, scratch, 12);
	else if (name == WORD64('C', 'O', 'N', 'T', 'A', 'I', 'N', 'E'))
		CNI_TAKE(record, container_id, scratch, 16); /* CNI_CONTAINERID= */
	else if ((name & 0xffffffffffff) == WORD64('N', 'E', 'T', 'N', 'S', '=', 0, 0))
		CNI_TAKE(record, netns_path, scratch, 10);
	else if ((name & 0xffffffffffffff) == WORD64('I', 'F', 'N', 'A', 'M', 'E', '=', 0))
		CNI_TAKE(record, ifname, scratch, 11);
	else if ((name & 0xffffffffff) == WORD64('A', 'R', 'G', 'S', '=', 0, 0, 0))
		CNI_TAKE(record, args, scratch, 9);
	else if ((name & 0xffffffffff) == WORD64('P', 'A', 'T', 'H', '=', 0, 0, 0))
		CNI_TAKE(record, search_path, scratch, 9);
	return 0;
}

/* False: there are more than are looked at. */
static __always_inline bool cni_take_strings(enum cni_look look, struct cni_scratch *scratch, __u64 at, __u64 end)
{
	bool begins = true; /* here begins a string; not the rest of one that was too long */

	for (int i = 0; i < CNI_STRINGS && at < end; i++) {
		long length = bpf_probe_read_user_str(scratch->string, sizeof(scratch->string), (void *)at);

		if (length <= 0)
			break;
		if (begins)
			cni_take_string(look);
		begins = length < CNI_STRING;
		at += begins ? length : length - 1;
	}
	return at >= end;
}

static __always_inline __u32 cni_outer_pid(struct task_struct *task)
{
	for (int i = 0; i < CNI_ANCESTORS; i++) {
		__u32 pid;

		task = BPF_CORE_READ(task, real_parent);
		pid = BPF_CORE_READ(task, tgid);
		if (pid <= 1)
			break;
		if (bpf_map_lookup_elem(&cni_running, &pid))
			return pid;
	}
	return 0;
}

static __always_inline void cni_fill_process(struct nns_cni_exec *record, struct task_struct *task,
					     struct linux_binprm *bprm)
{
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);

	record->parent_pid = BPF_CORE_READ(parent, tgid);
	bpf_probe_read_kernel_str(record->parent_comm, sizeof(record->parent_comm), &parent->comm);
	bpf_probe_read_kernel_str(record->program, sizeof(record->program), BPF_CORE_READ(bprm, filename));
	record->outer_pid = cni_outer_pid(task);
}

/* The call that the process is already, or NULL. */
static __always_inline struct cni_call *cni_known(const struct cni_exec *exec)
{
	__u32 pid = exec->pid;
	struct cni_call *call = bpf_map_lookup_elem(&cni_running, &pid);

	return call && call->exec.born == exec->born ? call : NULL;
}

/* False: more run at once than can be followed, and the end of this one would not be told. */
static __always_inline bool cni_follow(struct nns_cni_exec *record, const struct cni_exec *exec)
{
	struct cni_call *known = cni_known(exec);
	struct cni_call call = { .started = known ? known->started : bpf_ktime_get_boot_ns(), .exec = *exec };
	__u32 pid = exec->pid;

	record->pid = pid;
	record->started = call.started;
	record->flags |= known ? NNS_CNI_AGAIN : 0;
	return (int)bpf_map_update_elem(&cni_running, &pid, &call, BPF_ANY) == 0;
}

/* In two pieces, and kept so: there is no memset() to call for one as large as this. */
static __always_inline void cni_clear(struct nns_cni_exec *record)
{
	__builtin_memset(record, 0, __builtin_offsetof(struct nns_cni_exec, args));
	asm volatile("" ::: "memory");
	__builtin_memset(record->args, 0, sizeof(record->args));
}

/* VERSION asks a plugin what it can do, and is about no netns. */
static __always_inline bool cni_is_a_call(const struct nns_cni_exec *record)
{
	return record->command[0] && record->command[0] != 'V';
}

static __always_inline void cni_tell_exec(enum cni_look look, struct task_struct *task, const struct cni_exec *exec,
					  struct linux_binprm *bprm, __u64 at, __u64 end)
{
	struct cni_scratch *scratch = cni_get_scratch(look);
	bool whole;

	if (!scratch)
		return;
	cni_clear(&scratch->record);
	whole = cni_take_strings(look, scratch, at, end);
	/* What is called, and for whom, may stand in the rest: a call of which that is not known is as good as lost. */
	if (!whole && (!scratch->record.command[0] || !scratch->record.container_id[0])) {
		__sync_fetch_and_add(&lost_records, 1);
		return;
	}
	if (!cni_is_a_call(&scratch->record))
		return;
	cni_fill_process(&scratch->record, task, bprm);
	if (cni_follow(&scratch->record, exec))
		record_output(NNS_CNI_EXEC, &scratch->record.hdr, sizeof(scratch->record));
	else
		__sync_fetch_and_add(&lost_records, 1);
}

/* The first look was at this exec; where the CPU was another's since, that is not known any more. */
static __always_inline bool cni_was_looked_at(const struct cni_exec *exec)
{
	__u32 zero = 0;
	struct cni_exec *last = bpf_map_lookup_elem(&cni_looked_at, &zero);

	return last && last->pid == exec->pid && last->born == exec->born && last->number == exec->number;
}

static __always_inline void cni_note_look(const struct cni_exec *exec)
{
	__u32 zero = 0;

	bpf_map_update_elem(&cni_looked_at, &zero, exec, BPF_ANY);
}

/* The first look has told of it, before its CPU became another's. */
static __always_inline bool cni_was_told(const struct cni_exec *exec)
{
	struct cni_call *known = cni_known(exec);

	return known && known->exec.number == exec->number;
}

static __always_inline int look_at_exec(enum cni_look look, struct linux_binprm *bprm)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct cni_exec exec = {
		.pid = bpf_get_current_pid_tgid() >> 32,
		.born = BPF_CORE_READ(task, start_boottime),
		.number = BPF_CORE_READ(task, self_exec_id),
	};
	struct mm_struct *mm;
	__u64 at, end;

	if (!enabled || !cni_is_trusted(task) || (look == CNI_SECOND_LOOK && cni_was_looked_at(&exec)))
		return 0;
	mm = BPF_CORE_READ(task, mm);
	at = BPF_CORE_READ(mm, env_start);
	end = BPF_CORE_READ(mm, env_end);
	if (cni_is_in_environment(look, at, end) && !cni_was_told(&exec))
		cni_tell_exec(look, task, &exec, bprm, at, end);
	if (look == CNI_FIRST_LOOK)
		cni_note_look(&exec);
	return 0;
}

/* Called for each format of programs that the kernel has, when the new stack stands and nothing can fail any more. */
ENTRY_HOOK(look_at_exec, look_at_exec(CNI_FIRST_LOOK, bprm), struct linux_binprm *bprm)

SEC("raw_tp")
int BPF_PROG(look_at_exec__raw_tp, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	return look_at_exec(CNI_SECOND_LOOK, bprm);
}

/* --- its end --- */

/* As wait(2) will say it of the process. */
static __always_inline __u32 exit_status(struct task_struct *task, struct signal_struct *signal)
{
	if (BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT)
		return BPF_CORE_READ(signal, group_exit_code);
	return BPF_CORE_READ(task, group_leader, exit_code);
}

static __always_inline void cni_tell_exit(struct task_struct *task, struct signal_struct *signal, __u32 pid, __u64 started)
{
	struct nns_cni_exit *record = record_reserve(NNS_CNI_EXIT, sizeof(*record));

	if (!record)
		return;
	record->started = started;
	record->pid = pid;
	record->status = exit_status(task, signal);
	record_submit(record);
}

static __always_inline int process_ends(struct task_struct *task)
{
	__u32 pid = BPF_CORE_READ(task, tgid);
	struct cni_call *known = bpf_map_lookup_elem(&cni_running, &pid);
	struct signal_struct *signal;
	struct cni_call call;

	/* A debugger is told of each thread. */
	if (!known || BPF_CORE_READ(task, group_leader) != task)
		return 0;
	signal = BPF_CORE_READ(task, signal);
	if (BPF_CORE_READ(signal, live.counter) != 0)
		return 0;
	call = *known;
	/* It may be told to one that has traced the process, and then to its parent. */
	if ((int)bpf_map_delete_elem(&cni_running, &pid) != 0 || !enabled)
		return 0;
	/* Else the end of the one that had this number was missed, and this is another's. */
	if (call.exec.born == BPF_CORE_READ(task, start_boottime))
		cni_tell_exit(task, signal, pid, call.started);
	return 0;
}

/*
 * do_notify_parent() is called when the last thread has ended, with the lock of the list of tasks (kernel/exit.c), before
 * anybody who waits for the process goes on.
 */
ENTRY_HOOK(process_ends, process_ends(task), struct task_struct *task)

#endif
