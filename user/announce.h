/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a session says when it is ready: the table's first line, and on stderr what is amiss that it can do without.
 */
#ifndef NETNSLEAK_ANNOUNCE_H
#define NETNSLEAK_ANNOUNCE_H

#include <stddef.h>

struct node;
struct options;
struct output;
struct report_summary;
struct source;
struct tracer;

struct announcement {
	const struct options *options;
	const struct node *node;
	const struct tracer *tracer;
	struct source *const *sources; /* the first is the watcher of mounts */
	size_t source_count;
	const struct report_summary *summary;
};

/* Where no pod is this node's and others are, the name may be wrong. */
void announce_wrong_node(const struct node *node, const struct report_summary *summary);

/* Negative errno: the output cannot be written, which is said. */
int announce(const struct announcement *what, struct output *output);

#endif
