/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What stands in files of the node beside the kernel: the netns directories, what CNI plugins keep, limits, the resolv.conf
 * of sandboxes.  Read once; nothing is said of what is missing, and what is there and cannot be used is noted.
 */
#ifndef NETNSLEAK_NODE_FILES_H
#define NETNSLEAK_NODE_FILES_H

#include "input.h"

enum node_entry_kind {
	NODE_ENTRY_NETNS,     /* a mounted netns, or a link to one */
	NODE_ENTRY_FILE,      /* a file that no netns is mounted on */
	NODE_ENTRY_DEAD_LINK, /* a link that leads nowhere */
};

/* A file in a netns directory. */
struct node_entry {
	enum node_entry_kind kind;
	char *path;	 /* owned */
	const char *name; /* its last part */
	char *target;	 /* of a link, owned; else NULL */
	uint32_t inum;	 /* of a netns */
	int64_t made_wall; /* mtime */
};

enum node_allocation_kind {
	ALLOCATION_HOST_LOCAL, /* a file of the IPAM plugin host-local: of the address and the container */
	ALLOCATION_AWS,	       /* an entry of aws-node's ipam.json */
	ALLOCATION_CILIUM,     /* an endpoint that cilium-agent has kept */
	ALLOCATION_CALICO,     /* the status of an endpoint that felix has written */
	ALLOCATION_KINDS
};

/* What a CNI plugin keeps for a container.  Texts are owned, "" for unknown. */
struct node_allocation {
	enum node_allocation_kind kind;
	char *file, *network, *container_id, *device, *pod_namespace, *pod_name;
	struct ip_address ip; /* family 0: unknown */
	int64_t made_wall;
};

/* A file or directory that is there and could not be used. */
struct node_unread {
	char *path; /* owned */
	int err;    /* negative errno; -EBADMSG: it is not as who writes it would have it */
};

/* The resolv.conf that a runtime has made for a sandbox. */
struct node_resolv {
	char *container_id, *path; /* owned */
	bool exists, empty; /* where its directory is there: is it, and does it name no server */
};

struct node_files {
	struct node_entry *entries;
	struct node_allocation *allocations;
	struct node_resolv *resolvs;
	char **queued; /* files of Cilium's queue of deletions that were not done yet; owned, as all here */
	struct node_unread *unread;
	size_t entry_count, allocation_count, resolv_count, queued_count, unread_count;
	size_t entry_capacity, allocation_capacity, resolv_capacity, queued_capacity, unread_capacity;
	uint64_t max_netns; /* user.max_net_namespaces, 0: not known */
};

/*
 * root: what stands before each path, "" for none.  dirs: the netns directories, ended by NULL, which are to be there; none:
 * the usual ones, where they are.  -ENOMEM.  Free it in any case.
 */
int node_files_read(struct node_files *ret, const char *root, const char *const *dirs);
/* The resolv.conf of a sandbox, where its runtime's directory for it is there. */
int node_files_read_resolv(struct node_files *files, const char *root, const char *container_id);
void node_files_free(struct node_files *files);

const char *node_allocation_name(enum node_allocation_kind kind); /* "host-local", "aws-node", ... */

#endif
