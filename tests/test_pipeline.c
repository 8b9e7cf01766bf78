/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The stages joined: what an input may be, how a failure gets out, and that anything at all may be fed - twice with
 * the same bytes coming out, and nothing undefined on the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "feed.h"
#include "util.h"

struct sent {
	size_t count;
	int fail_at, fail_with;
	enum report_kind last;
	uint64_t sum; /* of all lines */
};

static int on_report(void *ctx, const struct report *report)
{
	struct sent *sent = ctx;
	char line[REPORT_JSON_MAX];
	size_t length = report_json(line, report, 0), i;

	assert_in_range(length, 2, REPORT_JSON_MAX);
	assert_int_equal(line[length - 1], '\n');
	for (i = 0; i < length; i++)
		sent->sum = (sent->sum ^ (unsigned char)line[i]) * 1099511628211u;
	sent->last = report->kind;
	return (int)++sent->count == sent->fail_at ? sent->fail_with : 0;
}

static const struct input session = {
	.kind = INPUT_SESSION,
	.time = 1000,
	.session = { .version = "test", .node = FEED_NODE, .kernel_release = "6.1.0", .boot_id = "boot",
		     .wall_offset = 1000000, .grace = 60, .stuck_after = 60, .orphan_age = 3600 },
};

static struct pipeline *opened(struct sent *sent)
{
	struct pipeline *pipeline;

	*sent = (struct sent){ 0 };
	assert_int_equal(pipeline_new(&pipeline, on_report, sent), 0);
	return pipeline;
}

static void a_session_first(void **state)
{
	static const struct input tick = { .kind = INPUT_TICK, .time = 5 };
	struct sent sent;
	struct pipeline *pipeline = opened(&sent);
	struct report_summary summary;

	(void)state;
	assert_int_equal(pipeline_deadline(pipeline), 0);
	pipeline_summary(pipeline, &summary);
	assert_true(summary.incomplete);
	assert_int_equal(pipeline_input(pipeline, &tick), -EBADMSG);
	assert_int_equal(pipeline_input(pipeline, &session), 0);
	assert_int_equal(pipeline_input(pipeline, &session), -EBADMSG);
	assert_int_equal(pipeline_input(pipeline, &tick), 0);
	assert_int_equal(sent.count, 0);
	pipeline_free(pipeline);
	pipeline_free(NULL);
}

/* What a sink says gets out, once, and ends nothing but that input. */
static void failure_of_the_sink(void **state)
{
	struct nns_netns_created created = {
		.hdr = { .kind = NNS_NETNS_CREATED, .size = sizeof(created), .seq = 1, .time = 2000 },
		.netns = { 2, 102, 1002, 14 },
	};
	struct nns_dev dev = { .hdr = { .kind = NNS_DEV_REGISTERED, .size = sizeof(dev), .seq = 1, .time = 1999 },
			       .netns = { 2, 0, 0, 14 }, .ifindex = 1, .ifname = "lo" };
	struct input input = { .kind = INPUT_KERNEL, .time = 2000, .kernel = { &dev, sizeof(dev) } };
	struct sent sent;
	struct pipeline *pipeline = opened(&sent);

	(void)state;
	sent.fail_at = 1;
	sent.fail_with = -EPIPE;
	assert_int_equal(pipeline_input(pipeline, &session), 0);
	assert_int_equal(pipeline_input(pipeline, &input), 0);
	created.hdr.seq = 2;
	input.kernel = (struct input_kernel){ &created, sizeof(created) };
	/* created and dev+ are one input: after the first failed, the second is not tried. */
	assert_int_equal(pipeline_input(pipeline, &input), -EPIPE);
	assert_int_equal(sent.count, 1);
	input = (struct input){ .kind = INPUT_END, .time = 3000 };
	assert_int_equal(pipeline_input(pipeline, &input), 0);
	assert_int_equal(sent.count, 2);
	assert_int_equal(sent.last, REPORT_TRACE_SUMMARY);
	pipeline_free(pipeline);
}

static void bad_record(void **state)
{
	uint64_t words[4] = { 0 };
	struct input input = { .kind = INPUT_KERNEL, .time = 2000, .kernel = { words, 3 } };
	struct sent sent;
	struct pipeline *pipeline = opened(&sent);
	struct report_summary summary;

	(void)state;
	assert_int_equal(pipeline_input(pipeline, &session), 0);
	assert_int_equal(pipeline_input(pipeline, &input), 0);
	input.kernel.size = sizeof(words);
	assert_int_equal(pipeline_input(pipeline, &input), 0);
	pipeline_summary(pipeline, &summary);
	assert_int_equal(summary.state.bad, 2);
	pipeline_free(pipeline);
}

/* Complete only when the kernel was counted, every source is there, and no suspect waits. */
static void incomplete(void **state)
{
	struct report_summary summary;
	struct feed feed;

	(void)state;
	feed_open(&feed);
	assert_true(pipeline_wants_census(feed.pipeline));
	census(&feed, { 1, 5, 90, NULL });
	assert_false(pipeline_wants_census(feed.pipeline));
	pipeline_summary(feed.pipeline, &summary);
	assert_false(summary.incomplete);
	feed_source(&feed, "file:pods", SOURCE_DOWN, true);
	pipeline_summary(feed.pipeline, &summary);
	assert_true(summary.incomplete);
	feed_listing(&feed, NULL);
	pipeline_summary(feed.pipeline, &summary);
	assert_false(summary.incomplete);
	feed_lost(&feed, 3);
	assert_true(pipeline_wants_census(feed.pipeline));
	pipeline_summary(feed.pipeline, &summary);
	assert_true(summary.incomplete);
	assert_int_equal(summary.state.lost, 3);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 1, NULL });
	pipeline_summary(feed.pipeline, &summary);
	assert_false(summary.incomplete);
	/* An orphan's deadline makes a suspect. */
	feed_until(&feed, 4000);
	pipeline_summary(feed.pipeline, &summary);
	assert_true(summary.incomplete);
	feed_close(&feed);
}

static int count_memories(void *ctx, const struct input_restored *memory)
{
	(void)memory;
	++*(size_t *)ctx;
	return 0;
}

/* The version counts up with whatever would be remembered. */
static void remembering(void **state)
{
	size_t count = 0;
	uint64_t version;
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	feed.now = 10;
	feed_listing(&feed, "cart", NULL);
	feed_created(&feed, 2);
	version = pipeline_remember_version(feed.pipeline);
	feed_binding(&feed, "cart", 1002, 11);
	assert_true(pipeline_remember_version(feed.pipeline) > version);
	assert_int_equal(pipeline_remember(feed.pipeline, count_memories, &count), 0);
	assert_int_equal(count, 1);
	version = pipeline_remember_version(feed.pipeline);
	feed.now = 100;
	feed_listing(&feed, NULL);
	assert_true(pipeline_remember_version(feed.pipeline) > version);
	feed_until(&feed, 160);
	version = pipeline_remember_version(feed.pipeline);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	assert_true(pipeline_remember_version(feed.pipeline) > version);
	version = pipeline_remember_version(feed.pipeline);
	feed_freed(&feed, 2);
	assert_true(pipeline_remember_version(feed.pipeline) > version);
	count = 0;
	assert_int_equal(pipeline_remember(feed.pipeline, count_memories, &count), 0);
	assert_int_equal(count, 0);
	feed_close(&feed);
}

/* --- anything at all --- */

struct dice {
	uint64_t random;
};

static uint64_t roll(struct dice *dice)
{
	dice->random = dice->random * 6364136223846793005u + 1442695040888963407u;
	return dice->random >> 24;
}

/* Mostly small, so that things meet; else at an edge of what fits. */
static uint64_t number(struct dice *dice)
{
	static const uint64_t edges[] = { 0, 1, INT64_MAX, INT64_MIN, UINT64_MAX, BOOT_LAST, BOOT_LAST + 1,
					  (uint64_t)WALL_FIRST, (uint64_t)WALL_LAST, UINT32_MAX };

	return roll(dice) % 4 ? roll(dice) % 8 : edges[roll(dice) % ARRAY_SIZE(edges)];
}

static uint64_t moment(struct dice *dice, uint64_t now)
{
	return roll(dice) % 8 ? now + roll(dice) % 50 : number(dice);
}

static const char *text(struct dice *dice)
{
	static const char *const texts[] = { "", "a", "b", "shop", FEED_NODE, "\x1b[2J", "\xff\xfe", "a/b\n", "\"\\", "%s%n",
					     "cni", "file:pods" };

	return texts[roll(dice) % ARRAY_SIZE(texts)];
}

union record {
	struct nns_hdr hdr;
	struct nns_netns_created created;
	struct nns_netns_end end;
	struct nns_addr addr;
	struct nns_dev dev;
	struct nns_census_netns census;
	struct nns_census_task task;
	struct nns_census_mark mark;
	struct nns_cni_exec cni_exec;
	struct nns_cni_exit cni_exit;
	uint64_t words[192];
};

static void copy_text(struct dice *dice, char *ret, size_t size, const char *text)
{
	/* Now and then without its end. */
	if (roll(dice) % 8)
		snprintf(ret, size, "%s", text);
}

/* Few processes, which are part of each other, begin, end and begin again. */
static void random_call(struct dice *dice, union record *record)
{
	static const char *const commands[] = { "ADD", "DEL", "DEL", "GC", "" }, *const programs[] = { "/b/x", "/b/y", "/c/x.1", "/c/z", "" };
	struct nns_cni_exec *exec = &record->cni_exec;

	if (record->hdr.kind == NNS_CNI_EXIT) {
		record->cni_exit.pid = (uint32_t)(1 + roll(dice) % 8);
		record->cni_exit.started = roll(dice) % 3;
		record->cni_exit.status = roll(dice) % 2 ? 0 : (uint32_t)number(dice);
		return;
	}
	exec->started = roll(dice) % 3;
	exec->pid = (uint32_t)(1 + roll(dice) % 8);
	exec->outer_pid = (uint32_t)(roll(dice) % 8);
	copy_text(dice, exec->command, sizeof(exec->command), commands[roll(dice) % ARRAY_SIZE(commands)]);
	copy_text(dice, exec->container_id, sizeof(exec->container_id), text(dice));
	copy_text(dice, exec->netns_path, sizeof(exec->netns_path), text(dice));
	copy_text(dice, exec->ifname, sizeof(exec->ifname), text(dice));
	copy_text(dice, exec->program, sizeof(exec->program), programs[roll(dice) % ARRAY_SIZE(programs)]);
	copy_text(dice, exec->search_path, sizeof(exec->search_path), roll(dice) % 2 ? "/a:/b/:" : "");
	copy_text(dice, exec->args, sizeof(exec->args), "K8S_POD_NAME=a;K8S_POD_NAMESPACE=shop;=;K8S_POD_UID=;;");
}

static void random_record(struct dice *dice, union record *record, uint64_t now, uint64_t *seq)
{
	static const uint16_t sizes[] = {
		[NNS_NETNS_CREATED] = sizeof(record->created), [NNS_NETNS_DYING] = sizeof(record->end),
		[NNS_NETNS_CLEANUP] = sizeof(record->end),     [NNS_NETNS_FREED] = sizeof(record->end),
		[NNS_ADDR_ADDED] = sizeof(record->addr),       [NNS_ADDR_REMOVED] = sizeof(record->addr),
		[NNS_DEV_REGISTERED] = sizeof(record->dev),    [NNS_DEV_UNREGISTERED] = sizeof(record->dev),
		[NNS_DEV_MOVED] = sizeof(record->dev),	       [NNS_CENSUS_BEGIN] = sizeof(record->mark),
		[NNS_CENSUS_NETNS] = sizeof(record->census),   [NNS_CENSUS_DEV] = sizeof(record->dev),
		[NNS_CENSUS_ADDR] = sizeof(record->addr),      [NNS_CENSUS_END] = sizeof(record->mark),
		[NNS_CENSUS_TASK] = sizeof(record->task),
		[NNS_FILLER] = sizeof(record->end),	       [NNS_CNI_EXEC] = sizeof(record->cni_exec),
		[NNS_CNI_EXIT] = sizeof(record->cni_exit),
	};
	uint16_t kind = (uint16_t)(1 + roll(dice) % (NNS_KIND_MAX - 1));
	uint64_t n = roll(dice) % 6;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(record->words); i++)
		record->words[i] = number(dice);
	record->hdr = (struct nns_hdr){ .kind = kind, .size = sizes[kind], .cpu = (uint32_t)(roll(dice) % 2),
					.time = moment(dice, now) };
	record->hdr.seq = kind >= NNS_CENSUS_BEGIN ? 0 : roll(dice) % 50 ? ++seq[record->hdr.cpu] : number(dice);
	if (kind == NNS_CENSUS_BEGIN || kind == NNS_CENSUS_END) {
		record->mark.error = roll(dice) % 8 ? 0 : -5;
		return;
	}
	if (kind == NNS_CNI_EXEC || kind == NNS_CNI_EXIT) {
		random_call(dice, record);
		return;
	}
	/* The ident lies at the same place in all of them. */
	record->created.netns = (struct nns_ident){ n, 100 + n, (uint32_t)(1000 + n), (uint32_t)(1 + n + roll(dice) % 2) };
	if (kind == NNS_ADDR_ADDED || kind == NNS_ADDR_REMOVED || kind == NNS_CENSUS_ADDR) {
		record->addr.family = roll(dice) % 3 ? AF_INET : AF_INET6;
		record->addr.ifindex = (uint32_t)(roll(dice) % 3);
		memset(record->addr.addr, 0, sizeof(record->addr.addr));
		record->addr.addr[0] = (uint8_t)(roll(dice) % 4);
	}
}

static struct ip_address ips_of_dice[3];

static const struct ip_address *random_ips(struct dice *dice, size_t *ret_count)
{
	size_t i;

	*ret_count = roll(dice) % 4;
	memset(ips_of_dice, 0, sizeof(ips_of_dice));
	for (i = 0; i < *ret_count; i++) {
		ips_of_dice[i].family = roll(dice) % 3 ? AF_INET : AF_INET6;
		ips_of_dice[i].bytes[0] = (uint8_t)(roll(dice) % 4);
	}
	return *ret_count ? ips_of_dice : NULL;
}

static struct input random_input(struct dice *dice, uint64_t now)
{
	struct input input = { .kind = (enum input_kind)(INPUT_LOST + roll(dice) % (INPUT_KIND_MAX - INPUT_LOST)),
			       .time = moment(dice, now) };

	switch (input.kind) {
	case INPUT_LOST:
		input.lost = (struct input_lost){ number(dice), number(dice), number(dice) };
		break;
	case INPUT_POD:
		input.pod = (struct input_pod){ .source = text(dice), .uid = text(dice), .alias_uid = text(dice),
						.namespace_ = text(dice), .name = text(dice), .node = text(dice),
						.host_network = roll(dice) % 2, .terminating = roll(dice) % 2,
						.phase = (enum pod_phase)(roll(dice) % 5),
						.finished_wall = (int64_t)number(dice) };
		input.pod.ips = random_ips(dice, &input.pod.ip_count);
		break;
	case INPUT_POD_GONE:
		input.pod_gone = (struct input_pod_gone){ text(dice), text(dice), (int64_t)number(dice) };
		break;
	case INPUT_BINDING:
		input.binding = (struct input_binding){ .source = text(dice),
							.evidence = (enum evidence)(roll(dice) % 5),
							.key = text(dice), .pod_uid = text(dice),
							.pod_namespace = text(dice), .pod_name = text(dice),
							.container_id = text(dice), .netns_path = text(dice),
							.netns_inum = (uint32_t)(1000 + roll(dice) % 6),
							.as_of_wall = (int64_t)number(dice) };
		input.binding.ips = random_ips(dice, &input.binding.ip_count);
		break;
	case INPUT_BINDING_GONE:
		input.binding_gone = (struct input_binding_gone){ text(dice), text(dice) };
		break;
	case INPUT_SOURCE:
		input.source = (struct input_source){ text(dice), (enum source_state)(roll(dice) % 4), roll(dice) % 2,
						      (int64_t)number(dice), text(dice) };
		break;
	case INPUT_PATH:
		input.path = (struct input_path){ text(dice), (uint32_t)(1000 + roll(dice) % 6), roll(dice) % 2,
						  (int64_t)number(dice) };
		break;
	case INPUT_CNI_NETNS:
		input.cni_netns = (struct input_cni_netns){ (uint32_t)(1 + roll(dice) % 8), roll(dice) % 3,
							    roll(dice) % 2 ? (uint32_t)(1000 + roll(dice) % 6) : 0,
							    -(int)(roll(dice) % 3) };
		break;
	case INPUT_RESTORED: {
		uint64_t n = roll(dice) % 6;

		input.restored = (struct input_restored){ .cookie = 100 + n, .inum = (uint32_t)(1000 + n),
							  .mix = (uint32_t)(n + 1),
							  .evidence = (enum evidence)(roll(dice) % 5),
							  .pod_uid = text(dice), .pod_namespace = text(dice),
							  .pod_name = text(dice), .container_id = text(dice),
							  .bound_wall = (int64_t)number(dice),
							  .gone_wall = (int64_t)number(dice),
							  .leaked_wall = (int64_t)number(dice),
							  .stuck_wall = (int64_t)number(dice),
							  .orphan_wall = (int64_t)number(dice),
							  .conflict_wall = (int64_t)number(dice),
							  .born_wall = (int64_t)number(dice), .creator = text(dice),
							  .creator_pid = (uint32_t)roll(dice),
							  .netns_path = text(dice), .cause = roll(dice) % 2 ? "cni-del-failed" : text(dice),
							  .cause_evidence = text(dice) };
		input.restored.ips = random_ips(dice, &input.restored.ip_count);
		break;
	}
	case INPUT_CLOCK:
		input.clock.wall_offset = (int64_t)number(dice);
		break;
	case INPUT_HOLDERS:
		input.holders = (struct input_holders){ roll(dice) % 8, (int32_t)roll(dice), (int32_t)roll(dice), 1, (int32_t)roll(dice),
							(int32_t)roll(dice), (int32_t)roll(dice), (int32_t)roll(dice),
							(int32_t)roll(dice), (uint32_t)roll(dice) };
		break;
	case INPUT_HOLDER:
		input.holder = (struct input_holder){ roll(dice) % 8, (enum holder_kind)(roll(dice) % 7), (uint32_t)roll(dice),
						      (uint32_t)roll(dice), (uint32_t)roll(dice), text(dice), text(dice), text(dice),
						      (uint32_t)roll(dice), (uint32_t)roll(dice), (uint32_t)roll(dice),
						      (uint32_t)roll(dice) };
		break;
	case INPUT_TEARDOWN:
		input.teardown = (struct input_teardown){ roll(dice) % 8, text(dice) };
		break;
	case INPUT_BLOCKER:
		input.blocker = (struct input_blocker){ roll(dice) % 8, roll(dice) % 4, (int32_t)roll(dice) };
		break;
	case INPUT_KERNEL_LOG:
		input.kernel_log = (struct input_kernel_log){ text(dice), (int32_t)roll(dice) };
		break;
	default:
		break;
	}
	return input;
}

static int is_sane(void *ctx, const struct input_restored *memory)
{
	(void)ctx;
	assert_non_null(memory->pod_uid);
	assert_true(!memory->ip_count || memory->ips);
	return 0;
}

static uint64_t random_session(uint64_t seed, size_t *ret_reports)
{
	struct dice dice = { .random = seed };
	struct input first = session, input;
	struct sent sent;
	struct pipeline *pipeline = opened(&sent);
	struct report_summary summary;
	uint64_t now = 1000, seq[2] = { 0 };
	union record record;
	int step;

	first.session.wall_offset = (int64_t)number(&dice);
	first.session.grace = number(&dice);
	first.session.stuck_after = number(&dice);
	first.session.orphan_age = number(&dice);
	assert_int_equal(pipeline_input(pipeline, &first), 0);
	for (step = 0; step < 1500; step++) {
		now += roll(&dice) % 20;
		if (roll(&dice) % 3) {
			random_record(&dice, &record, now, seq);
			input = (struct input){ .kind = INPUT_KERNEL, .time = record.hdr.time,
						.kernel = { &record, record.hdr.size } };
		} else {
			input = random_input(&dice, now);
		}
		assert_int_equal(pipeline_input(pipeline, &input), 0);
		pipeline_deadline(pipeline);
		pipeline_wants_census(pipeline);
	}
	assert_int_equal(pipeline_remember(pipeline, is_sane, NULL), 0);
	pipeline_summary(pipeline, &summary);
	pipeline_free(pipeline);
	*ret_reports = sent.count;
	return sent.sum;
}

static void random_sessions(void **state)
{
	size_t reports, again;
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= 200; seed++) {
		uint64_t sum = random_session(seed, &reports);

		assert_int_equal(random_session(seed, &again), sum);
		assert_int_equal(again, reports);
		assert_true(reports > 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_first), cmocka_unit_test(failure_of_the_sink),
		cmocka_unit_test(bad_record),	   cmocka_unit_test(incomplete),
		cmocka_unit_test(remembering),	   cmocka_unit_test(random_sessions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
