// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The hooks.  Each on a function exists twice around one body: for a BPF trampoline (fentry, fexit) and for kprobes.
 * User space (user/hooks.c) chooses one of the two per hook before load, and sets the function to attach to.  Those on
 * tracepoints are the same everywhere.
 */
#include "addresses.bpf.h"
#include "cni.bpf.h"
#include "devices.bpf.h"
#include "lifecycle.bpf.h"

const volatile __u64 handle_salt = 0;

char LICENSE[] SEC("license") = "Dual BSD/GPL";
