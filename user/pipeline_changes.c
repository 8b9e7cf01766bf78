/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the stages tell: it becomes reports, and goes on to the stages to their right.
 */
#include "pipeline_private.h"

void pipeline_keep_error(struct pipeline *pipeline, int err)
{
	if (err < 0 && !pipeline->err)
		pipeline->err = err;
}

void pipeline_send(struct pipeline *pipeline, struct report report)
{
	if (pipeline->err)
		return;
	report.wall_offset = pipeline->wall_offset;
	report.wall = (int64_t)report.time + pipeline->wall_offset;
	report.node = pipeline->node ? pipeline->node : "";
	report.reads_kernel_log = pipeline->reads_kernel_log;
	if (!report.pod && report.netns && report.netns->binding)
		report.pod = report.netns->binding->pod;
	pipeline_keep_error(pipeline, pipeline->fn(pipeline->ctx, &report));
}

/* --- from verdicts --- */

void pipeline_on_finding(void *ctx, const struct finding *finding)
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
	pipeline_send(pipeline, report);
}

/* --- from correlate --- */

/* Of each netns that is bound to it, or once where there is none. */
static void send_pod_gone(struct pipeline *pipeline, const struct correlate_change *change)
{
	const struct binding *binding = change->pod->bindings;

	do {
		pipeline_send(pipeline, (struct report){ .kind = REPORT_POD_GONE, .time = change->pod->gone_at,
							 .netns = binding ? binding->netns : NULL, .pod = change->pod,
							 .source = change->source });
		binding = binding ? binding->next : NULL;
	} while (binding);
}

void pipeline_on_correlate(void *ctx, const struct correlate_change *change)
{
	struct pipeline *pipeline = ctx;
	struct report report = { .time = change->time, .netns = change->netns, .pod = change->pod,
				 .other_pod = change->other_pod, .source = change->source, .text = change->text };

	switch (change->kind) {
	case CORRELATE_BOUND:
		pipeline->version++;
		report.kind = REPORT_NETNS_BOUND;
		pipeline_send(pipeline, report);
		break;
	case CORRELATE_CONTRADICTED:
		report.kind = REPORT_NETNS_CONTRADICTED;
		pipeline_send(pipeline, report);
		break;
	case CORRELATE_PODS_SHARE:
		report.kind = REPORT_NETNS_SHARED;
		pipeline_send(pipeline, report);
		break;
	case CORRELATE_POD_IN_HOST:
		report.kind = REPORT_NETNS_HOST_USED;
		pipeline_send(pipeline, report);
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
		pipeline_send(pipeline, report);
		break;
	case CORRELATE_SOURCE_UP:
		report.kind = REPORT_SOURCE_UP;
		pipeline_send(pipeline, report);
		break;
	case CORRELATE_SHARED:
	case CORRELATE_UNSHARED:
	case CORRELATE_PATH:
		break;
	}
	pipeline_keep_error(pipeline, verdicts_correlate(pipeline->verdicts, change));
}

/* --- from the calls of CNI plugins --- */

static void send_call(struct pipeline *pipeline, const struct cni_change *change)
{
	const struct cni_call *call = change->call;

	pipeline_send(pipeline, (struct report){ .kind = cni_call_failed(call) ? REPORT_CNI_FAILED : REPORT_CNI_CALLED,
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

void pipeline_on_cni(void *ctx, const struct cni_change *change)
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
		pipeline_keep_error(pipeline, bind_by_call(pipeline, change));
		break;
	case CNI_CALL_FORGOT:
		pipeline_keep_error(pipeline, correlate_input(pipeline->correlate, &forgotten));
		break;
	}
}

/* --- from state --- */

static void send_lifecycle(struct pipeline *pipeline, enum report_kind kind, const struct state_change *change)
{
	const struct netns *peer = change->dev && change->dev->peer_netns
					   ? state_by_handle(pipeline->state, change->dev->peer_netns)
					   : NULL;

	pipeline_send(pipeline, (struct report){ .kind = kind, .time = change->time, .netns = change->netns,
						 .other = peer, .addr = change->addr, .dev = change->dev,
						 .count = change->count, .task = change->task, .error = change->error });
}

static void send_freed(struct pipeline *pipeline, const struct state_change *change)
{
	const struct binding *binding = change->netns->binding;
	uint64_t since = 0;

	if (binding && binding->pod->gone && change->time > binding->pod->gone_at)
		since = change->time - binding->pod->gone_at;
	pipeline_send(pipeline, (struct report){ .kind = REPORT_NETNS_FREED, .time = change->time,
						 .netns = change->netns, .since = since });
}

/* Changes go left to right; the end of a netns is told before the binding that it had is released. */
void pipeline_on_state(void *ctx, const struct state_change *change)
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
	pipeline_keep_error(pipeline, correlate_state(pipeline->correlate, change));
	pipeline_keep_error(pipeline, verdicts_state(pipeline->verdicts, change));
	pipeline_keep_error(pipeline, cni_calls_state(pipeline->calls, change));
	if (ended) {
		pipeline->version += change->netns->binding != NULL;
		pipeline_keep_error(pipeline, correlate_release(pipeline->correlate, change->netns));
	}
}
