/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "on_demand.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "http.h"
#include "say.h"
#include "util.h"

#define NODE_ROOT "/proc/1/root"
#define COPY_OF_NODE "/host" /* where kubectl debug mounts it */
#define ENDING "/dev/termination-log" /* what stands there becomes the message of the container's status */
#define BEGIN_PATIENCE_MS 60000

const char *on_demand_refused(const struct options *options, enum command command)
{
	const struct {
		const char *name, *value;
	} writing[] = {
		/* The others only read it. */
		{ "--state", command == COMMAND_TRACE ? options->state : NULL },
		{ "--output", options->output },   { "--record", options->record },
		{ "--out-dir", options->out_dir }, { "--ready-file", options->ready_file },
		{ "--metrics", options->metrics },
	};

	for (size_t i = 0; i < ARRAY_SIZE(writing); i++)
		if (writing[i].value)
			return writing[i].name;
	return NULL;
}

/* --- the node's file system --- */

static int mount_namespace(ino_t *ret, const char *path)
{
	struct stat file;

	if (stat(path, &file) < 0)
		return -errno;
	*ret = file.st_ino;
	return 0;
}

/* On the node itself /host is somebody's own. */
static int is_on_node(bool *ret)
{
	ino_t own = 0, node = 0;
	int err = mount_namespace(&own, "/proc/self/ns/mnt");

	if (!err)
		err = mount_namespace(&node, "/proc/1/ns/mnt");
	*ret = own == node;
	return err;
}

/* Made private first, so that this reaches nobody else, whatever its propagation was. */
static int let_go_of_copy(void)
{
	if (mount(NULL, COPY_OF_NODE, NULL, MS_REC | MS_PRIVATE, NULL) < 0 || umount2(COPY_OF_NODE, MNT_DETACH) < 0)
		return errno == EINVAL || errno == ENOENT ? 0 : -errno; /* there is none */
	return 0;
}

static int move_to_node(void)
{
	/* What is loaded later would be the node's. Without it, what needs it says so. */
	http_prepare();
	return chroot(NODE_ROOT) < 0 || chdir("/") < 0 ? -errno : 0;
}

/* --- who asked --- */

/* Its first byte. */
static int wait_for_begin(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char byte;
	ssize_t length;
	int ready = poll(&input, 1, BEGIN_PATIENCE_MS);

	if (ready < 0)
		return -errno;
	length = ready ? read(STDIN_FILENO, &byte, 1) : 0;
	return length < 0 ? -errno : ready && length ? 0 : -ECANCELED;
}

struct watch {
	pid_t child;
	int signals;
	int ending;
	int status;
	bool ended;
};

/* Not all may have arrived that was printed before: whose connection was lost is to know that it was cut. */
static void on_input_end(struct watch *watch)
{
	static const char cut[] = "stdin ended\n";

	if (watch->ending >= 0 && write(watch->ending, cut, sizeof(cut) - 1) < 0)
		say("--on-demand: cannot write %s: %s", ENDING, strerror(errno));
	kill(watch->child, SIGTERM);
}

static void on_signal(struct watch *watch)
{
	struct signalfd_siginfo info;
	int status;

	if (read(watch->signals, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo != SIGCHLD) {
		kill(watch->child, (int)info.ssi_signo);
	} else if (waitpid(watch->child, &status, WNOHANG) == watch->child) {
		watch->ended = true;
		watch->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

static int watch_child(struct watch *watch)
{
	struct pollfd polled[] = { { .fd = watch->signals, .events = POLLIN }, { .fd = STDIN_FILENO, .events = POLLIN } };
	char bytes[64];

	while (!watch->ended) {
		if (poll(polled, ARRAY_SIZE(polled), -1) < 0 && errno != EINTR)
			return -errno;
		if (polled[0].revents)
			on_signal(watch);
		if (polled[1].revents && read(STDIN_FILENO, bytes, sizeof(bytes)) <= 0) {
			polled[1].fd = -1;
			on_input_end(watch);
		}
	}
	return 1;
}

/* --- one process for the command, one that watches --- */

static int become_child(const sigset_t *before, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	/* A session that nobody watches any more is not to go on. */
	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		return -errno;
	close(null);
	if (getppid() != parent)
		return -ESRCH;
	return sigprocmask(SIG_SETMASK, before, NULL) < 0 ? -errno : 0;
}

static int divide(struct watch *watch)
{
	pid_t parent = getpid();
	sigset_t set, before;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, &before) < 0)
		return -errno;
	watch->signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (watch->signals < 0)
		return -errno;
	watch->child = fork();
	if (watch->child < 0)
		return -errno;
	if (watch->child)
		return watch_child(watch);
	return become_child(&before, parent);
}

/* What could not be done. */
static int become_part_of_node(const char **doing)
{
	bool on_node = false;
	int err;

	*doing = "look at the node's first process; the pod wants hostPID and the profile sysadmin";
	err = is_on_node(&on_node);
	if (!err && !on_node) {
		*doing = "let go of " COPY_OF_NODE ", a copy of the node's mounts";
		err = let_go_of_copy();
	}
	if (!err) {
		*doing = "enter " NODE_ROOT;
		err = move_to_node();
	}
	return err;
}

int on_demand_begin(int *ret_status)
{
	struct watch watch = { .signals = -1, .ending = open(ENDING, O_WRONLY | O_CLOEXEC) };
	const char *doing;
	int err = become_part_of_node(&doing), begun = wait_for_begin();

	/* Before that, nobody would have read it. */
	if (!err && begun) {
		doing = "begin: who asked for this session is gone";
		err = begun;
	}
	if (!err) {
		doing = "start";
		err = divide(&watch);
	}
	if (err < 0)
		say("--on-demand: cannot %s: %s", doing, strerror(-err));
	else if (err)
		*ret_status = watch.status;
	/* Of the process for the command, both are closed. */
	close_descriptor(&watch.signals);
	close_descriptor(&watch.ending);
	return err;
}
