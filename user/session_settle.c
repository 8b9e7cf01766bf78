/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is due when a batch of events has been taken, and when next.
 */
#include "session_private.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "loop.h"
#include "nudges.h"
#include "outlet.h"
#include "pipeline.h"
#include "recording.h"
#include "say.h"
#include "source.h"
#include "statefile.h"
#include "top_live.h"
#include "util.h"

/* A netns that is older is not looked at again for its first process. */
#define LOOK_AGE (5 * 60 * NS_PER_S)
/* What is remembered changes with each pod; what was reported is saved at once. */
#define SAVE_INTERVAL (1 * NS_PER_S)

static int settle_census(struct session *session, uint64_t now)
{
	if (!pipeline_wants_census(session->pipeline) || now < session->censused_at + session_census_interval(session))
		return 0;
	return session_take_census(session);
}

static int is_worth_a_look(void *ctx, struct netns *netns)
{
	const uint64_t *now = ctx;

	return netns->born && *now < netns->born + LOOK_AGE && !netns->pid && netns_is_bound_weakly(netns);
}

static int settle_look(struct session *session, uint64_t now)
{
	const struct state *state = pipeline_state(session->pipeline);

	if (!session->look_due || now < session->look_due || now < session->censused_at + session_census_interval(session))
		return 0;
	session->look_due = 0;
	if (!state_each(state, is_worth_a_look, &now))
		return 0;
	session->look_delay *= 2;
	session->look_due = now + session->look_delay;
	return session_take_census(session);
}

static int tell_sources(struct session *session)
{
	int err = 0;

	for (size_t i = 0; session->netns_changed && !err && i < session->source_count; i++)
		err = source_netns_changed(session->sources[i]);
	session->netns_changed = false;
	return err;
}

void session_settle_state(struct session *session, uint64_t now)
{
	const struct statefile_boot boot = { session->node.boot_id, session->node.wall_offset };
	uint64_t version = pipeline_remember_version(session->pipeline);
	int err;

	/* Before the first census what the state file holds is better.  A screen is looked at beside a session whose file it is. */
	if (!session->options->state || session->on_screen || version == session->saved_version ||
	    !state_counts(pipeline_state(session->pipeline))->censuses) {
		session->save_due = 0;
		return;
	}
	if (!session->save_due)
		session->save_due = now + SAVE_INTERVAL;
	/* A finding that is out and not remembered would be told again after a crash. */
	if (now < session->save_due && session->output.findings == session->saved_findings)
		return;
	err = statefile_save(session->options->state, &boot, session->pipeline);
	if (err && !session->state_failed)
		say("cannot write the state file %s: %s%s", session->options->state, strerror(-err), say_remedy(err));
	session->failed |= err != 0;
	session->state_failed = err != 0;
	session->saved_version = version;
	session->saved_findings = session->output.findings;
	session->save_due = 0;
}

static void settle_recording(struct session *session, uint64_t now)
{
	int err;

	if (!session->recording || !session->flush_due || now < session->flush_due)
		return;
	session->flush_due = 0;
	err = recording_flush(session->recording);
	if (err)
		session_end_recording(session, err);
}

static void settle_output(struct session *session)
{
	uint64_t dropped = outlet_dropped(session->output.outlet);

	/* Said less and less often: who does not read the one may not read the other. */
	if (dropped <= 2 * session->dropped)
		return;
	say("the reader of %s is too slow: %" PRIu64 " lines were dropped so far", session->output.name, dropped);
	session->dropped = dropped;
}

/* --- the next deadline --- */

static void first_of(uint64_t *first, uint64_t when)
{
	if (when && (!*first || when < *first))
		*first = when;
}

static uint64_t later_of(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* What passed while something else took its time is done in the next batch.  What is still the same after that is not. */
static void note_overdue(struct session *session, uint64_t first)
{
	uint64_t now = loop_now();

	if (!first || first > now)
		session->overdue_since = 0;
	else if (first != session->timer_due || !session->overdue_since)
		session->overdue_since = now;
	session->timer_due = first;
}

static int settle_timer(struct session *session)
{
	uint64_t first = 0;

	session->tick_due = pipeline_deadline(session->pipeline);
	first_of(&first, session->tick_due);
	first_of(&first, session->ready_due);
	first_of(&first, session->save_due);
	first_of(&first, session->recording ? session->flush_due : 0);
	if (session->look_due)
		first_of(&first, later_of(session->look_due, session->censused_at + session_census_interval(session)));
	if (pipeline_wants_census(session->pipeline))
		first_of(&first, session->censused_at + session_census_interval(session));
	note_overdue(session, first);
	return loop_timer_set(session->timer, first);
}

int session_settle(void *ctx, uint32_t events)
{
	struct session *session = ctx;
	struct report_summary summary;
	uint64_t now = loop_now();
	int err = session_take_clock(session);

	(void)events;
	if (!err)
		err = session_take_losses(session);
	if (!err)
		err = settle_census(session, now);
	if (!err)
		err = tell_sources(session);
	if (!err)
		err = settle_look(session, now);
	if (err)
		return err;
	session_settle_state(session, now);
	settle_recording(session, now);
	settle_output(session);
	pipeline_summary(session->pipeline, &summary);
	err = session_settle_ready(session, &summary, now);
	if (err)
		return err;
	if (!session->ready_due)
		err = output_settle(&session->output, &summary);
	if (!err && session->screen)
		err = top_live_settle(session->screen);
	return err ? err : settle_timer(session);
}
