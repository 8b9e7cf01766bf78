/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "netns_path.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "util.h"

static int look(uint32_t *ret_inum, int64_t *ret_made_wall, const char *path)
{
	struct statfs fs;
	struct stat file;

	if (statfs(path, &fs) < 0)
		return -errno;
	if (fs.f_type != NSFS_MAGIC)
		return -ENOTTY;
	if (stat(path, &file) < 0)
		return -errno;
	*ret_inum = (uint32_t)file.st_ino;
	*ret_made_wall = timespec_to_ns(&file.st_mtim);
	return 0;
}

int netns_path_look(uint32_t *ret_inum, int64_t *ret_made_wall, const char *path)
{
	char through_init[PATH_MAX];
	int err;

	if (*path != '/')
		return -ENOENT;
	err = look(ret_inum, ret_made_wall, path);
	if ((err != -ENOENT && err != -ENOTTY) ||
	    snprintf(through_init, sizeof(through_init), "/proc/1/root%s", path) >= (int)sizeof(through_init))
		return err;
	return look(ret_inum, ret_made_wall, through_init) == 0 ? 0 : err;
}

int netns_path_inum(uint32_t *ret, const char *path)
{
	int64_t made_wall;

	return netns_path_look(ret, &made_wall, path);
}
