/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netns.h"

void netns_holders_free(struct netns_holders *holders)
{
	if (!holders)
		return;
	for (uint32_t i = 0; i < holders->count; i++)
		free(holders->all[i].comm);
	free(holders->all);
	free(holders);
}

int netns_holders_begin(struct netns *netns, const struct input_holders *sum, uint64_t time)
{
	struct netns_holders *holders = calloc(1, sizeof(*holders));

	if (!holders)
		return -ENOMEM;
	holders->at = time;
	holders->sum = *sum;
	netns_holders_free(netns->holders);
	netns->holders = holders;
	return 0;
}

/* One after the other in one piece of memory. */
static int copy_texts(struct netns_holder *ret, const struct input_holder *holder)
{
	size_t comm = strlen(holder->comm) + 1, what = strlen(holder->what) + 1, cgroup = strlen(holder->cgroup) + 1;

	ret->comm = malloc(comm + what + cgroup);
	if (!ret->comm)
		return -ENOMEM;
	ret->what = ret->comm + comm;
	ret->cgroup = ret->what + what;
	memcpy(ret->comm, holder->comm, comm);
	memcpy(ret->what, holder->what, what);
	memcpy(ret->cgroup, holder->cgroup, cgroup);
	return 0;
}

static int make_room(struct netns_holders *holders)
{
	uint32_t capacity = holders->capacity ? 2 * holders->capacity : 4;
	struct netns_holder *all;

	if (holders->count < holders->capacity)
		return 0;
	all = realloc(holders->all, capacity * sizeof(*all));
	if (!all)
		return -ENOMEM;
	holders->all = all;
	holders->capacity = capacity;
	return 0;
}

int netns_holders_add(struct netns_holders *holders, const struct input_holder *holder)
{
	struct netns_holder new = {
		.kind = holder->kind,
		.pid = holder->pid,
		.tid = holder->tid,
		.fd = holder->fd,
		.flags = holder->flags,
		.mount_id = holder->mount_id,
		.parent_mount_id = holder->parent_mount_id,
		.mntns_inum = holder->mntns_inum,
	};
	int err;

	if (holders->count == HOLDERS_KEPT)
		return 0;
	err = make_room(holders);
	if (!err)
		err = copy_texts(&new, holder);
	if (!err)
		holders->all[holders->count++] = new;
	return err;
}

bool netns_holders_are_known(const struct netns *netns)
{
	return netns->holders && netns->holders->sum.counted != HOLDERS_UNKNOWN;
}

bool netns_references_are_counted(const struct netns *netns)
{
	return netns->holders && netns->holders->sum.counted >= 0;
}

bool netns_tasks_are_known(const struct netns *netns)
{
	return netns->counted_at && !netns->tasks_unseen;
}
