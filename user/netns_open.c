/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "netns_open.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "nsfs.h"

static int try_holder(const struct netns *netns, const struct netns_holder *holder)
{
	char path[PATH_MAX];
	int length = -1;

	if (holder->kind == HOLDER_SOCKET)
		return nsfs_open_by_socket(holder->pid, holder->fd, netns->inum);
	if (holder->kind == HOLDER_TASK)
		length = snprintf(path, sizeof(path), "/proc/%u/task/%u/ns/net", holder->pid, holder->tid);
	else if (holder->kind == HOLDER_DESCRIPTOR)
		length = snprintf(path, sizeof(path), "/proc/%u/fd/%u", holder->pid, holder->fd);
	else if (holder->kind == HOLDER_MOUNT && holder->pid && !(holder->flags & (HOLDER_CUT | HOLDER_DETACHED)))
		length = snprintf(path, sizeof(path), "/proc/%u/root%s", holder->pid, holder->what);
	return length < 0 || length >= (int)sizeof(path) ? -1 : nsfs_open(path, netns->inum);
}

int netns_open(const struct netns *netns)
{
	const struct netns_path *path;
	char process[64];
	int fd = -1;

	for (path = netns->paths; path && fd < 0; path = path->next)
		fd = nsfs_open(path->path, netns->inum);
	snprintf(process, sizeof(process), "/proc/%u/ns/net", netns->pid);
	if (fd < 0 && netns->pid)
		fd = nsfs_open(process, netns->inum);
	if (fd < 0 && netns->initial)
		fd = nsfs_open("/proc/self/ns/net", netns->inum);
	for (uint32_t i = 0; netns->holders && i < netns->holders->count && fd < 0; i++)
		fd = try_holder(netns, &netns->holders->all[i]);
	return fd < 0 ? -ENOENT : fd;
}
