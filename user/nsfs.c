// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "nsfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "util.h"

uint32_t nsfs_inum(int fd)
{
	struct stat file;

	return fstat(fd, &file) < 0 ? 0 : (uint32_t)file.st_ino;
}

/* A path may lead to anything by now: a device is not to be opened for good, nor to make us wait. */
static int find_place(const char *path, uint32_t inum)
{
	CLEANUP(close_descriptor) int place = open(path, O_PATH | O_CLOEXEC);
	struct statfs system;

	if (place < 0 || fstatfs(place, &system) < 0)
		return -errno;
	if (system.f_type != NSFS_MAGIC || nsfs_inum(place) != inum)
		return -ESTALE;
	return take_descriptor(&place);
}

int nsfs_look(const char *path, uint32_t inum)
{
	CLEANUP(close_descriptor) int place = find_place(path, inum);

	return place < 0 ? place : 0;
}

int nsfs_open(const char *path, uint32_t inum)
{
	CLEANUP(close_descriptor) int place = find_place(path, inum);
	char again[64];
	int fd;

	if (place < 0)
		return place;
	snprintf(again, sizeof(again), "/proc/self/fd/%d", place);
	fd = open(again, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int nsfs_open_by_socket(uint32_t pid, uint32_t fd, uint32_t inum)
{
	CLEANUP(close_descriptor) int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	CLEANUP(close_descriptor) int socket = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	int netns = socket < 0 ? -1 : ioctl(socket, SIOCGSKNS);

	if (netns < 0)
		return -errno;
	if (nsfs_inum(netns) == inum)
		return netns;
	close(netns);
	return -ESTALE;
}
