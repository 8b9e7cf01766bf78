/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "mounts_seen.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "nsfs.h"
#include "state.h"

static ino_t mount_namespace_of(const char *process)
{
	char path[64];
	struct stat file;

	snprintf(path, sizeof(path), "/proc/%s/ns/mnt", process);
	return stat(path, &file) ? 0 : file.st_ino;
}

/* Whether its path leads to it: by the root of the process that has it, where that is in another mount namespace. */
static int look_at_mount(const struct netns_holder *holder, uint32_t inum)
{
	char process[16], path[PATH_MAX];

	/* Where init's may not be read, ours is taken for the node's, as by who will unmount it. */
	if (!holder->mntns_inum || holder->mntns_inum == mount_namespace_of("self"))
		return nsfs_look(holder->what, inum);
	snprintf(process, sizeof(process), "%u", holder->pid);
	/* It may have ended, and another have its number. */
	if (!holder->pid || mount_namespace_of(process) != holder->mntns_inum ||
	    snprintf(path, sizeof(path), "/proc/%s/root%s", process, holder->what) >= (int)sizeof(path))
		return -EACCES;
	return nsfs_look(path, inum);
}

static uint32_t seen_flag(int err)
{
	if (!err)
		return HOLDER_SEEN;
	return err == -ESTALE || err == -ENOENT || err == -ENOTDIR ? HOLDER_HIDDEN : 0;
}

void mounts_seen(const struct netns *netns, bool foreign)
{
	struct netns_holders *holders = netns->holders;

	for (uint32_t i = 0; holders && i < holders->count; i++) {
		struct netns_holder *holder = &holders->all[i];

		if (holder->kind == HOLDER_MOUNT && !(holder->flags & (HOLDER_DETACHED | HOLDER_CUT | HOLDER_UNLINKED)) &&
		    (holder->flags & HOLDER_NODE || (foreign && holder->mntns_inum)))
			holder->flags |= seen_flag(look_at_mount(holder, netns->inum));
	}
}
