/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A census without BPF: what /proc and netlink show, in the records of bpf/events.h, so that the stages need not know
 * where it comes from.
 *
 * A netns that only the kernel itself holds, or a socket that is in no process's hands, is not in it.  References are not
 * counted (-1), there is no mix, and the handle is the inode number, which is nobody else's while the netns is there.
 */
#ifndef NETNSLEAK_PROC_CENSUS_H
#define NETNSLEAK_PROC_CENSUS_H

#include "input.h"
#include "look.h"
#include "proc_scan.h"

/*
 * An entry for each netns that the scan has, looked into where that is possible: look.err says why not.  Owned by the
 * caller (looks_free()).  Negative errno.
 */
int proc_census_look(struct look **ret, size_t *ret_count, const struct proc_scan *scan, const char *proc);

/* As tracer_census() does. */
int proc_census_tell(const struct proc_scan *scan, const struct look *looks, size_t count, uint64_t now,
		     int (*fn)(void *ctx, const void *record, size_t size), void *ctx);

/*
 * Who holds the netns, as far as it can be seen: INPUT_HOLDERS with HOLDERS_NOT_COUNTED, and its INPUT_HOLDERs.  What
 * input returned, or 0.
 */
int proc_census_holders(const struct proc_scan *scan, const char *proc, uint64_t netns, uint32_t inum, uint64_t now, input_fn input,
			void *ctx);

#endif
