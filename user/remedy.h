/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What would free a netns, from what holds it.  Commands to copy, never run by netnsleak.
 *
 * Pure.  Safe is what takes nothing away from anything that runs: to unmount a file of a netns in which no process is and
 * whose pod is known to be gone, by a path that was looked at and leads to it (HOLDER_SEEN).  What ends a process, or may,
 * is not.
 */
#ifndef NETNSLEAK_REMEDY_H
#define NETNSLEAK_REMEDY_H

#include "correlate.h"

#define REMEDIES_MAX 16
#define REMEDY_BYTES 640

struct remedy {
	bool safe;
	char command[REMEDY_BYTES]; /* for a POSIX shell (of 2024 where it has a $); "" where there is none */
	char why[REMEDY_BYTES];	    /* what it does, or why there is no command */
};

struct remedies {
	struct remedy all[REMEDIES_MAX];
	size_t count;
	bool cut; /* there would be more */
};

/*
 * None for a netns that is in use, or whose holders are not known.  leaked: its pod has been gone for longer than the
 * grace, and no source is silent that could know better; else nothing is safe.
 */
void remedies_find(struct remedies *ret, const struct netns *netns, bool leaked);

/* A word for a shell: in single quotes where it would see more in it, and in ASCII that can be shown as it is. */
struct text;
void remedy_quote(struct text *text, const char *word);

/* Its pod is there, or a process runs in it. */
bool netns_is_in_use(const struct netns *netns);

#endif
