/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * To look into a netns shows what is there, and leaves nothing behind that would hold it.  With real netns: needs root, and
 * ip(8).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "events.h"
#include "look.h"
#include "proc_census.h"
#include "proc_scan.h"
#include "util.h"

static char name[32], peer[16];

static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int run(const char *format, ...)
{
	char command[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	return system(command);
}

static int make_netns(void **unused)
{
	(void)unused;
	if (geteuid())
		return 0;
	snprintf(name, sizeof(name), "look-%d", getpid());
	snprintf(peer, sizeof(peer), "lk%d", getpid());
	return run("ip netns add %s && ip link add %s type veth peer name eth0 netns %s && ip link set %s up && "
		   "ip -n %s link set lo up && ip -n %s addr add 10.232.7.5/24 dev eth0 && ip -n %s link set eth0 up && "
		   "ip -n %s addr add fd32::5/64 dev eth0 nodad && ip -n %s route add default via 10.232.7.1",
		   name, peer, name, peer, name, name, name, name, name);
}

static int remove_netns(void **unused)
{
	(void)unused;
	return geteuid() ? 0 : run("ip netns del %s 2>/dev/null; ip link del %s 2>/dev/null; true", name, peer);
}

static uint32_t inum_at(const char *path)
{
	struct stat file;

	assert_int_equal(stat(path, &file), 0);
	return (uint32_t)file.st_ino;
}

static size_t open_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count;
}

static int open_one(void *ctx, size_t number)
{
	const char *const *paths = ctx;
	int fd = open(paths[number], O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Of an address by its first bytes. */
static bool has_addr(const struct look *look, uint8_t family, uint8_t prefixlen, uint8_t first, uint8_t second)
{
	for (size_t i = 0; i < look->addr_count; i++)
		if (look->addrs[i].family == family && look->addrs[i].prefixlen == prefixlen && look->addrs[i].addr[0] == first &&
		    look->addrs[i].addr[1] == second)
			return true;
	return false;
}

static void check_looks(const struct look *looks)
{
	const struct look *there = &looks[1];
	const struct look_dev *eth0 = NULL, *other;

	assert_int_equal(looks[0].err, 0);
	assert_int_equal(there->err, 0);
	assert_int_not_equal(looks[0].cookie, there->cookie);
	for (size_t i = 0; i < there->dev_count; i++)
		if (!strcmp(there->devs[i].name, "eth0"))
			eth0 = &there->devs[i];
	assert_non_null(eth0);
	assert_string_equal(eth0->kind, "veth");
	assert_true(eth0->flags & IFF_UP);
	assert_true(eth0->has_mac);
	assert_true(has_addr(there, AF_INET, 24, 10, 232));
	assert_true(has_addr(there, AF_INET6, 64, 0xfd, 0x32));
	assert_true(has_addr(there, AF_INET, 8, 127, 0));
	assert_true(there->default4);
	assert_false(there->default6);
	assert_true(there->owner > 0);
	/* The two ends of the veth find each other. */
	assert_ptr_equal(look_other_end(looks, 2, there, eth0), &looks[0]);
	other = look_dev_by_index(&looks[0], eth0->link);
	assert_non_null(other);
	assert_string_equal(other->name, peer);
	assert_int_equal(other->link, eth0->ifindex);
	assert_ptr_equal(look_other_end(looks, 2, &looks[0], other), there);
}

/* Gone from the kernel: the other end of the veth goes with it. */
static bool is_freed(void)
{
	for (int i = 0; i < 300; i++) {
		if (run("ip link show %s >/dev/null 2>&1", peer))
			return true;
		usleep(100000);
	}
	return false;
}

static void shows_and_keeps_nothing(void **unused)
{
	char path[64];
	const char *paths[] = { "/proc/self/ns/net", path, "/dev/null", "/nowhere" };
	struct look *looks = calloc(4, sizeof(*looks));
	size_t before = open_descriptors();

	(void)unused;
	if (geteuid()) {
		free(looks);
		skip();
	}
	assert_non_null(looks);
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	looks[0] = (struct look){ .inum = inum_at(paths[0]), .node = true };
	looks[1] = (struct look){ .inum = inum_at(path) };
	looks[2] = (struct look){ .inum = 7 };
	looks[3] = (struct look){ .inum = 8 };
	assert_int_equal(look_all(looks, 4, open_one, paths), 0);
	check_looks(looks);
	assert_int_equal(looks[2].err, -ESTALE);
	assert_int_equal(looks[3].err, -ENOENT);
	assert_int_equal(inum_at(paths[0]), looks[0].inum);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(run("ip netns del %s", name), 0);
	assert_true(is_freed());
	looks_free(looks, 4);
}

/* In a user namespace of another user's. */
static pid_t unshare_as(uid_t uid, int *ret_end)
{
	int ready[2], end[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(end), 0);
	pid = fork();
	if (!pid) {
		bool made = setresuid(uid, uid, uid) == 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;

		close(end[1]);
		_exit(write(ready[1], made ? "y" : "n", 1) == 1 && read(end[0], &byte, 1) == 0 ? 0 : 1);
	}
	close(ready[1]);
	close(end[0]);
	*ret_end = end[1];
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	if (byte == 'y')
		return pid;
	close(end[1]);
	waitpid(pid, NULL, 0);
	return 0;
}

/* Against user.max_net_namespaces it counts for the user who has made the uppermost user namespace. */
static void whose_limit_it_counts_against(void **unused)
{
	char path[64];
	const char *paths[] = { "/proc/self/ns/net", path };
	struct look *looks = calloc(2, sizeof(*looks));
	int end = -1;
	pid_t pid;

	(void)unused;
	assert_non_null(looks);
	pid = geteuid() ? 0 : unshare_as(4711, &end);
	if (!pid) {
		free(looks);
		skip();
	}
	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	looks[0] = (struct look){ .inum = inum_at(paths[0]), .node = true };
	looks[1] = (struct look){ .inum = inum_at(path) };
	assert_int_equal(look_all(looks, 2, open_one, paths), 0);
	assert_int_equal(looks[1].err, 0);
	assert_int_equal(looks[0].charged, 0);
	assert_int_equal(looks[1].charged, 4711);
	assert_int_not_equal(looks[0].owner, looks[1].owner);
	looks_free(looks, 2);
	close(end);
	waitpid(pid, NULL, 0);
}

/* --- the walk over /proc --- */

struct told {
	uint32_t inum; /* that is looked for */
	bool found;
	uint32_t devs, peers;
	int64_t references;
	uint32_t tasks;
};

static int on_record(void *ctx, const void *record, size_t size)
{
	const struct nns_census_netns *netns = record;
	const struct nns_dev *dev = record;
	struct told *told = ctx;

	assert_int_equal(((const struct nns_hdr *)record)->size, size);
	if (netns->hdr.kind == NNS_CENSUS_NETNS && netns->netns.inum == told->inum) {
		told->found = true;
		told->references = netns->references;
		told->tasks = netns->tasks;
	}
	if (dev->hdr.kind == NNS_CENSUS_DEV && dev->netns.inum == told->inum) {
		told->devs++;
		told->peers += dev->peer_ifindex && dev->peer_netns;
	}
	return 0;
}

static void census(struct told *told)
{
	struct look *looks = NULL;
	struct proc_scan scan;
	size_t count = 0;

	assert_int_equal(proc_scan(&scan, "/proc", PROC_FILES | PROC_SOCKETS | PROC_MOUNTS), 0);
	assert_int_equal(proc_census_look(&looks, &count, &scan, "/proc"), 0);
	assert_int_equal(proc_census_tell(&scan, looks, count, 1000, on_record, told), 0);
	looks_free(looks, count);
	proc_scan_free(&scan);
}

static void census_without_bpf(void **unused)
{
	struct told told = { 0 };
	char path[64];
	size_t before;

	(void)unused;
	if (geteuid())
		skip();
	snprintf(path, sizeof(path), "/run/netns/%s", name);
	told.inum = inum_at(path);
	before = open_descriptors();
	census(&told);
	assert_true(told.found);
	assert_int_equal(told.references, -1);
	assert_int_equal(told.tasks, 0);
	assert_true(told.devs >= 2);
	assert_int_equal(told.peers, 1);
	assert_int_equal(open_descriptors(), before);
	assert_int_equal(run("ip netns del %s", name), 0);
	assert_true(is_freed());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shows_and_keeps_nothing, make_netns, remove_netns),
		cmocka_unit_test(whose_limit_it_counts_against),
		cmocka_unit_test_setup_teardown(census_without_bpf, make_netns, remove_netns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
