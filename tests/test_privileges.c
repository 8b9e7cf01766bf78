/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privileges.h"
#include "syscalls.h"

#define ALL (PRIVILEGE_LOAD | PRIVILEGE_RUN | PRIVILEGE_LOOK | PRIVILEGE_WRITE | PRIVILEGE_REPLAY | PRIVILEGE_REACH)

/* Its bit; a name that the table does not have fails. */
static uint64_t bit_of(const char *name, size_t length)
{
	for (size_t i = 0; i < privilege_count; i++) {
		const char *known = privileges[i].name + strlen("CAP_");

		if (strlen(known) == length && !strncmp(known, name, length))
			return CAPABILITY_BIT(privileges[i].capability);
	}
	fail_msg("the table has no CAP_%.*s", (int)length, name);
	return 0;
}

static void table_says_all(void **state)
{
	uint64_t seen = 0;

	(void)state;
	for (size_t i = 0; i < privilege_count; i++) {
		assert_false(seen & CAPABILITY_BIT(privileges[i].capability));
		seen |= CAPABILITY_BIT(privileges[i].capability);
		assert_true(privileges[i].phases && !(privileges[i].phases & ~(unsigned int)ALL));
		assert_memory_equal(privileges[i].name, "CAP_", 4);
		assert_true(*privileges[i].why && *privileges[i].without);
	}
	assert_int_equal(privileges_of(ALL), seen);
	assert_int_equal(privileges_of(0), 0);
}

/* One name a line, in order of the alphabet. */
static void daemonset_grants_what_trace_needs(void **state)
{
	FILE *file = fopen("tools/deploy/capabilities", "re");
	char line[64], last[64] = "";
	uint64_t granted = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		assert_true(strcmp(last, line) < 0);
		granted |= bit_of(line, strcspn(line, "\n"));
		memcpy(last, line, sizeof(last));
	}
	fclose(file);
	assert_int_equal(granted, privileges_of(PRIVILEGE_LOAD | PRIVILEGE_RUN));
}

/* The unit raises RLIMIT_MEMLOCK itself. */
static void unit_bounds_what_trace_needs(void **state)
{
	static const char key[] = "CapabilityBoundingSet=";
	FILE *file = fopen("tools/systemd/netnsleak.service.in", "re");
	bool limit_is_raised = false;
	uint64_t bounds = 0;
	char line[512], *rest, *word;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		limit_is_raised |= !strcmp(line, "LimitMEMLOCK=infinity\n");
		if (strncmp(line, key, strlen(key)))
			continue;
		rest = line + strlen(key);
		while ((word = strsep(&rest, " \n")))
			if (*word)
				bounds |= bit_of(word + strlen("CAP_"), strlen(word) - strlen("CAP_"));
	}
	fclose(file);
	assert_true(limit_is_raised);
	assert_int_equal(bounds, privileges_of(PRIVILEGE_LOAD | PRIVILEGE_RUN) & ~CAPABILITY_BIT(CAP_SYS_RESOURCE));
}

/* "trace at its start; list, explain, audit" */
static const char *needed_by(unsigned int phases)
{
	switch (phases) {
	case PRIVILEGE_LOAD | PRIVILEGE_RUN | PRIVILEGE_LOOK | PRIVILEGE_REPLAY:
		return "trace; list, explain, audit; replay, report";
	case PRIVILEGE_LOAD | PRIVILEGE_RUN | PRIVILEGE_LOOK | PRIVILEGE_REACH:
		return "trace; list, explain, audit; replay, report by `/proc/PID/root`";
	case PRIVILEGE_LOAD | PRIVILEGE_RUN | PRIVILEGE_LOOK:
		return "trace; list, explain, audit";
	case PRIVILEGE_LOAD | PRIVILEGE_LOOK:
		return "trace at its start; list, explain, audit";
	case PRIVILEGE_LOOK:
		return "list, explain, audit";
	case PRIVILEGE_WRITE:
		return "where a file needs it";
	}
	fail_msg("no words for the phases %u", phases);
	return NULL;
}

static void readme_has_the_table(void **state)
{
	FILE *file = fopen("README.md", "re");
	char line[1024], row[1024];
	size_t found = 0, rows = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		rows += !strncmp(line, "| `CAP_", strlen("| `CAP_"));
		for (size_t i = 0; i < privilege_count; i++) {
			const struct privilege *privilege = &privileges[i];

			snprintf(row, sizeof(row), "| `%s` | %s | %s | %s |\n", privilege->name, needed_by(privilege->phases),
				 privilege->why, privilege->without);
			found += !strcmp(line, row);
		}
	}
	fclose(file);
	assert_int_equal(found, privilege_count);
	assert_int_equal(rows, privilege_count);
}

/* --- in processes of their own, since nothing gives back what is given up --- */

static void in_child(int (*run)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child)
		_exit(run());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define EXPECT(condition) \
	if (!(condition)) \
	return __LINE__ % 250 + 1 /* which one it was */

static int gives_up(void)
{
	const uint64_t wanted = CAPABILITY_BIT(CAP_NET_ADMIN) | CAPABILITY_BIT(CAP_SYSLOG);
	struct privilege_status status;
	uint64_t held, before;

	EXPECT(!privileges_held(&before));
	EXPECT(!privileges_try(0));
	EXPECT(!privileges_held(&held) && !held);
	EXPECT(!privileges_keep(wanted));
	EXPECT(!privileges_held(&held) && held == (before & wanted));
	EXPECT(!(before & CAPABILITY_BIT(CAP_SETPCAP)) || !prctl(PR_CAPBSET_READ, CAP_CHOWN, 0, 0, 0));
	EXPECT(!privileges_keep(UINT64_MAX));
	EXPECT(!privileges_held(&held) && held == (before & wanted));
	privileges_status(&status);
	EXPECT(status.no_new_privs);
	return 0;
}

static void what_is_given_up_is_gone(void **state)
{
	(void)state;
	in_child(gives_up);
}

static void *add_one(void *ctx)
{
	++*(int *)ctx;
	return NULL;
}

/* What it does all the time works; what it never does is refused, in any thread, and kills nobody. */
static int is_limited(unsigned int phases)
{
	const bool looks = phases == PRIVILEGE_LOOK, replays = phases == PRIVILEGE_REPLAY;
	int ran = 0, pair[2];
	char *const none[] = { NULL };
	struct privilege_status status;
	pthread_t thread;

	EXPECT(syscalls_supported() == 1);
	EXPECT(!privileges_keep(UINT64_MAX));
	EXPECT(!syscalls_limit(phases));
	privileges_status(&status);
	EXPECT(status.seccomp == 2);
	EXPECT(!pthread_create(&thread, NULL, add_one, &ran) && !pthread_join(thread, NULL) && ran == 1);
	EXPECT(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	EXPECT((socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 && errno == ENOSYS) == replays);
	EXPECT((socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 && errno == ENOSYS) == replays);
	EXPECT(syscall(SYS_bpf, -1, NULL, 0) < 0 && (errno == ENOSYS) == replays);
	EXPECT(socket(AF_PACKET, SOCK_RAW, 0) < 0 && errno == ENOSYS);
	EXPECT(execve("/bin/true", none, none) < 0 && errno == ENOSYS);
	EXPECT(syscall(SYS_mount, "a", "b", "c", 0, NULL) < 0 && errno == ENOSYS);
	EXPECT(syscall(SYS_unshare, 0) < 0 && errno == ENOSYS);
	EXPECT(syscall(SYS_clone, CLONE_NEWNET | 17, 0, 0, 0, 0) < 0 && errno == ENOSYS);
	EXPECT(syscall(SYS_setns, -1, CLONE_NEWNS) < 0 && errno == ENOSYS);
	EXPECT(syscall(SYS_setns, -1, CLONE_NEWNET) < 0 && errno == (looks ? EBADF : ENOSYS));
	EXPECT(syscall(SYS_pidfd_open, -1, 0) < 0 && errno == (looks ? EINVAL : ENOSYS));
	return 0;
}

static int trace_is_limited(void)
{
	return is_limited(PRIVILEGE_RUN);
}

static int looking_is_limited(void)
{
	return is_limited(PRIVILEGE_LOOK);
}

static int replay_is_limited(void)
{
	return is_limited(PRIVILEGE_REPLAY);
}

static void other_calls_are_refused(void **state)
{
	(void)state;
	in_child(trace_is_limited);
	in_child(looking_is_limited);
	in_child(replay_is_limited);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_says_all),
		cmocka_unit_test(daemonset_grants_what_trace_needs),
		cmocka_unit_test(unit_bounds_what_trace_needs),
		cmocka_unit_test(readme_has_the_table),
		cmocka_unit_test(what_is_given_up_is_gone),
		cmocka_unit_test(other_calls_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
