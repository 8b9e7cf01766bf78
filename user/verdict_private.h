/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of verdict share.
 */
#ifndef NETNSLEAK_VERDICT_PRIVATE_H
#define NETNSLEAK_VERDICT_PRIVATE_H

#include "verdict.h"

/* Deadlines of one kind, in order.  Each kind has one delay, so that new ones mostly go last. */
struct queue {
	struct verdict *first, *last;
};

/* One address of a pod that several netns have. */
struct conflict {
	struct conflict *next;
	struct ip_address ip;
	uint64_t deadline, suspected_at;
	bool told;
};

struct marks;

struct verdicts {
	struct verdict_settings settings;
	const struct state *state;
	const struct correlate *correlate;
	finding_fn fn;
	void *ctx;
	struct queue waiting[VERDICT_KINDS];
	struct queue suspects;
	struct conflict *conflicts;
	struct marks *marks;
	struct verdict_counts counts;
	uint64_t now;
	uint64_t progress; /* when the kernel's teardown last got on */
	int64_t wall_offset;
	bool want_census;
	bool one_is_blocked, one_is_in_cleanup, one_is_told; /* of all that are dying, while suspects are judged */
	uint64_t queued; /* likewise: those that are not in cleanup */
};

/* With the time of now. */
void verdicts_tell(struct verdicts *verdicts, struct finding finding);
uint64_t verdicts_elapsed(const struct verdicts *verdicts, uint64_t from);
/* Never back. */
void verdicts_set_now(struct verdicts *verdicts, uint64_t now);

/* --- deadlines --- */

/* NULL: no memory. */
struct verdict *verdict_get(struct netns *netns);
/* The deadline that it has by what is known of it, or none.  -ENOMEM. */
int verdict_schedule(struct verdicts *verdicts, struct netns *netns);
void verdict_arm(struct verdicts *verdicts, struct verdict *verdict, enum verdict_kind kind, uint64_t deadline);
void verdict_disarm(struct verdicts *verdicts, struct verdict *verdict);
/* When it was made, as well as it can be known: a mount of it may be older than this session. */
uint64_t verdict_made_at(const struct verdicts *verdicts, const struct netns *netns);

/* --- judging --- */

/* The kernel has been counted: judge those whose deadline passed before.  -ENOMEM. */
int verdicts_judge(struct verdicts *verdicts);
/*
 * Has the kernel counted it since it fell under suspicion?  One that is dying is off the kernel's list as soon as
 * cleanup_net() has it in hand: its phase is proof enough.
 */
bool netns_is_counted(const struct netns *netns, uint64_t since);

/* --- conflicts; -ENOMEM --- */

int verdicts_shared(struct verdicts *verdicts, const struct ip_address *ip);
void verdicts_unshared(struct verdicts *verdicts, const struct ip_address *ip);
int verdicts_judge_conflicts(struct verdicts *verdicts);

/* --- what an earlier session reported --- */

/* Of this netns, which is new.  -ENOMEM. */
int verdicts_apply_marks(struct verdicts *verdicts, struct netns *netns);
void verdicts_forget_marks(struct verdicts *verdicts);

#endif
