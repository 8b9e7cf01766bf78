/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One report of each kind, as the pipeline would make it, for the tests and benchmarks of the sinks.
 */
#ifndef NETNSLEAK_TESTS_REPORT_FIXTURES_H
#define NETNSLEAK_TESTS_REPORT_FIXTURES_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "report.h"
#include "routes.h"

#define SECOND 1000000000ull

/* Boot was at 2026-11-21T10:00:00Z less 1000 s. */
#define FIXTURE_WALL_OFFSET (1795255200ll * 1000000000ll - 1000ll * 1000000000ll)

struct fixture {
	struct netns netns, other, bare;
	struct netns_dev devs[2];
	struct netns_addr addrs[4], other_addrs[1];
	struct netns_path *paths, *other_paths;
	struct pod pod, other_pod;
	struct binding binding, other_binding;
	struct ip_address ips[2], ip;
	struct report_summary summary;
	struct netns_leaving leaving[2];
	struct netns_teardown teardown;
	struct netns_dev peer_dev;
	struct report_peer peer;
	struct routes routes;
	struct cni_call calls[2];
};

static const struct remedies fixture_remedies = {
	.all = { { .safe = true, .command = "umount '/run/x y'", .why = "unmounts it" },
		 { .why = "references that the kernel itself has" } },
	.count = 2,
};

static const struct cause fixture_cause = {
	.kind = CAUSE_CNI_DEL_FAILED,
	.evidence = { "CNI DEL of plugin bridge for eth0 exited with status 1 after 38ms, 1m01s before this" },
	.count = 1,
};

static char fixture_none[] = "", fixture_program[] = "/opt/cni/bin/bridge", fixture_delegate[] = "/opt/cni/bin/host-local",
	fixture_pod_name[] = "cart-7c49cfcb97-lsv45", fixture_namespace[] = "shop",
	fixture_netns_path[] = "/run/netns/cni-04b1c5aa-c3dc-db34-9c4f-3c27796f4201",
	fixture_container[] = "5a32b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2";

/* host-local, then bridge which called it. */
static inline void fixture_calls(struct cni_call calls[2])
{
	calls[0] = (struct cni_call){
		.pid = 992, .parent_pid = 991, .started = 999 * SECOND + 4000000, .ended = 999 * SECOND + 14000000, .status = 0x200,
		.command = CNI_DEL, .is_plugin = true, .command_name = "DEL", .ifname = "eth0", .parent_comm = "bridge",
		.program = fixture_delegate, .container_id = fixture_container, .netns_path = fixture_netns_path,
		.search_path = fixture_none, .pod_namespace = fixture_none, .pod_name = fixture_none, .pod_uid = fixture_none,
	};
	calls[1] = calls[0];
	calls[1].pid = 991;
	calls[1].parent_pid = 812;
	calls[1].started = 999 * SECOND;
	calls[1].ended = 999 * SECOND + 38000000;
	calls[1].status = 0x100;
	calls[1].leads = CNI_PATH_NETNS;
	calls[1].inum = 4026532118;
	calls[1].program = fixture_program;
	calls[1].pod_namespace = fixture_namespace;
	calls[1].pod_name = fixture_pod_name;
	strcpy(calls[1].parent_comm, "containerd");
	calls[1].parts = &calls[0];
	calls[0].outer = &calls[1];
}

static const struct report_finding fixture_finding = {
	.check = "pod-no-route", .title = "a pod without a default route", .severity = SEVERITY_WARN,
	.evidence = "the netns of shop/cart has 1 routes and no default among them", .remedies = fixture_remedies.all, .remedy_count = 2,
	.cause = &fixture_cause,
};
static const struct report_audit fixture_audit = { .netns = 14, .pods = 13, .matched = 12, .orphaned = 1, .errors = 1,
						    .warnings = 2, .notes = 3, .incomplete = true };
static const char *const fixture_unseen[] = { "the netns of other users' processes", NULL };
static const struct report_survey fixture_survey = { .unseen = fixture_unseen };

static inline struct netns_path *fixture_path(const char *path, struct netns_path *next)
{
	struct netns_path *made = malloc(sizeof(*made) + strlen(path) + 1);

	if (!made)
		abort();
	made->next = next;
	made->made_wall = 0;
	strcpy(made->path, path);
	return made;
}

static inline struct netns_addr fixture_addr(uint32_t ifindex, uint8_t prefixlen, uint8_t scope, uint8_t flags,
					     uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	return (struct netns_addr){ .ifindex = ifindex, .family = AF_INET, .prefixlen = prefixlen, .scope = scope,
				    .flags = flags, .addr = { a, b, c, d } };
}

static inline void fixture_netns(struct fixture *f)
{
	f->devs[0] = (struct netns_dev){ .ifindex = 1, .flags = NNS_DEV_UP | NNS_DEV_LOOPBACK, .name = "lo" };
	f->devs[1] = (struct netns_dev){ .ifindex = 2, .peer_ifindex = 12, .flags = NNS_DEV_UP | NNS_DEV_PEER,
					 .name = "eth0", .link_kind = "veth" };
	f->addrs[0] = fixture_addr(1, 8, 254, NNS_ADDR_LOOPBACK, 127, 0, 0, 1);
	f->addrs[1] = fixture_addr(2, 24, 0, 0, 10, 0, 1, 5);
	f->addrs[2] = (struct netns_addr){ .ifindex = 2, .family = AF_INET6, .prefixlen = 64,
					   .addr = { 0xfd, 0, 0, 0x10, [15] = 5 } };
	f->addrs[3] = (struct netns_addr){ .ifindex = 2, .family = AF_INET6, .prefixlen = 64, .scope = 253,
					   .flags = NNS_ADDR_LINK_LOCAL, .addr = { 0xfe, 0x80, [15] = 1 } };
	f->paths = fixture_path("/run/netns/cni-04b1c5aa-c3dc-db34-9c4f-3c27796f4201",
				fixture_path("/rootfs/run/netns/cni-04b1c5aa-c3dc-db34-9c4f-3c27796f4201", NULL));
	f->netns = (struct netns){
		.handle = 0x1234, .cookie = 4097, .inum = 4026532118, .mix = 0x9abcdef0,
		.phase = NETNS_REFERENCED, .first_seen = 900 * SECOND, .born = 900 * SECOND,
		.creator = { .pid = 812, .tid = 815, .cgroup_id = 18446744073709551615ull, .comm = "containerd" },
		.creator_inum = 4026531840,
		.references = 2, .tasks = 1, .counted_at = 999 * SECOND, .census = 3,
		.devs = f->devs, .dev_count = 2, .addrs = f->addrs, .addr_count = 4, .paths = f->paths,
		.binding = &f->binding,
	};
	f->other_addrs[0] = fixture_addr(3, 24, 0, 0, 10, 0, 1, 5);
	f->other_paths = fixture_path("/run/netns/cni-77aa0000-1111-2222-3333-444455556666", NULL);
	f->other = (struct netns){
		.handle = 0x1235, .inum = 4026532200, .mix = 0xbeef, .phase = NETNS_REFERENCED,
		.preexisting = true, .references = 1, .addrs = f->other_addrs, .addr_count = 1,
		.paths = f->other_paths, .binding = &f->other_binding,
	};
	/* All that is known of it is that it is. */
	f->bare = (struct netns){ .handle = 0x1236, .mix = 1, .references = -1 };
}

static inline void fixture_pods(struct fixture *f)
{
	static char none[] = "", uid[] = "6f0c3a52-58b1-4a8e-9d0e-d8f0f7a1c001", namespace_[] = "shop",
		    name[] = "cart-7c49cfcb97-lsv45", other_uid[] = "6f0c3a52-58b1-4a8e-9d0e-d8f0f7a1c002",
		    other_name[] = "till-0", node[] = "worker-3", source[] = "file:/var/lib/pods.json",
		    cni[] = "cni:/var/lib/cni",
		    path[] = "/run/netns/cni-04b1c5aa-c3dc-db34-9c4f-3c27796f4201",
		    container[] = "5a32b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2";

	f->ips[0] = f->ip = (struct ip_address){ .family = AF_INET, .bytes = { 10, 0, 1, 5 } };
	f->ips[1] = (struct ip_address){ .family = AF_INET6, .bytes = { 0xfd, 0, 0, 0x10, [15] = 5 } };
	f->pod = (struct pod){ .uid = uid, .namespace_ = namespace_, .name = name, .node = node, .ips = f->ips,
			       .ip_count = 2, .here = true, .phase = POD_RUNNING, .gone = true,
			       .gone_at = 940 * SECOND, .gone_source = source, .gone_reason = "deleted" };
	f->other_pod = (struct pod){ .uid = other_uid, .namespace_ = namespace_, .name = other_name, .node = none,
				     .here = true, .phase = POD_RUNNING, .gone_source = none };
	f->binding = (struct binding){ .pod = &f->pod, .evidence = EVIDENCE_CNI, .source = cni,
				       .container_id = container, .path = path, .path_leads_to = 4026532200,
				       .path_lost_at = 939 * SECOND };
	f->other_binding = (struct binding){ .pod = &f->other_pod, .evidence = EVIDENCE_IP, .source = source,
					     .container_id = none, .path = none };
}

static inline void fixture_teardown(struct fixture *f)
{
	static char function[] = "default_device_exit_batch";

	f->leaving[0] = (struct netns_leaving){ .device = 1, .netns = 0x1234, .since = 951 * SECOND, .ifindex = 2,
						.references = 1, .name = "eth0", .link_kind = "veth" };
	f->leaving[1] = (struct netns_leaving){ .device = 2, .netns = 0x1235, .since = 951 * SECOND, .ifindex = 12,
						.references = 2, .name = "veth12", .link_kind = "veth" };
	f->teardown = (struct netns_teardown){ .leaving = f->leaving, .leaving_count = 2, .looked_at = 999 * SECOND,
					       .function = function, .log_device = "eth0", .log_usage = 2,
					       .log_at = 961 * SECOND };
}

static inline void fixture_explained(struct fixture *f)
{
	f->peer_dev = (struct netns_dev){ .ifindex = 12, .flags = NNS_DEV_UP, .name = "veth8f21", .link_kind = "veth" };
	f->peer = (struct report_peer){ .dev = &f->devs[1], .peer = &f->peer_dev, .netns = &f->other, .bridge = "cni0" };
	f->routes.count = 2;
	f->routes.all[0] = (struct route){ .type = 1, .destination.family = AF_INET, .gateway = f->ip, .device = 2,
					   .hops = 2, .metric = 100, .table = 254 };
	f->routes.all[1] = (struct route){ .type = 7, .destination = f->ips[1], .destination_length = 64, .table = 254 };
	f->routes.rule_count = 1;
	f->routes.rules[0] = (struct route_rule){ .family = AF_INET, .action = 1, .from = f->ip, .from_length = 32,
						  .priority = 100, .table = 200 };
}

static inline void fixture_init(struct fixture *f)
{
	memset(f, 0, sizeof(*f));
	fixture_netns(f);
	fixture_pods(f);
	fixture_teardown(f);
	fixture_explained(f);
	fixture_calls(f->calls);
	f->summary = (struct report_summary){
		.state = { .live = 41, .dying = 1, .created = 20, .failed = 2, .freed = 18, .records = 1234 },
		.correlate = { .pods = 110, .pods_here = 38, .pods_gone = 3, .bound = 38, .sources = 2, .sources_up = 2 },
		.leaked = 3, .recovered = 1, .leaked_now = 2, .queued = 1, .dying_longest = 75 * SECOND,
	};
}

static inline void fixture_done(struct fixture *f)
{
	struct netns_path *lists[] = { f->paths, f->other_paths };

	for (size_t i = 0; i < 2; i++)
		for (struct netns_path *path = lists[i], *next; path; path = next) {
			next = path->next;
			free(path);
		}
}

/* The report of this kind.  Alters the fixture to what state and pod are at that moment. */
static inline struct report fixture_report(struct fixture *f, enum report_kind kind)
{
	const uint64_t now = 1000 * SECOND + 4182731;
	struct report report = { .kind = kind, .time = now, .wall_offset = FIXTURE_WALL_OFFSET,
				 .wall = (int64_t)now + FIXTURE_WALL_OFFSET, .node = "worker-3" };
	bool ends = kind == REPORT_NETNS_DYING || kind == REPORT_NETNS_FREED || kind == REPORT_NETNS_RECOVERED ||
		    kind == REPORT_NETNS_STUCK;

	if (report_types[kind].class != REPORT_TOOL && kind != REPORT_CREATE_FAILED)
		report.netns = &f->netns;
	if (kind != REPORT_NETNS_CREATED && kind != REPORT_NETNS_ORPHAN && report.netns)
		report.pod = &f->pod;
	f->netns.binding = report.pod ? &f->binding : NULL;
	f->pod.gone = ends || kind == REPORT_POD_GONE || kind == REPORT_NETNS_LEAKED;
	f->netns.phase = kind == REPORT_NETNS_DYING ? NETNS_DYING : kind == REPORT_NETNS_STUCK ? NETNS_CLEANUP :
			 ends ? NETNS_FREED : NETNS_REFERENCED;
	f->netns.tasks = kind == REPORT_NETNS_ORPHAN ? 0 : 1;
	f->netns.dying_at = ends ? 950 * SECOND : 0;
	f->netns.dying_road = ends ? NNS_ROAD_NETNS_PUT : NNS_ROAD_NONE;
	f->netns.cleanup_at = ends && kind != REPORT_NETNS_DYING ? 950 * SECOND + 1 : 0;
	if (kind == REPORT_CREATE_FAILED)
		report.task = &f->netns.creator, report.error = -ENOSPC;
	if (kind == REPORT_ADDRESS_ADDED || kind == REPORT_ADDRESS_REMOVED)
		report.addr = &f->addrs[1];
	if (kind == REPORT_DEVICE_ADDED || kind == REPORT_DEVICE_REMOVED)
		report.dev = &f->devs[1], report.other = &f->other;
	if (kind == REPORT_NETNS_IP_CONFLICT)
		report.ip = &f->ip, report.other = &f->other, report.other_pod = &f->other_pod;
	if (kind == REPORT_NETNS_FREED || kind == REPORT_NETNS_LEAKED || kind == REPORT_NETNS_RECOVERED)
		report.since = now - f->pod.gone_at;
	f->netns.teardown = kind == REPORT_NETNS_STUCK ? &f->teardown : NULL;
	if (kind == REPORT_NETNS_STUCK) {
		report.since = now - f->netns.dying_at;
		report.count = 3;
		report.reads_kernel_log = true;
	}
	if (kind == REPORT_NETNS_ORPHAN)
		report.since = now - f->netns.born;
	if (kind == REPORT_NETNS_CONTRADICTED) {
		report.source = "cni:/var/lib/cni";
		report.text = "cni:/var/lib/cni says that it is pod shop/till-0's";
	}
	if (kind == REPORT_NETNS_SHARED)
		report.other_pod = &f->other_pod;
	if (kind == REPORT_NETNS_SHARED || kind == REPORT_NETNS_HOST_USED)
		report.source = "cri:/run/containerd/containerd.sock";
	if (kind == REPORT_NETNS_PATH_LOST)
		report.since = now - f->binding.path_lost_at;
	if (kind == REPORT_TRACE_LOST || kind == REPORT_TRACE_RESYNCED)
		report.count = 12;
	if (kind == REPORT_NETNS_EXPLAINED) {
		report.text = "leaked: its pod has been gone for 1m00s";
		report.remedies = &fixture_remedies;
		report.survey = &fixture_survey;
		report.peers = &f->peer;
		report.peer_count = 1;
		report.routes = &f->routes;
		report.netns = &f->netns;
		report.pod = &f->pod;
	}
	if (kind == REPORT_NETNS_LEAKED || kind == REPORT_NETNS_EXPLAINED)
		report.cause = &fixture_cause;
	if (kind == REPORT_CNI_CALLED || kind == REPORT_CNI_FAILED) {
		report.call = &f->calls[1];
		f->calls[1].status = f->calls[0].status = 0;
	}
	if (kind == REPORT_CNI_FAILED) {
		f->calls[0].status = 0x200;
		f->calls[1].status = 0x100;
	}
	if (kind == REPORT_AUDIT_FINDING) {
		report.finding = &fixture_finding;
		report.netns = &f->netns;
		report.pod = &f->pod;
		f->netns.binding = &f->binding;
	}
	if (kind == REPORT_AUDIT_SUMMARY) {
		report.audit = &fixture_audit;
		report.survey = &fixture_survey;
	}
	if (kind == REPORT_SOURCE_DOWN || kind == REPORT_SOURCE_UP)
		report.source = "file:/var/lib/pods.json";
	if (kind == REPORT_SOURCE_DOWN)
		report.text = "permission denied; let netnsleak read it";
	if (kind == REPORT_TRACE_SUMMARY)
		report.summary = &f->summary;
	return report;
}

#endif
