/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>

#include "netns.h"

struct netns_teardown *netns_teardown_get(struct netns *netns)
{
	if (!netns->teardown)
		netns->teardown = calloc(1, sizeof(*netns->teardown));
	return netns->teardown;
}

void netns_teardown_free(struct netns_teardown *teardown)
{
	if (!teardown)
		return;
	free(teardown->leaving);
	free(teardown->function);
	free(teardown);
}

static int make_room(struct netns_teardown *teardown)
{
	uint32_t capacity = teardown->leaving_capacity ? 2 * teardown->leaving_capacity : 2;
	struct netns_leaving *leaving;

	if (teardown->leaving_count < teardown->leaving_capacity)
		return 0;
	leaving = realloc(teardown->leaving, capacity * sizeof(*leaving));
	if (!leaving)
		return -ENOMEM;
	teardown->leaving = leaving;
	teardown->leaving_capacity = capacity;
	return 0;
}

int netns_leaving_add(struct netns *netns, const struct netns_leaving *leaving)
{
	struct netns_teardown *teardown = netns_teardown_get(netns);
	int err = teardown ? make_room(teardown) : -ENOMEM;

	if (!err)
		teardown->leaving[teardown->leaving_count++] = *leaving;
	return err;
}

const struct netns_leaving *netns_blocker(const struct netns *netns)
{
	const struct netns_teardown *teardown = netns->teardown;

	for (uint32_t i = 0; teardown && i < teardown->leaving_count; i++)
		if (teardown->leaving[i].references > 0)
			return &teardown->leaving[i];
	return NULL;
}
