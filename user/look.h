/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a netns is made of, as netlink tells it to those who are in it: devices, addresses, routes, neighbours, packet
 * filter rules.
 *
 * To be told one must be in it.  A thread of its own enters one netns after the other, closes all that it opened there
 * before it goes on, and goes back at the end: when look_all() returns, no netns is held, and the caller never left its own.
 */
#ifndef NETNSLEAK_LOOK_H
#define NETNSLEAK_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOOK_NAME_LEN 16
#define LOOK_MAC_LEN 6

struct look_dev {
	uint32_t ifindex;
	uint32_t link;		/* of a veth the peer, of others the device below; 0: there is none */
	int32_t link_netnsid;	/* of that one's netns, as this netns counts others; -1: this netns */
	uint32_t master;	/* the bridge or the like that it is in; 0: none */
	uint32_t flags;		/* IFF_* */
	bool has_mac;
	uint8_t mac[LOOK_MAC_LEN];
	char name[LOOK_NAME_LEN], kind[LOOK_NAME_LEN];
};

struct look_addr {
	uint32_t ifindex;
	uint8_t family, prefixlen, scope;
	uint8_t addr[16]; /* of IPv4 the first four, the rest is zero */
	uint32_t way;	  /* the device by which the node reaches it; LOOK_NO_WAY: it does not; 0: not known */
};
#define LOOK_NO_WAY UINT32_MAX

struct look_neighbour {
	uint32_t ifindex;
	uint8_t family;
	uint8_t addr[16];
	uint8_t mac[LOOK_MAC_LEN];
};

struct look {
	uint32_t inum; /* set by the caller, as is node */
	bool node;     /* the node's own: its routes are not read, its neighbours are */
	int err;       /* 0, or a negative errno: nothing of what follows is known */
	uint64_t cookie; /* 0: the kernel gives none (before 5.14) */
	uint32_t owner; /* inode number of its user namespace, 0: not known */
	uint32_t charged; /* whose limit it counts against, in the uppermost user namespace that can be seen: a uid */
	struct look_dev *devs;	 /* owned, by ifindex */
	struct look_addr *addrs; /* owned */
	struct look_neighbour *neighbours; /* owned; the usable ones that have a MAC */
	size_t dev_count, addr_count, neighbour_count;
	uint32_t routes;	 /* but those of the local table */
	bool default4, default6; /* there is a default route */
	int64_t rules;		 /* of the packet filter; -1: they could not be counted */
	int32_t node_id;	 /* how it counts the node's own netns, -1: not at all */
	int32_t id_at_node;	 /* how the node's own netns counts it, -1: not at all */
};

/* An nsfs descriptor of looks[number], which is the caller's; or a negative errno.  Called in the thread. */
typedef int (*look_open_fn)(void *ctx, size_t number);

/*
 * Fills looks, errors of single ones included.  What netns_visit() says; -ENOMEM, and then some may be filled.
 * looks_free() frees what they own.
 */
int look_all(struct look *looks, size_t count, look_open_fn open, void *ctx);
void looks_free(struct look *looks, size_t count); /* and the array; NULL is fine */

const struct look_dev *look_dev_by_index(const struct look *look, uint32_t ifindex); /* or NULL */
/* The netns in which the device at the other end is, where it is one of looks; or NULL. */
const struct look *look_other_end(const struct look *looks, size_t count, const struct look *look, const struct look_dev *dev);

#endif
