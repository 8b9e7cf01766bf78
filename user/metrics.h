/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a session can be measured by, for Prometheus.
 *
 * Pure.  To add a metric: a field of struct metrics_sample, what fills it, and a line in metric_specs[] (metrics.c), from
 * which the exposition, tools/doc/metrics.md and the tests are made.  A label has a closed set of values, or as many as there
 * are --pods: never a pod, never a netns.
 */
#ifndef NETNSLEAK_METRICS_H
#define NETNSLEAK_METRICS_H

#include "cause.h"
#include "pipeline.h"
#include "report.h"
#include "self.h"

/* --- what is counted as it is reported --- */

#define HISTOGRAM_BOUNDS 16

/* Values in ns.  counts[i] has those up to the i-th bound and above the one before; the last those beyond all. */
struct histogram {
	uint64_t counts[HISTOGRAM_BOUNDS + 1];
	uint64_t sum;
};

enum metrics_phase { METRICS_QUEUED, METRICS_CLEANUP, METRICS_PHASES };

struct metrics {
	uint64_t events[REPORT_KIND_MAX];
	uint64_t causes[CAUSE_KINDS]; /* of the findings that have one */
	struct histogram free_delay, teardown[METRICS_PHASES];
};

void metrics_count(struct metrics *metrics, const struct report *report);

/* --- all that is told, as of one moment --- */

/* Such a value is not told. */
#define METRIC_ABSENT UINT64_MAX

#define METRICS_SOURCES 64 /* the others are counted in nothing: who gives --pods so often? */

enum metrics_finding { METRICS_LEAKED, METRICS_STUCK, METRICS_ORPHAN, METRICS_IP_CONFLICT, METRICS_FINDINGS };

struct metrics_sample {
	struct metrics counted;
	struct report_summary summary;
	uint64_t one;
	uint64_t netns[NETNS_FREED]; /* by phase */
	uint64_t findings[METRICS_FINDINGS]; /* that are still there */
	uint64_t oldest_leak; /* when its pod was gone, wall ns */
	uint64_t unexplained; /* references */
	uint64_t resyncing, ready; /* 0 or 1 */
	uint64_t source_count, source_up[METRICS_SOURCES];
	const char *source_names[METRICS_SOURCES];
	uint64_t lines_dropped;
	uint64_t started; /* wall ns */
	struct self self;
};

/* What the pipeline does not know. */
struct metrics_facts {
	int64_t wall_offset; /* add to a boot time */
	uint64_t lines_dropped; /* of the output */
	bool ready;
	struct self self;
};

/* Valid until the pipeline's next input. */
void metrics_sample(struct metrics_sample *ret, const struct metrics *metrics, const struct pipeline *pipeline,
		    const struct metrics_facts *facts);

/* --- how it is told --- */

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };
enum metric_unit { METRIC_NUMBER, METRIC_NS /* told in seconds */ };

struct metric_spec {
	const char *name;
	enum metric_type type;
	enum metric_unit unit;
	size_t offset; /* in struct metrics_sample, of `count` uint64_t, or of as many struct histogram */
	size_t count;
	const char *label; /* NULL: none */
	/* The label's value for the i-th; NULL: there is no such. */
	const char *(*label_of)(const struct metrics_sample *sample, size_t i);
	const uint64_t *bounds; /* of a histogram, ns; ends with 0 */
	const char *help; /* one sentence */
};

extern const struct metric_spec metric_specs[];
extern const size_t metric_spec_count;

const char *metric_type_name(enum metric_type type); /* "counter" */

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct text;
/* Prometheus' text format, version 0.0.4. */
void metrics_text(struct text *text, const struct metrics_sample *sample);

#endif
