/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "verdict.h"

#include <errno.h>
#include <stdlib.h>

#include "verdict_private.h"

int verdicts_new(struct verdicts **ret, const struct verdict_settings *settings, const struct state *state,
		 const struct correlate *correlate, finding_fn fn, void *ctx)
{
	struct verdicts *verdicts = calloc(1, sizeof(*verdicts));

	if (!verdicts)
		return -ENOMEM;
	verdicts->settings = *settings;
	verdicts->state = state;
	verdicts->correlate = correlate;
	verdicts->fn = fn;
	verdicts->ctx = ctx;
	*ret = verdicts;
	return 0;
}

static int free_visit(void *ctx, struct netns *netns)
{
	(void)ctx;
	free(netns->verdict);
	netns->verdict = NULL;
	return 0;
}

void verdicts_free(struct verdicts *verdicts)
{
	struct conflict *conflict;

	if (!verdicts)
		return;
	state_each(verdicts->state, free_visit, NULL);
	while ((conflict = verdicts->conflicts)) {
		verdicts->conflicts = conflict->next;
		free(conflict);
	}
	verdicts_forget_marks(verdicts);
	free(verdicts);
}

void verdicts_tell(struct verdicts *verdicts, struct finding finding)
{
	finding.time = verdicts->now;
	verdicts->fn(verdicts->ctx, &finding);
}

uint64_t verdicts_elapsed(const struct verdicts *verdicts, uint64_t from)
{
	return verdicts->now > from ? verdicts->now - from : 0;
}

void verdicts_set_now(struct verdicts *verdicts, uint64_t now)
{
	if (now > verdicts->now)
		verdicts->now = now;
}

/* --- what happens to a netns --- */

static int on_created(struct verdicts *verdicts, struct netns *netns)
{
	int err = verdicts_apply_marks(verdicts, netns);

	return err ? err : verdict_schedule(verdicts, netns);
}

static void on_ended(struct verdicts *verdicts, struct netns *netns)
{
	struct verdict *verdict = netns->verdict;
	const struct pod *pod = netns->binding ? netns->binding->pod : NULL;

	if (!verdict)
		return;
	verdict_disarm(verdicts, verdict);
	verdicts->counts.leaked_now -= !!verdict->leaked_at;
	verdicts->counts.stuck_now -= !!verdict->stuck_at;
	verdicts->counts.orphans_now -= !!verdict->orphan_at;
	verdicts->counts.conflicts_now -= !!verdict->conflict_at;
	if (verdict->leaked_at) {
		verdicts->counts.recovered++;
		verdicts_tell(verdicts, (struct finding){
						.kind = FINDING_RECOVERED, .netns = netns, .pod = pod,
						.since = pod && pod->gone ? verdicts_elapsed(verdicts, pod->gone_at) : 0 });
	}
	free(verdict);
	netns->verdict = NULL;
}

int verdicts_state(struct verdicts *verdicts, const struct state_change *change)
{
	verdicts_set_now(verdicts, change->time);
	switch (change->kind) {
	case STATE_NETNS_CREATED:
		return on_created(verdicts, change->netns);
	case STATE_NETNS_DYING:
		return verdict_schedule(verdicts, change->netns);
	case STATE_NETNS_FREED:
	case STATE_NETNS_VANISHED:
		verdicts->progress = verdicts->now;
		on_ended(verdicts, change->netns);
		return 0;
	case STATE_CENSUS_DONE:
		return verdicts_judge(verdicts);
	case STATE_NETNS_CLEANUP:
		verdicts->progress = verdicts->now;
		return 0;
	case STATE_ADDR_REMOVED:
	case STATE_DEV_REMOVED:
		if (change->netns->phase >= NETNS_DYING)
			verdicts->progress = verdicts->now;
		return 0;
	default:
		return 0;
	}
}

/* --- what happens to pods --- */

/* Its pod is another, or another's word: what is a living pod's is no leak, and may become one. */
static int reschedule(struct verdicts *verdicts, struct netns *netns)
{
	struct verdict *verdict = netns->verdict;

	if (verdict && verdict->leaked_at && !netns->binding->pod->gone) {
		verdict->leaked_at = 0;
		verdicts->counts.leaked_now--;
	}
	if (verdict && verdict->orphan_at) {
		verdict->orphan_at = 0;
		verdicts->counts.orphans_now--;
	}
	return verdict_schedule(verdicts, netns);
}

static int reschedule_of(struct verdicts *verdicts, const struct pod *pod)
{
	const struct binding *binding;
	int err = 0;

	for (binding = pod->bindings; binding && !err; binding = binding->next)
		err = reschedule(verdicts, binding->netns);
	return err;
}

static bool has_suspects(const struct verdicts *verdicts)
{
	const struct conflict *conflict;

	for (conflict = verdicts->conflicts; conflict; conflict = conflict->next)
		if (conflict->suspected_at && !conflict->told)
			return true;
	return verdicts->suspects.first != NULL;
}

int verdicts_correlate(struct verdicts *verdicts, const struct correlate_change *change)
{
	verdicts_set_now(verdicts, change->time);
	switch (change->kind) {
	case CORRELATE_BOUND:
	case CORRELATE_PATH:
		return reschedule(verdicts, change->netns);
	case CORRELATE_POD_GONE:
	case CORRELATE_POD_BACK:
		return reschedule_of(verdicts, change->pod);
	case CORRELATE_SHARED:
		return verdicts_shared(verdicts, change->ip);
	case CORRELATE_UNSHARED:
		verdicts_unshared(verdicts, change->ip);
		return 0;
	case CORRELATE_SOURCE_UP:
		/* Suspects may have waited for it; what was counted meanwhile is old. */
		verdicts->want_census |= has_suspects(verdicts);
		return 0;
	default:
		return 0;
	}
}

/* --- questions --- */

bool verdicts_want_census(const struct verdicts *verdicts)
{
	return verdicts->want_census;
}

void verdicts_counts(const struct verdicts *verdicts, struct verdict_counts *ret)
{
	const struct conflict *conflict;
	const struct verdict *verdict;

	*ret = verdicts->counts;
	ret->suspects = 0;
	for (verdict = verdicts->suspects.first; verdict; verdict = verdict->next)
		ret->suspects++;
	for (conflict = verdicts->conflicts; conflict; conflict = conflict->next)
		ret->suspects += conflict->suspected_at && !conflict->told;
}
