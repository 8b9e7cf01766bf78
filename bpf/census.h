/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the census program (census.bpf.c) and the one who runs it (user/census.c) share besides events.h. */
#ifndef NETNSLEAK_CENSUS_H
#define NETNSLEAK_CENSUS_H

#include "events.h"

/*
 * One run's records.  It has to take a device with all its addresses: kube-proxy in IPVS mode gives one
 * device an address for each service, and 11,900 fit.
 */
#define CENSUS_BYTES (1u << 20)

/* Most netns that a census can tell, plus the devices of the one that is being told. */
#define CENSUS_TOLD_MAX 65536

/* Room behind the end lets the verifier see that a masked offset plus a record stays inside. */
#define CENSUS_SLACK 128

struct census_buffer {
	nns_u8 bytes[CENSUS_BYTES + CENSUS_SLACK] __attribute__((aligned(8)));
};

/* Outlives a run; user space zeroes it to begin a census and reads the first half after each run. */
struct census_state {
	nns_u32 bytes; /* in the buffer */
	nns_u32 more;  /* run again */
	nns_s32 error; /* 0, or a negative errno: this census is over and not complete */
	nns_u32 told_nets;
	nns_u32 told_devs; /* of the netns that is being told in pieces */
	nns_u32 partial_mix;
	nns_u64 partial; /* that netns, 0 if none */
};

/* What the task iterator (census_task) writes for each process. */
struct census_task_entry {
	nns_u64 handle;	 /* of its netns */
	nns_u64 started; /* ns; ~0 for a thread that is in another netns than its process, or has outlived its leader */
	nns_u32 pid;
	nns_u32 pad;
};

/*
 * Where a run is.  Only one runs at a time; the program keeps it in a global because its steps share no stack.
 * Of no use to user space, which must know its size because it maps the globals.
 */
struct census_walk {
	nns_u32 phase;
	nns_u32 skip;	   /* next of told to compare with */
	nns_u32 net_begin; /* offset in the buffer of this netns's first record */
	nns_u32 dev_begin; /* ... of this device's */
	nns_u64 ops;	   /* what all struct net have in ns.ops, and the list's head has not */
	struct list_head *head;
	struct list_head *net_node;
	struct list_head *dev_node;
	struct list_head *ipv6_head;
	struct list_head *ipv6_node;
	struct net *net;
	struct net_device *dev;
	struct in_ifaddr *ipv4;
};

#endif
