/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is asked of the node once, at the start: its name, its boot, its clocks.
 */
#ifndef NETNSLEAK_NODE_H
#define NETNSLEAK_NODE_H

#include <stdint.h>
#include <sys/utsname.h>

struct node {
	char name[256];	   /* as Kubernetes has it */
	char boot_id[64];  /* "" where it cannot be read */
	struct utsname uts;
	int64_t wall_offset; /* add to CLOCK_BOOTTIME to get CLOCK_REALTIME, ns */
};

/* name NULL: $NODE_NAME, which the downward API sets in a pod, else the host name. */
void node_init(struct node *ret, const char *name);

int64_t node_wall_offset(void);

#endif
