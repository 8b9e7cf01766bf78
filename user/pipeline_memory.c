/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a later session of this boot should know.
 */
#include "pipeline_private.h"

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
