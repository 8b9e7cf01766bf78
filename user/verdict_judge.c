/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Those under suspicion, when the kernel has been counted.
 */
#include "verdict_private.h"

/*
 * A suspect that a source's silence keeps from being judged stays one.  The others are done with: reported,
 * or acquitted and armed anew.
 */
static void judge_leaked(struct verdicts *verdicts, struct verdict *verdict)
{
	struct netns *netns = verdict->netns;
	const struct pod *pod = netns->binding->pod;

	if (correlate_is_undecided(verdicts->correlate, netns))
		return;
	verdict_disarm(verdicts, verdict);
	if (netns->references <= 0)
		return; /* its dying is on the way */
	verdict->leaked_at = verdicts->now;
	verdicts->counts.leaked++;
	verdicts->counts.leaked_now++;
	verdicts_tell(verdicts, (struct finding){ .kind = FINDING_LEAKED, .netns = netns, .pod = pod,
						  .since = verdicts_elapsed(verdicts, pod->gone_at) });
}

/*
 * cleanup_net() takes down all that is queued in one go, and what comes meanwhile when it is done.  So where a device
 * keeps it from going on, only the netns which that is of is stuck, and where it hangs elsewhere, only those that it
 * has in hand: the others wait behind them.  Where it has none in hand that is known, since it had it already when the
 * session began, the one that waits longest stands for all.
 */
static bool waits_behind_another(const struct verdicts *verdicts, const struct netns *netns)
{
	if (netns_blocker(netns))
		return false;
	return verdicts->one_is_blocked ||
	       (netns->phase == NETNS_DYING && (verdicts->one_is_in_cleanup || verdicts->one_is_told));
}

/*
 * As long as any of those that are dying loses a device or is freed, there is a backlog and nothing is stuck.
 */
static void judge_stuck(struct verdicts *verdicts, struct verdict *verdict)
{
	struct netns *netns = verdict->netns;
	uint64_t last = netns->dying_at > verdicts->progress ? netns->dying_at : verdicts->progress;

	verdict_disarm(verdicts, verdict);
	if (last + verdicts->settings.stuck_after > verdicts->now) {
		verdict_arm(verdicts, verdict, VERDICT_STUCK, last + verdicts->settings.stuck_after);
		return;
	}
	if (waits_behind_another(verdicts, netns)) {
		verdict_arm(verdicts, verdict, VERDICT_STUCK, verdicts->now + verdicts->settings.stuck_after);
		return;
	}
	verdict->stuck_at = verdicts->now;
	verdicts->one_is_told = true;
	verdicts->counts.stuck++;
	verdicts->counts.stuck_now++;
	verdicts_tell(verdicts, (struct finding){ .kind = FINDING_STUCK, .netns = netns,
						  .count = verdicts->queued - (netns->phase == NETNS_DYING),
						  .pod = netns->binding ? netns->binding->pod : NULL,
						  .since = verdicts_elapsed(verdicts, netns->dying_at) });
}

static void judge_orphan(struct verdicts *verdicts, struct verdict *verdict)
{
	struct netns *netns = verdict->netns;

	if (netns->tasks || netns->references <= 0) {
		/* In use today.  Look again, all of them at one time: each look costs a census. */
		verdict_disarm(verdicts, verdict);
		verdict_arm(verdicts, verdict, VERDICT_ORPHAN, verdicts->now + verdicts->settings.orphan_age / 4 + 1);
		return;
	}
	if (correlate_incomplete(verdicts->correlate, NULL))
		return;
	verdict_disarm(verdicts, verdict);
	verdict->orphan_at = verdicts->now;
	verdicts->counts.orphans++;
	verdicts->counts.orphans_now++;
	verdicts_tell(verdicts, (struct finding){ .kind = FINDING_ORPHAN, .netns = netns,
						  .since = verdicts_elapsed(verdicts, verdict_made_at(verdicts, netns)) });
}

/* Its pod lives on without it.  One that is going loses its path first. */
static void judge_path(struct verdicts *verdicts, struct verdict *verdict)
{
	struct netns *netns = verdict->netns;
	const struct binding *binding = netns->binding;

	if (correlate_incomplete(verdicts->correlate, binding->pod))
		return;
	verdict_disarm(verdicts, verdict);
	if (netns->references <= 0 || binding->pod->terminating)
		return;
	verdict->path_lost_at = verdicts->now;
	verdicts_tell(verdicts, (struct finding){ .kind = FINDING_PATH_LOST, .netns = netns, .pod = binding->pod,
						  .since = verdicts_elapsed(verdicts, binding->path_lost_at) });
}

/* --- all of them --- */

bool netns_is_counted(const struct netns *netns, uint64_t since)
{
	return netns->counted_at >= since || netns->phase >= NETNS_DYING;
}

/* Is it known what holds it, or what blocks its end, where the session can tell? */
static bool is_looked_at(const struct verdicts *verdicts, const struct verdict *verdict)
{
	const struct netns *netns = verdict->netns;

	if (netns->phase >= NETNS_DYING)
		return !verdicts->settings.finds_blockers ||
		       (netns->teardown && netns->teardown->looked_at >= verdict->suspected_at);
	return !verdicts->settings.finds_holders || (netns->holders && netns->holders->at >= verdict->suspected_at);
}

static void judge(struct verdicts *verdicts, struct verdict *verdict)
{
	if (!netns_is_counted(verdict->netns, verdict->suspected_at) || !is_looked_at(verdicts, verdict)) {
		verdicts->want_census = true;
		return;
	}
	if (verdict->pending == VERDICT_LEAKED)
		judge_leaked(verdicts, verdict);
	else if (verdict->pending == VERDICT_STUCK)
		judge_stuck(verdicts, verdict);
	else if (verdict->pending == VERDICT_PATH_LOST)
		judge_path(verdicts, verdict);
	else
		judge_orphan(verdicts, verdict);
}

static int dying_visit(void *ctx, struct netns *netns)
{
	struct verdicts *verdicts = ctx;

	verdicts->queued += netns->phase == NETNS_DYING;
	verdicts->one_is_told |= netns->phase >= NETNS_DYING && netns->verdict && netns->verdict->stuck_at;
	verdicts->one_is_in_cleanup |= netns->phase == NETNS_CLEANUP;
	verdicts->one_is_blocked |= netns->phase == NETNS_CLEANUP && netns_blocker(netns);
	return 0;
}

static void look_at_teardown(struct verdicts *verdicts)
{
	const struct verdict *verdict = verdicts->suspects.first;

	while (verdict && verdict->pending != VERDICT_STUCK)
		verdict = verdict->next;
	verdicts->one_is_in_cleanup = verdicts->one_is_blocked = verdicts->one_is_told = false;
	verdicts->queued = 0;
	if (verdict)
		state_each(verdicts->state, dying_visit, verdicts);
}

/* The kernel has been counted: judge those whose deadline passed before. */
int verdicts_judge(struct verdicts *verdicts)
{
	struct verdict *verdict, *next;

	verdicts->want_census = false;
	look_at_teardown(verdicts);
	for (verdict = verdicts->suspects.first; verdict; verdict = next) {
		next = verdict->next;
		judge(verdicts, verdict);
	}
	return verdicts_judge_conflicts(verdicts);
}
