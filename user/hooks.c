// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "hooks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>

#include "symbols.h"

enum { ALTERNATIVES = 4 };

struct hook_spec {
	const char *purpose;
	const char *functions[ALTERNATIVES]; /* best first; what differs between kernels is said here */
	const char *programs;		     /* name of the BPF programs, before __fentry and so on */
	unsigned int flags;
	const char *tracepoint; /* where another program looks at the same, or NULL: what both miss is missed */
};

enum hook_flag {
	AT_EXIT = 1,	  /* fexit, or a kretprobe with a kprobe */
	ENTRY_TOO = 2,	  /* a fentry with the fexit, as well */
	REQUIRED = 4,
	WITH_PREVIOUS = 8, /* of no use without the one before it */
	TOLD_LATER = 16,   /* another one tells what this one misses */
};

static const char CALL_BEGINS[] = "CNI plugin called", CALL_ENDS[] = "CNI plugin ended";

static const struct hook_spec specs[HOOKS_COUNT] = {
	{ "netns created", { "copy_net_ns" }, "copy_net_ns", AT_EXIT | REQUIRED, NULL },
	{ "netns dying (last reference dropped)", { "__put_net" }, "put_net", TOLD_LATER, NULL },
	{ "netns dying (last nsfs inode gone)", { "netns_put" }, "netns_put", AT_EXIT | ENTRY_TOO | TOLD_LATER, NULL },
	/* Any pre_exit operation of the pernet_operations does; these exist since 5.3. */
	{ "netns cleanup", { "ipv4_frags_pre_exit_net", "ipv6_frags_pre_exit_net" }, "pre_exit", REQUIRED, NULL },
	/*
	 * net_free() was taken into net_passive_dec() with 6.13, and 6.12.y.  Where net_drop_ns() has it inlined, gcc
	 * may have left in it no more than the test for NULL; what cleanup_net() calls is the part, with the same net.
	 */
	{ "netns freed", { "net_free", "net_passive_dec", "net_drop_ns", "net_drop_ns.part.0" }, "net_free",
	  AT_EXIT | ENTRY_TOO | REQUIRED, NULL },
	{ "address added (IPv4)", { "fib_add_ifaddr" }, "fib_add_ifaddr", 0, NULL },
	{ "address removed (IPv4)", { "fib_del_ifaddr" }, "fib_del_ifaddr", 0, NULL },
	{ "address added or removed (IPv6)", { "inet6addr_notifier_call_chain" }, "inet6addr_notifier", 0, NULL },
	{ "device registered", { "dev_init_scheduler" }, "dev_init_scheduler", 0, NULL },
	{ "device unregistered", { "netdev_unregister_kobject" }, "netdev_unregister_kobject", 0, NULL },
	/* __dev_change_net_namespace() since 5.12; where both exist the other one only calls it. */
	{ "device leaves its netns", { "__dev_change_net_namespace", "dev_change_net_namespace" },
	  "dev_change_net_namespace", 0, NULL },
	{ "device moved", { "netdev_change_owner" }, "netdev_change_owner", 0, NULL },
	{ CALL_ENDS, { "do_notify_parent" }, "process_ends", 0, NULL },
	{ CALL_BEGINS, { "finalize_exec" }, "look_at_exec", WITH_PREVIOUS, "sched_process_exec" },
};

/* A function that exists for tests of trampolines (net/bpf/test_run.c): nothing else calls it. */
static const char idle_function[] = "bpf_fentry_test1";

static const struct bpf_insn do_nothing[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

int hooks_try_fentry(const struct btf *kernel)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FENTRY);
	int program, link;
	int function = btf__find_by_name_kind(kernel, idle_function, BTF_KIND_FUNC);

	if (function < 0)
		return -ENOENT;
	options.attach_btf_id = (__u32)function;
	program = bpf_prog_load(BPF_PROG_TYPE_TRACING, NULL, "Dual BSD/GPL", do_nothing, 2, &options);
	if (program < 0)
		return program;
	/* arm64 loads such programs since 5.5 but can attach them only since 6.0. */
	link = bpf_raw_tracepoint_open(NULL, program);
	close(program);
	if (link < 0)
		return link;
	close(link);
	return 0;
}

/* How a kprobe is made without tracefs: a kind of perf event whose number the kernel tells. */
static int kprobe_event_type(void)
{
	FILE *file = fopen("/sys/bus/event_source/devices/kprobe/type", "re");
	int type;

	if (!file)
		return -errno;
	if (fscanf(file, "%d", &type) != 1)
		type = -EINVAL;
	fclose(file);
	return type;
}

static int open_idle_kprobe(void)
{
	struct perf_event_attr attributes = { .size = sizeof(attributes) };
	int type = kprobe_event_type();
	long event;

	/* Without it, libbpf goes by tracefs. */
	if (type < 0)
		return access("/sys/kernel/tracing/kprobe_events", W_OK) == 0 ||
				       access("/sys/kernel/debug/tracing/kprobe_events", W_OK) == 0 ?
			       0 :
			       -EOPNOTSUPP;
	attributes.type = (__u32)type;
	attributes.config1 = (__u64)(uintptr_t)idle_function;
	event = syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (event < 0)
		return -errno;
	close((int)event);
	return 0;
}

int hooks_try_kprobe(void)
{
	int program = bpf_prog_load(BPF_PROG_TYPE_KPROBE, NULL, "Dual BSD/GPL", do_nothing, 2, NULL);

	if (program < 0)
		return program;
	close(program);
	return open_idle_kprobe();
}

static bool in_btf(const struct btf *kernel, const char *function)
{
	return kernel && btf__find_by_name_kind(kernel, function, BTF_KIND_FUNC) > 0;
}

/* The kernel has a type for what hangs itself into a tracepoint. */
static bool has_tracepoint(const struct btf *kernel, const char *tracepoint)
{
	char name[64];

	snprintf(name, sizeof(name), "btf_trace_%s", tracepoint);
	return kernel && btf__find_by_name_kind(kernel, name, BTF_KIND_TYPEDEF) > 0;
}

static void choose_function(struct tracer_hook *hook, const struct hook_spec *spec, const struct symbol *symbols,
			    const struct btf *kernel, enum tracer_attach attach, bool fentry_works)
{
	bool fentry = attach != TRACER_ATTACH_KPROBE && fentry_works;

	for (size_t i = 0; i < ALTERNATIVES && spec->functions[i]; i++) {
		const char *function = spec->functions[i];
		bool known = in_btf(kernel, function);

		if (symbols[i].taken_apart)
			continue;
		if (known && fentry) {
			hook->function = function;
			hook->how = spec->flags & AT_EXIT ? "fexit" : "fentry";
			return;
		}
		/* BTF leaves functions out whose copies differ; kprobes find them all the same. */
		if (attach != TRACER_ATTACH_FENTRY && (known || symbols[i].found)) {
			hook->function = function;
			hook->how = spec->flags & AT_EXIT ? "kretprobe" : "kprobe";
			return;
		}
	}
}

static void give_up_alone(struct hooks *hooks, size_t index)
{
	if (specs[index].flags & WITH_PREVIOUS && !hooks->items[index - 1].function)
		hooks->items[index].function = hooks->items[index].how = NULL;
}

void hooks_choose(struct hooks *hooks, const struct btf *kernel, enum tracer_attach attach, bool fentry_works)
{
	struct symbol symbols[HOOKS_COUNT][ALTERNATIVES] = {};

	for (size_t i = 0; i < HOOKS_COUNT; i++)
		for (size_t j = 0; j < ALTERNATIVES; j++)
			symbols[i][j].name = specs[i].functions[j] ?: "";
	/* Where it cannot be read, doctor says so, and BTF must do. */
	(void)symbols_find(symbols[0], HOOKS_COUNT * ALTERNATIVES);
	for (size_t i = 0; i < HOOKS_COUNT; i++) {
		struct tracer_hook *hook = &hooks->items[i];

		*hook = (struct tracer_hook){ .purpose = specs[i].purpose, .required = specs[i].flags & REQUIRED };
		choose_function(hook, &specs[i], symbols[i], kernel, attach, fentry_works);
		give_up_alone(hooks, i);
		hooks->by_tracepoint[i] = hook->function && specs[i].tracepoint && has_tracepoint(kernel, specs[i].tracepoint);
	}
}

int hooks_missing(const struct hooks *hooks)
{
	for (size_t i = 0; i < HOOKS_COUNT; i++)
		if (hooks->items[i].required && !hooks->items[i].function)
			return -ENOENT;
	return 0;
}

const char *hooks_alternatives(size_t index, char *buffer, size_t size)
{
	size_t length = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < ALTERNATIVES && specs[index].functions[i] && length < size; i++)
		length += (size_t)snprintf(buffer + length, size - length, "%s%s", i ? ", " : "",
					   specs[index].functions[i]);
	return buffer;
}

static struct bpf_program *find_program(struct bpf_object *object, size_t index, const char *how)
{
	char name[64];

	snprintf(name, sizeof(name), "%s__%s", specs[index].programs, how);
	return bpf_object__find_program_by_name(object, name);
}

static bool is_return_probe(const struct tracer_hook *hook)
{
	return strcmp(hook->how, "kretprobe") == 0;
}

static bool is_trampoline(const struct tracer_hook *hook)
{
	return hook->how[0] == 'f';
}

/*
 * The program at the entry that belongs to one at the exit, NULL if there is none.  A kretprobe always has
 * one: it is told nothing of the arguments, so a kprobe keeps them for it.
 */
static const char *entry_how(const struct tracer_hook *hook, size_t index)
{
	if (is_return_probe(hook))
		return "kprobe";
	return is_trampoline(hook) && specs[index].flags & ENTRY_TOO ? "fentry" : NULL;
}

static int prepare_program(struct bpf_object *object, size_t index, const char *how, const char *target)
{
	struct bpf_program *program = find_program(object, index, how);
	int error;

	if (!program)
		return -EINVAL;
	error = bpf_program__set_autoload(program, true);
	if (!error && target)
		error = bpf_program__set_attach_target(program, 0, target);
	return error;
}

static void unload_all(struct bpf_object *object)
{
	static const char *const hows[] = { "fentry", "fexit", "kprobe", "kretprobe", "raw_tp" };

	for (size_t i = 0; i < HOOKS_COUNT; i++)
		for (size_t j = 0; j < sizeof(hows) / sizeof(hows[0]); j++) {
			struct bpf_program *program = find_program(object, i, hows[j]);

			if (program)
				bpf_program__set_autoload(program, false);
		}
}

int hooks_prepare(const struct hooks *hooks, struct bpf_object *object)
{
	unload_all(object);
	for (size_t i = 0; i < HOOKS_COUNT; i++) {
		const struct tracer_hook *hook = &hooks->items[i];
		const char *target, *entry;
		int error;

		if (!hook->function)
			continue;
		target = is_trampoline(hook) ? hook->function : NULL;
		entry = entry_how(hook, i);
		error = prepare_program(object, i, hook->how, target);
		if (!error && entry)
			error = prepare_program(object, i, entry, target);
		if (!error && hooks->by_tracepoint[i])
			error = prepare_program(object, i, "raw_tp", NULL);
		if (error)
			return error;
	}
	return 0;
}

static int keep_link(struct hooks *hooks, struct bpf_link *link)
{
	if (!link)
		return -errno;
	hooks->links[hooks->links_count++] = link;
	return 0;
}

static int attach_program(struct hooks *hooks, struct bpf_program *program, const struct tracer_hook *hook, bool at_return)
{
	if (is_trampoline(hook))
		return keep_link(hooks, bpf_program__attach(program));
	return keep_link(hooks, bpf_program__attach_kprobe(program, at_return, hook->function));
}

static int attach_hook(struct hooks *hooks, struct bpf_object *object, size_t index)
{
	const struct tracer_hook *hook = &hooks->items[index];
	const char *entry = entry_how(hook, index);
	int error;

	/* The return first: an entry without its return would leave what it kept. */
	error = attach_program(hooks, find_program(object, index, hook->how), hook, is_return_probe(hook));
	if (!error && entry)
		error = attach_program(hooks, find_program(object, index, entry), hook, false);
	if (error || !hooks->by_tracepoint[index])
		return error;
	hooks->by_tracepoint[index] = !keep_link(
		hooks, bpf_program__attach_raw_tracepoint(find_program(object, index, "raw_tp"), specs[index].tracepoint));
	return 0;
}

int hooks_attach(struct hooks *hooks, struct bpf_object *object)
{
	for (size_t i = 0; i < HOOKS_COUNT; i++) {
		struct tracer_hook *hook = &hooks->items[i];
		int error;

		give_up_alone(hooks, i);
		if (!hook->function)
			continue;
		error = attach_hook(hooks, object, i);
		if (error && hook->required)
			return error;
		if (error)
			hook->function = hook->how = NULL;
	}
	return 0;
}

bool hooks_see_calls(const struct hooks *hooks)
{
	bool begins = false, ends = false;

	for (size_t i = 0; i < HOOKS_COUNT; i++) {
		begins |= hooks->items[i].function && specs[i].purpose == CALL_BEGINS;
		ends |= hooks->items[i].function && specs[i].purpose == CALL_ENDS;
	}
	return begins && ends;
}

/* How often the kernel did not run it; 0 where it does not say: before 5.12, of kprobes before 6.7. */
static uint64_t misses_of(struct bpf_object *object, size_t index, const char *how)
{
	const struct bpf_program *program = how ? find_program(object, index, how) : NULL;
	struct bpf_prog_info info = {};
	__u32 size = sizeof(info);

	if (!program || bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
		return 0;
	return info.recursion_misses;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Where two look at the same, what both have missed. */
static uint64_t missed_at(const struct hooks *hooks, struct bpf_object *object, size_t index)
{
	const struct tracer_hook *hook = &hooks->items[index];
	uint64_t missed = misses_of(object, index, hook->how), at_entry = misses_of(object, index, entry_how(hook, index));

	if (specs[index].flags & TOLD_LATER)
		return 0;
	if (!(specs[index].flags & ENTRY_TOO))
		missed += at_entry; /* what a kprobe has not kept, its kretprobe does not know */
	else
		missed = is_trampoline(hook) ? least(missed, at_entry) : at_entry;
	return hooks->by_tracepoint[index] ? least(missed, misses_of(object, index, "raw_tp")) : missed;
}

void hooks_missed(const struct hooks *hooks, struct bpf_object *object, struct tracer_missed *ret)
{
	*ret = (struct tracer_missed){};
	for (size_t i = 0; i < HOOKS_COUNT; i++) {
		if (!hooks->items[i].function)
			continue;
		*(specs[i].purpose == CALL_BEGINS ? &ret->calls : &ret->events) += missed_at(hooks, object, i);
	}
}

void hooks_detach(struct hooks *hooks)
{
	while (hooks->links_count > 0)
		bpf_link__destroy(hooks->links[--hooks->links_count]);
}
