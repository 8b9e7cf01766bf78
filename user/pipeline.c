/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "pipeline_private.h"

#include <errno.h>
#include <stdlib.h>

int pipeline_new(struct pipeline **ret, report_fn fn, void *ctx)
{
	struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
	int err;

	if (!pipeline)
		return -ENOMEM;
	pipeline->fn = fn;
	pipeline->ctx = ctx;
	err = state_new(&pipeline->state, pipeline_on_state, pipeline);
	if (!err)
		err = correlate_new(&pipeline->correlate, pipeline->state, pipeline_on_correlate, pipeline);
	if (!err)
		err = cni_calls_new(&pipeline->calls, pipeline->state, pipeline_on_cni, pipeline);
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
