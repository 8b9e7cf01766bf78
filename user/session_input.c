/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What comes in goes into the recording and the pipeline, in the order in which it happened.
 */
#include "session_private.h"

#include <errno.h>
#include <string.h>

#include "cni_calls.h"
#include "cni_netns.h"
#include "loop.h"
#include "nudges.h"
#include "pipeline.h"
#include "recording.h"
#include "say.h"
#include "source.h"
#include "suspects.h"
#include "top_live.h"
#include "tracer.h"
#include "util.h"

/* Clocks are slewed all the time; a step beyond this is told to the pipeline. */
#define CLOCK_TOLERANCE (50 * NS_PER_MS)
/* Under lasting overload each census is followed by further loss: do not spend all the time on them. */
#define CENSUS_INTERVAL (1 * NS_PER_S)
/*
 * A pod's first process comes soon after its netns, when CNI is done.  A census is taken for those whose netns nothing
 * has bound so well as their cgroup would; where there is no process yet, again after twice the time, and so on.
 */
#define LOOK_AFTER (5 * NS_PER_S)
#define RECORD_INTERVAL (1 * NS_PER_S)
/* What the hooks have missed is asked of the kernel, hook by hook: before each verdict, and else not more often than that. */
#define MISSED_INTERVAL (100 * NS_PER_MS)

void session_end_recording(struct session *session, int err)
{
	if (err == -EFBIG)
		say("the recording %s ends here, tracing goes on: it has reached --record-max", session->options->record);
	else
		say("cannot record to %s: %s%s; the recording ends here, tracing goes on", session->options->record,
		    strerror(-err), say_remedy(err));
	recording_writer_close(session->recording);
	session->recording = NULL;
	session->failed |= err != -EFBIG;
}

void session_record(struct session *session, const struct input *input)
{
	int err;

	if (!session->recording)
		return;
	err = recording_write(session->recording, input);
	if (!session->flush_due)
		session->flush_due = loop_now() + RECORD_INTERVAL;
	if (err)
		session_end_recording(session, err);
}

int session_input(void *ctx, const struct input *input)
{
	struct session *session = ctx;

	session_record(session, input);
	if (session->screen)
		top_live_changed(session->screen);
	return pipeline_input(session->pipeline, input);
}

/* --- of the kernel --- */

static void look_soon(struct session *session)
{
	uint64_t due = loop_now() + LOOK_AFTER;

	session->look_delay = LOOK_AFTER;
	if (!session->look_due || due < session->look_due)
		session->look_due = due;
}

/* A device goes into a pod's netns while its sandbox is made, and away while it is stopped. */
static bool is_of_sandboxes(const struct nns_hdr *hdr)
{
	return hdr->kind == NNS_NETNS_CREATED || hdr->kind == NNS_NETNS_DYING || hdr->kind == NNS_DEV_MOVED ||
	       hdr->kind == NNS_DEV_UNREGISTERED;
}

/* What a plugin is told to work on is looked up before its end is taken from the ring: so it shows if that was too late. */
static int look_at_call(struct session *session, const struct nns_cni_exec *exec)
{
	struct input input = { .kind = INPUT_CNI_NETNS };

	if (!exec->netns_path[0] || exec->flags & NNS_CNI_AGAIN)
		return 0;
	input.cni_netns = cni_netns_look(exec, sees_all_processes());
	input.time = loop_now(); /* not before it was looked at: the plugin may end meanwhile */
	return session_input(session, &input);
}

static int on_call(struct session *session, const struct nns_cni_exec *told)
{
	struct nns_cni_exec exec = *told;
	struct input input = { .kind = INPUT_KERNEL, .time = exec.hdr.time, .kernel = { .record = &exec, .size = sizeof(exec) } };
	int err = cni_exec_keep_pod(&exec);

	if (!err)
		err = session_input(session, &input);
	return err ? err : look_at_call(session, &exec);
}

static int on_record(void *ctx, const void *bytes, size_t size)
{
	struct session *session = ctx;
	struct input input = { .kind = INPUT_KERNEL, .kernel = { .record = bytes, .size = size } };

	if (size == sizeof(struct nns_cni_exec) && ((const struct nns_hdr *)bytes)->kind == NNS_CNI_EXEC) {
		session->input_error = on_call(session, bytes);
		return session->input_error;
	}
	if (size >= sizeof(struct nns_hdr)) {
		input.time = ((const struct nns_hdr *)bytes)->time;
		session->netns_changed |= is_of_sandboxes(bytes);
	}
	if (session->nudges && size == sizeof(struct nns_netns_created) &&
	    ((const struct nns_hdr *)bytes)->kind == NNS_NETNS_CREATED)
		look_soon(session);
	session->input_error = session_input(session, &input);
	return session->input_error;
}

int session_take_losses(struct session *session)
{
	uint64_t now = loop_now();
	struct input input = { .kind = INPUT_LOST, .time = now };
	struct input_lost all;

	if (now - session->missed_asked >= MISSED_INTERVAL) {
		session->missed = tracer_missed(session->tracer);
		session->missed_asked = now;
	}
	all = (struct input_lost){ tracer_lost(session->tracer), session->missed.events, session->missed.calls };
	input.lost.count = all.count - session->lost.count;
	input.lost.missed = all.missed - session->lost.missed;
	input.lost.calls = all.calls - session->lost.calls;
	if (!input.lost.count && !input.lost.missed && !input.lost.calls)
		return 0;
	session->lost = all;
	return session_input(session, &input);
}

/* With all that the hooks have missed until now. */
int session_take_misses(struct session *session)
{
	session->missed_asked = 0;
	return session_take_losses(session);
}

int session_take_records(struct session *session)
{
	int count = tracer_dispatch(session->tracer, on_record, session);

	return count < 0 ? count : session_take_losses(session);
}

/* --- of time, and of the sources --- */

int session_take_clock(struct session *session)
{
	int64_t offset = node_wall_offset(), step = offset - session->node.wall_offset;
	struct input input = { .kind = INPUT_CLOCK, .time = loop_now(), .clock = { .wall_offset = offset } };

	if (step < CLOCK_TOLERANCE && step > -CLOCK_TOLERANCE)
		return 0;
	session->node.wall_offset = offset;
	return session_input(session, &input);
}

/*
 * What the sources say goes in behind what the kernel told before: it may be about a netns made just now.  And
 * they say when in real time, so that a step of the clock must be known first.
 */
int session_source_input(void *ctx, const struct input *input)
{
	struct session *session = ctx;
	int err = session_take_records(session);

	if (!err)
		err = session_take_clock(session);
	return err ? err : session_input(session, input);
}

int session_tick(struct session *session)
{
	struct input input = { .kind = INPUT_TICK };
	int err = session_take_misses(session);

	input.time = loop_now();
	return err ? err : session_input(session, &input);
}

/* --- a census --- */

uint64_t session_census_interval(const struct session *session)
{
	return CENSUS_INTERVAL << (session->census_failures < 6 ? session->census_failures : 6);
}

/* It could not walk all of the list: the state stays incomplete, and no verdict is given, until one can. */
static int census_failed(struct session *session, int err)
{
	if (!session->census_failures++)
		say("cannot count the kernel's netns: %s; no verdict is given until that works, and it is tried again",
		    err == -ENOSPC ? "there are more than the census has room for (65,536)" :
		    err == -E2BIG  ? "a device has more addresses than the census has room for" :
				     strerror(-err));
	return 0;
}

/* Records that were written before the census go in before it, so that it is the newest word. */
int session_take_census(struct session *session)
{
	int err = session_take_records(session);

	if (!err)
		err = session_take_misses(session);
	if (err)
		return err;
	if (session->holders)
		err = suspects_look(session->holders, session->pipeline, session_input, session);
	if (!err)
		err = blockers_look(&session->blockers, tracer_salt(session->tracer), session->pipeline, session_input, session);
	/* That took its time. */
	if (!err)
		err = session_take_records(session);
	if (err)
		return err;
	session->input_error = 0;
	err = tracer_census(session->tracer, on_record, session);
	session->censused_at = loop_now();
	if (err < 0)
		return session->input_error ? session->input_error : census_failed(session, err);
	session->census_failures = 0;
	if (session->nudges)
		err = nudges_give(pipeline_state(session->pipeline), session->sources, session->source_count);
	return err ? err : session_take_records(session);
}
