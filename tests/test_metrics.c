/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is measured of a story, line by line as Prometheus gets it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "feed.h"
#include "format.h"
#include "util.h"

static const struct metrics_facts some_facts = {
	.wall_offset = (int64_t)(FEED_EPOCH * SECOND),
	.lines_dropped = 7,
	.ready = true,
	.self = { .cpu = 1500000000, .resident = 4096, .virtual = 8192, .started = 250000000, .open_fds = 9, .max_fds = 1024 },
};

static char *told_with(const struct feed *feed, const struct metrics_facts *facts)
{
	struct text text = { .bytes = calloc(1, 65536), .capacity = 65536 };
	struct metrics_sample sample;

	assert_non_null(text.bytes);
	metrics_sample(&sample, &feed->metrics, feed->pipeline, facts);
	metrics_text(&text, &sample);
	assert_false(text.cut);
	return text.bytes;
}

static bool is_of(const char *line, const char *name)
{
	static const char *const ends[] = { " ", "{", "_bucket", "_sum", "_count" };
	size_t length = strlen(name);

	if (strncmp(line, name, length))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (!strncmp(line + length, ends[i], strlen(ends[i])))
			return true;
	return name[length - 1] == '_';
}

/* The values of this metric, or of those whose names begin so ("process_"), must be exactly these lines. */
#define expect_metric(feed, name, lines) expect_metric_at(feed, &some_facts, name, lines, __FILE__, __LINE__)
static void expect_metric_at(const struct feed *feed, const struct metrics_facts *facts, const char *name,
			     const char *lines, const char *file, int line)
{
	CLEANUP(free_pointer) char *text = told_with(feed, facts);
	char found[8192] = "", *rest = text, *one;

	while ((one = strsep(&rest, "\n"))) {
		if (!is_of(one, name))
			continue;
		assert_true(strlen(found) + strlen(one) + 2 < sizeof(found));
		strcat(strcat(found, one), "\n");
	}
	if (strcmp(found, lines)) {
		print_error("--- expected\n%s--- told\n%s---\n", lines, found);
		_fail(file, line);
	}
}

static void before_the_first_census(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	expect_metric(&feed, "netnsleak_resyncing", "netnsleak_resyncing 1\n");
	expect_metric(&feed, "netnsleak_censuses_total", "netnsleak_censuses_total 0\n");
	expect_metric(&feed, "netnsleak_netns", "netnsleak_netns{state=\"nascent\"} 0\n"
						"netnsleak_netns{state=\"referenced\"} 0\n"
						"netnsleak_netns{state=\"dying\"} 0\n"
						"netnsleak_netns{state=\"cleanup\"} 0\n");
	feed_close(&feed);
}

/* The node's own netns is 1; those of two pods are 2 and 3, bound by cni. */
static void open_with_pods(struct feed *feed)
{
	feed_open_finding_holders(feed);
	census(feed, { 1, 5, 90, NULL });
	feed->now = 10;
	feed_listing(feed, "cart", "till", NULL);
	feed_created(feed, 2);
	feed_created(feed, 3);
	feed_binding(feed, "cart", 1002, 11);
	feed_binding(feed, "till", 1003, 11);
}

static void feed_holders(struct feed *feed, unsigned n, struct input_holders sum)
{
	sum.netns = n;
	assert_int_equal(feed_input(feed, (struct input){ .kind = INPUT_HOLDERS, .holders = sum }), 0);
}

/* Both pods go at 100 s; 2 is leaked at 160 s, with one reference of the kernel's own. */
static void leak_one(struct feed *feed)
{
	open_with_pods(feed);
	feed->now = 100;
	feed_listing(feed, NULL);
	feed->now = 103;
	feed_end(feed, NNS_NETNS_DYING, 3);
	feed->now = 104;
	feed_end(feed, NNS_NETNS_CLEANUP, 3);
	feed->now = 110;
	feed_end(feed, NNS_NETNS_FREED, 3);
	feed_until(feed, 160);
	feed_holders(feed, 2, (struct input_holders){ .counted = 3, .nsfs = 1, .unexplained = 2 });
	census(feed, { 1, 5, 90, NULL }, { 2, 3, 0, NULL });
}

static void a_leak(void **state)
{
	struct feed feed;

	(void)state;
	leak_one(&feed);
	expect_metric(&feed, "netnsleak_findings", "netnsleak_findings{finding=\"leaked\"} 1\n"
						   "netnsleak_findings{finding=\"stuck\"} 0\n"
						   "netnsleak_findings{finding=\"orphan\"} 0\n"
						   "netnsleak_findings{finding=\"ip_conflict\"} 0\n");
	expect_metric(&feed, "netnsleak_findings_reported_total",
		      "netnsleak_findings_reported_total{finding=\"leaked\"} 1\n"
		      "netnsleak_findings_reported_total{finding=\"stuck\"} 0\n"
		      "netnsleak_findings_reported_total{finding=\"orphan\"} 0\n"
		      "netnsleak_findings_reported_total{finding=\"ip_conflict\"} 0\n"
		      "netnsleak_findings_reported_total{finding=\"contradicted\"} 0\n"
		      "netnsleak_findings_reported_total{finding=\"shared\"} 0\n"
		      "netnsleak_findings_reported_total{finding=\"host_used\"} 0\n"
		      "netnsleak_findings_reported_total{finding=\"path_lost\"} 0\n");
	expect_metric(&feed, "netnsleak_oldest_leak_timestamp_seconds", "netnsleak_oldest_leak_timestamp_seconds 1000100\n");
	expect_metric(&feed, "netnsleak_references_unexplained", "netnsleak_references_unexplained 2\n");
	expect_metric(&feed, "netnsleak_pods", "netnsleak_pods 1\n");
	expect_metric(&feed, "netnsleak_pods_gone", "netnsleak_pods_gone 1\n");
	expect_metric(&feed, "netnsleak_netns_bound", "netnsleak_netns_bound 1\n");
	expect_metric(&feed, "netnsleak_leaks_recovered_total", "netnsleak_leaks_recovered_total 0\n");
	feed.now = 200;
	feed_freed(&feed, 2);
	expect_metric(&feed, "netnsleak_leaks_recovered_total", "netnsleak_leaks_recovered_total 1\n");
	/* Not 0: that would be a leak since 1970. */
	expect_metric(&feed, "netnsleak_oldest_leak_timestamp_seconds", "");
	expect_metric(&feed, "netnsleak_references_unexplained", "netnsleak_references_unexplained 0\n");
	expect_metric(&feed, "netnsleak_netns_freed_total", "netnsleak_netns_freed_total 2\n");
	feed_close(&feed);
}

/* The clock was set forward by 50 s: when its pod was gone is told in the new time, as everything is. */
static void clock_was_set(void **state)
{
	struct metrics_facts facts = some_facts;
	struct feed feed;

	(void)state;
	leak_one(&feed);
	facts.wall_offset += (int64_t)(50 * SECOND);
	expect_metric_at(&feed, &facts, "netnsleak_oldest_leak_timestamp_seconds",
			 "netnsleak_oldest_leak_timestamp_seconds 1000150\n", __FILE__, __LINE__);
	feed_close(&feed);
}

/* A bound is among those up to it; each bucket has those of the ones before. */
static void histograms(void **state)
{
	struct feed feed;

	(void)state;
	leak_one(&feed);
	feed.now = 200;
	feed_freed(&feed, 2);
	feed_created(&feed, 4); /* no pod's: its end has no delay */
	feed_end(&feed, NNS_NETNS_CLEANUP, 4);
	feed.now = 1000;
	feed_end(&feed, NNS_NETNS_FREED, 4);
	expect_metric(&feed, "netnsleak_netns_free_delay_seconds", "netnsleak_netns_free_delay_seconds_bucket{le=\"1\"} 0\n"
								   "netnsleak_netns_free_delay_seconds_bucket{le=\"2\"} 0\n"
								   "netnsleak_netns_free_delay_seconds_bucket{le=\"5\"} 0\n"
								   "netnsleak_netns_free_delay_seconds_bucket{le=\"10\"} 1\n"
								   "netnsleak_netns_free_delay_seconds_bucket{le=\"20\"} 1\n"
								   "netnsleak_netns_free_delay_seconds_bucket{le=\"30\"} 1\n"
								   "netnsleak_netns_free_delay_seconds_bucket{le=\"60\"} 1\n"
								   "netnsleak_netns_free_delay_seconds_bucket{le=\"120\"} 2\n"
								   "netnsleak_netns_free_delay_seconds_bucket{le=\"300\"} 2\n"
								   "netnsleak_netns_free_delay_seconds_bucket{le=\"600\"} 2\n"
								   "netnsleak_netns_free_delay_seconds_bucket{le=\"1800\"} 2\n"
								   "netnsleak_netns_free_delay_seconds_bucket{le=\"3600\"} 2\n"
								   "netnsleak_netns_free_delay_seconds_bucket{le=\"21600\"} 2\n"
								   "netnsleak_netns_free_delay_seconds_bucket{le=\"86400\"} 2\n"
								   "netnsleak_netns_free_delay_seconds_bucket{le=\"+Inf\"} 2\n"
								   "netnsleak_netns_free_delay_seconds_sum 110\n"
								   "netnsleak_netns_free_delay_seconds_count 2\n");
	/* Of 4 it is not known for how long it was queued. */
	expect_metric(&feed, "netnsleak_netns_teardown_seconds_sum", "netnsleak_netns_teardown_seconds_sum{phase=\"queued\"} 1\n"
								     "netnsleak_netns_teardown_seconds_sum{phase=\"cleanup\"} 806\n");
	expect_metric(&feed, "netnsleak_netns_teardown_seconds_count", "netnsleak_netns_teardown_seconds_count{phase=\"queued\"} 2\n"
								       "netnsleak_netns_teardown_seconds_count{phase=\"cleanup\"} 3\n");
	feed_close(&feed);
}

static void stuck_and_orphan(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	feed.now = 10;
	feed_created(&feed, 2);
	feed_created(&feed, 3);
	feed_created(&feed, 4);
	feed_end(&feed, NNS_NETNS_DYING, 3);
	feed_end(&feed, NNS_NETNS_CLEANUP, 3);
	feed_end(&feed, NNS_NETNS_DYING, 4);
	feed_until(&feed, 70);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	feed_until(&feed, 3610);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	expect(&feed, "1 netns.created 1\n10 netns.created 2\n10 netns.created 3\n10 netns.created 4\n"
		      "10 netns.dying 3\n10 netns.dying 4\n70 netns.stuck 3 +60 #1\n3610 netns.orphan 2 +3600\n");
	expect_metric(&feed, "netnsleak_netns", "netnsleak_netns{state=\"nascent\"} 0\n"
						"netnsleak_netns{state=\"referenced\"} 2\n"
						"netnsleak_netns{state=\"dying\"} 1\n"
						"netnsleak_netns{state=\"cleanup\"} 1\n");
	expect_metric(&feed, "netnsleak_finding_causes_total{cause=\"teardown-stuck\"}", "netnsleak_finding_causes_total{cause=\"teardown-stuck\"} 1\n");
	expect_metric(&feed, "netnsleak_finding_causes_total{cause=\"unknown\"}", "netnsleak_finding_causes_total{cause=\"unknown\"} 1\n");
	expect_metric(&feed, "netnsleak_findings{finding=\"stuck\"}", "netnsleak_findings{finding=\"stuck\"} 1\n");
	expect_metric(&feed, "netnsleak_findings{finding=\"orphan\"}", "netnsleak_findings{finding=\"orphan\"} 1\n");
	expect_metric(&feed, "netnsleak_findings{finding=\"leaked\"}", "netnsleak_findings{finding=\"leaked\"} 0\n");
	feed_close(&feed);
}

static void losses(void **state)
{
	struct feed feed;

	(void)state;
	open_with_pods(&feed);
	feed.now = 20;
	feed_lost(&feed, 5);
	expect_metric(&feed, "netnsleak_resyncing", "netnsleak_resyncing 1\n");
	expect_metric(&feed, "netnsleak_kernel_losses_total", "netnsleak_kernel_losses_total 1\n");
	expect_metric(&feed, "netnsleak_resyncs_total", "netnsleak_resyncs_total 0\n");
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 1, NULL });
	expect_metric(&feed, "netnsleak_resyncing", "netnsleak_resyncing 0\n");
	expect_metric(&feed, "netnsleak_kernel_records_lost_total", "netnsleak_kernel_records_lost_total 5\n");
	expect_metric(&feed, "netnsleak_resyncs_total", "netnsleak_resyncs_total 1\n");
	expect_metric(&feed, "netnsleak_censuses_total", "netnsleak_censuses_total 2\n");
	expect_metric(&feed, "netnsleak_netns_vanished_total", "netnsleak_netns_vanished_total 1\n");
	feed_close(&feed);
}

static void sources(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	expect_metric(&feed, "netnsleak_pod_source_up", "");
	feed_listing(&feed, NULL);
	feed_source(&feed, "kube", SOURCE_DOWN, true);
	feed_source(&feed, "docker", SOURCE_ABSENT, true);
	/* Whatever a path holds, a label is UTF-8, and ends where it should. */
	feed_source(&feed, "cni:/a\"b\\c\nd\xff" "é", SOURCE_SYNCED, false);
	expect_metric(&feed, "netnsleak_pod_source_up",
		      "netnsleak_pod_source_up{source=\"cni:/a\\\"b\\\\c\\nd\\\\xffé\"} 1\n"
		      "netnsleak_pod_source_up{source=\"kube\"} 0\n"
		      "netnsleak_pod_source_up{source=\"file:pods\"} 1\n");
	feed_close(&feed);
}

/* However long their names are and much alike: what two values of a metric have in common would make all of it void. */
static void more_sources_than_are_told(void **state)
{
	char name[300], *text;
	struct feed feed;
	size_t told = 0;

	(void)state;
	feed_open(&feed);
	memset(name, 'x', sizeof(name));
	for (unsigned i = 0; i < 2 * METRICS_SOURCES; i++) {
		snprintf(name + 280, 20, "%03u", i);
		feed_source(&feed, name, SOURCE_SYNCED, false);
	}
	text = told_with(&feed, &some_facts);
	for (const char *at = text; (at = strstr(at, "\nnetnsleak_pod_source_up{")); at++, told++) {
		assert_int_equal(strcspn(at + 1, "}"), strlen("netnsleak_pod_source_up{source=\"\"") + 283);
		/* The newest first. */
		assert_int_equal(atoi(strchr(at, '}') - 4), 2 * METRICS_SOURCES - 1 - told);
	}
	assert_int_equal(told, METRICS_SOURCES);
	free(text);
	feed_close(&feed);
}

static void own_process(void **state)
{
	struct metrics_facts facts = some_facts;
	struct feed feed;

	(void)state;
	feed_open(&feed);
	expect_metric(&feed, "process_", "process_cpu_seconds_total 1.5\n"
					"process_resident_memory_bytes 4096\n"
					"process_virtual_memory_bytes 8192\n"
					"process_start_time_seconds 1000000.25\n"
					"process_open_fds 9\n"
					"process_max_fds 1024\n");
	facts.self = (struct self){ SELF_UNKNOWN, SELF_UNKNOWN, SELF_UNKNOWN, SELF_UNKNOWN, SELF_UNKNOWN, SELF_UNKNOWN };
	expect_metric_at(&feed, &facts, "process_", "", __FILE__, __LINE__);
	expect_metric(&feed, "netnsleak_output_lines_dropped_total", "netnsleak_output_lines_dropped_total 7\n");
	expect_metric(&feed, "netnsleak_ready", "netnsleak_ready 1\n");
	feed_close(&feed);
}

/* This process is one, too. */
static void self_is_read(void **state)
{
	struct self self;
	uint64_t before;

	(void)state;
	self_read(&self);
	before = self.open_fds;
	assert_in_range(self.cpu, 1, 3600 * (uint64_t)NS_PER_S);
	assert_in_range(self.resident, 1 << 19, self.virtual);
	assert_in_range(self.max_fds, self.open_fds, SELF_UNKNOWN);
	assert_true(self.started != SELF_UNKNOWN && self.started > 0);
	assert_int_equal(dup(0) >= 0, 1);
	self_read(&self);
	assert_int_equal(self.open_fds, before + 1);
}

/* What promtool would say of each: but it does not know our words. */
static void the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < metric_spec_count; i++) {
		const struct metric_spec *spec = &metric_specs[i];
		const char *name = spec->name, *total = strstr(name, "_total");

		assert_true(!strncmp(name, "netnsleak_", 10) || !strncmp(name, "process_", 8));
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name));
		assert_true((spec->type == METRIC_COUNTER) == (total && !total[6]));
		assert_true(spec->unit != METRIC_NS || strstr(name, "_seconds"));
		assert_true((spec->type == METRIC_HISTOGRAM) == (spec->bounds != NULL));
		assert_true(!spec->label == !spec->label_of);
		assert_true(spec->count && (spec->label || spec->count == 1));
		assert_int_equal(spec->help[strlen(spec->help) - 1], '.');
		assert_null(strpbrk(spec->help, "\\\n|"));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(name, metric_specs[j].name);
		for (size_t j = 0; spec->bounds && spec->bounds[j]; j++) {
			assert_in_range(j, 0, HISTOGRAM_BOUNDS - 1);
			assert_true(!j || spec->bounds[j] > spec->bounds[j - 1]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(before_the_first_census),
		cmocka_unit_test(a_leak),
		cmocka_unit_test(clock_was_set),
		cmocka_unit_test(histograms),
		cmocka_unit_test(stuck_and_orphan),
		cmocka_unit_test(losses),
		cmocka_unit_test(sources),
		cmocka_unit_test(more_sources_than_are_told),
		cmocka_unit_test(own_process),
		cmocka_unit_test(self_is_read),
		cmocka_unit_test(the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
