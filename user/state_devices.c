/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Devices and addresses of netns.
 */
#include "state_private.h"

#include <errno.h>
#include <string.h>

static void tell_dev(struct state *state, enum state_change_kind kind, struct entry *entry,
		     const struct netns_dev *dev, uint64_t time)
{
	if (entry->announced)
		state_tell(state, (struct state_change){ .kind = kind, .time = time, .netns = &entry->netns,
							 .dev = dev });
}

static void tell_addr(struct state *state, enum state_change_kind kind, struct entry *entry,
		      const struct netns_addr *addr, uint64_t time)
{
	if (entry->announced)
		state_tell(state, (struct state_change){ .kind = kind, .time = time, .netns = &entry->netns,
							 .addr = addr });
}

void state_drop_addr(struct state *state, struct entry *entry, uint32_t position, uint64_t time)
{
	struct netns_addr gone = entry->netns.addrs[position];

	netns_addr_remove(&entry->netns, position);
	tell_addr(state, STATE_ADDR_REMOVED, entry, &gone, time);
}

int state_put_dev(struct state *state, struct entry *entry, const struct nns_dev *record, uint32_t census)
{
	bool new;
	struct netns_dev *dev = netns_dev_put(&entry->netns, record->ifindex, &new);

	if (!dev)
		return -ENOMEM;
	if (new || record->flags & NNS_DEV_PEER) {
		dev->peer_ifindex = record->peer_ifindex;
		dev->peer_netns = record->peer_netns;
	}
	dev->flags = record->flags;
	dev->census = census;
	memcpy(dev->name, record->ifname, sizeof(dev->name) - 1);
	memcpy(dev->link_kind, record->link_kind, sizeof(dev->link_kind) - 1);
	if (new)
		tell_dev(state, STATE_DEV_ADDED, entry, dev, record->hdr.time);
	return 0;
}

/*
 * A device takes its addresses with it; mostly each was told before.  Also one that is not known: where a census
 * was quicker than the records, an old one may have brought back an address alone.
 */
void state_drop_dev(struct state *state, struct entry *entry, uint32_t ifindex, uint64_t time)
{
	int position = netns_dev_find(&entry->netns, ifindex);
	struct netns_dev gone;
	uint32_t i;

	for (i = entry->netns.addr_count; i-- > 0;)
		if (entry->netns.addrs[i].ifindex == ifindex)
			state_drop_addr(state, entry, i, time);
	if (position < 0)
		return;
	gone = entry->netns.devs[position];
	netns_dev_remove(&entry->netns, (uint32_t)position);
	tell_dev(state, STATE_DEV_REMOVED, entry, &gone, time);
}

/* --- records of devices --- */

int state_take_dev_added(struct state *state, const void *record)
{
	const struct nns_dev *dev = record;
	struct entry *entry;
	int err = entry_get(state, &dev->netns, dev->hdr.time, &entry);

	return err ? err : state_put_dev(state, entry, dev, state->census.number);
}

/*
 * While a netns is made, nothing happens in it but the registration of its loopback device.  More than that
 * without a record of its creation: that record is missing, though no number is (the kernel skips a hook that
 * is not re-entrant, and has a bounded number of return probes under way).  A record that was still in the ring
 * when a census found the netns gone proves nothing.
 */
static int expect_known(struct state *state, const struct entry *entry, uint64_t time)
{
	if (entry->announced || state->incomplete || time < state->census.end)
		return 0;
	state->lost_unnumbered++;
	return state_lose(state, time);
}

/* The netns whose teardown takes this device away: its own, or that of a veth's other end; NULL: it goes for itself. */
static struct entry *taken_down_with(const struct state *state, struct entry *entry, uint32_t ifindex)
{
	const struct netns_dev *dev = netns_dev_by_index(&entry->netns, ifindex);
	struct entry *peer;

	if (entry->netns.phase == NETNS_CLEANUP)
		return entry;
	peer = dev && dev->peer_netns ? entry_find(state, dev->peer_netns) : NULL;
	return peer && peer->netns.phase == NETNS_CLEANUP ? peer : NULL;
}

static int note_leaving(struct state *state, struct entry *entry, const struct nns_dev *dev)
{
	struct entry *dying = dev->other ? taken_down_with(state, entry, dev->ifindex) : NULL;
	struct netns_leaving leaving = {
		.device = dev->other,
		.netns = dev->netns.handle,
		.since = dev->hdr.time,
		.ifindex = dev->ifindex,
	};

	memcpy(leaving.name, dev->ifname, sizeof(leaving.name) - 1);
	memcpy(leaving.link_kind, dev->link_kind, sizeof(leaving.link_kind) - 1);
	return dying ? netns_leaving_add(&dying->netns, &leaving) : 0;
}

int state_take_dev_removed(struct state *state, const void *record)
{
	const struct nns_dev *dev = record;
	struct entry *entry = entry_find(state, dev->netns.handle);
	int err;

	if (!entry || entry_is_another(entry, &dev->netns))
		return 0;
	err = note_leaving(state, entry, dev);
	state_drop_dev(state, entry, dev->ifindex, dev->hdr.time);
	return err;
}

int state_take_dev_moved(struct state *state, const void *record)
{
	const struct nns_dev *dev = record;
	struct entry *from = entry_find(state, dev->other), *entry;
	int err;

	if (from)
		state_drop_dev(state, from, dev->old_ifindex, dev->hdr.time);
	err = entry_get(state, &dev->netns, dev->hdr.time, &entry);
	if (!err)
		err = expect_known(state, entry, dev->hdr.time);
	return err ? err : state_put_dev(state, entry, dev, state->census.number);
}

/* --- records of addresses --- */

static struct netns_addr addr_of(const struct nns_addr *record, uint32_t census)
{
	struct netns_addr addr = {
		.ifindex = record->ifindex,
		.family = record->family,
		.prefixlen = record->prefixlen,
		.scope = record->scope,
		.flags = record->flags,
		.census = census,
	};

	memcpy(addr.addr, record->addr, sizeof(addr.addr));
	return addr;
}

int state_put_addr(struct state *state, struct entry *entry, const struct nns_addr *record)
{
	struct netns_addr addr = addr_of(record, state->census.number);
	bool new;

	if (!netns_addr_put(&entry->netns, &addr, &new))
		return -ENOMEM;
	if (new)
		tell_addr(state, STATE_ADDR_ADDED, entry, &addr, record->hdr.time);
	return 0;
}

int state_take_addr_added(struct state *state, const void *record)
{
	const struct nns_addr *addr = record;
	struct entry *entry;
	int err = entry_get(state, &addr->netns, addr->hdr.time, &entry);

	if (!err)
		err = expect_known(state, entry, addr->hdr.time);
	return err ? err : state_put_addr(state, entry, addr);
}

int state_take_addr_removed(struct state *state, const void *record)
{
	const struct nns_addr *told = record;
	struct netns_addr addr = addr_of(told, 0);
	struct entry *entry = entry_find(state, told->netns.handle);
	int position;

	if (!entry || entry_is_another(entry, &told->netns))
		return 0;
	position = netns_addr_find(&entry->netns, &addr);
	if (position >= 0)
		state_drop_addr(state, entry, (uint32_t)position, told->hdr.time);
	return 0;
}
