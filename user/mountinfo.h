/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A line of /proc/PID/mountinfo, proc(5):
 *
 *   1067 25 0:4 net:[4026532281] /run/netns/cni-04b1c5aa rw shared:595 - nsfs nsfs rw
 *
 * The fourth field is the root of the mount, which of a namespace is its name; the fifth the mount point, with
 * blanks as \040, and //deleted behind it where the file that it stands on is no more.
 */
#ifndef NETNSLEAK_MOUNTINFO_H
#define NETNSLEAK_MOUNTINFO_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct mountinfo {
	uint32_t id, parent;
	uint32_t peers; /* peer group: what is mounted below one of these is mounted below all; 0: it has none */
	bool slave; /* what is unmounted in another group is unmounted here too */
	bool deleted;
	uint32_t netns; /* inode number of the netns that is mounted, 0: something else is */
	char path[PATH_MAX];
};

/* False: it is no such line. */
bool mountinfo_parse(const char *line, struct mountinfo *ret);

#endif
