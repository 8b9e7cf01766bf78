/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the path leads that a CNI plugin was called with: as it sees it, as its caller does where it has ended, and not at
 * all where both have.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cni_netns.h"

/* A process that has ended, and is not forgotten yet: its number is nobody else's. */
static pid_t ended_process(void)
{
	pid_t pid = fork();
	siginfo_t info;

	if (!pid)
		_exit(0);
	assert_true(pid > 0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	return pid;
}

static uint32_t own_inum(void)
{
	struct stat file;

	assert_int_equal(stat("/proc/self/ns/net", &file), 0);
	return (uint32_t)file.st_ino;
}

static void look(void **state)
{
	const pid_t ended = ended_process();
	const uint32_t here = (uint32_t)getpid(), gone = (uint32_t)ended;
	const struct {
		uint32_t pid, parent;
		const char *path;
		uint32_t inum;
		int error;
		bool from_afar; /* what /proc has are other processes */
	} rows[] = {
		{ here, gone, "/proc/1/../self/ns/net", own_inum(), 0, false },
		{ gone, here, "/proc/1/../self/ns/net", own_inum(), 0, false },
		{ gone, gone, "/proc/1/../self/ns/net", 0, -ESRCH, false },
		{ here, gone, "/run/no such file", 0, -ENOENT, false },
		/* The caller may have unmounted it when the plugin had ended. */
		{ gone, here, "/run/no such file", 0, -ESRCH, false },
		{ gone, here, "/etc/passwd", 0, -ESRCH, false },
		{ gone, gone, "/run/no such file", 0, -ESRCH, false },
		{ here, here, "/etc/passwd", 0, -ENOTTY, false },
		{ here, here, "relative", 0, -EINVAL, false },
		/* Our own mounts may be others than the plugin's. */
		{ gone, gone, "/proc/1/../self/ns/net", own_inum(), 0, true },
		{ here, here, "/run/no such file", 0, -ESRCH, true },
		{ here, here, "/etc/passwd", 0, -ESRCH, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nns_cni_exec exec = { .pid = rows[i].pid, .parent_pid = rows[i].parent, .started = 5 };
		struct input_cni_netns found;

		snprintf(exec.netns_path, sizeof(exec.netns_path), "%s", rows[i].path);
		found = cni_netns_look(&exec, !rows[i].from_afar);
		assert_int_equal(found.pid, rows[i].pid);
		assert_int_equal(found.started, 5);
		assert_int_equal(found.inum, rows[i].inum);
		assert_int_equal(found.error, rows[i].error);
	}
	assert_int_equal(waitpid(ended, NULL, 0), ended);
}

/* Half a path leads to another file, or to none. */
static void look_at_what_was_cut(void **state)
{
	struct nns_cni_exec exec = { .pid = (uint32_t)getpid(), .flags = NNS_CNI_CUT };

	(void)state;
	memset(exec.netns_path, '/', sizeof(exec.netns_path) - 1);
	assert_int_equal(cni_netns_look(&exec, true).error, -ENAMETOOLONG);
	/* Another text was. */
	strcpy(exec.netns_path, "/proc/1/../self/ns/net");
	assert_int_equal(cni_netns_look(&exec, true).inum, own_inum());
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(look), cmocka_unit_test(look_at_what_was_cut) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
