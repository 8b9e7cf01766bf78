/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * All netns of the node at one moment, for the commands that look once: from the kernel by BPF, and where it refuses that
 * from /proc and netlink, which show less.  What that is stands in survey.unseen.
 */
#ifndef NETNSLEAK_SURVEY_H
#define NETNSLEAK_SURVEY_H

#include "input.h"
#include "look.h"
#include "report.h"
#include "proc_scan.h"
#include "tracer.h"

struct holders;
struct netns;
struct pipeline;
struct state;

#define SURVEY_UNSEEN 16

struct survey {
	struct tracer *tracer;	 /* NULL: without BPF */
	struct holders *holders; /* NULL: not wanted yet, without BPF, or they cannot be looked for, which was said */
	bool holders_tried;
	struct proc_scan scan;	 /* without BPF, or where survey_look() was asked for */
	struct look *looks;	 /* likewise */
	size_t look_count;
	char refusal[512]; /* why there is no BPF */
	const char *unseen[SURVEY_UNSEEN + 1]; /* what could not be seen, each a phrase; ends with NULL */
	struct report_survey report; /* the same, for reports */
};

/* command: for messages; bpf: try it.  What goes wrong was said; a negative errno: nothing can be seen.  Close it in any case. */
int survey_open(struct survey *ret, const char *command, bool bpf);
void survey_close(struct survey *survey);

/* A census, as tracer_census(). */
int survey_census(struct survey *survey, tracer_record_fn fn, void *ctx);

/* What else could not be seen: a phrase that outlives the survey; once is enough. */
void survey_unseen(struct survey *survey, const char *what);
#define SURVEY_NOT_ENTERED "devices, addresses and routes of netns that could not be entered"
/* On stderr, where there is anything. */
void survey_say_unseen(const struct survey *survey);

/*
 * After the census, which state is of: scan and looks, also where BPF is used.  Who holds what is to be asked before: the kernel gives back a
 * socket's reference some time after the socket was closed.
 */
int survey_look(struct survey *survey, const struct state *state);

/*
 * Then netns->holders of each says who holds it, unless that could not be looked for, which was said.  node: the handle of
 * the node's own.
 */
int survey_find_holders(struct survey *survey, const struct netns *const *netns, size_t count, uint64_t node, input_fn input, void *ctx);

#endif
