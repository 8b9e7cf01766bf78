/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the programs that look why a netns is not freed (teardown.bpf.c) and the one who runs them (user/teardown.c) share.
 */
#ifndef NETNSLEAK_TEARDOWN_H
#define NETNSLEAK_TEARDOWN_H

#include "events.h"

/* A device that was unregistered.  User space fills in the first part. */
struct teardown_device {
	nns_u64 device; /* handle, as in NNS_DEV_UNREGISTERED */
	nns_u64 netns;	/* handle of the netns that it is in */
	nns_u32 ifindex;
	nns_u32 present; /* it is not freed yet; else the rest says nothing */
	nns_s32 usage;	 /* its reference count, as the kernel's log has it */
	nns_s32 references; /* those that its freeing waits for */
};

#define TEARDOWN_DEVICES 256 /* of one run */

struct teardown_devices {
	struct teardown_device all[TEARDOWN_DEVICES];
};

/* User space sets them before a run. */
struct teardown_run {
	nns_u32 devices;
	nns_u32 cpus; /* possible ones */
};

#define TEARDOWN_DEPTH 32

/* Where a kernel worker is: return addresses, the innermost first, then zeros; only zeros where it was running. */
struct teardown_stack {
	nns_u32 pid;
	nns_u32 pad;
	nns_u64 addresses[TEARDOWN_DEPTH];
};

#endif
