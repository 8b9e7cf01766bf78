/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "netns_path.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>

static int look(uint32_t *ret, const char *path)
{
	struct statfs fs;
	struct stat file;

	if (statfs(path, &fs) < 0)
		return -errno;
	if (fs.f_type != NSFS_MAGIC)
		return -ENOTTY;
	if (stat(path, &file) < 0)
		return -errno;
	*ret = (uint32_t)file.st_ino;
	return 0;
}

int netns_path_inum(uint32_t *ret, const char *path)
{
	char through_init[PATH_MAX];
	int err;

	if (*path != '/')
		return -ENOENT;
	err = look(ret, path);
	if ((err != -ENOENT && err != -ENOTTY) ||
	    snprintf(through_init, sizeof(through_init), "/proc/1/root%s", path) >= (int)sizeof(through_init))
		return err;
	return look(ret, through_init) == 0 ? 0 : err;
}
