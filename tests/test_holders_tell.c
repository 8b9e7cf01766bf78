// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What is told of holders, by made-up ones and a /proc of files: whose cgroup a process has, whose mount it is, what is
 * told of a netns that went meanwhile, and which of them where there are too many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "holders_tell.h"
#include "util.h"

enum { A = 0x10, B = 0x20 };

static char proc[] = "/tmp/test_holders_tell.XXXXXX";
static char log_bytes[4096];

static int log_input(void *ctx, const struct input *input)
{
	size_t length = strlen(log_bytes);

	(void)ctx;
	if (input->kind == INPUT_HOLDERS)
		snprintf(log_bytes + length, sizeof(log_bytes) - length, "%x: %d\n", (unsigned)input->holders.netns, input->holders.counted);
	else
		snprintf(log_bytes + length, sizeof(log_bytes) - length, "%x %d pid %u cgroup %s%s%s\n", (unsigned)input->holder.netns,
			 input->holder.kind, input->holder.pid, input->holder.cgroup,
			 input->holder.flags & HOLDER_NODE ? " node" : "", input->holder.flags & HOLDER_DETACHED ? " detached" : "");
	return 0;
}

static void expect(const struct holders_found *found, const char *text)
{
	*log_bytes = '\0';
	assert_int_equal(holders_tell(found, proc, 1, log_input, NULL), 0);
	assert_string_equal(log_bytes, text);
}

static void write_file(unsigned pid, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%u", proc, pid);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%u/%s", proc, pid, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* started: seconds after the start of the machine. */
static void write_process(unsigned pid, unsigned started, const char *cgroup)
{
	char text[256];

	snprintf(text, sizeof(text), "%u (a) b (c) S 1 2 3 0 -1 4 5 6 7 8 9 10 11 12 20 0 1 0 %lu 13 14\n", pid,
		 started * (unsigned long)sysconf(_SC_CLK_TCK));
	write_file(pid, "stat", text);
	write_file(pid, "cgroup", cgroup);
}

static int make_proc(void **state)
{
	(void)state;
	return mkdtemp(proc) ? 0 : -1;
}

static int remove_proc(void **state)
{
	static const char *const names[] = { "stat", "cgroup" };
	char path[128];

	(void)state;
	for (unsigned pid = 0; pid < 100; pid++) {
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			snprintf(path, sizeof(path), "%s/%u/%s", proc, pid, names[i]);
			unlink(path);
		}
		snprintf(path, sizeof(path), "%s/%u", proc, pid);
		rmdir(path);
	}
	return rmdir(proc);
}

/* 12 is who it was, 13 another who has the number now, 14 has ended. */
static void cgroups(void **state)
{
	struct holders_count counts[] = { { .netns.handle = A, .valid = 1, .references = 3 } };
	struct holders_task tasks[] = {
		{ .netns = A, .nsproxy = 1, .pid = 12, .tid = 12, .started = 50 * NS_PER_S + 1 },
		{ .netns = A, .nsproxy = 2, .pid = 13, .tid = 13, .started = 50 * NS_PER_S },
		{ .netns = A, .nsproxy = 3, .pid = 14, .tid = 14, .started = 50 * NS_PER_S },
	};
	struct holders_file files[] = { { .netns = A, .kind = HOLDERS_TUN, .file = 1, .pid = 12, .started = 50 * NS_PER_S + 1 } };
	struct holders_found found = { .before = counts, .counts = counts, .count_count = 1, .tasks = tasks, .task_count = 3, .files = files, .file_count = 1 };

	(void)state;
	write_process(12, 50, "3:cpu:/other\n0::/kubepods/pod1\n");
	write_process(13, 51, "0::/kubepods/pod2\n");
	expect(&found, "10: 3\n10 1 pid 12 cgroup /kubepods/pod1\n10 1 pid 13 cgroup \n10 1 pid 14 cgroup \n"
		       "10 5 pid 12 cgroup /kubepods/pod1\n");
}

/* The verdict on one that cannot be counted is not to wait for it. */
static void gone(void **state)
{
	struct holders_count counts[] = { { .netns.handle = A }, { .netns.handle = B, .valid = 1, .references = 1 } };
	struct holders_found found = { .before = counts, .counts = counts, .count_count = 2 };

	(void)state;
	expect(&found, "10: -1\n20: 1\n");
}

/* With both versions a container may stand in those of version 1 alone. */
static void cgroup_versions(void **state)
{
	struct holders_count counts[] = { { .netns.handle = A, .valid = 1, .references = 6 } };
	struct holders_task tasks[] = {
		{ .netns = A, .pid = 12, .tid = 12, .started = NS_PER_S }, { .netns = A, .pid = 13, .tid = 13, .started = NS_PER_S },
		{ .netns = A, .pid = 14, .tid = 14, .started = NS_PER_S }, { .netns = A, .pid = 15, .tid = 15, .started = NS_PER_S },
		{ .netns = A, .pid = 16, .tid = 16, .started = NS_PER_S }, { .netns = A, .pid = 17, .tid = 17, .started = NS_PER_S },
	};
	struct holders_found found = { .before = counts, .counts = counts, .count_count = 1, .tasks = tasks, .task_count = 6 };

	(void)state;
	write_process(12, 1, "2:pids:/\n1:memory:/kubepods/pod1\n0::/\n");
	write_process(13, 1, "1:memory:/kubepods/pod1\n0::/kubepods:x\n");
	write_process(14, 1, "0::/\n");
	write_process(15, 1, "nonsense\n0:\n");
	/* From within a pod: the node's own, and another pod's. */
	write_process(16, 1, "0::/../../../..\n");
	write_process(17, 1, "0::/../../besteffort/pod1/..2\n");
	expect(&found, "10: 6\n10 1 pid 12 cgroup /kubepods/pod1\n10 1 pid 13 cgroup /kubepods:x\n10 1 pid 14 cgroup \n"
		       "10 1 pid 15 cgroup \n10 1 pid 16 cgroup \n10 1 pid 17 cgroup /besteffort/pod1/..2\n");
}

/* Mounts are whose the first process of their mount namespace is; the node's come first. */
static void mounts(void **state)
{
	struct holders_count counts[] = { { .netns.handle = A, .valid = 1, .references = 1, .nsfs = 1, .nsfs_users = 3 } };
	struct holders_task tasks[] = {
		{ .netns = B, .nsproxy = 1, .mntns = 7, .pid = 30, .tid = 30 }, { .netns = B, .nsproxy = 1, .mntns = 7, .pid = 20, .tid = 20 },
		{ .netns = B, .nsproxy = 1, .mntns = 8, .pid = 1, .tid = 1 },
	};
	struct holders_mount in_7 = { .netns = A, .mntns = 7, .mntns_inum = 70 }, in_8 = { .netns = A, .mntns = 8, .mntns_inum = 80 },
			     in_9 = { .netns = A, .mntns = 9, .mntns_inum = 90 };
	struct holders_mount *all[] = { &in_7, &in_8, &in_9 };
	struct holders_found found = { .before = counts, .counts = counts, .count_count = 1, .tasks = tasks, .task_count = 3, .mounts = all, .mount_count = 3 };

	(void)state;
	expect(&found, "10: 1\n10 2 pid 1 cgroup  node\n10 2 pid 20 cgroup \n10 2 pid 0 cgroup \n");
}

/* In a pod: our copies of the node's mounts are not told, nor counted; what would stay without the node's is. */
static void ours(void **state)
{
	static const char *const made[] = { "1", "1/ns", "self", "self/ns" }, *const files[] = { "1/ns/mnt", "self/ns/mnt", "self/mountinfo" };
	struct holders_count counts[] = { { .netns.handle = A, .valid = 1, .references = 1, .nsfs = 1, .nsfs_users = 4 } };
	struct holders_task tasks[] = { { .netns = B, .nsproxy = 1, .mntns = 8, .pid = 1, .tid = 1 } };
	struct holders_mount of_node = { .netns = A, .mntns = 8, .mntns_inum = 80, .id = 31 }, copy = { .netns = A, .mntns = 7, .id = 31 },
			     kept = { .netns = A, .mntns = 7, .id = 32 };
	struct holders_mount *all[] = { &of_node, &copy, &kept };
	struct holders_found found = { .before = counts, .counts = counts, .count_count = 1, .tasks = tasks, .task_count = 1, .mounts = all, .mount_count = 3 };
	char path[128];
	struct stat file;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(made); i++) {
		snprintf(path, sizeof(path), "%s/%s", proc, made[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		FILE *stream;

		snprintf(path, sizeof(path), "%s/%s", proc, files[i]);
		stream = fopen(path, "w");
		assert_non_null(stream);
		fputs("20 1 0:5 / / rw - tmpfs tmpfs rw\n21 20 0:6 / /run/netns ro master:5 - tmpfs tmpfs rw\n"
		      "31 21 0:4 net:[7] /run/netns/a ro - nsfs nsfs rw\n32 20 0:4 net:[7] /x rw - nsfs nsfs rw\n", stream);
		assert_int_equal(fclose(stream), 0);
	}
	snprintf(path, sizeof(path), "%s/self/ns/mnt", proc);
	assert_int_equal(stat(path, &file), 0);
	copy.mntns_inum = kept.mntns_inum = (uint32_t)file.st_ino;
	expect(&found, "10: 1\n10 2 pid 1 cgroup  node\n10 2 pid 0 cgroup \n");
	for (size_t i = ARRAY_SIZE(files); i-- > 0;) {
		snprintf(path, sizeof(path), "%s/%s", proc, files[i]);
		assert_int_equal(unlink(path), 0);
	}
	for (size_t i = ARRAY_SIZE(made); i-- > 0;) {
		snprintf(path, sizeof(path), "%s/%s", proc, made[i]);
		assert_int_equal(rmdir(path), 0);
	}
}

/* What open_tree() makes: nobody can be in its mount namespace, whose number is none or that of all of its kind. */
static void anonymous(void **state)
{
	struct holders_count counts[] = { { .netns.handle = A, .valid = 1, .references = 1, .nsfs = 1, .nsfs_users = 3 } };
	struct holders_mount none = { .netns = A, .mntns = 7 }, all_ones = { .netns = A, .mntns = 8, .mntns_inum = 0xeffffff7 },
			     other = { .netns = A, .mntns = 9, .mntns_inum = 4026532000 };
	struct holders_mount *all[] = { &none, &all_ones, &other };
	struct holders_found found = { .before = counts, .counts = counts, .count_count = 1, .mounts = all, .mount_count = 3 };

	(void)state;
	expect(&found, "10: 1\n10 2 pid 0 cgroup  detached\n10 2 pid 0 cgroup  detached\n10 2 pid 0 cgroup \n");
}

static struct {
	unsigned kinds[HOLDER_KINDS], found;
} told;

static int count_input(void *ctx, const struct input *input)
{
	(void)ctx;
	if (input->kind == INPUT_HOLDERS)
		told.found = input->holders.found;
	else
		told.kinds[input->holder.kind]++;
	return 0;
}

/* Many mounts and sockets leave room for what else there is: the process that runs in it, the one descriptor. */
static void too_many(void **state)
{
	struct holders_count counts[] = { { .netns.handle = A, .valid = 1, .references = 1 } };
	struct holders_mount mount = { .netns = A, .mntns = 7 };
	struct holders_task task = { .netns = A, .nsproxy = 1, .pid = 12, .tid = 12 };
	struct holders_file files[102];
	struct holders_mount *mounts_of[100];
	struct holders_found found = { .before = counts, .counts = counts, .count_count = 1, .tasks = &task, .task_count = 1,
				       .files = files, .file_count = 102, .mounts = mounts_of, .mount_count = 100 };

	(void)state;
	for (size_t i = 0; i < 102; i++)
		files[i] = (struct holders_file){ .netns = A, .file = i, .pid = 13, .fd = (uint32_t)i,
						  .kind = i == 0 ? HOLDERS_NSFS : i == 101 ? HOLDERS_PROC : HOLDERS_SOCKET };
	for (size_t i = 0; i < 100; i++)
		mounts_of[i] = &mount;
	assert_int_equal(holders_tell(&found, proc, 1, count_input, NULL), 0);
	assert_int_equal(told.found, 203);
	assert_int_equal(told.kinds[HOLDER_TASK], 1);
	assert_int_equal(told.kinds[HOLDER_DESCRIPTOR], 1);
	assert_int_equal(told.kinds[HOLDER_PROC_FILE], 1);
	assert_int_equal(told.kinds[HOLDER_MOUNT], 31);
	assert_int_equal(told.kinds[HOLDER_SOCKET], 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cgroups),
		cmocka_unit_test(cgroup_versions),
		cmocka_unit_test(gone),
		cmocka_unit_test(mounts),
		cmocka_unit_test(ours),
		cmocka_unit_test(anonymous),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests_name("holders_tell", tests, make_proc, remove_proc);
}
