/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cni_netns.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netns_path.h"

/* A process that has ended has no root any more. */
static bool has_root(uint32_t pid)
{
	char link[64], target[8];

	snprintf(link, sizeof(link), "/proc/%" PRIu32 "/root", pid);
	return readlink(link, target, sizeof(target)) > 0;
}

/* A text as long as this was perhaps cut, and half a path is another one. */
static bool is_whole(const struct nns_cni_exec *exec)
{
	return !(exec->flags & NNS_CNI_CUT) || strnlen(exec->netns_path, NNS_CNI_PATH_LEN) < NNS_CNI_PATH_LEN - 1;
}

/* -ESRCH: this process has ended, and what was found, or not, is not what it saw. */
static int look_as(uint32_t pid, const char *path, uint32_t *ret_inum)
{
	char through[PATH_MAX];
	int error;

	if (!pid || !has_root(pid) ||
	    snprintf(through, sizeof(through), "/proc/%" PRIu32 "/root%s", pid, path) >= (int)sizeof(through))
		return -ESRCH;
	error = netns_path_inum(ret_inum, through);
	return !error || has_root(pid) ? error : -ESRCH;
}

/*
 * A plugin has its caller's mounts; one that has ended already is answered for by that.  But then only for what is still
 * there: what is not, the caller may have unmounted since.  The same goes for our own mounts, which may be others.
 */
static int look(const struct nns_cni_exec *exec, const char *path, bool by_pid, uint32_t *ret_inum)
{
	int error = by_pid ? look_as(exec->pid, path, ret_inum) : -ESRCH;

	if (error != -ESRCH)
		return error;
	error = by_pid ? look_as(exec->parent_pid, path, ret_inum) : netns_path_inum(ret_inum, path);
	return error ? -ESRCH : 0;
}

struct input_cni_netns cni_netns_look(const struct nns_cni_exec *exec, bool by_pid)
{
	struct input_cni_netns found = { .pid = exec->pid, .started = exec->started };
	char path[NNS_CNI_PATH_LEN + 1];

	snprintf(path, sizeof(path), "%.*s", NNS_CNI_PATH_LEN - 1, exec->netns_path);
	if (*path != '/')
		found.error = -EINVAL;
	else if (!is_whole(exec))
		found.error = -ENAMETOOLONG;
	else
		found.error = look(exec, path, by_pid, &found.inum);
	return found;
}
