/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What each netns is waited with, until when, and who is under suspicion since.
 */
#include "verdict_private.h"

#include <errno.h>
#include <stdlib.h>

/* --- queues --- */

static struct queue *queue_of(struct verdicts *verdicts, const struct verdict *verdict)
{
	return verdict->suspected_at ? &verdicts->suspects : &verdicts->waiting[verdict->pending];
}

void verdict_disarm(struct verdicts *verdicts, struct verdict *verdict)
{
	struct queue *queue = queue_of(verdicts, verdict);

	if (verdict->pending == VERDICT_NONE)
		return;
	if (verdict->previous)
		verdict->previous->next = verdict->next;
	else
		queue->first = verdict->next;
	if (verdict->next)
		verdict->next->previous = verdict->previous;
	else
		queue->last = verdict->previous;
	verdict->previous = verdict->next = NULL;
	verdict->pending = VERDICT_NONE;
	verdict->suspected_at = 0;
}

static void queue_insert(struct queue *queue, struct verdict *verdict)
{
	struct verdict *before = queue->last;

	while (before && before->deadline > verdict->deadline)
		before = before->previous;
	verdict->previous = before;
	verdict->next = before ? before->next : queue->first;
	if (verdict->next)
		verdict->next->previous = verdict;
	else
		queue->last = verdict;
	if (before)
		before->next = verdict;
	else
		queue->first = verdict;
}

void verdict_arm(struct verdicts *verdicts, struct verdict *verdict, enum verdict_kind kind, uint64_t deadline)
{
	/* A suspect stays one, but for a deadline that has moved on: its pod may be another. */
	if (verdict->pending == kind && (verdict->deadline == deadline ||
					 (verdict->suspected_at && deadline <= verdict->suspected_at)))
		return;
	verdict_disarm(verdicts, verdict);
	verdict->pending = kind;
	verdict->deadline = deadline;
	queue_insert(queue_of(verdicts, verdict), verdict);
}

/* --- which deadline a netns has --- */

uint64_t verdict_made_at(const struct verdicts *verdicts, const struct netns *netns)
{
	uint64_t made = netns->born ? netns->born : netns->first_seen;
	const struct netns_path *path;

	for (path = netns->paths; path && !netns->born; path = path->next) {
		int64_t boot = path->made_wall - verdicts->wall_offset;

		if (path->made_wall && boot < (int64_t)made)
			made = boot > 0 ? (uint64_t)boot : 0;
	}
	return made;
}

static enum verdict_kind expects(const struct verdicts *verdicts, const struct netns *netns,
				 const struct verdict *verdict, uint64_t *ret_deadline)
{
	const struct binding *binding = netns->binding;

	if (netns->initial)
		return VERDICT_NONE;
	if (netns_is_dying(netns)) {
		*ret_deadline = netns->dying_at + verdicts->settings.stuck_after;
		return verdict && verdict->stuck_at ? VERDICT_NONE : VERDICT_STUCK;
	}
	if (netns->phase != NETNS_REFERENCED)
		return VERDICT_NONE;
	if (binding && binding->pod->gone) {
		*ret_deadline = binding->pod->released_at + verdicts->settings.grace;
		return verdict && verdict->leaked_at ? VERDICT_NONE : VERDICT_LEAKED;
	}
	if (binding) {
		*ret_deadline = binding->path_lost_at + verdicts->settings.grace;
		return binding->path_lost_at && !(verdict && verdict->path_lost_at) ? VERDICT_PATH_LOST : VERDICT_NONE;
	}
	*ret_deadline = verdict_made_at(verdicts, netns) + verdicts->settings.orphan_age;
	return verdict && verdict->orphan_at ? VERDICT_NONE : VERDICT_ORPHAN;
}

/* NULL: no memory. */
struct verdict *verdict_get(struct netns *netns)
{
	if (!netns->verdict)
		netns->verdict = calloc(1, sizeof(*netns->verdict));
	if (netns->verdict)
		netns->verdict->netns = netns;
	return netns->verdict;
}

int verdict_schedule(struct verdicts *verdicts, struct netns *netns)
{
	uint64_t deadline = 0;
	enum verdict_kind kind = expects(verdicts, netns, netns->verdict, &deadline);

	if (kind == VERDICT_NONE) {
		if (netns->verdict)
			verdict_disarm(verdicts, netns->verdict);
		return 0;
	}
	if (!verdict_get(netns))
		return -ENOMEM;
	verdict_arm(verdicts, netns->verdict, kind, deadline);
	return 0;
}

/* --- time --- */

static void suspect_due(struct verdicts *verdicts, struct queue *queue)
{
	struct verdict *verdict;

	while ((verdict = queue->first) && verdict->deadline <= verdicts->now) {
		enum verdict_kind kind = verdict->pending;

		verdict_disarm(verdicts, verdict);
		verdict->pending = kind;
		verdict->suspected_at = verdicts->now;
		queue_insert(&verdicts->suspects, verdict);
		verdicts->want_census = true;
	}
}

void verdicts_advance(struct verdicts *verdicts, uint64_t now, int64_t wall_offset)
{
	struct conflict *conflict;
	enum verdict_kind kind;

	verdicts_set_now(verdicts, now);
	verdicts->wall_offset = wall_offset;
	for (kind = VERDICT_LEAKED; kind < VERDICT_KINDS; kind++)
		suspect_due(verdicts, &verdicts->waiting[kind]);
	for (conflict = verdicts->conflicts; conflict; conflict = conflict->next)
		if (!conflict->suspected_at && conflict->deadline <= verdicts->now) {
			conflict->suspected_at = verdicts->now;
			verdicts->want_census = true;
		}
}

uint64_t verdicts_deadline(const struct verdicts *verdicts)
{
	const struct conflict *conflict;
	enum verdict_kind kind;
	uint64_t first = UINT64_MAX;

	for (kind = VERDICT_LEAKED; kind < VERDICT_KINDS; kind++) {
		const struct verdict *verdict = verdicts->waiting[kind].first;

		if (verdict && verdict->deadline < first)
			first = verdict->deadline;
	}
	for (conflict = verdicts->conflicts; conflict; conflict = conflict->next)
		if (!conflict->suspected_at && conflict->deadline < first)
			first = conflict->deadline;
	return first == UINT64_MAX ? 0 : first;
}

int verdicts_each_suspect(const struct verdicts *verdicts, state_visit_fn fn, void *ctx)
{
	struct verdict *verdict;
	int stop = 0;

	for (verdict = verdicts->suspects.first; verdict && !stop; verdict = verdict->next)
		stop = fn(ctx, verdict->netns);
	return stop;
}
