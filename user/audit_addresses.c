/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One address, or one MAC, in two netns: who asks for it may be answered by the dead one. */
#include "audit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "util.h"

/* An address in a netns, or a MAC. */
struct place {
	uint8_t key[20];
	const struct audit_netns *netns;
	const struct look_dev *dev;
};

struct places {
	struct place *all; /* owned */
	size_t count, capacity;
	int err;
};

static void places_add(struct places *places, const void *key, size_t size, const struct audit_netns *netns,
		       const struct look_dev *dev)
{
	struct place *place;

	if (places->count == places->capacity) {
		size_t capacity = places->capacity ? 2 * places->capacity : 256;
		struct place *all = reallocarray(places->all, capacity, sizeof(*all));

		if (!all) {
			places->err = -ENOMEM;
			return;
		}
		places->all = all;
		places->capacity = capacity;
	}
	place = &places->all[places->count++];
	*place = (struct place){ .netns = netns, .dev = dev };
	memcpy(place->key, key, size);
}

/* Those of one key in the order in which they were added. */
static int by_key(const void *left, const void *right)
{
	const struct place *a = left, *b = right;
	int order = memcmp(a->key, b->key, sizeof(a->key));

	return order ? order : (a->netns > b->netns) - (a->netns < b->netns);
}

static void places_sort(struct places *places)
{
	if (places->count)
		qsort(places->all, places->count, sizeof(*places->all), by_key);
}

static bool is_pair(const struct place *a, const struct place *b)
{
	return !memcmp(a->key, b->key, sizeof(a->key)) && a->netns != b->netns;
}

static struct ip_address ip_of(const struct place *place)
{
	struct ip_address ip = { .family = place->key[0] };

	memcpy(ip.bytes, place->key + 1, sizeof(ip.bytes));
	return ip;
}

/* A bridge's address is its network's gateway, the same in each netns that has such a network of its own. */
static void collect_addresses(struct places *places, const struct audit_netns *netns)
{
	for (size_t i = 0; netns->look && i < netns->look->addr_count; i++) {
		const struct look_addr *addr = &netns->look->addrs[i];
		const struct look_dev *dev = look_dev_by_index(netns->look, addr->ifindex);
		uint8_t key[17] = { addr->family };

		if (!dev || !audit_addr_is_global(addr) || !audit_dev_is_real(dev) || !strcmp(dev->kind, "bridge") ||
		    !strcmp(dev->kind, "dummy"))
			continue;
		memcpy(key + 1, addr->addr, 16);
		places_add(places, key, sizeof(key), netns, dev);
	}
}

static bool pod_has(const struct pod *pod, const struct ip_address *ip)
{
	for (size_t i = 0; pod && i < pod->ip_count; i++)
		if (ip_address_equal(&pod->ips[i], ip))
			return true;
	return false;
}

static bool is_owner(const struct audit_netns *netns, const struct ip_address *ip)
{
	return netns->pod && !netns->pod->gone && pod_has(netns->pod, ip);
}

/* --- the MAC that the node has seen --- */

static const struct look_neighbour *find_neighbour(const struct audit_view *view, const struct ip_address *ip)
{
	const struct look *look = view->node ? view->node->look : NULL;

	for (size_t i = 0; look && i < look->neighbour_count; i++)
		if (look->neighbours[i].family == ip->family && !memcmp(look->neighbours[i].addr, ip->bytes, 16))
			return &look->neighbours[i];
	return NULL;
}

static bool has_mac(const struct look_dev *dev, const uint8_t mac[static LOOK_MAC_LEN])
{
	return dev->has_mac && !memcmp(dev->mac, mac, LOOK_MAC_LEN);
}

static void add_seen(struct text *text, const struct audit_view *view, const struct ip_address *ip, const struct place *a,
		     const struct place *b)
{
	const struct look_neighbour *neighbour = find_neighbour(view, ip);

	if (!neighbour)
		return;
	text_printf(text, "; the node reaches it at %s, which is ", audit_mac_name(neighbour->mac));
	text_add(text, has_mac(a->dev, neighbour->mac) ? "the former" : has_mac(b->dev, neighbour->mac) ? "the latter" : "neither");
}

/* --- networks of their own --- */

/* Where its other end stands: a bridge of the node; 0: none. */
static uint32_t bridge_of(const struct audit_view *view, const struct audit_netns *netns, const struct look_dev *dev)
{
	const struct look *other = look_other_end(view->looks, view->look_count, netns->look, dev);
	const struct look_dev *peer = other && other->node ? look_dev_by_index(other, dev->link) : NULL;

	return peer ? peer->master : 0;
}

/* The other end of a veth is in another netns than the node's, as in a cluster within a container. */
static bool leads_elsewhere(const struct audit_view *view, const struct place *place)
{
	const struct look *other = look_other_end(view->looks, view->look_count, place->netns->look, place->dev);

	return !strcmp(place->dev->kind, "veth") && place->dev->link && view->node && view->node->look && !(other && other->node);
}

/* Who asks for the address there may be answered by either. */
static bool share_a_network(const struct audit_view *view, const struct place *a, const struct place *b)
{
	const struct look *there = look_other_end(view->looks, view->look_count, a->netns->look, a->dev);

	if (strcmp(a->dev->kind, b->dev->kind))
		return false;
	if (!strcmp(a->dev->kind, "veth"))
		return bridge_of(view, a->netns, a->dev) == bridge_of(view, b->netns, b->dev);
	/* macvlan, ipvlan, vlan: of one device of the node. */
	return a->dev->link && a->dev->link == b->dev->link &&
	       there == look_other_end(view->looks, view->look_count, b->netns->look, b->dev);
}

/* --- checks --- */

static void say_duplicate(const struct audit_view *view, const struct audit_check *check, struct audit *audit,
			  const struct place *a,
			  const struct place *b)
{
	struct ip_address ip = ip_of(a);
	bool owned = pod_has(a->netns->pod, &ip) || pod_has(b->netns->pod, &ip);
	/* Of the two, the one that should not have it. */
	const struct place *wrong = is_owner(a->netns, &ip) && !is_owner(b->netns, &ip) ? b : a, *other = wrong == a ? b : a;
	struct audit_finding *finding;
	TEXT(seen, 512);

	if (leads_elsewhere(view, a) || leads_elsewhere(view, b))
		return;
	/* Networks of their own may well use the same addresses, where no pod's is concerned. */
	if (!owned && (!share_a_network(view, a, b) || a->netns->netns->initial || b->netns->netns->initial || !a->netns->netns->paths || !b->netns->netns->paths))
		return;
	add_seen(&seen, view, &ip, wrong, other);
	finding = audit_add(audit, check, wrong->netns, "%s is on %.15s in %s, and on %.15s in %s%s", audit_ip_name(&ip),
			    wrong->dev->name, audit_netns_name(wrong->netns), other->dev->name, audit_netns_name(other->netns),
			    seen.bytes);
	if (finding && !owned)
		finding->report.severity = SEVERITY_WARN;
}

AUDIT_CHECK(audit_address_duplicate)
{
	struct places places = { 0 };

	for (size_t i = 0; i < view->count; i++)
		collect_addresses(&places, &view->netns[i]);
	places_sort(&places);
	for (size_t i = 1; i < places.count; i++)
		if (is_pair(&places.all[i - 1], &places.all[i]))
			say_duplicate(view, check, audit, &places.all[i - 1], &places.all[i]);
	audit->err = places.err ? places.err : audit->err;
	free(places.all);
}

/* A MAC is of importance where both are on one bridge. */
static void collect_macs(struct places *places, const struct audit_view *view, const struct audit_netns *netns)
{
	static const uint8_t zero[LOOK_MAC_LEN];

	for (size_t i = 0; netns->look && !netns->netns->initial && i < netns->look->dev_count; i++) {
		const struct look_dev *dev = &netns->look->devs[i];
		uint32_t bridge = strcmp(dev->kind, "veth") || !dev->has_mac ? 0 : bridge_of(view, netns, dev);
		uint8_t key[LOOK_MAC_LEN + sizeof(bridge)];

		if (!bridge || !memcmp(dev->mac, zero, sizeof(zero)))
			continue;
		memcpy(key, dev->mac, LOOK_MAC_LEN);
		memcpy(key + LOOK_MAC_LEN, &bridge, sizeof(bridge));
		places_add(places, key, sizeof(key), netns, dev);
	}
}

AUDIT_CHECK(audit_mac_duplicate)
{
	struct places places = { 0 };

	for (size_t i = 0; i < view->count; i++)
		collect_macs(&places, view, &view->netns[i]);
	places_sort(&places);
	for (size_t i = 1; i < places.count; i++) {
		const struct place *a = &places.all[i - 1], *b = &places.all[i];

		if (is_pair(a, b))
			audit_add(audit, check, a->netns, "%s is %.15s in %s and %.15s in %s, on one bridge",
				  audit_mac_name(a->dev->mac),
				  a->dev->name, audit_netns_name(a->netns), b->dev->name, audit_netns_name(b->netns));
	}
	audit->err = places.err ? places.err : audit->err;
	free(places.all);
}

static const struct look_dev *dev_with(const struct audit_netns *netns, const struct ip_address *ip)
{
	for (size_t i = 0; i < netns->look->addr_count; i++) {
		struct ip_address own = audit_addr_ip(&netns->look->addrs[i]);

		if (ip_address_equal(&own, ip))
			return look_dev_by_index(netns->look, netns->look->addrs[i].ifindex);
	}
	return NULL;
}

/* By the device over which the pod is reached: its peer, or the bridge that this is on. */
static bool is_way_to(const struct audit_view *view, const struct look_neighbour *neighbour, const struct audit_netns *netns,
		      const struct look_dev *dev)
{
	return dev->link && (neighbour->ifindex == dev->link || neighbour->ifindex == bridge_of(view, netns, dev));
}

AUDIT_CHECK(audit_neighbour)
{
	for (size_t i = 0; i < view->count; i++) {
		const struct audit_netns *netns = &view->netns[i];

		if (!netns->look || !audit_is_pods(view, netns))
			continue;
		for (size_t j = 0; j < netns->pod->ip_count; j++) {
			const struct ip_address *ip = &netns->pod->ips[j];
			const struct look_neighbour *neighbour = find_neighbour(view, ip);
			const struct look_dev *dev = neighbour ? dev_with(netns, ip) : NULL;

			if (!dev || !dev->has_mac || strcmp(dev->kind, "veth") || has_mac(dev, neighbour->mac) ||
			    !is_way_to(view, neighbour, netns, dev))
				continue;
			audit_add(audit, check, netns, "the node reaches %s at %s, but %.15s in %s has %s", audit_ip_name(ip),
				  audit_mac_name(neighbour->mac), dev->name, audit_netns_name(netns), audit_mac_name(dev->mac));
		}
	}
}
