/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the reports of one session add up to: the life of each netns, and what was found.
 *
 * Pure.  Takes each report as it comes and keeps of it what a page about the session needs.  Of netns that ended without
 * a finding the last HISTORY_WELL_MAX are kept, so that a long session takes bounded memory: some 1 KB each.
 *
 * Times are boot ns, 0: not known, or not yet.  Texts are as the node has them, made safe for nothing; NULL: not known.
 */
#ifndef NETNSLEAK_HISTORY_H
#define NETNSLEAK_HISTORY_H

#include "input.h"
#include "report.h"

#define HISTORY_WELL_MAX 20000
#define HISTORY_EVENTS_MAX 64	/* of one netns */
#define HISTORY_CALLS_MAX 1000	/* that failed */
#define HISTORY_LOSSES_MAX 1000

struct history_texts {
	char **all;
	size_t count;
};

/* As it was told, with what was known then.  Of one that an earlier session reported no more is known than that. */
struct history_finding {
	struct history_finding *next;
	enum report_kind kind; /* of class REPORT_FINDING */
	uint64_t time;	/* 0: before this session */
	char *body;	/* one sentence */
	char *cause;	/* "cni-del-failed" */
	char *held_by;	/* in short; NULL: nothing is known to */
	char *references; /* what they are made of; NULL: not known */
	struct history_texts evidence; /* of the cause */
	struct history_texts holders;  /* one each */
	uint64_t holders_found;	       /* also those that are not named */
};

struct history_event {
	uint64_t time;
	enum report_kind kind;
	char *text; /* NULL: the kind says it all */
};

struct history_netns {
	struct history_netns *prev, *next; /* as they were first heard of (utlist) */
	uint64_t handle;
	char id[NETNS_ID_LEN];
	uint64_t cookie;
	uint32_t inum;
	bool initial;
	bool unseen_end; /* it is no more, and its end was not told */
	uint64_t first_seen, last_seen;
	uint64_t born, dying_at, cleanup_at, freed_at;
	uint64_t gone_at, grace_ends; /* of its pod; 0: it is there, or there is none */
	char *pod;	  /* "shop/cart" */
	char *pod_uid, *container;
	char *gone_by;	  /* "deleted, says kube" */
	char *bound_by;	  /* "cni, says cni:/var/lib/cni" */
	char *name, *path; /* the last that it had */
	char *addresses;  /* likewise */
	char *creator;	  /* "containerd (pid 812)" */
	struct history_finding *findings; /* first first */
	struct history_event *events;
	struct history_netns *prev_well, *next_well; /* history's own */
	void *awaits_pod; /* likewise */
	size_t event_count, events_left_out;
};

struct history_source {
	struct history_source *next;
	char *name;
	char *why; /* it is down; NULL: it is up */
	uint64_t since;
	uint64_t times_down;
};

struct history_call {
	struct history_call *next;
	uint64_t time;
	char *command, *plugin, *subject; /* "DEL", "bridge", the pod's or the container's name */
	char *end;	     /* how it ended */
	char netns[NETNS_ID_LEN]; /* "" not known */
};

struct history_loss {
	uint64_t time, resynced_at; /* 0: not before the end */
	uint64_t records;
};

struct history;

struct history_session {
	char *node, *kernel, *version; /* of netnsleak that recorded it */
	uint64_t grace, stuck_after, orphan_age; /* ns */
	uint64_t begin, end;
	int64_t wall_offset; /* the last */
	bool sees_calls;
	struct report_summary summary;
	char *summary_body; /* NULL: it was never told */
	uint64_t netns_left_out; /* that ended well, before those that are kept */
	uint64_t calls_failed;	 /* also those that are not kept */
	uint64_t losses_left_out;
};

int history_new(struct history **ret);
void history_free(struct history *history); /* NULL is fine */

/* An input_fn: takes from the session's beginning what no report has. */
int history_input(void *history, const struct input *input);
/* A report_fn.  -ENOMEM. */
int history_report(void *history, const struct report *report);
/* Once all is told: whatever state no longer has ended unseen.  -ENOMEM. */
int history_settle(struct history *history, const struct state *state);

const struct history_session *history_session(const struct history *history);
const struct history_netns *history_netns(const struct history *history); /* the first; NULL: none */
const struct history_source *history_sources(const struct history *history);
const struct history_call *history_calls(const struct history *history);
const struct history_loss *history_losses(const struct history *history, size_t *ret_count);

#endif
