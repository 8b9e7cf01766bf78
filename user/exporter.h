/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * /metrics, /healthz and /readyz of a session, over HTTP.
 */
#ifndef NETNSLEAK_EXPORTER_H
#define NETNSLEAK_EXPORTER_H

#include "health.h"
#include "metrics.h"

struct exporter;
struct loop;

/* What only the session knows, as of now. */
struct exporter_facts {
	struct health health; /* what the pipeline knows of it is filled in by the exporter */
	int64_t wall_offset;
	uint64_t lines_dropped;
};

struct exporter_options {
	const char *address; /* as listener.h has it */
	struct loop *loop;
	const struct pipeline *pipeline;
	const struct metrics *metrics;
	/* Takes in what waits, so that what is told is of now.  Negative: the loop ends with it. */
	int (*before)(void *ctx);
	void (*facts)(void *ctx, struct exporter_facts *ret);
	void *ctx;
};

/* What the options point to must outlive it. */
int exporter_open(struct exporter **ret, const struct exporter_options *options);
void exporter_close(struct exporter *exporter); /* NULL is fine */
const char *exporter_name(const struct exporter *exporter); /* "http://127.0.0.1:9477" */

/* Why exporter_open() failed, and what to do. */
const char *exporter_strerror(const char *address, int err);

#endif
