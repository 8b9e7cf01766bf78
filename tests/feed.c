/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "feed.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util.h"

static bool is_wanted(const struct feed *feed, const struct report *report)
{
	return feed->details || (report_types[report->kind].class != REPORT_DETAIL &&
				 report->kind != REPORT_SOURCE_UP);
}

static int on_report(void *ctx, const struct report *report)
{
	struct feed *feed = ctx;
	char line[256];
	int length;

	metrics_count(&feed->metrics, report);
	if (report->summary)
		feed->summary = *report->summary;
	if (!is_wanted(feed, report))
		return 0;
	length = snprintf(line, sizeof(line), "%" PRIu64 " %s", report->time / SECOND,
			  report_types[report->kind].event_name);
	if (report->netns)
		length += snprintf(line + length, sizeof(line) - (size_t)length, " %" PRIu64,
				   report->netns->handle);
	if (report->other)
		length += snprintf(line + length, sizeof(line) - (size_t)length, "/%" PRIu64,
				   report->other->handle);
	if (report->pod)
		length += snprintf(line + length, sizeof(line) - (size_t)length, " %s", report->pod->name);
	if (report->kind == REPORT_NETNS_BOUND)
		length += snprintf(line + length, sizeof(line) - (size_t)length, " by %s",
				   evidence_name(report->netns->binding->evidence));
	if (report->since)
		length += snprintf(line + length, sizeof(line) - (size_t)length, " +%" PRIu64,
				   report->since / SECOND);
	if (report->count)
		length += snprintf(line + length, sizeof(line) - (size_t)length, " #%" PRIu64, report->count);
	assert_true(strlen(feed->log) + (size_t)length + 2 < sizeof(feed->log));
	strcat(feed->log, line);
	strcat(feed->log, "\n");
	return 0;
}

int feed_input(struct feed *feed, struct input input)
{
	input.time = feed->now * SECOND;
	return pipeline_input(feed->pipeline, &input);
}

static void open_session(struct feed *feed, struct input_session session)
{
	*feed = (struct feed){ .now = 1 };
	assert_int_equal(pipeline_new(&feed->pipeline, on_report, feed), 0);
	session.version = "test";
	session.node = FEED_NODE;
	session.kernel_release = "6.1.0";
	session.boot_id = "boot";
	session.wall_offset = (int64_t)(FEED_EPOCH * SECOND);
	assert_int_equal(feed_input(feed, (struct input){ .kind = INPUT_SESSION, .session = session }), 0);
}

void feed_open_with(struct feed *feed, uint64_t grace, uint64_t stuck_after, uint64_t orphan_age)
{
	open_session(feed, (struct input_session){ .grace = grace * SECOND, .stuck_after = stuck_after * SECOND,
						   .orphan_age = orphan_age * SECOND });
}

void feed_open_finding_holders(struct feed *feed)
{
	open_session(feed, (struct input_session){ .grace = 60 * SECOND, .stuck_after = 60 * SECOND,
						   .orphan_age = 3600 * SECOND, .finds_holders = true });
}

void feed_open_finding_blockers(struct feed *feed)
{
	open_session(feed, (struct input_session){ .grace = 60 * SECOND, .stuck_after = 60 * SECOND,
						   .orphan_age = 3600 * SECOND, .finds_blockers = true,
						   .reads_kernel_log = true });
}

void feed_open_seeing_calls(struct feed *feed)
{
	open_session(feed, (struct input_session){ .grace = 60 * SECOND, .stuck_after = 60 * SECOND,
						   .orphan_age = 3600 * SECOND, .sees_calls = true });
}

void feed_open(struct feed *feed)
{
	feed_open_with(feed, 60, 60, 3600);
}

void feed_close(struct feed *feed)
{
	pipeline_free(feed->pipeline);
}

void expect_at(struct feed *feed, const char *text, const char *file, int line)
{
	if (strcmp(feed->log, text)) {
		print_error("--- expected\n%s--- logged\n%s---\n", text, feed->log);
		_fail(file, line);
	}
	feed->log[0] = '\0';
}

/* --- kernel records --- */

static struct nns_ident ident_of(const struct feed *feed, unsigned n)
{
	const struct netns *netns = state_by_handle(pipeline_state(feed->pipeline), n);

	if (netns && netns->mix)
		return (struct nns_ident){ n, netns->cookie, netns->inum, netns->mix };
	return (struct nns_ident){ n, 100 + n, 1000 + n, n * 7 };
}

static struct nns_hdr hdr_of(struct feed *feed, enum nns_kind kind, size_t size)
{
	return (struct nns_hdr){ .kind = (uint16_t)kind, .size = (uint16_t)size, .seq = ++feed->seq,
				 .time = feed->now * SECOND };
}

static void feed_record(struct feed *feed, const void *record, size_t size)
{
	assert_int_equal(feed_input(feed, (struct input){ .kind = INPUT_KERNEL,
							  .kernel = { .record = record, .size = size } }),
			 0);
}

void feed_created_as(struct feed *feed, unsigned n, unsigned cookie, unsigned inum, unsigned mix)
{
	struct nns_netns_created record = {
		.hdr = hdr_of(feed, NNS_NETNS_CREATED, sizeof(record)),
		.netns = { n, cookie, inum, mix },
		.task = { .pid = 42, .comm = "runc" },
	};

	feed_record(feed, &record, sizeof(record));
}

void feed_created(struct feed *feed, unsigned n)
{
	feed_created_as(feed, n, 100 + n, 1000 + n, n * 7);
}

void feed_end(struct feed *feed, enum nns_kind kind, unsigned n)
{
	struct nns_netns_end record = {
		.hdr = hdr_of(feed, kind, sizeof(record)),
		.netns = ident_of(feed, n),
		.road = kind == NNS_NETNS_DYING ? NNS_ROAD_PUT_NET : NNS_ROAD_NONE,
	};

	feed_record(feed, &record, sizeof(record));
}

void feed_freed(struct feed *feed, unsigned n)
{
	feed_end(feed, NNS_NETNS_DYING, n);
	feed_end(feed, NNS_NETNS_CLEANUP, n);
	feed_end(feed, NNS_NETNS_FREED, n);
}

static struct nns_addr addr_record(struct feed *feed, enum nns_kind kind, unsigned n, const char *address)
{
	struct nns_addr record = { .hdr = hdr_of(feed, kind, sizeof(record)), .netns = ident_of(feed, n),
				   .ifindex = 2, .ifname = "eth0" };
	struct ip_address ip;

	assert_int_equal(ip_address_parse(&ip, address, false), 0);
	record.family = ip.family;
	record.prefixlen = ip.family == AF_INET ? 24 : 64;
	memcpy(record.addr, ip.bytes, sizeof(record.addr));
	return record;
}

void feed_addr(struct feed *feed, enum nns_kind kind, unsigned n, const char *address)
{
	struct nns_addr record = addr_record(feed, kind, n, address);

	feed_record(feed, &record, sizeof(record));
}

static uint64_t device_of(unsigned n, unsigned ifindex)
{
	return 1000 * n + ifindex;
}

void feed_dev(struct feed *feed, enum nns_kind kind, unsigned n, unsigned ifindex, const char *name)
{
	struct nns_dev record = { .hdr = hdr_of(feed, kind, sizeof(record)), .netns = ident_of(feed, n),
				  .ifindex = ifindex };

	strncpy(record.ifname, name, sizeof(record.ifname) - 1);
	if (kind == NNS_DEV_UNREGISTERED)
		record.other = device_of(n, ifindex);
	feed_record(feed, &record, sizeof(record));
}

void feed_teardown(struct feed *feed, unsigned n, const char *function)
{
	assert_int_equal(feed_input(feed, (struct input){ .kind = INPUT_TEARDOWN,
							  .teardown = { .netns = n, .function = function } }), 0);
}

void feed_blocker(struct feed *feed, unsigned n, unsigned of, unsigned ifindex, int references)
{
	assert_int_equal(feed_input(feed, (struct input){ .kind = INPUT_BLOCKER,
							  .blocker = { .netns = n, .device = device_of(of, ifindex),
								       .references = references } }), 0);
}

void feed_look(struct feed *feed, unsigned pid, int leads)
{
	struct input_cni_netns told = { .pid = pid, .started = feed->started[pid], .inum = leads > 0 ? (uint32_t)leads : 0,
					.error = leads < 0 ? leads : 0 };

	assert_int_equal(feed_input(feed, (struct input){ .kind = INPUT_CNI_NETNS, .cni_netns = told }), 0);
}

static void feed_program(struct feed *feed, struct nns_cni_exec record, const char *words)
{
	record.hdr = hdr_of(feed, NNS_CNI_EXEC, sizeof(record));
	strcpy(record.parent_comm, "containerd");
	strcpy(record.search_path, "/opt/cni/bin:/usr/lib/cni");
	strncpy(record.container_id, feed->container ?: "c0ffee", sizeof(record.container_id) - 1);
	strncpy(record.args, feed->args ?: "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=cart;K8S_POD_UID=uid-cart",
		sizeof(record.args) - 1);
	assert_int_equal(sscanf(words, "%15s %255s %15s", record.command, record.program, record.ifname), 3);
	feed_record(feed, &record, sizeof(record));
}

void feed_exec(struct feed *feed, unsigned pid, unsigned outer, const char *words, const char *path, int leads)
{
	struct nns_cni_exec record = {
		.started = feed->now * SECOND,
		.pid = pid,
		.parent_pid = outer ? outer : 812,
		.outer_pid = outer,
	};

	strncpy(record.netns_path, path, sizeof(record.netns_path) - 1);
	if (pid < sizeof(feed->started) / sizeof(feed->started[0]))
		feed->started[pid] = record.started;
	feed_program(feed, record, words);
	if (leads)
		feed_look(feed, pid, leads);
	feed->now++;
}

void feed_go_over(struct feed *feed, unsigned pid, const char *words)
{
	feed_program(feed, (struct nns_cni_exec){ .started = feed->started[pid], .pid = pid, .parent_pid = 812, .flags = NNS_CNI_AGAIN },
		     words);
}

void feed_exit(struct feed *feed, unsigned pid, unsigned status)
{
	struct nns_cni_exit record = { .hdr = hdr_of(feed, NNS_CNI_EXIT, sizeof(record)), .started = feed->started[pid],
				       .pid = pid, .status = status };

	feed_record(feed, &record, sizeof(record));
}

void feed_call(struct feed *feed, const char *words, const char *path, int leads, unsigned status)
{
	char command[16], plugin[64], ifname[16], whole[128];

	assert_int_equal(sscanf(words, "%15s %63s %15s", command, plugin, ifname), 3);
	snprintf(whole, sizeof(whole), "%s /opt/cni/bin/%s %s", command, plugin, ifname);
	feed_exec(feed, 900, 0, whole, path, leads);
	feed_exit(feed, 900, status);
}

void feed_skip(struct feed *feed, unsigned count)
{
	feed->seq += count;
}

void feed_lost(struct feed *feed, unsigned count)
{
	feed_skip(feed, count);
	assert_int_equal(feed_input(feed, (struct input){ .kind = INPUT_LOST, .lost = { .count = count } }), 0);
}

void feed_missed_call(struct feed *feed)
{
	assert_int_equal(feed_input(feed, (struct input){ .kind = INPUT_LOST, .lost = { .calls = 1 } }), 0);
}

void feed_census(struct feed *feed, const struct counted *told, size_t count)
{
	struct nns_census_mark mark = { .hdr = { .kind = NNS_CENSUS_BEGIN, .size = sizeof(mark),
						 .time = feed->now * SECOND },
					.number = ++feed->censuses };
	size_t i;

	feed_record(feed, &mark, sizeof(mark));
	for (i = 0; i < count; i++) {
		struct nns_census_netns netns = {
			.hdr = { .kind = NNS_CENSUS_NETNS, .size = sizeof(netns), .time = feed->now * SECOND },
			.netns = ident_of(feed, told[i].n),
			.references = told[i].references,
			.tasks = told[i].tasks,
			.flags = told[i].n == 1 ? NNS_NETNS_INIT : 0,
		};
		struct nns_addr addr;

		feed_record(feed, &netns, sizeof(netns));
		if (!told[i].address)
			continue;
		addr = addr_record(feed, NNS_CENSUS_ADDR, told[i].n, told[i].address);
		addr.hdr.seq = 0;
		feed->seq--;
		feed_record(feed, &addr, sizeof(addr));
	}
	mark.hdr.kind = NNS_CENSUS_END;
	mark.netns = count;
	feed_record(feed, &mark, sizeof(mark));
}

/* --- time --- */

void feed_until(struct feed *feed, uint64_t now)
{
	uint64_t deadline;

	while ((deadline = pipeline_deadline(feed->pipeline)) && deadline <= now * SECOND) {
		uint64_t due = (deadline + SECOND - 1) / SECOND;

		feed->now = due > feed->now ? due : feed->now;
		assert_int_equal(feed_input(feed, (struct input){ .kind = INPUT_TICK }), 0);
	}
	feed->now = now;
	assert_int_equal(feed_input(feed, (struct input){ .kind = INPUT_TICK }), 0);
}

/* --- sources --- */

static int64_t wall(uint64_t seconds)
{
	return (int64_t)((FEED_EPOCH + seconds) * SECOND);
}

static void feed_source_as_of(struct feed *feed, const char *source, enum source_state state, bool authority,
			      int64_t as_of)
{
	assert_int_equal(feed_input(feed, (struct input){ .kind = INPUT_SOURCE,
							  .source = { .source = source, .state = state,
								      .authority = authority, .as_of_wall = as_of,
								      .detail = "" } }), 0);
}

void feed_source(struct feed *feed, const char *source, enum source_state state, bool authority)
{
	int64_t slack = state == SOURCE_SYNCING ? (int64_t)(30 * SECOND) : 0;

	feed_source_as_of(feed, source, state, authority, wall(feed->now) - slack);
}

void feed_asked(struct feed *feed, const char *source, bool authority, bool knows_all)
{
	feed_source_as_of(feed, source, SOURCE_SYNCING, authority, knows_all ? wall(feed->now) : 0);
}

void feed_synced(struct feed *feed, const char *source, bool authority, uint64_t as_of)
{
	feed_source_as_of(feed, source, SOURCE_SYNCED, authority, wall(as_of));
}

struct input_pod feed_pod_of(const char *source, const char *name)
{
	static char uid[64];

	snprintf(uid, sizeof(uid), "uid-%s", name);
	return (struct input_pod){ .source = source, .uid = uid, .alias_uid = "", .namespace_ = "shop",
				   .name = name, .node = FEED_NODE, .phase = POD_RUNNING };
}

void feed_pod_input(struct feed *feed, const struct input_pod *pod)
{
	assert_int_equal(feed_input(feed, (struct input){ .kind = INPUT_POD, .pod = *pod }), 0);
}

void feed_pod(struct feed *feed, const char *source, const char *name, const char *ip)
{
	struct input_pod pod = feed_pod_of(source, name);
	struct ip_address address;

	if (ip) {
		assert_int_equal(ip_address_parse(&address, ip, false), 0);
		pod.ips = &address;
		pod.ip_count = 1;
	}
	feed_pod_input(feed, &pod);
}

void feed_binding_by(struct feed *feed, enum evidence evidence, const char *source, const char *pod,
		     unsigned inum, uint64_t as_of)
{
	char uid[64];

	snprintf(uid, sizeof(uid), "uid-%s", pod);
	assert_int_equal(feed_input(feed, (struct input){
						  .kind = INPUT_BINDING,
						  .binding = { .source = source, .evidence = evidence,
							       .key = pod, .pod_uid = uid,
							       .pod_namespace = "shop", .pod_name = pod,
							       .container_id = "c0ffee", .netns_path = "",
							       .netns_inum = inum,
							       .as_of_wall = wall(as_of) } }), 0);
}

void feed_binding(struct feed *feed, const char *pod, unsigned inum, uint64_t as_of)
{
	feed_binding_by(feed, EVIDENCE_CNI, "cni:/var/lib/cni", pod, inum, as_of);
}

void feed_listing(struct feed *feed, ...)
{
	const char *name;
	va_list names;

	feed_source(feed, "file:pods", SOURCE_SYNCING, true);
	va_start(names, feed);
	while ((name = va_arg(names, const char *)))
		feed_pod(feed, "file:pods", name, NULL);
	va_end(names);
	feed_synced(feed, "file:pods", true, feed->now);
}
