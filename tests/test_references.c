/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What references are made of, by made-up holders: what counts once and what each time, what is left over, and what that is
 * worth where something came or went meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "references.h"

enum { A = 0x10, B = 0x20, C = 0x30 };

static struct holders_count count_of(uint64_t netns, int32_t references, int32_t sockets, int32_t nsfs, int32_t users)
{
	return (struct holders_count){ .netns.handle = netns, .valid = 1, .references = references, .sockets = sockets,
				       .nsfs = nsfs, .nsfs_users = users };
}

static void nothing_found(void **state)
{
	struct holders_count counts[] = { count_of(A, 3, 0, 0, 0), { .netns.handle = B } };
	struct holders_found found = { .before = counts, .counts = counts, .count_count = 2 };
	struct references sum;

	(void)state;
	assert_true(references_add_up(&sum, &found, 0));
	assert_int_equal(sum.counted, 3);
	assert_int_equal(sum.unexplained, 3);
	assert_int_equal(sum.nsfs_unexplained, 0);
	assert_false(references_add_up(&sum, &found, 1));
}

/* Two processes share an nsproxy, a thread has its own; the netns of others stand before and behind. */
static void tasks(void **state)
{
	struct holders_count counts[] = { count_of(B, 2, 0, 0, 0) };
	struct holders_task all[] = {
		{ .netns = A, .nsproxy = 1, .pid = 1, .tid = 1 }, { .netns = B, .nsproxy = 2, .pid = 10, .tid = 10 },
		{ .netns = B, .nsproxy = 2, .pid = 11, .tid = 11 }, { .netns = B, .nsproxy = 3, .pid = 12, .tid = 13 },
		{ .netns = C, .nsproxy = 3, .pid = 20, .tid = 20 },
	};
	struct holders_found found = { .before = counts, .counts = counts, .count_count = 1, .tasks = all, .task_count = 5 };
	struct references sum;

	(void)state;
	assert_true(references_add_up(&sum, &found, 0));
	assert_int_equal(sum.nsproxies, 2);
	assert_int_equal(sum.unexplained, 0);
	assert_int_equal(sum.tasks.first, 1);
	assert_int_equal(sum.tasks.count, 3);
}

/* One file in two processes is one user; a socket in flight is counted by the kernel and has no descriptor. */
static void files(void **state)
{
	struct holders_count counts[] = { count_of(A, 5, 3, 1, 1) };
	struct holders_file all[] = {
		{ .netns = A, .kind = HOLDERS_NSFS, .file = 1, .pid = 1 }, { .netns = A, .kind = HOLDERS_NSFS, .file = 1, .pid = 2 },
		{ .netns = A, .kind = HOLDERS_SOCKET, .file = 2, .pid = 1 }, { .netns = A, .kind = HOLDERS_SOCKET, .file = 2, .pid = 2 },
		{ .netns = A, .kind = HOLDERS_TUN, .file = 3, .pid = 1 }, { .netns = A, .kind = HOLDERS_PROC, .file = 4, .pid = 1 },
	};
	struct holders_found found = { .before = counts, .counts = counts, .count_count = 1, .files = all, .file_count = 6,
				       .sees_proc_files = true };
	struct references sum;

	(void)state;
	assert_true(references_add_up(&sum, &found, 0));
	assert_int_equal(sum.nsfs, 1);
	assert_int_equal(sum.sockets, 3);
	assert_int_equal(sum.sockets_unseen, 1);
	assert_true(sum.told_apart);
	assert_int_equal(sum.proc_files, 1);
	assert_int_equal(sum.unexplained, 0);
	assert_int_equal(sum.nsfs_unexplained, 0);
	/* Where the kernel's count cannot be read, what was seen is what there is. */
	counts[0].sockets = -1;
	assert_true(references_add_up(&sum, &found, 0));
	assert_int_equal(sum.sockets, 2);
	assert_int_equal(sum.unexplained, 1);
	assert_int_equal(sum.sockets_unseen, -1);
	assert_false(sum.told_apart);
	/* Nor is it the kernel's where a file of /proc/PID/net cannot be told from another. */
	counts[0].sockets = 3;
	found.sees_proc_files = false;
	assert_true(references_add_up(&sum, &found, 0));
	assert_int_equal(sum.sockets, 3);
	assert_int_equal(sum.sockets_unseen, -1);
	assert_false(sum.told_apart);
}

/* Two mounts of the file, one upon the other. */
static void mounts(void **state)
{
	struct holders_count counts[] = { count_of(A, 1, 0, 1, 4) };
	struct holders_mount below = { .netns = A, .flags = HOLDERS_COVERED }, above = { .netns = A }, other = { .netns = B };
	struct holders_mount *all[] = { &below, &above, &other };
	struct holders_found found = { .before = counts, .counts = counts, .count_count = 1, .mounts = all, .mount_count = 3 };
	struct references sum;

	(void)state;
	assert_true(references_add_up(&sum, &found, 0));
	assert_int_equal(sum.mounts.count, 2);
	assert_int_equal(sum.unexplained, 0);
	assert_int_equal(sum.nsfs_unexplained, 1);
	counts[0].nsfs_users = 3;
	assert_true(references_add_up(&sum, &found, 0));
	assert_int_equal(sum.nsfs_unexplained, 0);
}

/* A socket was made when the descriptors had been looked at already; another was closed before they were. */
static void came_meanwhile(void **state)
{
	struct holders_count before[] = { count_of(A, 1, 0, 1, 1) }, after[] = { count_of(A, 2, 1, 1, 2) };
	struct holders_mount mount = { .netns = A };
	struct holders_mount *all[] = { &mount };
	struct holders_found found = { .before = before, .counts = after, .count_count = 1, .mounts = all, .mount_count = 1 };
	struct references sum;

	(void)state;
	assert_true(references_add_up(&sum, &found, 0));
	assert_int_equal(sum.counted, 1);
	assert_int_equal(sum.sockets, 0);
	assert_int_equal(sum.unexplained, 0);
	assert_int_equal(sum.nsfs_unexplained, 0);
	assert_true(sum.changed);
	found.before = after;
	found.counts = before;
	assert_true(references_add_up(&sum, &found, 0));
	assert_int_equal(sum.counted, 1);
	assert_int_equal(sum.unexplained, 0);
	assert_true(sum.changed);
	/* It was freed, before or after. */
	before[0].valid = 0;
	assert_false(references_add_up(&sum, &found, 0));
	found.before = before;
	found.counts = after;
	assert_false(references_add_up(&sum, &found, 0));
}

/* What is unexplained is worth another look, but not a third; what changes is worth all. */
static void settled(void **state)
{
	struct holders_count before[] = { count_of(A, 1, 0, 1, 1), count_of(B, 2, 2, 0, 0) },
			     after[] = { count_of(A, 1, 0, 1, 1), count_of(B, 2, 2, 0, 0) };
	struct holders_mount mount = { .netns = A };
	struct holders_mount *all[] = { &mount };
	struct holders_found found = { .before = before, .counts = after, .count_count = 2, .mounts = all, .mount_count = 1 };

	(void)state;
	assert_true(references_are_settled(&found, false));
	before[1].references = after[1].references = 3;
	assert_false(references_are_settled(&found, false));
	assert_true(references_are_settled(&found, true));
	before[1].references = 2;
	assert_false(references_are_settled(&found, true));
	after[1].references = 2;
	before[0].nsfs_users = after[0].nsfs_users = 2;
	assert_false(references_are_settled(&found, false));
	assert_true(references_are_settled(&found, true));
	after[0].nsfs_users = 1;
	assert_false(references_are_settled(&found, true));
	/* One that is gone is not waited for. */
	after[0].valid = 0;
	assert_true(references_are_settled(&found, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_found), cmocka_unit_test(tasks), cmocka_unit_test(files), cmocka_unit_test(mounts),
		cmocka_unit_test(came_meanwhile), cmocka_unit_test(settled),
	};

	return cmocka_run_group_tests_name("references", tests, NULL, NULL);
}
