/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The other ends of pods' veths: there, up, in the node's netns, on the bridge of their siblings, and the node's way to the pod. */
#include "audit.h"

#include <errno.h>
#include <linux/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "util.h"

/* A veth of a pod, and where it leads. */
struct pair {
	const struct audit_netns *netns;
	const struct look_dev *dev;
	const struct look *there;    /* netns of the peer; NULL: not one that is known */
	const struct look_dev *peer; /* NULL: it is not there */
};

/* All of them, for the check that asks. */
struct pairs {
	const struct audit_view *view;
	const struct audit_check *check;
	struct audit *audit;
	struct pair *all; /* owned */
	size_t count, capacity;
};

typedef void (*pair_fn)(const struct pairs *pairs, const struct pair *pair);

static int add_pair(struct pairs *pairs, const struct audit_netns *netns, const struct look_dev *dev)
{
	const struct audit_view *view = pairs->view;
	struct pair *pair;

	if (pairs->count == pairs->capacity) {
		size_t capacity = pairs->capacity ? 2 * pairs->capacity : 64;

		pair = reallocarray(pairs->all, capacity, sizeof(*pair));
		if (!pair)
			return -ENOMEM;
		pairs->all = pair;
		pairs->capacity = capacity;
	}
	pair = &pairs->all[pairs->count++];
	*pair = (struct pair){ .netns = netns, .dev = dev };
	pair->there = dev->link ? look_other_end(view->looks, view->look_count, netns->look, dev) : NULL;
	pair->peer = pair->there ? look_dev_by_index(pair->there, dev->link) : NULL;
	return 0;
}

static int find_pairs(struct pairs *pairs)
{
	const struct audit_view *view = pairs->view;
	int err = 0;

	for (size_t i = 0; i < view->count && !err; i++) {
		const struct audit_netns *netns = &view->netns[i];

		if (!netns->look || !audit_is_pods(view, netns))
			continue;
		/* What a pod has made for containers of its own is its own. */
		for (size_t j = 0; j < netns->look->dev_count && !err; j++)
			if (!strcmp(netns->look->devs[j].kind, "veth") && audit_dev_is_uplink(netns, &netns->look->devs[j]))
				err = add_pair(pairs, netns, &netns->look->devs[j]);
	}
	return err;
}

static bool is_on_node(const struct pair *pair)
{
	return pair->peer && pair->there->node;
}

static void each_pair(const struct audit_view *view, const struct audit_check *check, struct audit *audit, pair_fn fn)
{
	struct pairs pairs = { .view = view, .check = check, .audit = audit };

	if (!view->node || !view->node->look)
		return;
	audit->err = find_pairs(&pairs);
	for (size_t i = 0; i < pairs.count && !audit->err; i++)
		fn(&pairs, &pairs.all[i]);
	free(pairs.all);
}

static void check_missing(const struct pairs *pairs, const struct pair *pair)
{
	if (!pair->dev->link || (pair->there && !pair->peer))
		audit_add(pairs->audit, pairs->check, pair->netns, "%.15s of %s has no peer%s", pair->dev->name,
			  audit_pod_name(pair->netns->pod), pair->dev->link ? " where it should be: there is no such device" : "");
}

AUDIT_CHECK(audit_veth_missing)
{
	each_pair(view, check, audit, check_missing);
}

static void check_down(const struct pairs *pairs, const struct pair *pair)
{
	struct audit_finding *finding;

	if (!is_on_node(pair) || pair->peer->flags & IFF_UP)
		return;
	finding = audit_add(pairs->audit, pairs->check, pair->netns, "%.15s, the peer of %.15s of %s, is down",
			    pair->peer->name, pair->dev->name, audit_pod_name(pair->netns->pod));
	audit_advise(pairs->audit, finding, false, "brings it up; whoever took it down may want it so", "ip link set %.15s up",
		     pair->peer->name);
}

AUDIT_CHECK(audit_veth_down)
{
	each_pair(view, check, audit, check_down);
}

static void check_elsewhere(const struct pairs *pairs, const struct pair *pair)
{
	if (!pair->dev->link || (pair->there && pair->there->node))
		return;
	audit_add(pairs->audit, pairs->check, pair->netns, "the peer of %.15s of %s is %s, not in the node's netns",
		  pair->dev->name, audit_pod_name(pair->netns->pod), pair->there ? "in the pod's own netns" : "in some other netns");
}

AUDIT_CHECK(audit_veth_elsewhere)
{
	each_pair(view, check, audit, check_elsewhere);
}

/* --- bridges --- */

/* The IPv4 network that the device is in; prefix length 0: none that could have siblings. */
static struct look_addr network_of(const struct look *look, uint32_t ifindex)
{
	for (size_t i = 0; i < look->addr_count; i++)
		if (look->addrs[i].ifindex == ifindex && look->addrs[i].family == AF_INET && look->addrs[i].prefixlen < 32)
			return look->addrs[i];
	return (struct look_addr){ 0 };
}

static bool same_network(const struct look_addr *a, const struct look_addr *b)
{
	uint32_t left, right, mask;

	if (!a->prefixlen || a->prefixlen != b->prefixlen)
		return false;
	mask = ~0u << (32 - a->prefixlen);
	left = (uint32_t)a->addr[0] << 24 | (uint32_t)a->addr[1] << 16 | (uint32_t)a->addr[2] << 8 | a->addr[3];
	right = (uint32_t)b->addr[0] << 24 | (uint32_t)b->addr[1] << 16 | (uint32_t)b->addr[2] << 8 | b->addr[3];
	return (left & mask) == (right & mask);
}

struct siblings {
	struct pair of;
	struct look_addr network;
	uint32_t bridge; /* of all of them; 0: they have none, or differ */
	size_t count;
	bool differ;
};

static void note_sibling(struct siblings *siblings, const struct pair *pair)
{
	struct look_addr network;

	if (pair->netns == siblings->of.netns || !is_on_node(pair))
		return;
	network = network_of(pair->netns->look, pair->dev->ifindex);
	if (!same_network(&siblings->network, &network))
		return;
	siblings->differ |= siblings->count && siblings->bridge != pair->peer->master;
	siblings->bridge = pair->peer->master;
	siblings->count++;
}

/* Where it has no sibling: a bridge of the node that is in its network, as its gateway. */
static uint32_t bridge_in(const struct look *node, const struct look_addr *network)
{
	for (size_t i = 0; i < node->addr_count; i++) {
		const struct look_dev *dev = look_dev_by_index(node, node->addrs[i].ifindex);

		if (node->addrs[i].family == AF_INET && dev && !strcmp(dev->kind, "bridge") && same_network(network,
													    &node->addrs[i]))
			return dev->ifindex;
	}
	return 0;
}

static void check_bridge(const struct pairs *pairs, const struct pair *pair)
{
	struct siblings siblings = { .of = *pair };
	const struct look_dev *bridge, *wrong;
	struct audit_finding *finding;

	if (!is_on_node(pair))
		return;
	siblings.network = network_of(pair->netns->look, pair->dev->ifindex);
	siblings.bridge = bridge_in(pair->there, &siblings.network);
	/* Where the address of the bridge says enough, nobody need be asked. */
	if (!siblings.bridge && siblings.network.prefixlen)
		for (size_t i = 0; i < pairs->count; i++)
			note_sibling(&siblings, &pairs->all[i]);
	bridge = siblings.differ ? NULL : look_dev_by_index(pair->there, siblings.bridge);
	if (!bridge || siblings.count == 1 || pair->peer->master == bridge->ifindex)
		return;
	wrong = look_dev_by_index(pair->there, pair->peer->master);
	finding = audit_add(pairs->audit, pairs->check, pair->netns,
			    "%.15s, the peer of %.15s of %s, is on %s%.15s, and its siblings on %.15s", pair->peer->name, pair->dev->name, audit_pod_name(pair->netns->pod), wrong ? "" : "no bridge",
			    wrong ? wrong->name : "", bridge->name);
	audit_advise(pairs->audit, finding, false, "puts it there", "ip link set %.15s master %.15s", pair->peer->name, bridge->name);
}

AUDIT_CHECK(audit_veth_bridge)
{
	each_pair(view, check, audit, check_bridge);
}

/* --- the way there --- */

/* One of the pod's addresses, as the netns has it; NULL: it is not on this device. */
static const struct look_addr *pods_address(const struct pair *pair, uint8_t family)
{
	for (size_t i = 0; i < pair->netns->look->addr_count; i++) {
		const struct look_addr *addr = &pair->netns->look->addrs[i];
		struct ip_address ip = audit_addr_ip(addr);

		if (addr->ifindex != pair->dev->ifindex || addr->family != family || !addr->way)
			continue;
		for (size_t j = 0; j < pair->netns->pod->ip_count; j++)
			if (ip_address_equal(&pair->netns->pod->ips[j], &ip))
				return addr;
	}
	return NULL;
}

static bool leads_there(const struct pair *pair, const struct look_addr *addr)
{
	return addr->way == pair->peer->ifindex || addr->way == pair->peer->master;
}

/* Made by one plugin: that gives its devices a name of its own, as lxc..., cali..., eni..., veth... */
static bool is_akin(const struct pair *a, const struct pair *b)
{
	return a->netns != b->netns && !a->peer->master == !b->peer->master && !strncmp(a->peer->name, b->peer->name, 3);
}

/* The plugin may lead packets by a way of its own: then it does so for all. */
static bool siblings_are_reached(const struct pairs *pairs, const struct pair *pair, uint8_t family)
{
	size_t reached = 0, others = 0;

	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair *other = &pairs->all[i];
		const struct look_addr *addr = is_on_node(other) && is_akin(pair, other) ? pods_address(other, family) : NULL;

		reached += addr && leads_there(other, addr);
		others += addr && !leads_there(other, addr);
	}
	return reached >= 2 && reached > others;
}

static void check_way(const struct pairs *pairs, const struct pair *pair, uint8_t family)
{
	const struct look_addr *addr = is_on_node(pair) ? pods_address(pair, family) : NULL;
	const struct look_dev *way, *bridge;
	struct audit_finding *finding;
	struct ip_address ip;

	if (!addr || leads_there(pair, addr) || !siblings_are_reached(pairs, pair, family))
		return;
	ip = audit_addr_ip(addr);
	way = look_dev_by_index(pair->there, addr->way);
	bridge = pair->peer->master ? look_dev_by_index(pair->there, pair->peer->master) : NULL;
	if (addr->way == LOOK_NO_WAY)
		finding = audit_add(pairs->audit, pairs->check, pair->netns,
				    "the node has no route to %s of %s, though it has one to its siblings",
				    audit_ip_name(&ip), audit_pod_name(pair->netns->pod));
	else
		finding = audit_add(pairs->audit, pairs->check, pair->netns,
				    "the node reaches %s of %s by %.15s, not by %.15s, as it does its siblings",
				    audit_ip_name(&ip), audit_pod_name(pair->netns->pod), way ? way->name : "another device",
				    bridge ? bridge->name : pair->peer->name);
	if (!pair->peer->master)
		audit_advise(pairs->audit, finding, false, "as its siblings have it", "ip route replace %s dev %.15s", audit_ip_name(&ip),
			     pair->peer->name);
}

static void check_route(const struct pairs *pairs, const struct pair *pair)
{
	check_way(pairs, pair, AF_INET);
	check_way(pairs, pair, AF_INET6);
}

AUDIT_CHECK(audit_veth_route)
{
	each_pair(view, check, audit, check_route);
}
