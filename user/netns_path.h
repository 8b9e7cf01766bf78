/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef NETNSLEAK_NETNS_PATH_H
#define NETNSLEAK_NETNS_PATH_H

#include <stdint.h>

/*
 * The inode number of the namespace that is mounted at path, or that path is a link of /proc to.  The path is
 * the host's: where this process does not see it, it is looked up through /proc/1/root.  Nothing is opened:
 * a descriptor, be it for a moment, would hold a reference to the netns.
 *
 * -ENOENT: there is no such file; -ENOTTY: there is, and it is no namespace; another negative errno.
 */
int netns_path_inum(uint32_t *ret, const char *path);

/* Also its mtime, which for a netns is when it was first mounted or opened: ns since 1970. */
int netns_path_look(uint32_t *ret_inum, int64_t *ret_made_wall, const char *path);

#endif
