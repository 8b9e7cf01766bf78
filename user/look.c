/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "look.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "look_netlink.h"
#include "netlink.h"
#include "netns_visit.h"
#include "nsfs.h"
#include "progress.h"
#include "util.h"

struct looker {
	struct look *looks;
	size_t count;
	look_open_fn open;
	void *ctx;
	struct netns_visitor *visitor;
	int node;			/* descriptor of the node's own netns; -1: none */
	struct mnl_socket *node_socket; /* in the node's own netns; NULL: none */
	int rule_kinds;
	int err;
};

/*
 * Whose it is.  Against user.max_net_namespaces it counts for who has made it, and in each user namespace above for who has
 * made the one below.
 */
static void take_owner(struct look *look, int fd)
{
	int at = ioctl(fd, NS_GET_USERNS), above;
	uid_t uid;

	look->owner = at < 0 ? 0 : nsfs_inum(at);
	while (at >= 0 && (above = ioctl(at, NS_GET_PARENT)) >= 0) {
		if (ioctl(at, NS_GET_OWNER_UID, &uid) == 0)
			look->charged = uid;
		close(at);
		at = above;
	}
	close_descriptor(&at);
}

/* The ids by which the two netns count each other, so that the ends of a veth find each other. */
static void count_each_other(struct looker *looker, struct mnl_socket *here, struct look *look, int fd)
{
	if (look->node || looker->node < 0)
		return;
	if (looker->node_socket)
		look->id_at_node = look_netnsid(looker->node_socket, fd);
	look->node_id = look_netnsid(here, looker->node);
}

static int compare_ifindex(const void *left, const void *right)
{
	const struct look_dev *a = left, *b = right;

	return (a->ifindex > b->ifindex) - (a->ifindex < b->ifindex);
}

/* Which the node reaches at all; the others are only of use within. */
static bool is_reachable(const struct look_addr *addr)
{
	return addr->scope == RT_SCOPE_UNIVERSE && !(addr->family == AF_INET && addr->addr[0] == 127);
}

static void ask_ways(struct looker *looker, struct look *look)
{
	for (size_t i = 0; looker->node_socket && !look->node && i < look->addr_count; i++)
		if (is_reachable(&look->addrs[i]))
			look->addrs[i].way = look_way(looker->node_socket, &look->addrs[i]);
}

/* In the netns. */
static int ask(struct looker *looker, struct look *look, int fd)
{
	CLEANUP(netlink_close) struct mnl_socket *here = netlink_open(NETLINK_ROUTE);
	int err = here ? look_ask(here, look) : -errno;

	/* A node has thousands, and kernels before 6.6 tell them as a hash table has them. */
	if (look->dev_count)
		qsort(look->devs, look->dev_count, sizeof(*look->devs), compare_ifindex);
	if (!err)
		count_each_other(looker, here, look, fd);
	if (!err)
		ask_ways(looker, look);
	return err;
}

static int look_into(struct looker *looker, size_t number)
{
	struct look *look = &looker->looks[number];
	CLEANUP(close_descriptor) int fd = looker->open(looker->ctx, number);
	int err = fd < 0 ? fd : nsfs_inum(fd) == look->inum ? 0 : -ESTALE;

	if (!err)
		err = netns_visit_enter(looker->visitor, fd);
	if (!err)
		err = ask(looker, look, fd);
	if (err)
		return err;
	take_owner(look, fd);
	look_count_rules(look, looker->rule_kinds);
	return 0;
}

/* The only reference that stays until the end, and to a netns that nobody wants to be freed. */
static void enter_node(struct looker *looker)
{
	for (size_t i = 0; i < looker->count; i++) {
		if (!looker->looks[i].node)
			continue;
		looker->node = looker->open(looker->ctx, i);
		if (looker->node >= 0 && nsfs_inum(looker->node) == looker->looks[i].inum &&
		    !netns_visit_enter(looker->visitor, looker->node))
			looker->node_socket = netlink_open(NETLINK_ROUTE);
		return;
	}
}

static void look_around(struct netns_visitor *visitor, void *ctx)
{
	struct looker *looker = ctx;

	looker->visitor = visitor;
	looker->rule_kinds = look_rule_kinds();
	enter_node(looker);
	for (size_t i = 0; i < looker->count && !looker->err; i++) {
		struct look *look = &looker->looks[i];

		look->err = look_into(looker, i);
		progress_at(i + 1, looker->count);
		if (look->err == -ENOMEM)
			looker->err = -ENOMEM;
	}
	netlink_close(&looker->node_socket);
	close_descriptor(&looker->node);
}

int look_all(struct look *looks, size_t count, look_open_fn open, void *ctx)
{
	struct looker looker = { .looks = looks, .count = count, .open = open, .ctx = ctx, .node = -1 };
	int err;

	for (size_t i = 0; i < count; i++)
		looks[i] = (struct look){ .inum = looks[i].inum, .node = looks[i].node, .err = -ENODATA, .rules = -1,
					  .node_id = -1, .id_at_node = -1 };
	err = netns_visit(look_around, &looker);
	return err ? err : looker.err;
}

void looks_free(struct look *looks, size_t count)
{
	for (size_t i = 0; looks && i < count; i++) {
		free(looks[i].devs);
		free(looks[i].addrs);
		free(looks[i].neighbours);
	}
	free(looks);
}

const struct look_dev *look_dev_by_index(const struct look *look, uint32_t ifindex)
{
	const struct look_dev wanted = { .ifindex = ifindex };

	return look->dev_count ? bsearch(&wanted, look->devs, look->dev_count, sizeof(wanted), compare_ifindex) : NULL;
}

const struct look *look_other_end(const struct look *looks, size_t count, const struct look *look, const struct look_dev *dev)
{
	if (dev->link_netnsid < 0)
		return look;
	for (size_t i = 0; i < count; i++)
		if (looks[i].err == 0 && (look->node ? !looks[i].node && looks[i].id_at_node == dev->link_netnsid :
						       looks[i].node && look->node_id == dev->link_netnsid))
			return &looks[i];
	return NULL;
}
