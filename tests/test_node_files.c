/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is read of the node's files, from trees that are made for it; mount tables and kernel logs from texts.
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
#include <sys/stat.h>
#include <unistd.h>

#include "kernel_lines.h"
#include "mountinfo.h"
#include "node_files.h"
#include "util.h"

static char root[64];

static int make_root(void **unused)
{
	(void)unused;
	strcpy(root, "/tmp/netnsleak-test-XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **unused)
{
	char command[128];

	(void)unused;
	snprintf(command, sizeof(command), "rm -rf '%s'", root);
	return system(command);
}

/* With all directories above it. */
static void put(const char *path, const char *text)
{
	char whole[512];
	FILE *out;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	for (char *slash = strchr(whole + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_true(mkdir(whole, 0755) == 0 || errno == EEXIST);
		*slash = '/';
	}
	out = fopen(whole, "w");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
}

static void read_all(struct node_files *files)
{
	static const char *const usual[] = { NULL };

	assert_int_equal(node_files_read(files, root, usual), 0);
}

static void nothing_there(void **unused)
{
	struct node_files files;

	(void)unused;
	read_all(&files);
	assert_int_equal(files.entry_count + files.allocation_count + files.queued_count + files.unread_count, 0);
	assert_true(files.max_netns > 0);
	node_files_free(&files);
}

static void entries(void **unused)
{
	struct node_files files;
	char path[512];

	(void)unused;
	put("/run/netns/plain", "");
	put("/run/netns/directory/file", "");
	put("/run/netns/.hidden", "");
	snprintf(path, sizeof(path), "%s/run/netns/dead", root);
	assert_int_equal(symlink("/proc/999999999/ns/net", path), 0);
	snprintf(path, sizeof(path), "%s/run/netns/alive", root);
	assert_int_equal(symlink("/proc/self/ns/net", path), 0);
	read_all(&files);
	assert_int_equal(files.entry_count, 3);
	assert_string_equal(files.entries[0].name, "alive");
	assert_int_equal(files.entries[0].kind, NODE_ENTRY_NETNS);
	assert_true(files.entries[0].inum > 0);
	assert_string_equal(files.entries[1].name, "dead");
	assert_int_equal(files.entries[1].kind, NODE_ENTRY_DEAD_LINK);
	assert_string_equal(files.entries[1].target, "/proc/999999999/ns/net");
	assert_string_equal(files.entries[2].name, "plain");
	assert_int_equal(files.entries[2].kind, NODE_ENTRY_FILE);
	assert_true(files.entries[2].made_wall > 0);
	node_files_free(&files);
}

/* Of the one that could not be used. */
static void assert_unread(const struct node_files *files, const char *path, int err)
{
	assert_int_equal(files->unread_count, 1);
	assert_string_equal(files->unread[0].path + strlen(root), path);
	assert_int_equal(files->unread[0].err, err);
}

/* A link of the node's leads where it would lead there, not here. */
static void entries_below_a_root(void **unused)
{
	static const char *const dirs[] = { "/run/netns", NULL };
	struct node_files files;
	char path[512];

	(void)unused;
	put("/only-there", "");
	put("/run/netns/plain", "");
	snprintf(path, sizeof(path), "%s/run/netns/link", root);
	assert_int_equal(symlink("/only-there", path), 0);
	assert_int_equal(node_files_read(&files, root, dirs), 0);
	assert_int_equal(files.entry_count, 2);
	assert_string_equal(files.entries[0].name, "link");
	assert_int_equal(files.entries[0].kind, NODE_ENTRY_FILE);
	assert_string_equal(files.entries[0].target, "/only-there");
	assert_null(files.entries[1].target);
	assert_int_equal(files.unread_count, 0);
	node_files_free(&files);
}

static void not_there(void **unused)
{
	static const char *const missing[] = { "/run/netns", NULL }, *const file[] = { "/file", NULL };
	struct node_files files;

	(void)unused;
	put("/file", "");
	assert_int_equal(node_files_read(&files, root, missing), 0);
	assert_unread(&files, "/run/netns", -ENOENT);
	node_files_free(&files);
	assert_int_equal(node_files_read(&files, root, file), 0);
	assert_unread(&files, "/file", -ENOTDIR);
	node_files_free(&files);
}

static const struct node_allocation *find(const struct node_files *files, enum node_allocation_kind kind, const char *ip)
{
	struct ip_address wanted;

	assert_int_equal(ip_address_parse(&wanted, ip, false), 0);
	for (size_t i = 0; i < files->allocation_count; i++)
		if (files->allocations[i].kind == kind && ip_address_equal(&files->allocations[i].ip, &wanted))
			return &files->allocations[i];
	fail_msg("%s has no %s", node_allocation_name(kind), ip);
	return NULL;
}

static void host_local(void **unused)
{
	const struct node_allocation *found;
	struct node_files files;

	(void)unused;
	put("/var/lib/cni/networks/net/10.0.1.5", "abc123\r\neth0");
	put("/var/lib/cni/networks/net/10.0.1.6", "old456");
	put("/var/lib/cni/networks/net/fd00::5", "abc123\r\neth0");
	put("/var/lib/cni/networks/net/lock", "");
	put("/var/lib/cni/networks/net/last_reserved_ip.0", "10.0.1.6");
	put("/var/lib/cni/networks/net/10.0.1.7", "");
	put("/var/lib/cni/networks/net/10.0.1.8", "\x1b[2J\r\neth0");
	read_all(&files);
	assert_int_equal(files.allocation_count, 4);
	assert_string_equal(find(&files, ALLOCATION_HOST_LOCAL, "10.0.1.7")->container_id, "");
	assert_unread(&files, "/var/lib/cni/networks/net/10.0.1.8", -EBADMSG);
	found = find(&files, ALLOCATION_HOST_LOCAL, "10.0.1.5");
	assert_string_equal(found->container_id, "abc123");
	assert_string_equal(found->network, "net");
	assert_string_equal(found->device, "eth0");
	assert_string_equal(find(&files, ALLOCATION_HOST_LOCAL, "10.0.1.6")->container_id, "old456");
	assert_string_equal(find(&files, ALLOCATION_HOST_LOCAL, "fd00::5")->container_id, "abc123");
	node_files_free(&files);
}

static void aws_node(void **unused)
{
	const struct node_allocation *found;
	struct node_files files;
	char path[512];

	(void)unused;
	put("/run/aws-node/ipam.json",
	    "{\"version\":\"vpc-cni-ipam/1\",\"allocations\":["
	    "{\"networkName\":\"aws-cni\",\"containerID\":\"c1\",\"ifName\":\"eth0\",\"ipv4\":\"192.168.1.5\",\"allocationTimestamp\":1,"
	    "\"metadata\":{\"k8sPodNamespace\":\"shop\",\"k8sPodName\":\"cart\"}},"
	    "{\"networkName\":\"aws-cni\",\"containerID\":\"c2\",\"ifName\":\"eth0\",\"ipv6\":\"fd00::7\"},"
	    "{\"containerID\":7,\"ipv4\":\"no address\",\"metadata\":[]}]}");
	read_all(&files);
	assert_int_equal(files.allocation_count, 3);
	found = find(&files, ALLOCATION_AWS, "192.168.1.5");
	assert_string_equal(found->container_id, "c1");
	assert_string_equal(found->pod_namespace, "shop");
	assert_string_equal(found->pod_name, "cart");
	assert_string_equal(find(&files, ALLOCATION_AWS, "fd00::7")->pod_name, "");
	assert_int_equal(files.allocations[2].ip.family, 0);
	assert_string_equal(files.allocations[2].container_id, "");
	node_files_free(&files);
	put("/run/aws-node/ipam.json", "{\"version\":\"vpc-cni-ipam/1\",\"allocations\":[{");
	read_all(&files);
	assert_int_equal(files.allocation_count, 0);
	assert_unread(&files, "/run/aws-node/ipam.json", -EBADMSG);
	node_files_free(&files);
	put("/run/aws-node/ipam.json", "");
	snprintf(path, sizeof(path), "%s/run/aws-node/ipam.json", root);
	assert_int_equal(truncate(path, 5 << 20), 0);
	read_all(&files);
	assert_unread(&files, "/run/aws-node/ipam.json", -EFBIG);
	node_files_free(&files);
}

static void cilium(void **unused)
{
	const struct node_allocation *found;
	struct node_files files;

	(void)unused;
	put("/run/cilium/state/12/ep_config.json",
	    "{\"ID\":12,\"dockerID\":\"c1\",\"IfName\":\"lxc1\",\"IPv4\":\"10.0.2.5\",\"K8sPodName\":\"cart\",\"K8sNamespace\":\"shop\"}");
	/* {"dockerID":"c2","IPv4":"10.0.2.6","K8sPodName":"till","K8sNamespace":"shop"} */
	put("/run/cilium/state/13/ep_config.h",
	    "/*\n * CILIUM_BASE64_1.9.1:eyJkb2NrZXJJRCI6ImMyIiwiSVB2NCI6IjEwLjAuMi42IiwiSzhzUG9kTmFtZSI6InRpbGwiLCJLOHNOYW1lc3BhY2UiOiJzaG9wIn0=\n */\n"
	    "#define LXC_ID 13\n");
	put("/run/cilium/state/14/ep_config.json", "{\"ID\":14,\"IPv4\":\"10.0.2.7\"}");
	put("/run/cilium/state/15_next/ep_config.json", "{\"IPv4\":\"10.0.2.8\",\"K8sPodName\":\"next\",\"K8sNamespace\":\"shop\"}");
	put("/run/cilium/state/16/ep_config.h", "CILIUM_BASE64_1.9.1 and no more");
	put("/run/cilium/state/globals/node_config.h", "");
	put("/run/cilium/deleteQueue/1.delete", "{}");
	put("/run/cilium/deleteQueue/lockfile", "");
	read_all(&files);
	assert_int_equal(files.allocation_count, 2);
	found = find(&files, ALLOCATION_CILIUM, "10.0.2.5");
	assert_string_equal(found->container_id, "c1");
	assert_string_equal(found->device, "lxc1");
	assert_string_equal(found->pod_name, "cart");
	assert_string_equal(find(&files, ALLOCATION_CILIUM, "10.0.2.6")->pod_name, "till");
	assert_int_equal(files.queued_count, 1);
	assert_unread(&files, "/run/cilium/state/16/ep_config.h", -EBADMSG);
	node_files_free(&files);
}

static void calico(void **unused)
{
	struct node_files files;

	(void)unused;
	put("/run/calico/endpoint-status/k8s shop%2Fcart eth0", "{\"ifaceName\":\"cali1\",\"mac\":\"ee:ee:ee:ee:ee:ee\",\"ipv4Nets\":[\"10.0.3.5/32\"]}");
	put("/run/calico/endpoint-status/empty", "");
	read_all(&files);
	assert_int_equal(files.allocation_count, 1);
	assert_unread(&files, "/run/calico/endpoint-status/empty", -EBADMSG);
	assert_string_equal(find(&files, ALLOCATION_CALICO, "10.0.3.5")->device, "cali1");
	node_files_free(&files);
}

static void resolv_of(const char *container, size_t count, bool exists, bool is_empty)
{
	struct node_files files = { 0 };

	assert_int_equal(node_files_read_resolv(&files, root, container), 0);
	assert_int_equal(files.resolv_count, count);
	if (count) {
		assert_string_equal(files.resolvs[0].container_id, container);
		assert_int_equal(files.resolvs[0].exists, exists);
		assert_int_equal(files.resolvs[0].empty, is_empty);
	}
	node_files_free(&files);
}

static void resolv(void **unused)
{
	(void)unused;
	put("/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/good/resolv.conf", "search shop.svc\nnameserver 10.96.0.10\n");
	put("/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/bare/hostname", "bare");
	put("/run/containers/storage/overlay-containers/void/userdata/resolv.conf", "# nameserver 10.96.0.10\nsearch x\n");
	put("/var/lib/docker/containers/docked/resolv.conf", "");
	resolv_of("good", 1, true, false);
	resolv_of("bare", 1, false, false);
	resolv_of("void", 1, true, true);
	resolv_of("docked", 1, true, true);
	resolv_of("unknown", 0, false, false);
	resolv_of("", 0, false, false);
	resolv_of("../../etc", 0, false, false);
}

/* --- texts --- */

static void mount_tables(void **unused)
{
	struct mountinfo found;

	(void)unused;
	assert_true(mountinfo_parse("1067 25 0:4 net:[4026532281] /run/netns/a\\040b rw shared:595 - nsfs nsfs rw\n", &found));
	assert_int_equal(found.id, 1067);
	assert_int_equal(found.parent, 25);
	assert_int_equal(found.peers, 595);
	assert_int_equal(found.netns, 4026532281u);
	assert_string_equal(found.path, "/run/netns/a b");
	assert_false(found.deleted);
	assert_false(found.slave);
	assert_true(mountinfo_parse("9 25 0:4 net:[7] /run/netns/x rw shared:3 master:595 - nsfs nsfs rw", &found));
	assert_true(found.slave);
	assert_true(mountinfo_parse("8 25 0:4 net:[7] /run/netns/x//deleted rw - nsfs nsfs rw", &found));
	assert_string_equal(found.path, "/run/netns/x");
	assert_true(found.deleted);
	assert_int_equal(found.peers, 0);
	assert_true(mountinfo_parse("8 25 0:4 mnt:[7] /run/x rw - nsfs nsfs rw", &found));
	assert_int_equal(found.netns, 0);
	assert_true(mountinfo_parse("8 25 0:4 net:[7] /run/x rw - tmpfs tmpfs rw", &found));
	assert_int_equal(found.netns, 0);
	assert_true(mountinfo_parse("8 25 0:4 net:[99999999999] /run/x rw - nsfs nsfs rw", &found));
	assert_int_equal(found.netns, 0);
	assert_false(mountinfo_parse("", &found));
	assert_false(mountinfo_parse("8", &found));
	assert_false(mountinfo_parse("8 25 0:4 / /run rw", &found));
	assert_false(mountinfo_parse("x 25 0:4 / /run rw - tmpfs tmpfs rw", &found));
}

static void kernel_lines(void **unused)
{
	static const char *const records[] = {
		"0,1,1000000,-;unregister_netdevice: waiting for eth0 to become free. Usage count = 2\n",
		"0,2,2000000,-;unregister_netdevice: waiting for eth1 to become free. Usage count = 1\n",
		"0,3,3000000,-;unregister_netdevice: waiting for eth0 to become free. Usage count = 1\n SUBSYSTEM=net\n",
		"4,4,4000000,-;netns 17: refcount error\n",
		"4,5,5000000,-;netns 18: refcount error\n",
		"6,6,6000000,-;IPVS: Creating netns size=2048 id=1\n", /* no complaint */
		"12,7,7000000,-;a daemon says netns\n",		      /* nor the kernel's */
		"4,8,8000000,-;something else\n",
		"4,9,9000000,-;netnsleak (812): Attempt to access syslog with CAP_SYS_ADMIN but no CAP_SYSLOG (deprecated).\n",
		"4,10,10000000,-;netnsleak: netns 19: refcount error\n",
		"nonsense;netns",
		"",
	};
	struct kernel_lines log = { 0 };

	(void)unused;
	for (size_t i = 0; i < ARRAY_SIZE(records); i++)
		assert_int_equal(kernel_lines_take(&log, records[i]), 0);
	assert_int_equal(log.count, 4);
	assert_true(log.lines[0].blocked);
	assert_int_equal(log.lines[0].count, 2);
	assert_int_equal(log.lines[0].time, 3 * NS_PER_S);
	assert_string_equal(log.lines[0].text, "unregister_netdevice: waiting for eth0 to become free. Usage count = 1");
	assert_int_equal(log.lines[1].count, 1);
	assert_false(log.lines[2].blocked);
	assert_int_equal(log.lines[2].count, 2);
	assert_string_equal(log.lines[3].text, "netnsleak: netns 19: refcount error");
	kernel_lines_free(&log);
	assert_int_equal(kernel_lines_read(&log, "/nowhere"), 0);
	assert_int_equal(log.err, -ENOENT);
	kernel_lines_free(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_there, make_root, remove_root),
		cmocka_unit_test_setup_teardown(entries, make_root, remove_root),
		cmocka_unit_test_setup_teardown(entries_below_a_root, make_root, remove_root),
		cmocka_unit_test_setup_teardown(not_there, make_root, remove_root),
		cmocka_unit_test_setup_teardown(host_local, make_root, remove_root),
		cmocka_unit_test_setup_teardown(aws_node, make_root, remove_root),
		cmocka_unit_test_setup_teardown(cilium, make_root, remove_root),
		cmocka_unit_test_setup_teardown(calico, make_root, remove_root),
		cmocka_unit_test_setup_teardown(resolv, make_root, remove_root),
		cmocka_unit_test(mount_tables),
		cmocka_unit_test(kernel_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
