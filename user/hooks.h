/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which kernel functions are hooked, and how: one table, and what is done with it: choose for this kernel,
 * tell libbpf before load, attach after.  Private to the tracer.
 */
#ifndef NETNSLEAK_HOOKS_H
#define NETNSLEAK_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

#include "tracer.h"

struct bpf_link;
struct bpf_object;
struct btf;

enum { HOOKS_COUNT = 14, HOOKS_LINKS_MAX = 3 * HOOKS_COUNT };

struct hooks {
	struct tracer_hook items[HOOKS_COUNT];
	bool by_tracepoint[HOOKS_COUNT];	 /* another program looks at the same */
	struct bpf_link *links[HOOKS_LINKS_MAX]; /* owned */
	size_t links_count;
};

/* Are both ends of a CNI call hooked? */
bool hooks_see_calls(const struct hooks *hooks);

/*
 * Can this process attach to functions by BPF trampolines?  Loads and attaches a program that does nothing to
 * a function of the kernel's that is never called.  0, or the negative errno of the refusal.
 */
int hooks_try_fentry(const struct btf *kernel);

/* Can it load a program for kprobes, and make a kprobe on that function?  0, or the negative errno of the refusal. */
int hooks_try_kprobe(void);

/* Fill items[]: function and how, or both NULL where the kernel has none of the alternatives. */
void hooks_choose(struct hooks *hooks, const struct btf *kernel, enum tracer_attach attach, bool fentry_works);

/* -ENOENT if a required hook has no function, else 0. */
int hooks_missing(const struct hooks *hooks);

/* What stands in the kernel instead of a hook that could not be chosen: the alternatives, for messages. */
const char *hooks_alternatives(size_t index, char *buffer, size_t size);

/* Before load: which programs are loaded, and where the trampolines go. */
int hooks_prepare(const struct hooks *hooks, struct bpf_object *object);

/* After load.  An optional hook that the kernel refuses is marked as not had. */
int hooks_attach(struct hooks *hooks, struct bpf_object *object);
void hooks_detach(struct hooks *hooks);

/*
 * What may have been missed since the load, at most.  On a preemptible kernel a program is not run on a CPU where a task
 * was preempted in that same program: the kernel takes it for a recursion, and counts (bpf_prog_info.recursion_misses).
 */
void hooks_missed(const struct hooks *hooks, struct bpf_object *object, struct tracer_missed *ret);

#endif
