/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The rules: which netns is leaked, stuck, an orphan, in conflict.
 *
 * Pure.  Stands to the right of state and correlate; sets only netns->verdict.
 *
 * A deadline makes a suspect, never a finding: what is about to be reported is first counted by a census that
 * began after its deadline, and is reported only if the kernel itself still has it, referenced.  So no lost or late
 * record accuses anyone.  One that is dying stands on no list that a census could walk: that its end was not told, while
 * nothing was lost, must do for stuck.  Where the session finds holders, they too are looked for after the deadline and
 * before the census, so that a finding says what holds the netns at that time.
 */
#ifndef NETNSLEAK_VERDICT_H
#define NETNSLEAK_VERDICT_H

#include "correlate.h"
#include "state.h"

struct verdict_settings {
	uint64_t grace, stuck_after, orphan_age; /* ns */
	bool finds_holders, finds_blockers; /* as in struct input_session */
};

enum verdict_kind { VERDICT_NONE, VERDICT_LEAKED, VERDICT_STUCK, VERDICT_ORPHAN, VERDICT_PATH_LOST, VERDICT_KINDS };

/* What is known of one netns; hangs at netns->verdict from its first deadline on. */
struct verdict {
	struct netns *netns;
	enum verdict_kind pending; /* what the deadline is for */
	uint64_t deadline;	   /* boot ns */
	uint64_t suspected_at;	   /* when the deadline passed, 0: it has not */
	struct verdict *previous, *next; /* of those with the same pending, by deadline */
	uint64_t leaked_at, stuck_at, orphan_at, conflict_at, path_lost_at; /* when reported; 0: not */
};

enum finding_kind {
	FINDING_LEAKED,
	FINDING_RECOVERED,
	FINDING_STUCK,
	FINDING_ORPHAN,
	FINDING_IP_CONFLICT,
	FINDING_PATH_LOST, /* of a pod that is there: netns->binding says which path, and where it leads */
};

struct finding {
	enum finding_kind kind;
	uint64_t time;
	struct netns *netns, *other;
	const struct pod *pod;
	const struct pod *other_pod; /* ip_conflict: whose address it is */
	const struct ip_address *ip;
	uint64_t count; /* stuck: of netns that wait behind it */
	uint64_t since; /* ns: from pod gone, or from the start of dying (stuck), the age (orphan), or from path_lost_at */
};

typedef void (*finding_fn)(void *ctx, const struct finding *finding);

struct verdicts;

int verdicts_new(struct verdicts **ret, const struct verdict_settings *settings, const struct state *state,
		 const struct correlate *correlate, finding_fn fn, void *ctx);
void verdicts_free(struct verdicts *verdicts);

/* -ENOMEM. */
int verdicts_state(struct verdicts *verdicts, const struct state_change *change);
int verdicts_correlate(struct verdicts *verdicts, const struct correlate_change *change);
int verdicts_restored(struct verdicts *verdicts, const struct input_restored *restored);
/* Call after any input: deadlines pass with the time of what happens, not only with ticks. */
void verdicts_advance(struct verdicts *verdicts, uint64_t now, int64_t wall_offset);

/* When verdicts_advance() has something to do at the latest; 0: nothing is pending. */
uint64_t verdicts_deadline(const struct verdicts *verdicts);
/* The netns that a census is to judge, in any order.  Return nonzero to stop. */
int verdicts_each_suspect(const struct verdicts *verdicts, state_visit_fn fn, void *ctx);
/* Suspects wait for a census. */
bool verdicts_want_census(const struct verdicts *verdicts);

struct verdict_counts {
	uint64_t leaked, recovered, stuck, orphans, conflicts; /* reported */
	uint64_t leaked_now, stuck_now, orphans_now, conflicts_now; /* reported, now or earlier, and still so */
	uint64_t suspects;				       /* deadlines passed, not judged yet */
};
void verdicts_counts(const struct verdicts *verdicts, struct verdict_counts *ret);

#endif
