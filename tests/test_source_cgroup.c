/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * cgroup:PROC, with a made-up /proc: what is a pod's process, what is none, and what cannot be told.
 */
#include <stdlib.h>
#include <unistd.h>

#include "source_harness.h"

#define UUID "6f0c3a52-58b1-4a8e-9d0e-d8f0f7a1c001"
#define POD "0::/kubepods/burstable/pod" UUID "/5a32\n"
#define UP "syncing\nsynced\n"
#define BOUND "binding 1002 2 / uid=" UUID " container= path= inum=1002 ips=\n"

static void make_directory(const struct harness *harness, const char *name)
{
	char path[256];

	path_in(harness, path, name);
	assert_int_equal(mkdir(path, 0755), 0);
}

static void make_link(const struct harness *harness, const char *name, const char *target)
{
	char path[256];

	path_in(harness, path, name);
	assert_int_equal(symlink(target, path), 0);
}

static void make_process(const struct harness *harness, const char *pid, const char *netns, const char *cgroup)
{
	char name[64];

	make_directory(harness, pid);
	snprintf(name, sizeof(name), "%s/ns", pid);
	make_directory(harness, name);
	snprintf(name, sizeof(name), "%s/ns/net", pid);
	if (netns)
		make_link(harness, name, netns);
	snprintf(name, sizeof(name), "%s/cgroup", pid);
	if (cgroup)
		write_file(harness, name, cgroup);
}

static void make_self(const struct harness *harness, const char *pid_namespace)
{
	make_directory(harness, "self");
	make_directory(harness, "self/ns");
	make_link(harness, "self/ns/pid", pid_namespace);
}

static void processes(void **state)
{
	static const struct {
		const char *netns, *cgroup;
		bool binds;
	} cases[] = {
		{ "net:[1002]", POD, true },
		{ "net:[1002]", "12:pids:/kubepods/pod" UUID "/5a32\n1:name=systemd:/kubepods/pod" UUID "/5a32\n", true },
		{ "net:[1003]", POD, false },		   /* it went elsewhere, or the pid is another's */
		{ "net:[10020]", POD, false },
		{ NULL, POD, false },			   /* it has ended */
		{ "net:[1002]", NULL, false },
		{ "net:[1002]", "", false },
		{ "net:[1002]", "0::/system.slice/docker.service\n", false },
		{ "net:[1002]", "0::/kubepods/burstable/pod" UUID, false }, /* cut */
	};
	struct harness *harness = *state;
	char pid[16];
	size_t i;

	make_self(harness, "pid:[4026531836]");
	open_source(harness, "cgroup", "");
	expect_log(harness, UP);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(pid, sizeof(pid), "%zu", 100 + i);
		make_process(harness, pid, cases[i].netns, cases[i].cgroup);
		assert_int_equal(source_nudge(harness->source, 1002, 100 + (uint32_t)i), 0);
		assert_string_equal(harness->log, cases[i].binds ? BOUND : "");
		harness->log[0] = '\0';
	}
	assert_int_equal(source_nudge(harness->source, 1002, 99), 0); /* no such process */
	assert_int_equal(source_nudge(harness->source, 0, 100), 0);
	assert_string_equal(harness->log, "");
}

/* All of a file that the kernel would not write: what fits is read, and a line that does not end is none. */
static void long_file(void **state)
{
	struct harness *harness = *state;
	char text[20000];

	make_self(harness, "pid:[4026531836]");
	open_source(harness, "cgroup", "");
	expect_log(harness, UP);
	memset(text, 'x', sizeof(text));
	memcpy(text, POD, strlen(POD));
	text[sizeof(text) - 1] = '\0';
	make_process(harness, "1", "net:[1002]", text);
	assert_int_equal(source_nudge(harness->source, 1002, 1), 0);
	assert_string_equal(harness->log, BOUND);
	harness->log[0] = '\0';
	memcpy(text + 16384 - 20, "\n" POD, strlen("\n" POD));
	memset(text, 'x', strlen(POD));
	make_process(harness, "2", "net:[1002]", text);
	assert_int_equal(source_nudge(harness->source, 1002, 2), 0);
	assert_string_equal(harness->log, "");
}

static void holds_nothing(void **state)
{
	struct harness *harness = *state;
	int before, after;

	make_self(harness, "pid:[4026531836]");
	open_source(harness, "cgroup", "");
	expect_log(harness, UP);
	make_process(harness, "1", "net:[1002]", POD);
	before = dup(0);
	close(before);
	for (int i = 0; i < 50; i++)
		assert_int_equal(source_nudge(harness->source, 1002, 1), 0);
	after = dup(0);
	close(after);
	assert_int_equal(after, before);
}

static void unusable(void **state)
{
	struct harness *harness = *state;
	char expected[512];

	snprintf(expected, sizeof(expected),
		 "down %s is no proc file system; mount the node's /proc there\n", harness->directory);
	open_source(harness, "cgroup", "");
	expect_log(harness, expected);
	source_close(harness->source);
	harness->source = NULL;
	make_self(harness, "pid:[4026532201]");
	open_source(harness, "cgroup", "");
	expect_log(harness, "down this is not the node's own pid namespace: its processes go by other numbers here; "
			    "run with hostPID: true, or --pid=host\n");
}

static void checked(void **state)
{
	struct harness *harness = *state;
	struct checks checks = { 0 };
	char spec[128];

	snprintf(spec, sizeof(spec), "cgroup:%s", harness->directory);
	assert_int_equal(source_check(spec, &checks), 0);
	make_self(harness, "pid:[4026531836]");
	assert_int_equal(source_check(spec, &checks), 0);
	assert_int_equal(checks.count, 2);
	assert_int_equal(checks.items[0].answer, CHECK_NO);
	assert_string_equal(checks.items[0].remedy, "mount the node's /proc there");
	assert_int_equal(checks.items[1].answer, CHECK_YES);
	assert_string_equal(checks.items[1].detail, "says whose a netns is by the cgroups of its processes");
	checks_free(&checks);
}

/* The others have no use for it. */
static void others(void **state)
{
	struct harness *harness = *state;

	open_source(harness, "cni", "");
	harness->log[0] = '\0';
	assert_int_equal(source_nudge(harness->source, 1002, 1), 0);
	assert_string_equal(harness->log, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, harness_setup, harness_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(processes), TEST(long_file), TEST(holds_nothing), TEST(unusable), TEST(checked), TEST(others),
	};

	return cmocka_run_group_tests_name("source_cgroup", tests, NULL, NULL);
}
