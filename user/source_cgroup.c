/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * cgroup:PROC, the processes of the node: a netns is the pod's in whose cgroup its oldest process runs.
 *
 * It needs no API and no runtime, and waits for nothing: it is nudged with what a census told.  A process may have
 * ended since, and another may have its pid, so all is read below one descriptor of /proc/PID, which stays with the
 * process, and its netns is compared.  Nothing is opened that would hold the netns: its number is in the link.
 */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup_path.h"
#include "util.h"

/* A path has at most 4,095 bytes, and cgroup v1 has a dozen of them, which are seldom long. */
#define FILE_BYTES 16384
/* PROC_PID_INIT_INO, include/linux/proc_ns.h (proc_fs.h before): the inode number of the first pid namespace */
#define FIRST_PID_NAMESPACE "pid:[4026531836]"

struct source_cgroup {
	struct source source;
	char *proc;
};

/* Negative errno, or 1: the process's link is exactly this. */
static int link_is(int process, const char *name, const char *expected)
{
	char target[64];
	ssize_t length = readlinkat(process, name, target, sizeof(target) - 1);

	if (length < 0)
		return -errno;
	target[length] = '\0';
	return !strcmp(target, expected);
}

static int is_in_netns(int process, uint32_t inum)
{
	char expected[32];

	snprintf(expected, sizeof(expected), "net:[%u]", inum);
	return link_is(process, "ns/net", expected);
}

static ssize_t read_cgroup(int process, char text[FILE_BYTES])
{
	CLEANUP(close_descriptor) int fd = openat(process, "cgroup", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t used = 0;

	if (fd < 0)
		return -errno;
	while (used < FILE_BYTES) {
		ssize_t length = read(fd, text + used, FILE_BYTES - used);

		if (length < 0)
			return -errno;
		if (!length)
			break;
		used += (size_t)length;
	}
	return (ssize_t)used;
}

/* 1: uid is that of the pod that the process is of, and it is in the netns.  0: not, or it has ended. */
static int look(const struct source_cgroup *cgroup, uint32_t inum, uint32_t pid, char uid[static CGROUP_UID_BYTES])
{
	char path[4096], text[FILE_BYTES];
	CLEANUP(close_descriptor) int process = -1;
	ssize_t length;

	if (snprintf(path, sizeof(path), "%s/%u", cgroup->proc, pid) >= (int)sizeof(path))
		return 0;
	process = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (process < 0 || is_in_netns(process, inum) != 1)
		return 0;
	length = read_cgroup(process, text);
	if (length < 0 || !cgroup_file_pod(text, (size_t)length, uid))
		return 0;
	/* It may have gone elsewhere meanwhile, or ended, and then its cgroup says nothing. */
	return is_in_netns(process, inum) == 1;
}

static int nudge(struct source *source, uint32_t inum, uint32_t pid)
{
	struct source_cgroup *cgroup = (struct source_cgroup *)source;
	char uid[CGROUP_UID_BYTES], key[16];
	struct input input = { .kind = INPUT_BINDING };

	if (!look(cgroup, inum, pid, uid))
		return 0;
	snprintf(key, sizeof(key), "%u", inum);
	input.binding = (struct input_binding){
		.source = source->name, .evidence = EVIDENCE_CGROUP, .key = key, .pod_uid = uid,
		.pod_namespace = "", .pod_name = "", .container_id = "", .netns_path = "",
		.netns_inum = inum, .as_of_wall = wall_now(),
	};
	return source_tell(source, &input);
}

/* Can processes be found by the pids that the kernel side tells?  Else reason says why not, and what to do. */
static bool is_usable(const char *proc, char *reason, size_t size)
{
	CLEANUP(close_descriptor) int self = -1;
	char path[4096];
	int first;

	if (snprintf(path, sizeof(path), "%s/self", proc) < (int)sizeof(path))
		self = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (self < 0) {
		snprintf(reason, size, "%.120s is no proc file system; mount the node's /proc there", proc);
		return false;
	}
	first = link_is(self, "ns/pid", FIRST_PID_NAMESPACE);
	if (first < 0)
		snprintf(reason, size, "%.120s/self/ns/pid cannot be read: %s; run as root", proc, strerror(-first));
	else if (!first)
		snprintf(reason, size,
			 "this is not the node's own pid namespace: its processes go by other numbers here; run "
			 "with hostPID: true, or --pid=host");
	return first == 1;
}

static void source_cgroup_close(struct source *source)
{
	struct source_cgroup *cgroup = (struct source_cgroup *)source;

	free(cgroup->proc);
	source_fini(source);
	free(cgroup);
}

static int begin(struct source_cgroup *cgroup)
{
	char reason[320];
	int err;

	if (!is_usable(cgroup->proc, reason, sizeof(reason)))
		return source_tell_state(&cgroup->source, SOURCE_DOWN, false, 0, reason);
	cgroup->source.wants_nudges = true;
	err = source_tell_state(&cgroup->source, SOURCE_SYNCING, false, 0, "");
	return err ? err : source_tell_state(&cgroup->source, SOURCE_SYNCED, false, wall_now(), "");
}

static int source_cgroup_open(struct source **ret, const char *argument, const struct source_context *context)
{
	struct source_cgroup *cgroup = calloc(1, sizeof(*cgroup));
	int err;

	if (!cgroup)
		return -ENOMEM;
	err = source_init(&cgroup->source, &source_cgroup, argument, context);
	cgroup->proc = strdup(argument);
	if (!err && !cgroup->proc)
		err = -ENOMEM;
	if (!err)
		err = begin(cgroup);
	if (err) {
		source_cgroup_close(&cgroup->source);
		return err;
	}
	*ret = &cgroup->source;
	return 0;
}

static int source_cgroup_check(const char *argument, struct checks *checks)
{
	char subject[sizeof(checks->items->subject)], reason[sizeof(checks->items->detail)];
	struct check *check;
	char *remedy;

	snprintf(subject, sizeof(subject), "cgroup:%s", argument);
	check = checks_add(checks, "source", CHECK_NO, false, subject);
	if (!check)
		return -ENOMEM;
	if (is_usable(argument, reason, sizeof(reason))) {
		check->answer = CHECK_YES;
		snprintf(check->detail, sizeof(check->detail), "says whose a netns is by the cgroups of its processes");
		return 0;
	}
	remedy = strrchr(reason, ';');
	if (remedy) {
		*remedy = '\0';
		snprintf(check->remedy, sizeof(check->remedy), "%s", remedy + 2);
	}
	snprintf(check->detail, sizeof(check->detail), "%s", reason);
	return 0;
}

static bool source_cgroup_available(const char **ret_argument, char reason[static SOURCE_REASON_BYTES])
{
	(void)ret_argument;
	if (!is_usable("/proc", reason, SOURCE_REASON_BYTES))
		return false;
	snprintf(reason, SOURCE_REASON_BYTES, "the node's processes can be seen");
	return true;
}

const struct source_type source_cgroup = {
	.scheme = "cgroup",
	.argument = "PROC",
	.fallback = "/proc",
	.help = "the processes of the node: whose each netns is, by the pod's uid in their cgroup's name",
	.open = source_cgroup_open,
	.close = source_cgroup_close,
	.available = source_cgroup_available,
	.nudge = nudge,
	.check = source_cgroup_check,
};
