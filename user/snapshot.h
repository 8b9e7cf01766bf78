/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel and the sources of pods say at one moment: a census, judged by the same stages as a session, for the
 * commands that look once.
 */
#ifndef NETNSLEAK_SNAPSHOT_H
#define NETNSLEAK_SNAPSHOT_H

#include "node.h"
#include "pipeline.h"
#include "survey.h"

struct loop;
struct options;
struct source;

struct snapshot {
	struct node node;
	struct loop *loop;
	struct survey survey;
	struct pipeline *pipeline;
	struct source **sources; /* the first is the watcher of mounts */
	size_t source_count;
	bool incomplete; /* a source did not answer in time, which was said */
	input_fn witness; /* NULL, or: is given every input too */
	void *witness_ctx;
	report_fn audience; /* NULL, or: is given every report */
	void *audience_ctx;
};

/*
 * Waits for each source, 5 s at most.  command: for messages.  What goes wrong was said; a negative errno: there is no
 * snapshot.  Of *ret witness and audience are the caller's to set, the rest is zero.  Close it in any case.
 */
int snapshot_take(struct snapshot *ret, const struct options *options, const char *command);
void snapshot_close(struct snapshot *snapshot);

/* Then netns->holders of each says who holds it, unless that could not be looked for, which was said. */
int snapshot_find_holders(struct snapshot *snapshot, const struct netns *const *netns, size_t count);

/* Then netns->teardown of one that is dying says what the kernel is doing instead of freeing it, where that can be seen. */
int snapshot_look_at_teardown(struct snapshot *snapshot, const struct netns *netns);

#endif
