/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `netnsleak top` on a terminal, in a loop: draws what has changed, some times a second at most, and takes keys.  It never
 * waits for the terminal: while that does not take what is drawn, nothing is.
 *
 * What it shows comes from a pipeline that somebody else feeds: a session, or a recording.
 */
#ifndef NETNSLEAK_TOP_LIVE_H
#define NETNSLEAK_TOP_LIVE_H

#include "top.h"

struct loop;
struct outlet;
struct top_live;

struct top_live_options {
	struct loop *loop;
	struct outlet *outlet; /* to the terminal */
	const char *node, *kernel;
	const char *recording; /* NULL: a session, whose clock is ours */
	uint64_t grace;	       /* ns */
	bool color;
	/* What is to be shown now; all but what top_live knows by itself. */
	const struct pipeline *(*pipeline)(void *ctx);
	void (*facts)(void *ctx, struct top_facts *ret);
	/* Looks for what holds it, before it is explained; NULL: as it is known. */
	int (*look)(void *ctx, const struct netns *netns);
	/* Of a recording: TOP_DO_BACK, _FORWARD, _FIRST, _LAST. */
	int (*step)(void *ctx, enum top_action action);
	void *ctx;
};

/* Negative errno: not said.  From then on until it is closed what is said goes to the screen, and afterwards to stderr too. */
int top_live_open(struct top_live **ret, const struct top_live_options *options);
void top_live_close(struct top_live *live); /* NULL is fine */

/* Something came in: what is shown may be another. */
void top_live_changed(struct top_live *live);
/* A report_fn. */
int top_live_report(void *live, const struct report *report);
void top_live_forget_reports(struct top_live *live);
/* After each batch of events: draws, where there is something to draw, and it is time for that. */
int top_live_settle(struct top_live *live);

#endif
