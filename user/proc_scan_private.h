/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of proc_scan share.  Private to them. */
#ifndef NETNSLEAK_PROC_SCAN_PRIVATE_H
#define NETNSLEAK_PROC_SCAN_PRIVATE_H

#include "proc_scan.h"

/* One more, zeroed; NULL: no memory. */
void *proc_scan_add(void **array, size_t *count, size_t *capacity, size_t size);

/* "net:[4026531992]" read from a link of name "net": 4026531992; 0: it is another thing. */
uint32_t proc_link_inum(const char *target, const char *name);
/* The same of a link below the directory; negative errno through *ret_err, 0: it could be read. */
uint32_t proc_read_inum(int directory, const char *link, const char *name, int *ret_err);

/* The descriptors of a process, whose directory below /proc that is.  -ENOMEM. */
int proc_scan_files(struct proc_scan *scan, int process, uint32_t pid, uint32_t inum, unsigned int what);

/* Mounts of netns in the mount namespace of the process.  -ENOMEM, or why its table cannot be read. */
int proc_scan_mounts(struct proc_scan *scan, int process, uint32_t pid, uint32_t mntns, bool node);

#endif
