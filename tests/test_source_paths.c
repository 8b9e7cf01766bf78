/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Mounts real netns in the test's directory.  Without the right to mount, the tests that need it skip.
 */
#include "source_harness.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

/* Mounts a netns, new unless `own`, on a file of the directory; its inode number, 0: not permitted. */
static unsigned int mount_netns(const struct harness *harness, const char *name, bool own)
{
	struct stat file;
	char path[256];
	int status;
	pid_t pid;

	path_in(harness, path, name);
	if (access(path, F_OK) < 0)
		write_file(harness, name, "");
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit((own || unshare(CLONE_NEWNET) == 0) &&
				      mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL) == 0 ?
			      0 :
			      1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		return 0;
	assert_int_equal(stat(path, &file), 0);
	return (unsigned int)file.st_ino;
}

static void unmount(const struct harness *harness, const char *name)
{
	char path[256];

	path_in(harness, path, name);
	assert_int_equal(umount2(path, MNT_DETACH), 0);
}

/* A source on the mount table that this test changes: where init has another one, it cannot be tested. */
static bool open_paths(struct harness *harness)
{
	struct source_context context = harness_context(harness);
	char mine[64] = "", init[64] = "";

	if (readlink("/proc/self/ns/mnt", mine, sizeof(mine) - 1) < 0 ||
	    (readlink("/proc/1/ns/mnt", init, sizeof(init) - 1) > 0 && strcmp(mine, init)))
		return false;
	assert_int_equal(source_paths.open(&harness->source, harness->directory, &context), 0);
	harness->log[0] = '\0'; /* what the machine has mounted */
	return true;
}

static void expect_path(struct harness *harness, const char *what, const char *name, unsigned int inum)
{
	char line[512], path[256];

	path_in(harness, path, name);
	snprintf(line, sizeof(line), "%s %s %u%s\n", what, path, inum, *what == 't' ? " made" : "");
	expect_log(harness, line);
}

static void comes_and_goes(void **state)
{
	struct harness *harness = *state;
	unsigned int a, b;

	if (!open_paths(harness)) {
		skip();
		return;
	}
	a = mount_netns(harness, "a", false);
	if (!a) {
		skip();
		return;
	}
	expect_path(harness, "there", "a", a);
	b = mount_netns(harness, "with blank\\and\ttab", true);
	expect_path(harness, "there", "with blank\\and\ttab", b);
	/* The same once more above it tells nothing new, and neither does taking that away. */
	assert_int_equal(mount_netns(harness, "a", true), b);
	expect_path(harness, "there", "a", b);
	assert_int_equal(mount_netns(harness, "a", true), b);
	expect_silence(harness, 250 * NS_PER_MS);
	unmount(harness, "a");
	expect_silence(harness, 250 * NS_PER_MS);
	unmount(harness, "a");
	expect_path(harness, "away", "a", b);
	unmount(harness, "a");
	expect_path(harness, "away", "a", a);
	unmount(harness, "with blank\\and\ttab");
	expect_path(harness, "away", "with blank\\and\ttab", b);
}

/* What was mounted before is told before open returns, and other mounts are passed over. */
static void preexisting(void **state)
{
	struct harness *harness = *state;
	struct source_context context = harness_context(harness);
	unsigned int inum = mount_netns(harness, "a", true);
	char path[256], line[512];

	if (!inum || !open_paths(harness)) {
		skip();
		return;
	}
	source_close(harness->source);
	harness->source = NULL;
	path_in(harness, path, "uts");
	write_file(harness, "uts", "");
	assert_int_equal(mount("/proc/self/ns/uts", path, NULL, MS_BIND, NULL), 0);
	assert_int_equal(source_paths.open(&harness->source, harness->directory, &context), 0);
	path_in(harness, path, "a");
	snprintf(line, sizeof(line), "there %s %u made\n", path, inum);
	assert_non_null(strstr(harness->log, line));
	path_in(harness, path, "uts");
	assert_null(strstr(harness->log, path));
	unmount(harness, "uts");
	unmount(harness, "a");
}

static void checks(void **state)
{
	struct harness *harness = *state;
	struct checks checks = { 0 };
	char path[256], argument[600], text[300];
	bool mounted = mount_netns(harness, "good", true) != 0;

	path_in(harness, path, "link");
	assert_int_equal(symlink("/proc/0/ns/net", path), 0);
	path_in(harness, path, "missing");
	write_file(harness, "1", "");
	write_file(harness, "2", "");
	write_file(harness, "3", "");
	snprintf(argument, sizeof(argument), "%s:%s:%s/1", path, harness->directory, harness->directory);
	assert_int_equal(source_paths.check(argument, &checks), 0);
	assert_int_equal(checks.count, 6); /* three directories, the first three of the stale files */
	assert_string_equal(checks.items[0].group, "directory");
	assert_string_equal(checks.items[0].subject, path);
	assert_int_equal(checks.items[0].answer, CHECK_UNKNOWN);
	assert_string_equal(checks.items[0].detail, "it does not exist");
	assert_string_equal(checks.items[1].subject, harness->directory);
	assert_int_equal(checks.items[1].answer, CHECK_YES);
	snprintf(text, sizeof(text), "%d netns, %d files that are none", mounted, mounted ? 4 : 5);
	assert_string_equal(checks.items[1].detail, text);
	for (int i = 2; i < 5; i++) {
		assert_int_equal(checks.items[i].answer, CHECK_NO);
		assert_false(checks.items[i].required);
		assert_ptr_equal(strstr(checks.items[i].detail, "not a netns: a "), checks.items[i].detail);
		snprintf(text, sizeof(text), "remove it: rm '%s'", checks.items[i].subject);
		assert_string_equal(checks.items[i].remedy, text);
	}
	assert_int_equal(checks.items[5].answer, CHECK_NO);
	assert_string_equal(checks.items[5].detail, "Not a directory");
	checks_free(&checks);
	if (mounted)
		unmount(harness, "good");
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, harness_setup, harness_teardown)
	const struct CMUnitTest tests[] = { TEST(comes_and_goes), TEST(preexisting), TEST(checks) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
