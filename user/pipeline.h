/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pure stages joined: inputs go in, reports come out.  A recording that goes in again gives the same
 * reports, byte for byte.
 */
#ifndef NETNSLEAK_PIPELINE_H
#define NETNSLEAK_PIPELINE_H

#include "input.h"
#include "report.h"
#include "verdict.h"

struct pipeline;

int pipeline_new(struct pipeline **ret, report_fn fn, void *ctx);
void pipeline_free(struct pipeline *pipeline); /* NULL is fine */

/*
 * One input; an input_fn with the pipeline as its context.  Reports go out during the call.  A record of a bad
 * form is counted and skipped.  Negative errno: no memory, or what report_fn returned.
 */
int pipeline_input(void *pipeline, const struct input *input);

/* While this is so, no verdict is given that rests on whose it is: a source is silent that could know better. */
bool pipeline_is_undecided(const struct pipeline *pipeline, const struct netns *netns);
/* When an INPUT_TICK is due, boot ns; 0: nothing is pending. */
uint64_t pipeline_deadline(const struct pipeline *pipeline);
/* The netns that the next census is to judge.  Return nonzero to stop. */
int pipeline_each_suspect(const struct pipeline *pipeline, state_visit_fn fn, void *ctx);
/* A census is wanted: the state is not complete, or suspects wait for it. */
bool pipeline_wants_census(const struct pipeline *pipeline);

void pipeline_summary(const struct pipeline *pipeline, struct report_summary *ret);
const struct state *pipeline_state(const struct pipeline *pipeline);
const struct cni_calls *pipeline_calls(const struct pipeline *pipeline);
const struct correlate *pipeline_correlate(const struct pipeline *pipeline);

/* What a later session of this boot should know (the state file): calls fn for each netns worth it. */
int pipeline_remember(const struct pipeline *pipeline, int (*fn)(void *ctx, const struct input_restored *),
		      void *ctx);
/* Counts up whenever what pipeline_remember() would tell has changed. */
uint64_t pipeline_remember_version(const struct pipeline *pipeline);

#endif
