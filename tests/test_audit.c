/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Each check of the audit on a view made by hand: a node with three healthy pods on a bridge, of which one is changed.  A
 * row says what is changed, and what must be found of it: that, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "audit.h"
#include "util.h"

#define PODS 5
#define NOW (1000000 * NS_PER_S)
#define HOUR (3600 * NS_PER_S)

/* The node's own netns is number 0, the pods' are 1 to PODS; the last two may be no pod's. */
struct world {
	struct netns netns[PODS + 1];
	struct netns_path *paths[PODS + 1];
	struct pod pods[PODS + 1];
	struct binding bindings[PODS + 1];
	struct look looks[PODS + 1];
	struct look_dev devs[PODS + 1][2 * PODS + 4];
	struct look_addr addrs[PODS + 1][4];
	struct look_neighbour neighbours[2];
	struct ip_address ips[PODS + 1];
	char names[PODS + 1][16];
	struct audit_netns rows[PODS + 1];
	struct proc_mount mounts[4];
	struct proc_scan scan;
	struct node_entry entries[2];
	struct node_allocation allocations[2];
	struct node_resolv resolvs[1];
	char *queued[1];
	struct node_files files;
	struct kernel_lines log;
	struct kernel_line lines[1];
	struct audit_dispute disputes[1];
	struct statements statements;
	struct audit_view view;
};

static char empty[] = "", shop[] = "shop", source[] = "kube", cri[] = "cri";

static void add_path(struct world *w, size_t n, const char *path, int64_t age)
{
	struct netns_path *made = calloc(1, sizeof(*made) + strlen(path) + 1);

	assert_non_null(made);
	strcpy(made->path, path);
	made->made_wall = NOW - age;
	w->paths[n] = w->netns[n].paths = made;
	w->rows[n].made_wall = made->made_wall;
}

static void add_dev(struct world *w, size_t n, struct look_dev dev)
{
	w->looks[n].devs[w->looks[n].dev_count++] = dev;
}

static struct ip_address ip_of(uint8_t last)
{
	return (struct ip_address){ .family = AF_INET, .bytes = { 10, 0, 1, last } };
}

static struct look_addr addr_of(uint32_t ifindex, uint8_t last)
{
	return (struct look_addr){ .ifindex = ifindex, .family = AF_INET, .prefixlen = 24, .addr = { 10, 0, 1, last } };
}

static void make_node(struct world *w)
{
	w->netns[0] = (struct netns){ .inum = 100, .cookie = 1, .initial = true, .phase = NETNS_REFERENCED, .references = -1,
				      .tasks = 50, .counted_at = 1 };
	w->looks[0] = (struct look){ .inum = 100, .node = true, .devs = w->devs[0], .addrs = w->addrs[0], .node_id = -1, .id_at_node = -1,
				     .neighbours = w->neighbours };
	add_dev(w, 0, (struct look_dev){ .ifindex = 1, .flags = IFF_UP | IFF_LOOPBACK, .name = "lo", .link_netnsid = -1 });
	add_dev(w, 0, (struct look_dev){ .ifindex = 2, .flags = IFF_UP, .name = "cni0", .kind = "bridge", .link_netnsid = -1 });
	add_dev(w, 0, (struct look_dev){ .ifindex = 3, .flags = IFF_UP, .name = "other0", .kind = "bridge", .link_netnsid = -1 });
	w->addrs[0][0] = addr_of(2, 1);
	w->looks[0].addr_count = 1;
}

/* A pod's netns: eth0 is number 2 there, and 10 + n on the node. */
static void make_pod(struct world *w, uint8_t n)
{
	char path[64];

	snprintf(w->names[n], sizeof(w->names[n]), "pod%u", n);
	snprintf(path, sizeof(path), "/run/netns/cni-%u", n);
	w->ips[n] = ip_of((uint8_t)(10 + n));
	w->pods[n] = (struct pod){ .uid = w->names[n], .namespace_ = shop, .name = w->names[n], .node = empty, .ips = &w->ips[n], .ip_count = 1,
				   .here = true, .phase = POD_RUNNING, .gone_source = source };
	w->bindings[n] = (struct binding){ .pod = &w->pods[n], .evidence = EVIDENCE_CRI, .source = cri, .container_id = w->names[n],
					   .path = empty };
	w->netns[n] = (struct netns){ .inum = 100u + n, .cookie = n + 1u, .phase = NETNS_REFERENCED, .references = 2, .tasks = 1,
				      .counted_at = 1, .binding = &w->bindings[n] };
	add_path(w, n, path, 2 * HOUR);
	w->looks[n] = (struct look){ .inum = 100u + n, .devs = w->devs[n], .addrs = w->addrs[n], .default4 = true, .routes = 2, .node_id = 0,
				     .id_at_node = n };
	add_dev(w, n, (struct look_dev){ .ifindex = 1, .flags = IFF_UP | IFF_LOOPBACK, .name = "lo", .link_netnsid = -1 });
	add_dev(w, n, (struct look_dev){ .ifindex = 2, .flags = IFF_UP, .name = "eth0", .kind = "veth", .link = 10u + n, .has_mac = true,
					 .mac = { 2, 0, 0, 0, 0, n } });
	w->addrs[n][0] = (struct look_addr){ .ifindex = 1, .family = AF_INET, .prefixlen = 8, .addr = { 127, 0, 0, 1 } };
	w->addrs[n][1] = addr_of(2, (uint8_t)(10 + n));
	w->looks[n].addr_count = 2;
	add_dev(w, 0, (struct look_dev){ .ifindex = 10u + n, .flags = IFF_UP, .kind = "veth", .link = 2, .link_netnsid = n, .master = 2 });
	snprintf(w->devs[0][w->looks[0].dev_count - 1].name, LOOK_NAME_LEN, "veth%u", n);
}

static int say(struct world *w, struct input input)
{
	return statements_take(&w->statements, &input);
}

static void say_all(struct world *w)
{
	static const char *const names[] = { "kube", "cri", "cni" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(say(w, (struct input){ .kind = INPUT_SOURCE, .source = { .source = names[i], .state = SOURCE_SYNCED,
											  .authority = i < 2, .detail = "" } }), 0);
	for (size_t n = 1; n <= PODS; n++) {
		struct input_binding binding = { .source = "cri", .evidence = EVIDENCE_CRI, .key = w->names[n], .pod_uid = w->names[n],
						 .pod_namespace = "shop", .pod_name = w->names[n], .container_id = w->names[n],
						 .netns_path = "", .netns_inum = w->netns[n].inum, .as_of_wall = NOW - HOUR };
		char key[64];

		assert_int_equal(say(w, (struct input){ .kind = INPUT_POD, .pod = { .source = "kube", .uid = w->names[n], .alias_uid = "",
			.namespace_ = "shop", .name = w->names[n], .node = "", .ips = &w->ips[n], .ip_count = 1, .phase = POD_RUNNING } }), 0);
		assert_int_equal(say(w, (struct input){ .kind = INPUT_BINDING, .binding = binding }), 0);
		snprintf(key, sizeof(key), "net-%s-eth0", w->names[n]);
		binding.source = "cni";
		binding.evidence = EVIDENCE_CNI;
		binding.key = key;
		binding.ips = &w->ips[n];
		binding.ip_count = 1;
		assert_int_equal(say(w, (struct input){ .kind = INPUT_BINDING, .binding = binding }), 0);
	}
}

static struct world *make_world(void)
{
	struct world *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	make_node(w);
	for (uint8_t n = 1; n <= PODS; n++)
		make_pod(w, n);
	say_all(w);
	w->scan = (struct proc_scan){ .mounts = w->mounts, .node_inum = 100, .node_is_known = true, .all_processes = true,
				      .node_mounts = true };
	w->files = (struct node_files){ .entries = w->entries, .allocations = w->allocations, .resolvs = w->resolvs, .queued = w->queued,
					.max_netns = 1000 };
	w->log = (struct kernel_lines){ .lines = w->lines };
	w->view = (struct audit_view){
		.netns = w->rows, .count = PODS + 1, .node = &w->rows[0], .looks = w->looks, .look_count = PODS + 1, .scan = &w->scan,
		.statements = &w->statements, .files = &w->files, .log = &w->log, .node_name = "here", .now = 5000 * NS_PER_S,
		.wall_now = NOW, .grace = 60 * NS_PER_S, .orphan_age = HOUR, .sources_answer = true,
	};
	return w;
}

static void free_world(struct world *w)
{
	for (size_t n = 0; n <= PODS; n++)
		free(w->paths[n]);
	statements_free(&w->statements);
	free(w);
}

/* --- what is changed --- */

static void nothing(struct world *w)
{
	(void)w;
}

static void pod_gone_long(struct world *w)
{
	w->pods[1].gone = true;
	w->pods[1].gone_at = w->pods[1].released_at = (uint64_t)(4000 * NS_PER_S);
}

static void pod_gone_now(struct world *w)
{
	w->pods[1].gone = true;
	w->pods[1].gone_at = w->pods[1].released_at = (uint64_t)(4999 * NS_PER_S);
}

static void pod_gone_now_abandoned(struct world *w)
{
	pod_gone_now(w);
	w->netns[1].tasks = 0;
}

/* A job that has just ended: its netns is about to be taken down. */
static void pod_succeeded_now(struct world *w)
{
	pod_gone_now_abandoned(w);
	w->pods[1].gone_reason = "Succeeded";
}

static void pod_succeeded_long(struct world *w)
{
	pod_gone_long(w);
	w->pods[1].gone_reason = "Succeeded";
}

static void pod_gone_unsure(struct world *w)
{
	pod_gone_long(w);
	w->view.sources_answer = false;
}

/* Nobody's; its veth is gone with it. */
static void nobody(struct world *w)
{
	w->netns[5].binding = NULL;
	w->netns[5].tasks = 0;
	w->looks[5].addr_count = 1;
}

static void nobody_young(struct world *w)
{
	nobody(w);
	w->paths[5]->made_wall = NOW - HOUR / 2;
	w->rows[5].made_wall = NOW - HOUR / 2;
}

static void nobody_unseen(struct world *w)
{
	nobody(w);
	w->netns[5].tasks_unseen = true;
}

static void nobody_but_a_process(struct world *w)
{
	nobody(w);
	w->netns[5].tasks = 1;
}

static void nobody_but_dockers(struct world *w)
{
	nobody(w);
	free(w->paths[5]);
	add_path(w, 5, "/run/docker/netns/1-x9f3kq", 2 * HOUR);
}

static void limit_near(struct world *w)
{
	w->files.max_netns = PODS + 1;
}

static void limit_reached(struct world *w)
{
	w->files.max_netns = PODS;
}

/* Each user has a limit of his own. */
static void limit_of_two(struct world *w)
{
	limit_reached(w);
	w->looks[4].charged = w->looks[5].charged = 1000;
}

static void limit_of_another(struct world *w)
{
	limit_near(w);
	for (size_t n = 1; n <= PODS; n++)
		w->looks[n].charged = 1000;
}

static void limit_and_dying(struct world *w)
{
	w->files.max_netns = 10;
	w->view.dying = 3;
}

/* Its address in a netns that outlived another pod. */
static void same_address(struct world *w)
{
	nobody(w);
	w->addrs[5][1] = addr_of(2, 11);
	w->looks[5].addr_count = 2;
	w->netns[5].tasks = 1;
}

static void same_address_in_labs(struct world *w)
{
	nobody_but_a_process(w);
	w->netns[4].binding = NULL;
	w->addrs[4][1] = w->addrs[5][1] = addr_of(2, 77);
	w->looks[5].addr_count = 2;
	free(w->paths[5]);
	w->paths[5] = w->netns[5].paths = NULL;
}

/* Of nobody that is known, on one bridge: as `ip netns` and sort show it where no source tells of pods. */
static void same_address_of_nobodies(struct world *w)
{
	nobody_but_a_process(w);
	w->netns[4].binding = NULL;
	w->addrs[4][1] = w->addrs[5][1] = addr_of(2, 77);
	w->looks[5].addr_count = 2;
}

static void same_address_on_two_bridges(struct world *w)
{
	same_address_of_nobodies(w);
	w->devs[0][7].master = 3;
}

/* Each tunnel's provider gives the same to all. */
static void same_address_of_tunnels(struct world *w)
{
	for (size_t n = 1; n <= 2; n++) {
		add_dev(w, n, (struct look_dev){ .ifindex = 3, .flags = IFF_UP, .name = "wg0", .kind = "wireguard", .link_netnsid = -1 });
		w->addrs[n][2] = addr_of(3, 200);
		w->looks[n].addr_count = 3;
	}
}

/* A cluster in a container of this node has the same addresses. */
static void same_address_within(struct world *w)
{
	same_address(w);
	w->devs[5][1].link_netnsid = 7;
}

static void same_mac(struct world *w)
{
	w->devs[2][1].mac[5] = 1;
}

static void same_mac_elsewhere(struct world *w)
{
	same_mac(w);
	w->devs[0][4].master = 3;
	w->addrs[2][1].prefixlen = 32;
}

static void wrong_neighbour(struct world *w)
{
	w->looks[0].neighbour_count = 1;
	w->neighbours[0] = (struct look_neighbour){ .ifindex = 2, .family = AF_INET, .addr = { 10, 0, 1, 11 }, .mac = { 2, 9, 9, 9, 9, 9 } };
}

static void right_neighbour(struct world *w)
{
	wrong_neighbour(w);
	memcpy(w->neighbours[0].mac, w->devs[1][1].mac, LOOK_MAC_LEN);
}

static void only_loopback(struct world *w)
{
	w->looks[1].dev_count = 1;
	w->looks[1].addr_count = 1;
}

static void only_loopback_yet(struct world *w)
{
	only_loopback(w);
	w->rows[1].made_wall = NOW - NS_PER_S;
}

static void only_loopback_of_docker(struct world *w)
{
	static char docker[] = DOCKER_NAMESPACE;

	only_loopback(w);
	w->pods[1].namespace_ = docker;
}

static void only_tunnels(struct world *w)
{
	only_loopback(w);
	add_dev(w, 1, (struct look_dev){ .ifindex = 3, .name = "tunl0", .kind = "ipip", .link_netnsid = -1 });
}

static void only_loopback_terminating(struct world *w)
{
	only_loopback(w);
	w->pods[1].terminating = true;
}

static void interface_down(struct world *w)
{
	w->devs[1][1].flags = 0;
}

static void second_interface_down(struct world *w)
{
	add_dev(w, 1, (struct look_dev){ .ifindex = 3, .name = "net1", .kind = "macvlan", .link = 9, .link_netnsid = 0 });
}

static void another_interface(struct world *w)
{
	strcpy(w->devs[1][1].name, "net1");
}

static void another_interface_handed_on(struct world *w)
{
	another_interface(w);
	add_dev(w, 1, (struct look_dev){ .ifindex = 3, .flags = IFF_UP, .name = "tap0", .kind = "tun", .link_netnsid = -1 });
}

static void no_address(struct world *w)
{
	w->looks[1].addr_count = 1;
}

static void no_route(struct world *w)
{
	w->looks[1].default4 = false;
}

static void no_route_by_design(struct world *w)
{
	for (size_t n = 1; n <= PODS; n++)
		w->looks[n].default4 = false;
}

static void route_of_ipv6(struct world *w)
{
	no_route(w);
	w->looks[1].default6 = true;
}

static void other_address(struct world *w)
{
	w->addrs[1][1] = addr_of(2, 99);
}

static void handed_on_address(struct world *w)
{
	other_address(w);
	add_dev(w, 1, (struct look_dev){ .ifindex = 3, .flags = IFF_UP, .name = "tap0", .kind = "tun", .link_netnsid = -1 });
}

static void not_entered(struct world *w)
{
	other_address(w);
	w->rows[1].look = NULL;
}

static void no_peer(struct world *w)
{
	w->devs[1][1].link = 0;
}

static void peer_not_there(struct world *w)
{
	w->devs[1][1].link = 99;
}

static void peer_down(struct world *w)
{
	w->devs[0][3].flags = 0;
}

static void peer_elsewhere(struct world *w)
{
	w->devs[1][1].link_netnsid = 7;
}

/* A pod with containers of its own. */
static void nested(struct world *w)
{
	add_dev(w, 1, (struct look_dev){ .ifindex = 3, .flags = IFF_UP, .name = "veth9", .kind = "veth", .link = 2, .link_netnsid = 7 });
}

static void on_no_bridge(struct world *w)
{
	w->devs[0][3].master = 0;
}

static void on_other_bridge(struct world *w)
{
	w->devs[0][3].master = 3;
}

/* The bridge has no address: siblings say which. */
static void on_no_bridge_by_siblings(struct world *w)
{
	on_no_bridge(w);
	w->looks[0].addr_count = 0;
}

static void routed(struct world *w)
{
	for (size_t n = 1; n <= PODS; n++) {
		w->devs[0][2 + n].master = 0;
		w->addrs[n][1].prefixlen = 32;
	}
}

/* Each behind its bridge; of the first something else is known. */
static void ways(struct world *w, uint32_t first)
{
	for (size_t n = 1; n <= PODS; n++)
		w->addrs[n][1].way = 2;
	w->addrs[1][1].way = first;
}

static void reached(struct world *w)
{
	ways(w, 2);
}

static void reached_by_another(struct world *w)
{
	ways(w, 3);
}

static void not_reached(struct world *w)
{
	ways(w, LOOK_NO_WAY);
}

static void way_not_known(struct world *w)
{
	ways(w, 0);
}

static void reached_by_veths(struct world *w)
{
	routed(w);
	for (size_t n = 1; n <= PODS; n++)
		w->addrs[n][1].way = (uint32_t)(10 + n);
}

static void not_reached_by_veth(struct world *w)
{
	reached_by_veths(w);
	w->addrs[1][1].way = 3;
}

/* A plugin that leads all by a device of its own, beside one that does not. */
static void reached_by_design(struct world *w)
{
	ways(w, 3);
	w->addrs[2][1].way = w->addrs[3][1].way = 3;
}

static void reached_by_design_of_one(struct world *w)
{
	ways(w, 3);
	strcpy(w->devs[0][3].name, "lxc1");
}

static void entry(struct world *w, enum node_entry_kind kind, int64_t age)
{
	static char path[] = "/run/netns/left", target[] = "/proc/7/ns/net";

	w->entries[0] = (struct node_entry){ .kind = kind, .path = path, .name = path + 11, .target = target, .made_wall = NOW - age };
	w->files.entry_count = 1;
}

static void plain_file(struct world *w)
{
	entry(w, NODE_ENTRY_FILE, HOUR);
}

static void plain_file_yet(struct world *w)
{
	entry(w, NODE_ENTRY_FILE, NS_PER_S);
}

static void plain_file_unseen(struct world *w)
{
	plain_file(w);
	w->scan.node_mounts = false;
}

static void dead_link(struct world *w)
{
	entry(w, NODE_ENTRY_DEAD_LINK, HOUR);
}

/* In a container without the node's processes. */
static void dead_link_unseen(struct world *w)
{
	dead_link(w);
	w->scan.all_processes = false;
}

static void mount(struct world *w, struct proc_mount made)
{
	static char path[] = "/run/netns/cni-1", other[] = "/run/debug/cni-1";

	made.path = w->scan.mount_count ? other : path;
	made.inum = made.inum ? made.inum : 101;
	made.mntns = 9;
	made.pid = 1;
	w->mounts[w->scan.mount_count++] = made;
}

static void mounted(struct world *w)
{
	mount(w, (struct proc_mount){ .id = 1, .node = true });
}

/* In a container to which the node's mounts do not come: the node's /run/netns/left, and another's. */
static void plain_file_here(struct world *w)
{
	static char path[] = "/run/netns/left";

	plain_file(w);
	mounted(w);
	w->mounts[0].path = path;
}

static void plain_file_there(struct world *w)
{
	plain_file_here(w);
	w->mounts[0].node = false;
}

static void mount_deleted(struct world *w)
{
	mount(w, (struct proc_mount){ .id = 1, .node = true, .deleted = true });
}

static void mount_deleted_elsewhere(struct world *w)
{
	mount(w, (struct proc_mount){ .id = 1, .deleted = true });
}

static void mount_covered(struct world *w)
{
	mount(w, (struct proc_mount){ .id = 1, .node = true, .covered = true });
}

static void mount_mirrored(struct world *w)
{
	mount(w, (struct proc_mount){ .id = 1, .node = true, .covered = true, .mirrored = true });
}

static void mount_twice(struct world *w)
{
	mounted(w);
	mount(w, (struct proc_mount){ .id = 2, .node = true });
}

static void mount_foreign(struct world *w)
{
	nobody_young(w);
	mount(w, (struct proc_mount){ .id = 1, .inum = 105 });
}

static void mount_foreign_in_use(struct world *w)
{
	mount(w, (struct proc_mount){ .id = 1, .inum = 105 });
}

/* Podman's, without root. */
static void mount_foreign_rootless(struct world *w)
{
	mount_foreign(w);
	w->looks[0].owner = 500;
	w->looks[5].owner = 501;
}

static void mount_foreign_dockers(struct world *w)
{
	static char path[] = "/run/docker/netns/lb_x9f3kq";

	mount_foreign(w);
	w->mounts[0].path = path;
}

static char file[] = "/var/lib/x", net[] = "net", eth0[] = "eth0", gone[] = "gone", pod1[] = "pod1";

static void allocate(struct world *w, enum node_allocation_kind kind, char *container, char *pod, uint8_t last, int64_t age)
{
	w->allocations[w->files.allocation_count++] = (struct node_allocation){
		.kind = kind, .file = file, .network = net, .container_id = container, .device = eth0, .pod_namespace = shop, .pod_name = pod,
		.ip = ip_of(last), .made_wall = NOW - age };
}

/* The first two by this network; the others have results without an address. */
static void allocated_all(struct world *w)
{
	for (uint8_t n = 1; n <= PODS; n++) {
		char key[64];

		if (n <= 2) {
			allocate(w, ALLOCATION_HOST_LOCAL, w->names[n], empty, (uint8_t)(10 + n), HOUR);
			continue;
		}
		snprintf(key, sizeof(key), "net-pod%u-eth0", n);
		assert_int_equal(say(w, (struct input){ .kind = INPUT_BINDING, .binding = {
			.source = "cni", .evidence = EVIDENCE_CNI, .key = key, .pod_uid = "", .pod_namespace = "shop", .pod_name = w->names[n],
			.container_id = w->names[n], .netns_path = "", .netns_inum = w->netns[n].inum } }), 0);
	}
}

static void stale_host_local(struct world *w)
{
	allocated_all(w);
	w->files.allocation_count = 0;
	allocate(w, ALLOCATION_HOST_LOCAL, gone, empty, 50, HOUR);
	w->allocations[0].network = gone;
}

static void stale_host_local_yet(struct world *w)
{
	stale_host_local(w);
	w->allocations[0].made_wall = NOW - NS_PER_S;
}

/* The node went down before it was written. */
static void allocated_empty(struct world *w)
{
	stale_host_local(w);
	w->allocations[0].container_id = empty;
}

static void allocated_empty_in_use(struct world *w)
{
	allocated_empty(w);
	w->allocations[0].ip = ip_of(11);
}

static void allocated_empty_unsure(struct world *w)
{
	allocated_empty(w);
	w->rows[5].look = NULL;
}

static void stale_but_listed(struct world *w)
{
	stale_host_local(w);
	w->allocations[0].kind = ALLOCATION_AWS;
	w->allocations[0].pod_name = pod1;
}

static void stale_aws(struct world *w)
{
	stale_host_local(w);
	w->allocations[0].kind = ALLOCATION_AWS;
	w->allocations[0].pod_name = gone;
}

static void stale_calico(struct world *w)
{
	static char cali[] = "cali123";

	stale_host_local(w);
	w->allocations[0].kind = ALLOCATION_CALICO;
	w->allocations[0].device = cali;
}

static void calico(struct world *w)
{
	static char veth[] = "veth1";

	stale_calico(w);
	w->allocations[0].device = veth;
}

/* Pods behind devices of Cilium's, with endpoints for the first of them. */
static void endpoints(struct world *w, size_t count)
{
	for (size_t n = 1; n <= 2; n++)
		snprintf(w->devs[0][2 + n].name, LOOK_NAME_LEN, "lxc%zu", n);
	for (size_t n = 1; n <= count; n++)
		allocate(w, ALLOCATION_CILIUM, w->names[n], w->names[n], (uint8_t)(10 + n), HOUR);
}

static void all_endpoints(struct world *w)
{
	endpoints(w, 2);
}

static void missing_endpoint(struct world *w)
{
	endpoints(w, 1);
}

static void no_endpoints(struct world *w)
{
	endpoints(w, 0);
}

static void missing_endpoint_unread(struct world *w)
{
	missing_endpoint(w);
	w->files.unread_count = 1;
}

static void endpoint_of_another_address(struct world *w)
{
	endpoints(w, 2);
	w->allocations[0].ip = ip_of(66);
}

static void not_allocated(struct world *w)
{
	allocated_all(w);
	w->allocations[1].ip = ip_of(60);
}

/* nerdctl's container, which the runtime's sandboxes are not. */
static void allocated_by_another_runtime(struct world *w)
{
	stale_host_local(w);
	assert_int_equal(say(w, (struct input){ .kind = INPUT_BINDING, .binding = {
		.source = "cni", .evidence = EVIDENCE_CNI, .key = "gone-gone-eth0", .pod_uid = "", .pod_namespace = "", .pod_name = "",
		.container_id = "gone", .netns_path = "", .netns_inum = 105, .as_of_wall = NOW - HOUR } }), 0);
	nobody_but_a_process(w);
}

static void cached_and_gone(struct world *w)
{
	assert_int_equal(say(w, (struct input){ .kind = INPUT_BINDING, .binding = {
		.source = "cni", .evidence = EVIDENCE_CNI, .key = "net-gone-eth0", .pod_uid = "", .pod_namespace = "shop", .pod_name = "gone",
		.container_id = "gone", .netns_path = "", .as_of_wall = NOW - HOUR } }), 0);
}

static void not_cached(struct world *w)
{
	assert_int_equal(say(w, (struct input){ .kind = INPUT_BINDING_GONE, .binding_gone = { .source = "cni", .key = "net-pod1-eth0" } }), 0);
}

static void cni_address(struct world *w)
{
	struct ip_address ips[] = { ip_of(11), ip_of(70) };

	assert_int_equal(say(w, (struct input){ .kind = INPUT_BINDING, .binding = {
		.source = "cni", .evidence = EVIDENCE_CNI, .key = "net-pod1-eth0", .pod_uid = "", .pod_namespace = "shop", .pod_name = "pod1",
		.container_id = "pod1", .netns_path = "", .netns_inum = 101, .ips = ips, .ip_count = 2 } }), 0);
}

static void queued(struct world *w)
{
	w->queued[0] = file;
	w->files.queued_count = 1;
}

static void many_rules(struct world *w)
{
	w->looks[1].rules = 100;
}

static void some_rules(struct world *w)
{
	w->looks[1].rules = 25; /* a service mesh */
}

static void no_rules(struct world *w)
{
	for (size_t n = 2; n <= PODS; n++)
		w->looks[n].rules = 20;
}

static void uncounted_rules(struct world *w)
{
	no_rules(w);
	w->looks[1].rules = -1;
}

static void resolv(struct world *w, bool exists, bool is_empty)
{
	w->resolvs[0] = (struct node_resolv){ .container_id = pod1, .path = file, .exists = exists, .empty = is_empty };
	w->files.resolv_count = 1;
}

static void resolv_good(struct world *w)
{
	resolv(w, true, false);
}

static void resolv_missing(struct world *w)
{
	resolv(w, false, false);
}

static void resolv_empty(struct world *w)
{
	resolv(w, true, true);
}

static void log_line(struct world *w, bool blocked, int64_t ago)
{
	static char text[] = "unregister_netdevice: waiting for eth0 to become free. Usage count = 2";

	w->lines[0] = (struct kernel_line){ .text = text, .time = w->view.now - (uint64_t)ago, .count = 3, .blocked = blocked };
	w->log.count = 1;
}

static void log_blocked(struct world *w)
{
	log_line(w, true, 5 * NS_PER_S);
}

static void log_was_blocked(struct world *w)
{
	log_line(w, true, HOUR);
}

static void dispute(struct world *w, enum report_kind kind, uint32_t inum)
{
	static char text[] = "netns cni-1 is bound to pod shop/pod1, but cni says otherwise";

	w->disputes[0] = (struct audit_dispute){ .kind = kind, .inum = inum, .text = text };
	w->view.disputes = w->disputes;
	w->view.dispute_count = 1;
}

static void disputed(struct world *w)
{
	dispute(w, REPORT_NETNS_CONTRADICTED, 101);
}

static void shared(struct world *w)
{
	dispute(w, REPORT_NETNS_SHARED, 101);
}

static void in_node(struct world *w)
{
	dispute(w, REPORT_NETNS_HOST_USED, 100);
}

/* A sandbox of the runtime's whose path leads to no netns. */
static void sandbox(struct world *w, const char *pod)
{
	assert_int_equal(say(w, (struct input){ .kind = INPUT_BINDING, .binding = {
		.source = "cri", .evidence = EVIDENCE_CRI, .key = "s", .pod_uid = "", .pod_namespace = "shop", .pod_name = pod,
		.container_id = "s", .netns_path = "/run/netns/s", .as_of_wall = NOW - HOUR } }), 0);
}

static void lost_path(struct world *w)
{
	assert_int_equal(say(w, (struct input){ .kind = INPUT_POD, .pod = { .source = "kube", .uid = "lost", .alias_uid = "",
		.namespace_ = "shop", .name = "lost", .node = "", .phase = POD_RUNNING } }), 0);
	sandbox(w, "lost");
}

/* In a container to which the node's mounts do not come. */
static void lost_path_unseen(struct world *w)
{
	lost_path(w);
	w->scan.node_mounts = false;
}

static void lost_path_here(struct world *w)
{
	static char path[] = "/run/netns/s";

	lost_path(w);
	mounted(w);
	w->mounts[0].path = path;
}

static void lost_path_of_host_network(struct world *w)
{
	assert_int_equal(say(w, (struct input){ .kind = INPUT_POD, .pod = { .source = "kube", .uid = "lost", .alias_uid = "",
		.namespace_ = "shop", .name = "lost", .node = "", .host_network = true, .phase = POD_RUNNING } }), 0);
	sandbox(w, "lost");
}

static void earlier_sandbox(struct world *w)
{
	sandbox(w, "pod1");
}

/* --- what is found --- */

static const struct {
	const char *name;
	void (*change)(struct world *w);
	const char *found; /* "CHECK SEVERITY INODE", 0 where it is about none; several by blanks */
} rows[] = {
	{ "healthy", nothing, "" },
	{ "a pod is gone for long", pod_gone_long, "pod-gone WARN 101" },
	{ "a pod is gone just now", pod_gone_now, "pod-gone INFO 101" },
	{ "just now, but nobody is in it and it is old", pod_gone_now_abandoned, "pod-gone WARN 101" },
	{ "succeeded just now, and old", pod_succeeded_now, "pod-gone INFO 101" },
	{ "succeeded long ago", pod_succeeded_long, "pod-gone WARN 101" },
	{ "gone, but a source is down", pod_gone_unsure, "" },
	{ "nobody's", nobody, "orphan WARN 105" },
	{ "nobody's, but young", nobody_young, "" },
	{ "nobody's, but who is in it was not seen", nobody_unseen, "" },
	{ "nobody's, but a process is in it", nobody_but_a_process, "" },
	{ "an overlay network of Docker's", nobody_but_dockers, "" },
	{ "disputed", disputed, "identity-disputed WARN 101" },
	{ "shared", shared, "netns-shared WARN 101" },
	{ "in the node's", in_node, "pod-in-node ERROR 100" },
	{ "a sandbox's path leads nowhere", lost_path, "sandbox-path ERROR 0" },
	{ "the same, where the node's mounts cannot be seen", lost_path_unseen, "" },
	{ "the same, where only this process does not see the mount", lost_path_here, "" },
	{ "the same, on the host's network", lost_path_of_host_network, "" },
	{ "an earlier sandbox's path leads nowhere", earlier_sandbox, "" },
	{ "near the limit", limit_near, "count-limit WARN 0" },
	{ "at the limit", limit_reached, "count-limit ERROR 0" },
	{ "at the limit, were they one user's", limit_of_two, "" },
	{ "near the limit, another user", limit_of_another, "count-limit WARN 0" },
	{ "near the limit with those that are dying", limit_and_dying, "count-limit WARN 0" },
	{ "one address in two", same_address, "address-duplicate ERROR 105" },
	{ "one address in two that are no pod's, one without a name", same_address_in_labs, "" },
	{ "one address in two that are no pod's", same_address_of_nobodies, "address-duplicate WARN 104" },
	{ "the same, on two bridges", same_address_on_two_bridges, "" },
	{ "one address in two tunnels", same_address_of_tunnels, "" },
	{ "one address in two, of which one is a container's in a container", same_address_within, "" },
	{ "one MAC in two", same_mac, "mac-duplicate WARN 101" },
	{ "one MAC in two on two bridges", same_mac_elsewhere, "" },
	{ "the node has another MAC", wrong_neighbour, "neighbour-mac WARN 101" },
	{ "the node has its MAC", right_neighbour, "" },
	{ "only loopback", only_loopback, "pod-no-interface ERROR 101" },
	{ "only loopback, but being made", only_loopback_yet, "" },
	{ "only loopback, Docker's none", only_loopback_of_docker, "" },
	{ "only loopback and what modules make", only_tunnels, "pod-no-interface ERROR 101" },
	{ "only loopback, but ending", only_loopback_terminating, "" },
	{ "eth0 down", interface_down, "pod-interface-down ERROR 101" },
	{ "a second network down", second_interface_down, "" },
	{ "no eth0", another_interface, "pod-no-interface ERROR 101" },
	{ "no eth0, for it was handed on", another_interface_handed_on, "" },
	{ "no address", no_address, "pod-no-address ERROR 101" },
	{ "no default route", no_route, "pod-no-route WARN 101" },
	{ "no default route anywhere", no_route_by_design, "" },
	{ "a default route of IPv6", route_of_ipv6, "" },
	{ "another address", other_address, "pod-address ERROR 101" },
	{ "another address, for it was handed on", handed_on_address, "" },
	{ "another address, but not entered", not_entered, "" },
	{ "no peer", no_peer, "veth-peer-missing ERROR 101" },
	{ "the peer is not there", peer_not_there, "veth-peer-missing ERROR 101" },
	{ "the peer is down", peer_down, "veth-peer-down ERROR 101" },
	{ "the peer is elsewhere", peer_elsewhere, "veth-peer-elsewhere WARN 101" },
	{ "containers within a pod", nested, "" },
	{ "on no bridge", on_no_bridge, "veth-peer-bridge WARN 101" },
	{ "on another bridge", on_other_bridge, "veth-peer-bridge WARN 101" },
	{ "on no bridge, as siblings say", on_no_bridge_by_siblings, "veth-peer-bridge WARN 101" },
	{ "no bridges at all", routed, "" },
	{ "reached by its bridge", reached, "" },
	{ "reached by another", reached_by_another, "node-route WARN 101" },
	{ "not reached at all", not_reached, "node-route WARN 101" },
	{ "how it is reached was not seen", way_not_known, "" },
	{ "reached by their veths", reached_by_veths, "" },
	{ "reached by another than its veth", not_reached_by_veth, "node-route WARN 101" },
	{ "most are reached otherwise", reached_by_design, "" },
	{ "another plugin's is reached otherwise", reached_by_design_of_one, "" },
	{ "a plain file", plain_file, "netns-file WARN 0" },
	{ "a plain file just made", plain_file_yet, "" },
	{ "a plain file, but which are mounts on the node was not seen", plain_file_unseen, "" },
	{ "a plain file here, a netns on the node", plain_file_here, "" },
	{ "a plain file here, a netns in another mount namespace", plain_file_there, "netns-file WARN 0" },
	{ "a dead link", dead_link, "netns-link WARN 0" },
	{ "a link to a process that may not be seen", dead_link_unseen, "" },
	{ "mounted", mounted, "" },
	{ "a mount whose file is gone", mount_deleted, "mount-deleted WARN 101" },
	{ "the same, another's", mount_deleted_elsewhere, "" },
	{ "a covered mount", mount_covered, "mount-covered WARN 101" },
	{ "a covered mount that goes with its cover", mount_mirrored, "" },
	{ "mounted twice", mount_twice, "mount-double INFO 101" },
	{ "kept by another's mount", mount_foreign, "mount-foreign WARN 105" },
	{ "another's mount of one in use", mount_foreign_in_use, "" },
	{ "kept by who is in a user namespace of his own", mount_foreign_rootless, "" },
	{ "kept by a Docker in a container", mount_foreign_dockers, "" },
	{ "allocated", allocated_all, "" },
	{ "allocated for nobody", stale_host_local, "allocation-stale WARN 0" },
	{ "allocated for nobody yet", stale_host_local_yet, "" },
	{ "allocated by an empty file", allocated_empty, "allocation-stale WARN 0" },
	{ "allocated by an empty file, and in use", allocated_empty_in_use, "" },
	{ "allocated by an empty file, but not all was entered", allocated_empty_unsure, "" },
	{ "allocated for another runtime's container", allocated_by_another_runtime, "" },
	{ "allocated for a pod that is listed", stale_but_listed, "" },
	{ "aws-node's for nobody", stale_aws, "allocation-stale WARN 0" },
	{ "Calico's for nobody", stale_calico, "allocation-stale WARN 0" },
	{ "Calico's", calico, "" },
	{ "in use and not allocated", not_allocated, "allocation-missing WARN 102" },
	{ "endpoints for all", all_endpoints, "" },
	{ "no endpoint for one", missing_endpoint, "allocation-missing WARN 102" },
	{ "no endpoints at all", no_endpoints, "" },
	{ "no endpoint for one, but not all could be read", missing_endpoint_unread, "" },
	{ "an endpoint with another address", endpoint_of_another_address, "cni-address WARN 101" },
	{ "in the cache and gone", cached_and_gone, "cni-cache-stale WARN 0" },
	{ "not in the cache", not_cached, "cni-cache-missing WARN 101" },
	{ "not as the CNI has it", cni_address, "cni-address WARN 101" },
	{ "deletions queued", queued, "cni-delete-queued WARN 0" },
	{ "many rules", many_rules, "rules-count INFO 101" },
	{ "some rules", some_rules, "" },
	{ "no rules", no_rules, "rules-count INFO 101" },
	{ "rules not counted", uncounted_rules, "" },
	{ "name servers", resolv_good, "" },
	{ "no resolv.conf", resolv_missing, "resolv-conf WARN 101" },
	{ "no name server", resolv_empty, "resolv-conf WARN 101" },
	{ "the kernel waits", log_blocked, "kernel-log WARN 0" },
	{ "the kernel has waited", log_was_blocked, "kernel-log INFO 0" },
};

static void settle(struct world *w)
{
	for (size_t n = 0; n <= PODS; n++) {
		const struct binding *binding = w->netns[n].binding;

		w->rows[n].netns = &w->netns[n];
		w->rows[n].pod = binding ? binding->pod : NULL;
		w->rows[n].look = &w->looks[n];
	}
}

static void each_check(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world *w = make_world();
		struct audit audit;
		char found[512] = "";

		settle(w);
		rows[i].change(w);
		for (size_t n = 0; n <= PODS; n++)
			w->rows[n].pod = w->netns[n].binding ? w->netns[n].binding->pod : NULL;
		assert_int_equal(audit_run(&audit, &w->view), 0);
		for (size_t j = 0; j < audit.count; j++)
			snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%s %s %u", j ? " " : "",
				 audit.findings[j].report.check, severity_name(audit.findings[j].report.severity),
				 audit.findings[j].netns ? audit.findings[j].netns->inum : 0);
		if (strcmp(found, rows[i].found))
			fail_msg("%s: found '%s', not '%s'%s%s", rows[i].name, found, rows[i].found, audit.count ? ": " : "",
				 audit.count ? audit.findings[0].evidence : "");
		audit_free(&audit);
		free_world(w);
	}
}

/* Many more netns than pods: more than this world has. */
static void too_many(void **unused)
{
	struct audit_netns many[40];
	struct netns netns[40];
	struct world *w = make_world();
	struct audit audit;
	size_t found = 0;

	(void)unused;
	settle(w);
	for (size_t i = 0; i < 40; i++) {
		netns[i] = (struct netns){ .inum = (uint32_t)(200 + i), .phase = NETNS_REFERENCED, .counted_at = 1, .paths = w->paths[1] };
		many[i] = (struct audit_netns){ .netns = &netns[i], .made_wall = NOW - NS_PER_S };
	}
	w->view.netns = many;
	for (w->view.count = 10; w->view.count <= 11; w->view.count++) {
		assert_int_equal(audit_run(&audit, &w->view), 0);
		for (size_t i = 0; i < audit.count; i++)
			found += !strcmp(audit.findings[i].report.check, "count-pods");
		assert_int_equal(found, w->view.count == 11);
		audit_free(&audit);
	}
	free_world(w);
}

static void evidence_of(const char *check, void (*change)(struct world *w), const char *evidence)
{
	struct world *w = make_world();
	struct audit audit;
	bool found = false;

	settle(w);
	change(w);
	w->rows[5].pod = w->netns[5].binding ? w->netns[5].binding->pod : NULL;
	assert_int_equal(audit_run(&audit, &w->view), 0);
	for (size_t i = 0; i < audit.count; i++) {
		if (strcmp(audit.findings[i].report.check, check))
			continue;
		assert_string_equal(audit.findings[i].evidence, evidence);
		found = true;
	}
	assert_true(found);
	audit_free(&audit);
	free_world(w);
}

/* Two in two hours, and one is left to the limit. */
static void limit_with_trend(struct world *w)
{
	limit_near(w);
	pod_gone_long(w);
	nobody(w);
}

static void pod_gone_of_unknown_age(struct world *w)
{
	pod_gone_long(w);
	w->rows[1].made_wall = 0;
}

static void how_long_gone(void **unused)
{
	(void)unused;
	evidence_of("pod-gone", pod_gone_of_unknown_age,
		    "shop/pod1 has been gone for 16m40s (deleted, says kube); its netns, of unknown age, is still referenced");
	evidence_of("pod-gone", pod_gone_long,
		    "shop/pod1 has been gone for 16m40s (deleted, says kube); its netns, 2h00m old, is still referenced");
	evidence_of("pod-gone", pod_succeeded_now,
		    "shop/pod1 has been gone for 1.0s (Succeeded, says kube); its netns, without a process, 2h00m old, is still referenced");
}

static void routes(void **unused)
{
	(void)unused;
	evidence_of("node-route", reached_by_another, "the node reaches 10.0.1.11 of shop/pod1 by other0, not by cni0, as it does its siblings");
	evidence_of("node-route", not_reached, "the node has no route to 10.0.1.11 of shop/pod1, though it has one to its siblings");
}

static void limits(void **unused)
{
	(void)unused;
	evidence_of("count-limit", limit_near, "root has 5 of the 6 netns that user.max_net_namespaces permits each user");
	evidence_of("count-limit", limit_of_another, "user 1000 has 5 of the 6 netns that user.max_net_namespaces permits each user");
	evidence_of("count-limit", limit_and_dying,
		    "root has 8 of the 10 netns that user.max_net_namespaces permits each user, 3 of them dying");
	evidence_of("count-limit", limit_with_trend,
		    "root has 5 of the 6 netns that user.max_net_namespaces permits each user; 2 were left over within 2h00m: at this rate "
		    "user.max_net_namespaces, 6, is reached in 1h00m");
}

/* The ids are stable: who changes one breaks what reads them. */
static void ids(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < audit_check_count; i++) {
		bool tried = !strcmp(audit_checks[i].id, "count-pods");

		for (size_t j = 0; j < ARRAY_SIZE(rows); j++)
			tried |= strstr(rows[j].found, audit_checks[i].id) != NULL;
		if (!tried)
			fail_msg("no row finds %s", audit_checks[i].id);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(audit_checks[i].id, audit_checks[j].id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_check),
		cmocka_unit_test(too_many),
		cmocka_unit_test(limits),
		cmocka_unit_test(how_long_gone),
		cmocka_unit_test(routes),
		cmocka_unit_test(ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
