/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One body, two programs: for a BPF trampoline and for a kprobe.  User space loads one of the two. */
#ifndef NETNSLEAK_HOOK_BPF_H
#define NETNSLEAK_HOOK_BPF_H

#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* libbpf's macros declare a context that most bodies do not use. */
#pragma clang diagnostic ignored "-Wunused-parameter"

/* At the beginning of a function: a name, an expression of the parameters, the parameters. */
#define ENTRY_HOOK(name, body, parameters...)                                                    \
	SEC("fentry")                                                                            \
	int BPF_PROG(name##__fentry, parameters)                                                 \
	{                                                                                        \
		return body;                                                                     \
	}                                                                                        \
	SEC("kprobe")                                                                            \
	int BPF_KPROBE(name##__kprobe, parameters)                                               \
	{                                                                                        \
		return body;                                                                     \
	}

#endif
