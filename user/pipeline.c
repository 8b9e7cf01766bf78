/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "pipeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct pipeline {
	report_fn fn;
	void *ctx;
	int err; /* first failure inside a callback, passed on by pipeline_input() */
	char *node;
	int64_t wall_offset;
	struct state *state;
	struct correlate *correlate;
	struct cni_calls *calls;
	struct verdicts *verdicts;
	uint64_t now;
	uint64_t version; /* of what is to be remembered */
	bool reads_kernel_log; /* the session does */
	bool resyncing;	  /* a loss was reported, its census not yet */
};

static void keep_error(struct pipeline *pipeline, int err)
{
	if (err < 0 && !pipeline->err)
		pipeline->err = err;
}

static void send(struct pipeline *pipeline, struct report report)
{
	if (pipeline->err)
		return;
	report.wall_offset = pipeline->wall_offset;
	report.wall = (int64_t)report.time + pipeline->wall_offset;
	report.node = pipeline->node ? pipeline->node : "";
	report.reads_kernel_log = pipeline->reads_kernel_log;
	if (!report.pod && report.netns && report.netns->binding)
		report.pod = report.netns->binding->pod;
	keep_error(pipeline, pipeline->fn(pipeline->ctx, &report));
}

/* --- from verdicts --- */

static void on_finding(void *ctx, const struct finding *finding)
{
	static const enum report_kind kinds[] = {
		[FINDING_LEAKED] = REPORT_NETNS_LEAKED,
		[FINDING_RECOVERED] = REPORT_NETNS_RECOVERED,
		[FINDING_STUCK] = REPORT_NETNS_STUCK,
		[FINDING_ORPHAN] = REPORT_NETNS_ORPHAN,
		[FINDING_IP_CONFLICT] = REPORT_NETNS_IP_CONFLICT,
		[FINDING_PATH_LOST] = REPORT_NETNS_PATH_LOST,
	};
	struct pipeline *pipeline = ctx;
	struct report report = { .kind = kinds[finding->kind], .time = finding->time, .netns = finding->netns,
				 .other = finding->other, .pod = finding->pod, .other_pod = finding->other_pod,
				 .ip = finding->ip, .count = finding->count, .since = finding->since };
	struct cause cause;

	if (finding->kind == FINDING_LEAKED || finding->kind == FINDING_STUCK || finding->kind == FINDING_ORPHAN) {
		cause_find(&cause, finding->netns, pipeline->calls, finding->time);
		report.cause = &cause;
	}
	pipeline->version++;
	send(pipeline, report);
}

/* --- from correlate --- */

/* Of each netns that is bound to it, or once where there is none. */
static void send_pod_gone(struct pipeline *pipeline, const struct correlate_change *change)
{
	const struct binding *binding = change->pod->bindings;

	do {
		send(pipeline, (struct report){ .kind = REPORT_POD_GONE, .time = change->pod->gone_at,
						.netns = binding ? binding->netns : NULL, .pod = change->pod,
						.source = change->source });
		binding = binding ? binding->next : NULL;
	} while (binding);
}

static void on_correlate(void *ctx, const struct correlate_change *change)
{
	struct pipeline *pipeline = ctx;
	struct report report = { .time = change->time, .netns = change->netns, .pod = change->pod,
				 .other_pod = change->other_pod, .source = change->source, .text = change->text };

	switch (change->kind) {
	case CORRELATE_BOUND:
		pipeline->version++;
		report.kind = REPORT_NETNS_BOUND;
		send(pipeline, report);
		break;
	case CORRELATE_CONTRADICTED:
		report.kind = REPORT_NETNS_CONTRADICTED;
		send(pipeline, report);
		break;
	case CORRELATE_PODS_SHARE:
		report.kind = REPORT_NETNS_SHARED;
		send(pipeline, report);
		break;
	case CORRELATE_POD_IN_HOST:
		report.kind = REPORT_NETNS_HOST_USED;
		send(pipeline, report);
		break;
	case CORRELATE_POD_GONE:
		pipeline->version++;
		send_pod_gone(pipeline, change);
		break;
	case CORRELATE_POD_BACK:
		pipeline->version++;
		break;
	case CORRELATE_SOURCE_DOWN:
		report.kind = REPORT_SOURCE_DOWN;
		send(pipeline, report);
		break;
	case CORRELATE_SOURCE_UP:
		report.kind = REPORT_SOURCE_UP;
		send(pipeline, report);
		break;
	case CORRELATE_SHARED:
	case CORRELATE_UNSHARED:
	case CORRELATE_PATH:
		break;
	}
	keep_error(pipeline, verdicts_correlate(pipeline->verdicts, change));
}

/* --- from the calls of CNI plugins --- */

static void send_call(struct pipeline *pipeline, const struct cni_change *change)
{
	const struct cni_call *call = change->call;

	send(pipeline, (struct report){ .kind = cni_call_failed(call) ? REPORT_CNI_FAILED : REPORT_CNI_CALLED,
					.time = change->time, .call = call,
					.netns = call->netns ? state_by_handle(pipeline->state, call->netns) : NULL });
}

static int bind_by_call(struct pipeline *pipeline, const struct cni_change *change)
{
	const struct cni_call *call = change->call;
	struct input input = {
		.kind = INPUT_BINDING,
		.time = change->time,
		.binding = {
			.source = CNI_CALLS_SOURCE,
			.evidence = EVIDENCE_CNI,
			.key = call->container_id,
			.pod_uid = call->pod_uid,
			.pod_namespace = call->pod_namespace,
			.pod_name = call->pod_name,
			.container_id = call->container_id,
			.netns_path = call->netns_path,
			.netns_inum = call->inum,
			.as_of_wall = (int64_t)call->started + pipeline->wall_offset,
		},
	};

	return correlate_input(pipeline->correlate, &input);
}

static void on_cni(void *ctx, const struct cni_change *change)
{
	struct pipeline *pipeline = ctx;
	struct input forgotten = { .kind = INPUT_BINDING_GONE, .time = pipeline->now,
				   .binding_gone = { CNI_CALLS_SOURCE, change->container_id } };

	switch (change->kind) {
	case CNI_CALL_ENDED:
		pipeline->version += change->call->command == CNI_DEL;
		send_call(pipeline, change);
		break;
	case CNI_CALL_BINDS:
		keep_error(pipeline, bind_by_call(pipeline, change));
		break;
	case CNI_CALL_FORGOT:
		keep_error(pipeline, correlate_input(pipeline->correlate, &forgotten));
		break;
	}
}

/* --- from state --- */

static void send_lifecycle(struct pipeline *pipeline, enum report_kind kind, const struct state_change *change)
{
	const struct netns *peer = change->dev && change->dev->peer_netns
					   ? state_by_handle(pipeline->state, change->dev->peer_netns)
					   : NULL;

	send(pipeline, (struct report){ .kind = kind, .time = change->time, .netns = change->netns,
					.other = peer, .addr = change->addr, .dev = change->dev,
					.count = change->count, .task = change->task, .error = change->error });
}

static void send_freed(struct pipeline *pipeline, const struct state_change *change)
{
	const struct binding *binding = change->netns->binding;
	uint64_t since = 0;

	if (binding && binding->pod->gone && change->time > binding->pod->gone_at)
		since = change->time - binding->pod->gone_at;
	send(pipeline, (struct report){ .kind = REPORT_NETNS_FREED, .time = change->time,
					.netns = change->netns, .since = since });
}

/* Changes go left to right; the end of a netns is told before the binding that it had is released. */
static void on_state(void *ctx, const struct state_change *change)
{
	struct pipeline *pipeline = ctx;
	bool ended = change->kind == STATE_NETNS_FREED || change->kind == STATE_NETNS_VANISHED;

	switch (change->kind) {
	case STATE_NETNS_CREATED:
		send_lifecycle(pipeline, REPORT_NETNS_CREATED, change);
		break;
	case STATE_CREATE_FAILED:
		send_lifecycle(pipeline, REPORT_CREATE_FAILED, change);
		break;
	case STATE_NETNS_DYING:
		send_lifecycle(pipeline, REPORT_NETNS_DYING, change);
		break;
	case STATE_NETNS_FREED:
		send_freed(pipeline, change);
		break;
	case STATE_ADDR_ADDED:
		send_lifecycle(pipeline, REPORT_ADDRESS_ADDED, change);
		break;
	case STATE_ADDR_REMOVED:
		send_lifecycle(pipeline, REPORT_ADDRESS_REMOVED, change);
		break;
	case STATE_DEV_ADDED:
		send_lifecycle(pipeline, REPORT_DEVICE_ADDED, change);
		break;
	case STATE_DEV_REMOVED:
		send_lifecycle(pipeline, REPORT_DEVICE_REMOVED, change);
		break;
	case STATE_GAP:
		pipeline->resyncing = true;
		send_lifecycle(pipeline, REPORT_TRACE_LOST, change);
		break;
	case STATE_CENSUS_DONE:
		if (pipeline->resyncing)
			send_lifecycle(pipeline, REPORT_TRACE_RESYNCED, change);
		pipeline->resyncing = false;
		break;
	default:
		break;
	}
	keep_error(pipeline, correlate_state(pipeline->correlate, change));
	keep_error(pipeline, verdicts_state(pipeline->verdicts, change));
	keep_error(pipeline, cni_calls_state(pipeline->calls, change));
	if (ended) {
		pipeline->version += change->netns->binding != NULL;
		keep_error(pipeline, correlate_release(pipeline->correlate, change->netns));
	}
}

/* --- inputs --- */

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
	return verdicts_new(&pipeline->verdicts, &settings, pipeline->state, pipeline->correlate, on_finding,
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
	send(pipeline, (struct report){ .kind = REPORT_TRACE_SUMMARY, .time = pipeline->now,
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
		return state_lost(pipeline->state, input->lost.count, input->time);
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
	keep_error(pipeline, take(pipeline, input));
	keep_error(pipeline, correlate_input(pipeline->correlate, input));
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

/* --- making and asking --- */

int pipeline_new(struct pipeline **ret, report_fn fn, void *ctx)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
	int err;

	if (!pipeline)
		return -ENOMEM;
	pipeline->fn = fn;
	pipeline->ctx = ctx;
	err = state_new(&pipeline->state, on_state, pipeline);
	if (!err)
		err = correlate_new(&pipeline->correlate, pipeline->state, on_correlate, pipeline);
	if (!err)
		err = cni_calls_new(&pipeline->calls, pipeline->state, on_cni, pipeline);
	if (err) {
		pipeline_free(pipeline);
		return err;
	}
	*ret = pipeline;
	return 0;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	verdicts_free(pipeline->verdicts);
	cni_calls_free(pipeline->calls);
	correlate_free(pipeline->correlate);
	state_free(pipeline->state);
	free(pipeline->node);
	free(pipeline);
}

uint64_t pipeline_deadline(const struct pipeline *pipeline)
{
	return pipeline->verdicts ? verdicts_deadline(pipeline->verdicts) : 0;
}

bool pipeline_wants_census(const struct pipeline *pipeline)
{
	return state_incomplete(pipeline->state) ||
	       (pipeline->verdicts && verdicts_want_census(pipeline->verdicts));
}

bool pipeline_is_undecided(const struct pipeline *pipeline, const struct netns *netns)
{
	return correlate_is_undecided(pipeline->correlate, netns);
}

int pipeline_each_suspect(const struct pipeline *pipeline, state_visit_fn fn, void *ctx)
{
	return pipeline->verdicts ? verdicts_each_suspect(pipeline->verdicts, fn, ctx) : 0;
}

void pipeline_summary(const struct pipeline *pipeline, struct report_summary *ret)
{
	struct verdict_counts counts = { 0 };

	*ret = (struct report_summary){ .state = *state_counts(pipeline->state) };
	correlate_counts(pipeline->correlate, &ret->correlate);
	if (pipeline->verdicts)
		verdicts_counts(pipeline->verdicts, &counts);
	ret->leaked = counts.leaked;
	ret->recovered = counts.recovered;
	ret->stuck = counts.stuck;
	ret->orphans = counts.orphans;
	ret->conflicts = counts.conflicts;
	ret->leaked_now = counts.leaked_now;
	ret->stuck_now = counts.stuck_now;
	ret->orphans_now = counts.orphans_now;
	ret->conflicts_now = counts.conflicts_now;
	ret->findings_now = counts.leaked_now + counts.stuck_now + counts.orphans_now + counts.conflicts_now;
	ret->incomplete = state_incomplete(pipeline->state) || counts.suspects ||
			  ret->correlate.sources_up < ret->correlate.sources;
}

const struct cni_calls *pipeline_calls(const struct pipeline *pipeline)
{
	return pipeline->calls;
}

const struct correlate *pipeline_correlate(const struct pipeline *pipeline)
{
	return pipeline->correlate;
}

const struct state *pipeline_state(const struct pipeline *pipeline)
{
	return pipeline->state;
}

/* --- remembering --- */

struct remember_visit {
	const struct pipeline *pipeline;
	int (*fn)(void *ctx, const struct input_restored *);
	void *ctx;
};

static int64_t wall_of(const struct pipeline *pipeline, uint64_t boot)
{
	return boot ? (int64_t)boot + pipeline->wall_offset : 0;
}

/* Before it is found to be leaked, a call that was not made may still come. */
static bool is_to_be_remembered(enum cause_kind kind, const struct verdict *verdict)
{
	if (kind == CAUSE_CNI_DEL_NEVER_CALLED || kind == CAUSE_CNI_ADD_FAILED)
		return verdict && verdict->leaked_at;
	return cause_is_of_calls(kind);
}

static int remember_visit(void *ctx, struct netns *netns)
{
	struct remember_visit *visit = ctx;
	const struct pipeline *pipeline = visit->pipeline;
	const struct binding *binding = netns->binding;
	const struct verdict *verdict = netns->verdict;
	struct input_restored memory = {
		.cookie = netns->cookie,
		.inum = netns->inum,
		.mix = netns->mix,
		.pod_uid = "",
		.pod_namespace = "",
		.pod_name = "",
		.container_id = "",
		.born_wall = wall_of(pipeline, netns->born),
		.creator = netns->creator.comm,
		.creator_pid = netns->creator.pid,
		.netns_path = "",
		.cause = "",
		.cause_evidence = "",
	};
	struct cause cause;

	if (binding) {
		memory.evidence = binding->evidence;
		memory.pod_uid = binding->pod->uid;
		memory.pod_namespace = binding->pod->namespace_;
		memory.pod_name = binding->pod->name;
		memory.container_id = binding->container_id;
		memory.ips = binding->pod->ips;
		memory.ip_count = binding->pod->ip_count;
		memory.bound_wall = binding->as_of_wall;
		memory.netns_path = binding->path;
		cause_find_to_keep(&cause, netns, pipeline->calls, pipeline->now, pipeline->wall_offset);
		if (is_to_be_remembered(cause.kind, verdict)) {
			memory.cause = cause_name(cause.kind);
			memory.cause_evidence = cause.evidence[0];
		} else if (cause.del) {
			memory.cause_evidence = cause.evidence[cause.del - 1];
		}
		memory.gone_wall = binding->pod->gone ? wall_of(pipeline, binding->pod->gone_at) : 0;
		memory.released_wall = binding->pod->gone ? wall_of(pipeline, binding->pod->released_at) : 0;
	}
	if (verdict) {
		memory.leaked_wall = wall_of(pipeline, verdict->leaked_at);
		memory.stuck_wall = wall_of(pipeline, verdict->stuck_at);
		memory.orphan_wall = wall_of(pipeline, verdict->orphan_at);
		memory.conflict_wall = wall_of(pipeline, verdict->conflict_at);
	}
	if (!binding && !memory.leaked_wall && !memory.stuck_wall && !memory.orphan_wall &&
	    !memory.conflict_wall)
		return 0;
	return visit->fn(visit->ctx, &memory);
}

int pipeline_remember(const struct pipeline *pipeline, int (*fn)(void *ctx, const struct input_restored *),
		      void *ctx)
{
	struct remember_visit visit = { .pipeline = pipeline, .fn = fn, .ctx = ctx };

	return state_each(pipeline->state, remember_visit, &visit);
}

uint64_t pipeline_remember_version(const struct pipeline *pipeline)
{
	return pipeline->version;
}
