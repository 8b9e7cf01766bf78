/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Mounts of netns that we have ourselves, in a mount namespace that is not the node's, and that go with the node's: in a
 * pod, those of a volume with HostToContainer propagation. They keep nothing, and who looks for what does is not to be
 * sent to us. A mount that would stay when the node's goes is none of these.
 */
#ifndef NETNSLEAK_OWN_MOUNTS_H
#define NETNSLEAK_OWN_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct own_mounts {
	uint32_t mntns_inum;
	uint32_t *ids; /* owned, ascending */
	size_t count;
};

/*
 * proc: "/proc".  None where our mount namespace is the node's, or cannot be told from it: then what is found is told.
 * -ENOMEM.
 */
int own_mounts_read(struct own_mounts *ret, const char *proc);
bool own_mounts_have(const struct own_mounts *own, uint32_t mntns_inum, uint32_t mount_id);
void own_mounts_free(struct own_mounts *own);

#endif
