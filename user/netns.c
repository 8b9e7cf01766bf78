/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "netns.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void netns_clear(struct netns *netns)
{
	struct netns_path *path, *next;

	for (path = netns->paths; path; path = next) {
		next = path->next;
		free(path);
	}
	free(netns->last_path);
	netns_holders_free(netns->holders);
	netns_teardown_free(netns->teardown);
	free(netns->devs);
	free(netns->addrs);
}

/*
 * Make room at a position of an ordered array.  A pod's netns has two devices and a handful of addresses and
 * there are thousands of such netns, while the node's own has thousands of devices: small arrays grow by
 * little, large ones by half.
 */
static void *array_insert(void *array, uint32_t *count, uint32_t *capacity, size_t size, uint32_t position)
{
	char *bytes = array;

	if (*count == *capacity) {
		uint32_t more = *capacity < 8 ? 2 : *capacity / 2;

		bytes = realloc(array, (*capacity + more) * size);
		if (!bytes)
			return NULL;
		*capacity += more;
	}
	memmove(bytes + (position + 1) * size, bytes + position * size, (*count - position) * size);
	memset(bytes + position * size, 0, size);
	++*count;
	return bytes;
}

static void array_remove(void *array, uint32_t *count, size_t size, uint32_t position)
{
	char *bytes = array;

	--*count;
	memmove(bytes + position * size, bytes + (position + 1) * size, (*count - position) * size);
}

/* Where ifindex is, or where it would go. */
static uint32_t dev_position(const struct netns *netns, uint32_t ifindex)
{
	uint32_t low = 0, high = netns->dev_count;

	/* The kernel counts interface numbers up: mostly the new one is the last. */
	if (high && netns->devs[high - 1].ifindex < ifindex)
		return high;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (netns->devs[middle].ifindex < ifindex)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int netns_dev_find(const struct netns *netns, uint32_t ifindex)
{
	uint32_t position = dev_position(netns, ifindex);

	if (position == netns->dev_count || netns->devs[position].ifindex != ifindex)
		return -1;
	return (int)position;
}

const struct netns_dev *netns_dev_by_index(const struct netns *netns, uint32_t ifindex)
{
	int position = netns_dev_find(netns, ifindex);

	return position < 0 ? NULL : &netns->devs[position];
}

struct netns_dev *netns_dev_put(struct netns *netns, uint32_t ifindex, bool *ret_new)
{
	uint32_t position = dev_position(netns, ifindex);
	struct netns_dev *devs = netns->devs;
	bool new = position == netns->dev_count || devs[position].ifindex != ifindex;

	if (new) {
		devs = array_insert(devs, &netns->dev_count, &netns->dev_capacity, sizeof(*devs), position);
		if (!devs)
			return NULL;
		netns->devs = devs;
		devs[position].ifindex = ifindex;
	}
	*ret_new = new;
	return &devs[position];
}

void netns_dev_remove(struct netns *netns, uint32_t position)
{
	array_remove(netns->devs, &netns->dev_count, sizeof(*netns->devs), position);
}

/* One address may stand on an interface with several prefix lengths. */
static int addr_order(const struct netns_addr *a, const struct netns_addr *b)
{
	int order;

	if (a->ifindex != b->ifindex)
		return a->ifindex < b->ifindex ? -1 : 1;
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	order = memcmp(a->addr, b->addr, sizeof(a->addr));
	return order ? order : (int)a->prefixlen - (int)b->prefixlen;
}

static uint32_t addr_position(const struct netns *netns, const struct netns_addr *addr)
{
	uint32_t low = 0, high = netns->addr_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (addr_order(&netns->addrs[middle], addr) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int netns_addr_find(const struct netns *netns, const struct netns_addr *addr)
{
	uint32_t position = addr_position(netns, addr);

	if (position == netns->addr_count || addr_order(&netns->addrs[position], addr))
		return -1;
	return (int)position;
}

struct netns_addr *netns_addr_put(struct netns *netns, const struct netns_addr *addr, bool *ret_new)
{
	uint32_t position = addr_position(netns, addr);
	struct netns_addr *addrs = netns->addrs;
	bool new = position == netns->addr_count || addr_order(&addrs[position], addr);

	if (new) {
		addrs = array_insert(addrs, &netns->addr_count, &netns->addr_capacity, sizeof(*addrs),
				     position);
		if (!addrs)
			return NULL;
		netns->addrs = addrs;
	}
	addrs[position] = *addr;
	*ret_new = new;
	return &addrs[position];
}

void netns_addr_remove(struct netns *netns, uint32_t position)
{
	array_remove(netns->addrs, &netns->addr_count, sizeof(*netns->addrs), position);
}

int netns_path_add(struct netns *netns, const char *path, int64_t made_wall)
{
	struct netns_path **last = &netns->paths, *new;
	size_t size = strlen(path) + 1;

	for (; *last; last = &(*last)->next)
		if (!strcmp((*last)->path, path))
			return 0;
	new = malloc(sizeof(*new) + size);
	if (!new)
		return -ENOMEM;
	new->next = NULL;
	new->made_wall = made_wall;
	memcpy(new->path, path, size);
	*last = new;
	return 0;
}

void netns_path_remove(struct netns *netns, const char *path)
{
	struct netns_path **slot = &netns->paths, *found;

	for (; (found = *slot); slot = &found->next) {
		if (strcmp(found->path, path))
			continue;
		*slot = found->next;
		found->next = NULL;
		free(netns->last_path);
		netns->last_path = found;
		return;
	}
}

const char *netns_id(const struct netns *netns, char *buffer, size_t size)
{
	if (netns->cookie)
		snprintf(buffer, size, "%" PRIu64, netns->cookie);
	else
		snprintf(buffer, size, "%" PRIu32 "-%08" PRIx32, netns->inum, netns->mix);
	return buffer;
}

const char *netns_phase_name(enum netns_phase phase)
{
	static const char *const names[] = {
		[NETNS_NASCENT] = "nascent", [NETNS_REFERENCED] = "referenced", [NETNS_DYING] = "dying",
		[NETNS_CLEANUP] = "cleanup", [NETNS_FREED] = "freed",
	};

	return names[phase];
}

bool netns_is_dying(const struct netns *netns)
{
	return netns->phase == NETNS_DYING || netns->phase == NETNS_CLEANUP;
}

struct ip_address netns_addr_ip(const struct netns_addr *addr)
{
	struct ip_address ip = { .family = addr->family };

	memcpy(ip.bytes, addr->addr, sizeof(ip.bytes));
	return ip;
}
