/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "privileges.h"

#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>

#include <cap-ng.h>

#include "util.h"

#define TRACE (PRIVILEGE_LOAD | PRIVILEGE_RUN)

/*
 * What teardown waits for is looked for by a BPF program that is loaded only then, and holders by programs that are run
 * again and again: CAP_BPF and CAP_PERFMON are needed as long as trace runs.  Linux includes both in CAP_SYS_ADMIN, which
 * takes their place where one of them is missing.
 */
const struct privilege privileges[] = {
	{ CAP_BPF, "CAP_BPF", TRACE | PRIVILEGE_LOOK, true,
	  "loads and runs BPF programs", "netnsleak cannot trace; list, explain and audit go by /proc" },
	{ CAP_PERFMON, "CAP_PERFMON", TRACE | PRIVILEGE_LOOK, true,
	  "lets BPF programs read the kernel's memory, and attaches them to its functions",
	  "netnsleak cannot trace; list, explain and audit go by /proc" },
	{ CAP_SYS_RESOURCE, "CAP_SYS_RESOURCE", PRIVILEGE_LOAD | PRIVILEGE_LOOK, false,
	  "raises RLIMIT_MEMLOCK, which Linux before 5.11 counts BPF's memory by",
	  "netnsleak cannot trace there, unless that limit is high" },
	{ CAP_SYS_PTRACE, "CAP_SYS_PTRACE", TRACE | PRIVILEGE_LOOK | PRIVILEGE_REACH, false,
	  "reads in /proc of the processes of others: their netns, mounts and descriptors",
	  "no netns is bound by its processes' cgroup, and paths in other mount namespaces are not known" },
	{ CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", TRACE | PRIVILEGE_LOOK | PRIVILEGE_REPLAY, false,
	  "reads files and directories of other users, in /proc too",
	  "what other users' processes have open is not seen, nor pod sources' files that they alone may read" },
	{ CAP_SYSLOG, "CAP_SYSLOG", TRACE | PRIVILEGE_LOOK, false,
	  "reads the kernel's log, and addresses of its functions",
	  "a stuck teardown is not confirmed by the kernel's log, and the function that it hangs in is not named" },
	{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN", PRIVILEGE_LOAD | PRIVILEGE_LOOK, false,
	  "attaches kprobes where kernel.perf_event_paranoid is above 2 (Debian, Ubuntu), and enters a netns to see its routes",
	  "no kprobes where kernel.perf_event_paranoid is above 2; audit and explain do not see routes" },
	{ CAP_NET_ADMIN, "CAP_NET_ADMIN", PRIVILEGE_LOOK, false,
	  "counts packet filter rules, and asks sockets for their netns", "audit counts no rules, and without BPF a netns that only sockets hold is not seen" },
	{ CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE", PRIVILEGE_WRITE, false,
	  "writes files where only another user may, and asks such a user's sockets", "what only another user may write or ask is refused" },
};

const size_t privilege_count = ARRAY_SIZE(privileges);

uint64_t privileges_of(unsigned int phases)
{
	uint64_t set = 0;

	for (size_t i = 0; i < ARRAY_SIZE(privileges); i++)
		if (privileges[i].phases & phases)
			set |= CAPABILITY_BIT(privileges[i].capability);
	return set;
}

static uint64_t held_of(capng_type_t type)
{
	uint64_t set = 0;

	for (int i = 0; i <= CAP_LAST_CAP && i < 64; i++)
		if (capng_have_capability(type, (unsigned int)i))
			set |= CAPABILITY_BIT(i);
	return set;
}

int privileges_held(uint64_t *ret)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_get_caps_process())
		return -EPERM;
	*ret = held_of(CAPNG_EFFECTIVE);
	return 0;
}

int privileges_try(uint64_t capabilities)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_get_caps_process())
		return -EPERM;
	for (int i = 0; i <= CAP_LAST_CAP && i < 64; i++)
		if (!(capabilities & CAPABILITY_BIT(i)))
			capng_update(CAPNG_DROP, CAPNG_EFFECTIVE, (unsigned int)i);
	return capng_apply(CAPNG_SELECT_CAPS) ? -EPERM : 0;
}

/* Of those that it has; what a trial has taken is had back.  Negative errno. */
static int read_permitted(uint64_t *ret)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_get_caps_process())
		return -EPERM;
	*ret = held_of(CAPNG_PERMITTED);
	for (int i = 0; i <= CAP_LAST_CAP && i < 64; i++)
		if (*ret & CAPABILITY_BIT(i))
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, (unsigned int)i);
	return capng_apply(CAPNG_SELECT_CAPS) ? -EPERM : 0;
}

int privileges_keep(uint64_t capabilities)
{
	capng_select_t select = CAPNG_SELECT_CAPS | CAPNG_SELECT_AMBIENT;
	uint64_t permitted, kept;
	int err;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	err = read_permitted(&permitted);
	if (err)
		return err;
	kept = permitted & capabilities;
	/* Without it the bounding set stays: nothing can be gained by it, since no program that is executed may gain any. */
	if (permitted & CAPABILITY_BIT(CAP_SETPCAP))
		select |= CAPNG_SELECT_BOUNDS;
	capng_clear(CAPNG_SELECT_ALL);
	for (int i = 0; i <= CAP_LAST_CAP && i < 64; i++)
		if (kept & CAPABILITY_BIT(i))
			capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET, (unsigned int)i);
	return capng_apply(select) ? -EPERM : 0;
}

void privileges_status(struct privilege_status *ret)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];

	*ret = (struct privilege_status){ .seccomp = -1 };
	ret->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "Seccomp: %d", &ret->seccomp) == 1)
			break;
	fclose(file);
}
