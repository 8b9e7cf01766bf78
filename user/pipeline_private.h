/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of pipeline share.
 */
#ifndef NETNSLEAK_PIPELINE_PRIVATE_H
#define NETNSLEAK_PIPELINE_PRIVATE_H

#include "pipeline.h"

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

void pipeline_keep_error(struct pipeline *pipeline, int err);
/* With when and where. */
void pipeline_send(struct pipeline *pipeline, struct report report);

/* --- what the stages tell; ctx: the pipeline --- */

void pipeline_on_state(void *ctx, const struct state_change *change);
void pipeline_on_correlate(void *ctx, const struct correlate_change *change);
void pipeline_on_cni(void *ctx, const struct cni_change *change);
void pipeline_on_finding(void *ctx, const struct finding *finding);

#endif
