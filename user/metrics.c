/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "metrics.h"

#include <string.h>

#include "util.h"
#include "version.h"

/* --- counting --- */

#define MS NS_PER_MS
#define S NS_PER_S

/* The grace is 60 s by default, and a pod is often gone some seconds before its netns. */
static const uint64_t delay_bounds[] = { 1 * S,	  2 * S,   5 * S,    10 * S,   20 * S,	  30 * S,    60 * S,
					 120 * S, 300 * S, 600 * S, 1800 * S, 3600 * S, 21600 * S, 86400 * S, 0 };
/* The kernel takes some 10 ms to 100 ms, and some seconds under load. */
static const uint64_t teardown_bounds[] = { 1 * MS, 5 * MS, 10 * MS, 50 * MS, 100 * MS, 500 * MS, 1 * S,
					    2 * S,  5 * S,  10 * S,  30 * S,  60 * S,	300 * S,  0 };

static void observe(struct histogram *histogram, const uint64_t *bounds, uint64_t value)
{
	size_t i = 0;

	while (bounds[i] && value > bounds[i])
		i++;
	histogram->counts[i]++;
	histogram->sum += value;
}

/* Records of two CPUs may pass each other by a little. */
static uint64_t between(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

static void count_freed(struct metrics *metrics, const struct report *report)
{
	const struct netns *netns = report->netns;

	if (report->pod && report->pod->gone)
		observe(&metrics->free_delay, delay_bounds, report->since);
	if (!netns->cleanup_at)
		return;
	/* Where its last reference was not seen to go, it is not known for how long it waited. */
	if (netns->dying_at && netns->dying_road != NNS_ROAD_CLEANUP)
		observe(&metrics->teardown[METRICS_QUEUED], teardown_bounds, between(netns->dying_at, netns->cleanup_at));
	observe(&metrics->teardown[METRICS_CLEANUP], teardown_bounds, between(netns->cleanup_at, netns->freed_at));
}

void metrics_count(struct metrics *metrics, const struct report *report)
{
	metrics->events[report->kind]++;
	if (report->cause)
		metrics->causes[report->cause->kind]++;
	if (report->kind == REPORT_NETNS_FREED)
		count_freed(metrics, report);
}

/* --- taking a sample --- */

struct visit {
	struct metrics_sample *sample;
	int64_t wall_offset;
};

static uint64_t leaked_since(const struct netns *netns)
{
	const struct pod *pod = netns->binding ? netns->binding->pod : NULL;

	return pod && pod->gone ? pod->gone_at : netns->verdict->leaked_at;
}

static int sample_netns(void *ctx, struct netns *netns)
{
	const struct visit *visit = ctx;
	struct metrics_sample *sample = visit->sample;

	sample->netns[netns->phase]++;
	if (netns->verdict && netns->verdict->leaked_at) {
		uint64_t since = (uint64_t)((int64_t)leaked_since(netns) + visit->wall_offset);

		sample->oldest_leak = since < sample->oldest_leak ? since : sample->oldest_leak;
	}
	if (netns->phase == NETNS_REFERENCED && netns_holders_are_known(netns) && netns->holders->sum.counted >= 0 &&
	    netns->holders->sum.unexplained > 0)
		sample->unexplained += (uint64_t)netns->holders->sum.unexplained;
	return 0;
}

static int sample_source(void *ctx, const char *source, bool up)
{
	struct metrics_sample *sample = ctx;

	if (sample->source_count == METRICS_SOURCES)
		return 1;
	sample->source_names[sample->source_count] = source;
	sample->source_up[sample->source_count++] = up;
	return 0;
}

void metrics_sample(struct metrics_sample *ret, const struct metrics *metrics, const struct pipeline *pipeline,
		    const struct metrics_facts *facts)
{
	const struct state *state = pipeline_state(pipeline);

	*ret = (struct metrics_sample){
		.counted = *metrics,
		.one = 1,
		.oldest_leak = METRIC_ABSENT,
		.resyncing = state_incomplete(state),
		.ready = facts->ready,
		.lines_dropped = facts->lines_dropped,
		.started = METRIC_ABSENT,
		.self = facts->self,
	};
	pipeline_summary(pipeline, &ret->summary);
	ret->findings[METRICS_LEAKED] = ret->summary.leaked_now;
	ret->findings[METRICS_STUCK] = ret->summary.stuck_now;
	ret->findings[METRICS_ORPHAN] = ret->summary.orphans_now;
	ret->findings[METRICS_IP_CONFLICT] = ret->summary.conflicts_now;
	if (facts->self.started != SELF_UNKNOWN)
		ret->started = (uint64_t)((int64_t)facts->self.started + facts->wall_offset);
	state_each(state, sample_netns, &(struct visit){ ret, facts->wall_offset });
	correlate_each_source(pipeline_correlate(pipeline), sample_source, ret);
}

/* --- labels --- */

static const char *label_version(const struct metrics_sample *sample, size_t i)
{
	(void)sample;
	(void)i;
	return NETNSLEAK_VERSION;
}

static const char *label_phase(const struct metrics_sample *sample, size_t i)
{
	(void)sample;
	return netns_phase_name((enum netns_phase)i);
}

static const char *label_teardown(const struct metrics_sample *sample, size_t i)
{
	(void)sample;
	return i == METRICS_QUEUED ? "queued" : "cleanup";
}

static const char *label_cause(const struct metrics_sample *sample, size_t i)
{
	(void)sample;
	return cause_name((enum cause_kind)i);
}

static const char *label_source(const struct metrics_sample *sample, size_t i)
{
	return i < sample->source_count ? sample->source_names[i] : NULL;
}

/* The others are not of a session. */
static const char *label_event(const struct metrics_sample *sample, size_t i)
{
	(void)sample;
	return i == REPORT_NETNS_EXPLAINED || i == REPORT_AUDIT_FINDING || i == REPORT_AUDIT_SUMMARY ||
			       i == REPORT_TRACE_SUMMARY ? NULL : report_types[i].event_name;
}

/* "leaked", of "netns.leaked" */
static const char *label_reported(const struct metrics_sample *sample, size_t i)
{
	(void)sample;
	return report_types[i].class == REPORT_FINDING ? strchr(report_types[i].event_name, '.') + 1 : NULL;
}

static const char *label_finding(const struct metrics_sample *sample, size_t i)
{
	static const enum report_kind kinds[] = {
		[METRICS_LEAKED] = REPORT_NETNS_LEAKED,
		[METRICS_STUCK] = REPORT_NETNS_STUCK,
		[METRICS_ORPHAN] = REPORT_NETNS_ORPHAN,
		[METRICS_IP_CONFLICT] = REPORT_NETNS_IP_CONFLICT,
	};

	return label_reported(sample, kinds[i]);
}

/* --- the table --- */

#define AT(field) offsetof(struct metrics_sample, field)
#define PLAIN(name, type, unit, field, help) { name, type, unit, AT(field), 1, NULL, NULL, NULL, help }
#define COUNTER(name, field, help) PLAIN(name, METRIC_COUNTER, METRIC_NUMBER, field, help)
#define GAUGE(name, field, help) PLAIN(name, METRIC_GAUGE, METRIC_NUMBER, field, help)
#define LABELLED(name, type, field, count, label, label_of, help) \
	{ name, type, METRIC_NUMBER, AT(field), count, label, label_of, NULL, help }

const struct metric_spec metric_specs[] = {
	LABELLED("netnsleak_build_info", METRIC_GAUGE, one, 1, "version", label_version,
		 "Always 1: the version of netnsleak that runs."),
	GAUGE("netnsleak_ready", ready, "1 while /readyz says so: verdicts can be given."),
	GAUGE("netnsleak_resyncing", resyncing, "1 before the first census, and from a loss of kernel records to the next: there is no verdict."),

	LABELLED("netnsleak_netns", METRIC_GAUGE, netns, NETNS_FREED, "state", label_phase,
		 "netns that the kernel has, the node's own among them."),
	GAUGE("netnsleak_netns_bound", summary.correlate.bound, "netns that are bound to a pod."),
	COUNTER("netnsleak_netns_created_total", summary.state.created, "netns that were created."),
	COUNTER("netnsleak_netns_create_failures_total", summary.state.failed, "netns that the kernel refused to create."),
	COUNTER("netnsleak_netns_freed_total", summary.state.freed, "netns that were freed."),
	COUNTER("netnsleak_netns_vanished_total", summary.state.vanished, "netns whose end was lost."),
	{ "netnsleak_netns_free_delay_seconds", METRIC_HISTOGRAM, METRIC_NS, AT(counted.free_delay), 1, NULL, NULL, delay_bounds,
	  "From the moment that a pod was gone until its netns was freed; without those that were freed before." },
	{ "netnsleak_netns_teardown_seconds", METRIC_HISTOGRAM, METRIC_NS, AT(counted.teardown), METRICS_PHASES, "phase",
	  label_teardown, teardown_bounds,
	  "The end of a netns: queued, from its last reference until the kernel began to clean it up; cleanup, from then until it was freed." },

	LABELLED("netnsleak_findings", METRIC_GAUGE, findings, METRICS_FINDINGS, "finding", label_finding,
		 "Findings that are still there, those that an earlier session reported (--state) among them."),
	LABELLED("netnsleak_findings_reported_total", METRIC_COUNTER, counted.events, REPORT_KIND_MAX, "finding", label_reported,
		 "Findings that this session reported."),
	LABELLED("netnsleak_finding_causes_total", METRIC_COUNTER, counted.causes, CAUSE_KINDS, "cause", label_cause,
		 "Why the netns that were reported as leaked, stuck or orphan are still there."),
	COUNTER("netnsleak_leaks_recovered_total", summary.recovered, "Leaked netns that were freed after all."),
	PLAIN("netnsleak_oldest_leak_timestamp_seconds", METRIC_GAUGE, METRIC_NS, oldest_leak,
	      "When the pod was gone of the oldest leak that is still there, since 1970; absent where there is none."),
	GAUGE("netnsleak_references_unexplained", unexplained,
	      "References that no mount, process, descriptor or socket accounts for, of the netns whose holders were looked for."),

	GAUGE("netnsleak_pods", summary.correlate.pods_here, "Pods of this node that are known."),
	GAUGE("netnsleak_pods_gone", summary.correlate.pods_gone, "Pods that are known to be gone, and not forgotten yet."),
	LABELLED("netnsleak_pod_source_up", METRIC_GAUGE, source_up, METRICS_SOURCES, "source", label_source,
		 "1 while the pod source is in use, as given to --pods."),

	LABELLED("netnsleak_events_total", METRIC_COUNTER, counted.events, REPORT_KIND_MAX, "event", label_event,
		 "Events, by their event_name, also those that --only leaves out."),
	COUNTER("netnsleak_kernel_records_total", summary.state.records, "Records that the kernel side sent."),
	COUNTER("netnsleak_kernel_records_lost_total", summary.state.lost, "Records that found no room in the ring buffer, and events that hooks may have missed."),
	COUNTER("netnsleak_kernel_losses_total", summary.state.gaps, "How often records were lost."),
	COUNTER("netnsleak_kernel_records_invalid_total", summary.state.bad, "Records of a bad form, which were skipped."),
	COUNTER("netnsleak_censuses_total", summary.state.censuses, "Censuses of the kernel's netns."),
	COUNTER("netnsleak_resyncs_total", counted.events[REPORT_TRACE_RESYNCED],
		"Censuses that made what is known agree with the kernel again after a loss."),
	COUNTER("netnsleak_output_lines_dropped_total", lines_dropped, "Lines of output that a slow reader did not take."),

	PLAIN("process_cpu_seconds_total", METRIC_COUNTER, METRIC_NS, self.cpu, "Time that netnsleak has run, in user space and in the kernel."),
	GAUGE("process_resident_memory_bytes", self.resident, "Memory that netnsleak has in use."),
	GAUGE("process_virtual_memory_bytes", self.virtual, "Addresses that netnsleak has mapped."),
	PLAIN("process_start_time_seconds", METRIC_GAUGE, METRIC_NS, started, "When netnsleak was started, since 1970."),
	GAUGE("process_open_fds", self.open_fds, "Descriptors that netnsleak has open."),
	GAUGE("process_max_fds", self.max_fds, "Descriptors that it may have open; absent where there is no limit."),
};
const size_t metric_spec_count = ARRAY_SIZE(metric_specs);

const char *metric_type_name(enum metric_type type)
{
	return type == METRIC_COUNTER ? "counter" : type == METRIC_GAUGE ? "gauge" : "histogram";
}
