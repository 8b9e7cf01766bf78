/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What goes in: each input to the stages that it is for.
 */
#include "pipeline_private.h"

#include <errno.h>
#include <string.h>

static int on_session(struct pipeline *pipeline, const struct input *input)
{
	const struct input_session *session = &input->session;
	struct verdict_settings settings = {
		.grace = session->grace,
		.stuck_after = session->stuck_after,
		.orphan_age = session->orphan_age,
		.finds_holders = session->finds_holders,
		.finds_blockers = session->finds_blockers,
	};

	if (pipeline->verdicts)
		return -EBADMSG; /* one session, one beginning */
	pipeline->wall_offset = session->wall_offset;
	pipeline->reads_kernel_log = session->reads_kernel_log;
	pipeline->node = strdup(session->node);
	if (!pipeline->node)
		return -ENOMEM;
	if (session->sees_calls)
		cni_calls_watch(pipeline->calls, input->time);
	return verdicts_new(&pipeline->verdicts, &settings, pipeline->state, pipeline->correlate, pipeline_on_finding,
			    pipeline);
}

static int on_kernel(struct pipeline *pipeline, const struct input *input)
{
	int err = state_record(pipeline->state, input->kernel.record, input->kernel.size);

	return err == -EBADMSG ? 0 : err; /* counted by state */
}

struct dying_visit {
	uint64_t now;
	struct report_summary *summary;
};

static int dying_visit(void *ctx, struct netns *netns)
{
	const struct dying_visit *visit = ctx;
	uint64_t since = netns->phase >= NETNS_DYING && visit->now > netns->dying_at ? visit->now - netns->dying_at : 0;

	visit->summary->queued += netns->phase == NETNS_DYING;
	if (since > visit->summary->dying_longest)
		visit->summary->dying_longest = since;
	return 0;
}

static void send_summary(struct pipeline *pipeline)
{
	struct report_summary summary;

	pipeline_summary(pipeline, &summary);
	state_each(pipeline->state, dying_visit, &(struct dying_visit){ .now = pipeline->now, .summary = &summary });
	pipeline_send(pipeline, (struct report){ .kind = REPORT_TRACE_SUMMARY, .time = pipeline->now,
						 .summary = &summary });
}

static int on_restored(struct pipeline *pipeline, const struct input *input)
{
	int err = state_restored(pipeline->state, &input->restored, pipeline->wall_offset, input->time);

	if (!err)
		err = cni_calls_restored(pipeline->calls, &input->restored);
	return err ? err : verdicts_restored(pipeline->verdicts, &input->restored);
}

static int take(struct pipeline *pipeline, const struct input *input)
{
	switch (input->kind) {
	case INPUT_KERNEL:
		return on_kernel(pipeline, input);
	case INPUT_LOST:
		if (input->lost.calls)
			cni_calls_missed(pipeline->calls, input->time);
		return state_lost(pipeline->state, &input->lost, input->time);
	case INPUT_PATH:
		return state_path(pipeline->state, input->path.path, input->path.inum, input->path.present,
				  input->path.made_wall);
	case INPUT_HOLDERS:
		return state_holders(pipeline->state, &input->holders, input->time);
	case INPUT_HOLDER:
		return state_holder(pipeline->state, &input->holder);
	case INPUT_TEARDOWN:
		return state_teardown(pipeline->state, &input->teardown, input->time);
	case INPUT_BLOCKER:
		state_blocker(pipeline->state, &input->blocker);
		return 0;
	case INPUT_KERNEL_LOG:
		return state_kernel_log(pipeline->state, &input->kernel_log, input->time);
	case INPUT_CNI_NETNS:
		cni_calls_netns(pipeline->calls, &input->cni_netns, input->time);
		return 0;
	case INPUT_RESTORED:
		return on_restored(pipeline, input);
	case INPUT_CLOCK:
		pipeline->wall_offset = input->clock.wall_offset;
		return 0;
	case INPUT_END:
		send_summary(pipeline);
		return 0;
	default:
		return 0;
	}
}

static void bound(int64_t *wall)
{
	if (*wall > WALL_LAST)
		*wall = WALL_LAST;
	else if (*wall < WALL_FIRST)
		*wall = WALL_FIRST;
}

/*
 * A file may bear any time, and a recording or a state file may hold anything.  The stages add times and take
 * them from each other: none gets one that no clock shows.
 */
static struct input bounded(const struct input *input)
{
	struct input safe = *input;

	switch (safe.kind) {
	case INPUT_SESSION:
		bound(&safe.session.wall_offset);
		safe.session.grace = safe.session.grace > INT64_MAX ? INT64_MAX : safe.session.grace;
		safe.session.stuck_after =
			safe.session.stuck_after > INT64_MAX ? INT64_MAX : safe.session.stuck_after;
		safe.session.orphan_age = safe.session.orphan_age > INT64_MAX ? INT64_MAX : safe.session.orphan_age;
		break;
	case INPUT_CLOCK:
		bound(&safe.clock.wall_offset);
		break;
	case INPUT_POD:
		bound(&safe.pod.finished_wall);
		break;
	case INPUT_POD_GONE:
		bound(&safe.pod_gone.gone_wall);
		break;
	case INPUT_BINDING:
		bound(&safe.binding.as_of_wall);
		break;
	case INPUT_SOURCE:
		bound(&safe.source.as_of_wall);
		break;
	case INPUT_PATH:
		bound(&safe.path.made_wall);
		break;
	case INPUT_RESTORED:
		bound(&safe.restored.bound_wall);
		bound(&safe.restored.gone_wall);
		bound(&safe.restored.released_wall);
		bound(&safe.restored.born_wall);
		break;
	default:
		break;
	}
	return safe;
}

static int input_take(struct pipeline *pipeline, const struct input *input)
{
	int err;

	if (input->kind == INPUT_SESSION) {
		err = on_session(pipeline, input);
		if (err < 0)
			return err;
	}
	if (!pipeline->verdicts)
		return -EBADMSG; /* a session begins with INPUT_SESSION */
	if (input->time > pipeline->now)
		pipeline->now = input->time;
	pipeline_keep_error(pipeline, take(pipeline, input));
	pipeline_keep_error(pipeline, correlate_input(pipeline->correlate, input));
	verdicts_advance(pipeline->verdicts, pipeline->now, pipeline->wall_offset);
	err = pipeline->err;
	pipeline->err = 0;
	return err;
}

int pipeline_input(void *ctx, const struct input *input)
{
	struct input safe;

	if (input->kind == INPUT_KERNEL && input->time <= BOOT_LAST)
		return input_take(ctx, input); /* state looks at the record's own time */
	safe = bounded(input);
	safe.time = safe.time > BOOT_LAST ? BOOT_LAST : safe.time;
	return input_take(ctx, &safe);
}
