/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "privileges.h"
#include "say.h"
#include "syscalls.h"
#include "util.h"

/* --- files of other users --- */

/* With the capabilities that it has now: NULL, or what is not there, is no reason for more. */
static bool may_use(const char *path, int mode)
{
	return !path || !faccessat(AT_FDCWD, path, mode, AT_EACCESS) || errno != EACCES;
}

/* A file that is written, beside itself as well, or made. */
static bool may_write(const char *path)
{
	CLEANUP(free_pointer) char *directory = path ? strdup(path) : NULL;
	char *slash = directory ? strrchr(directory, '/') : NULL;

	if (!path)
		return true;
	if (slash)
		slash[slash == directory ? 1 : 0] = '\0';
	return may_use(path, W_OK) && may_use(slash ? directory : ".", W_OK | X_OK);
}

/* "podman:/run/user/1000/podman/podman.sock": a socket that is connected to is written to. */
static bool may_ask(const char *source)
{
	const char *path = strchr(source, ':');
	static const char *const of_sockets[] = { "cri", "docker", "podman" };

	for (size_t i = 0; path && i < ARRAY_SIZE(of_sockets); i++)
		if (strlen(of_sockets[i]) == (size_t)(path - source) && !strncmp(source, of_sockets[i], (size_t)(path - source)))
			return may_use(path + 1 + (strncmp(path + 1, "unix://", 7) ? 0 : 7), W_OK);
	return true;
}

/* Root may write everywhere, and its commands are used so: of files of other users, with CAP_DAC_OVERRIDE alone. */
static bool may_use_all(const struct options *options)
{
	static const char unix_socket[] = "unix:";
	const char *metrics = options->metrics && !strncmp(options->metrics, unix_socket, strlen(unix_socket)) ?
				      options->metrics + strlen(unix_socket) : NULL;
	bool may = may_write(options->output) && may_write(options->state) && may_write(options->record) &&
		   may_write(options->ready_file) && may_write(metrics) && may_write(options->out_dir) &&
		   may_use(options->out_dir, W_OK | X_OK);

	for (size_t i = 0; may && i < options->pods.count; i++)
		may = may_ask(options->pods.items[i]);
	return may;
}

/* What CAP_DAC_READ_SEARCH does not open: the way through another process's /proc/PID/root, as to a node's files from a pod. */
static bool may_reach_all(const struct options *options)
{
	return may_use(options->argument, F_OK) && may_use(options->replay, F_OK) && may_use(options->output, F_OK);
}

/* With the capabilities that it has now. */
static uint64_t wanted_by_files(const struct options *options)
{
	return privileges_of((may_use_all(options) ? 0 : PRIVILEGE_WRITE) | (may_reach_all(options) ? 0 : PRIVILEGE_REACH));
}

/* --- what is left --- */

static uint64_t wanted_of(unsigned int phases)
{
	const uint64_t parts = CAPABILITY_BIT(CAP_BPF) | CAPABILITY_BIT(CAP_PERFMON);
	uint64_t wanted = privileges_of(phases), held;

	if (wanted & parts && !privileges_held(&held) && (held & parts) != parts)
		wanted |= CAPABILITY_BIT(CAP_SYS_ADMIN);
	return wanted;
}

static void keep(const struct options *options, unsigned int phases)
{
	uint64_t wanted = wanted_of(phases);
	int err = privileges_try(wanted);

	if (!err)
		err = privileges_keep(wanted | wanted_by_files(options));
	if (err)
		say("cannot give up the capabilities that are not needed: %s; it goes on with them", strerror(-err));
}

static void limit(const struct options *options, unsigned int phases)
{
	int err = options->seccomp == SECCOMP_NEVER ? 0 : syscalls_limit(phases);

	if (err)
		say("cannot set a filter of system calls (seccomp): %s; it goes on without; --seccomp never leaves it out",
		    strerror(-err));
}

/* 0: the command confines itself, or asks what it may. */
static unsigned int phases_of(const struct options *options, enum command command)
{
	if (command & (COMMAND_LIST | COMMAND_EXPLAIN | COMMAND_AUDIT))
		return PRIVILEGE_LOOK;
	return command & (COMMAND_REPLAY | COMMAND_REPORT) || (command & COMMAND_TOP && options->replay) ? PRIVILEGE_REPLAY : 0;
}

void confine_command(const struct options *options, enum command command)
{
	unsigned int phases = phases_of(options, command);

	if (!phases)
		return;
	keep(options, phases);
	limit(options, phases);
}

void confine_session(const struct options *options, bool on_screen)
{
	unsigned int phases = PRIVILEGE_RUN | (on_screen ? PRIVILEGE_LOOK : 0);

	keep(options, phases);
	limit(options, phases);
}
