/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Files of nsfs: what a mount of a netns, /proc/PID/ns/net and a descriptor of a netns lead to. */
#ifndef NETNSLEAK_NSFS_H
#define NETNSLEAK_NSFS_H

#include <stdint.h>

/* 0 if the path leads to the netns with this inode number; -ESTALE: it leads to another thing; or why it leads nowhere. */
int nsfs_look(const char *path, uint32_t inum);

/* As nsfs_look(), but what is not negative is a descriptor, the caller's.  It holds the netns: close it soon. */
int nsfs_open(const char *path, uint32_t inum);

/* Likewise by a process's descriptor of a socket that belongs to the netns, of which a copy is made for a moment. */
int nsfs_open_by_socket(uint32_t pid, uint32_t fd, uint32_t inum);

uint32_t nsfs_inum(int fd); /* 0: it cannot be told */

#endif
