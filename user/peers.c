/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "peers.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

static void find_bridge(char ret[static NNS_IFNAME_LEN], const char *device)
{
	char path[64], target[PATH_MAX];
	const char *slash;
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/class/net/%.15s/master", device);
	length = readlink(path, target, sizeof(target) - 1);
	target[length > 0 ? length : 0] = '\0';
	slash = strrchr(target, '/');
	if (slash)
		snprintf(ret, NNS_IFNAME_LEN, "%.15s", slash + 1);
}

void peers_find(struct peers *ret, const struct netns *netns, const struct state *state)
{
	ret->count = 0;
	for (uint32_t i = 0; i < netns->dev_count && ret->count < PEERS_KEPT; i++) {
		const struct netns_dev *dev = &netns->devs[i];
		struct report_peer peer = { .dev = dev };

		if (!dev->peer_ifindex)
			continue;
		peer.netns = dev->peer_netns ? state_by_handle(state, dev->peer_netns) : NULL;
		peer.peer = peer.netns ? netns_dev_by_index(peer.netns, dev->peer_ifindex) : NULL;
		if (peer.peer && peer.netns->initial)
			find_bridge(peer.bridge, peer.peer->name);
		ret->all[ret->count++] = peer;
	}
}
