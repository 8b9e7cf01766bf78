/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which pods of this node should have an address, and which netns do.  Used by correlate alone.
 *
 * Holds only addresses of pods: a netns costs nothing here until a pod claims one of its addresses.
 */
#ifndef NETNSLEAK_IP_INDEX_H
#define NETNSLEAK_IP_INDEX_H

#include "pods.h"

struct ip_entry {
	struct ip_address ip;
	struct pod_entry **pods;
	struct netns **holders;
	size_t pod_count, holder_count;
	size_t shared; /* among how many, as last told; 0: it is not */
	bool touched; /* in correlate's list of addresses to look at again */
	struct ip_entry *next_touched;
	UT_hash_handle hh;
};

struct ip_entry *ip_index_find(struct ip_entry *index, const struct ip_address *ip);
struct ip_entry *ip_index_get(struct ip_entry **index, const struct ip_address *ip, bool *ret_new);
void ip_index_free(struct ip_entry **index, struct ip_entry *entry);

/* Adding one that is there, and removing one that is not, are fine.  -ENOMEM. */
int ip_entry_add_pod(struct ip_entry *entry, struct pod_entry *pod);
void ip_entry_remove_pod(struct ip_entry *entry, const struct pod_entry *pod);
int ip_entry_add_holder(struct ip_entry *entry, struct netns *netns);
void ip_entry_remove_holder(struct ip_entry *entry, const struct netns *netns);

#endif
