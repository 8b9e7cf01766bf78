/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What processes have open of a netns.
 *
 * A descriptor of a netns says so in its link.  A socket's link has its own number and not its netns's: the socket itself
 * must be asked, through a copy of the descriptor (pidfd_getfd, Linux 5.6), which takes what ptrace takes.  Most belong to
 * the netns of their process, and their cookie says so; for one that does not, a descriptor of its netns says which.
 */
#include "proc_scan_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif

struct process {
	struct proc_scan *scan;
	uint32_t pid, inum;
	unsigned int what;
	int pidfd;	 /* -1: not opened yet; -2: it cannot be */
	uint64_t cookie; /* of the netns where its first socket was; with own_inum */
	uint32_t cookie_inum;
	bool unread; /* some of its descriptors could not be looked at */
};

static struct proc_file *add_file(struct process *process, uint32_t inum, uint32_t fd)
{
	struct proc_scan *scan = process->scan;
	struct proc_file *file = proc_scan_add((void **)&scan->files, &scan->file_count, &scan->file_capacity, sizeof(*file));

	if (file)
		*file = (struct proc_file){ .inum = inum, .pid = process->pid, .fd = fd };
	return file;
}

static int copy_descriptor(struct process *process, uint32_t fd)
{
	if (process->pidfd == -1) {
		process->pidfd = (int)syscall(SYS_pidfd_open, process->pid, 0);
		process->pidfd = process->pidfd < 0 ? -2 : process->pidfd;
	}
	return process->pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process->pidfd, fd, 0);
}

/* 0: it cannot be told. */
static uint32_t ask_inum(int socket)
{
	CLEANUP(close_descriptor) int netns = ioctl(socket, SIOCGSKNS);
	struct stat file;

	return netns < 0 || fstat(netns, &file) < 0 ? 0 : (uint32_t)file.st_ino;
}

static uint32_t netns_of_socket(struct process *process, int socket)
{
	uint64_t cookie = 0;
	socklen_t size = sizeof(cookie);

	if (getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) < 0)
		return ask_inum(socket);
	if (!process->cookie_inum || cookie != process->cookie) {
		process->cookie = cookie;
		process->cookie_inum = ask_inum(socket);
	}
	return process->cookie_inum;
}

static uint16_t option_of(int socket, int option)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(socket, SOL_SOCKET, option, &value, &size) < 0 ? 0 : (uint16_t)value;
}

static int take_socket(struct process *process, uint32_t fd)
{
	CLEANUP(close_descriptor) int socket = copy_descriptor(process, fd);
	struct proc_file *file;
	uint32_t inum;

	if (socket < 0) {
		process->scan->unread_sockets += errno == EPERM || errno == EACCES || errno == ENOSYS;
		return 0;
	}
	inum = netns_of_socket(process, socket);
	process->scan->unread_sockets += !inum;
	if (!inum || inum == process->inum)
		return 0;
	file = add_file(process, inum, fd);
	if (!file)
		return -ENOMEM;
	file->is_socket = true;
	file->family = option_of(socket, SO_DOMAIN);
	file->type = option_of(socket, SO_TYPE);
	file->protocol = option_of(socket, SO_PROTOCOL);
	return 0;
}

static int take_descriptor_of(struct process *process, int directory, const char *name)
{
	uint32_t fd = (uint32_t)strtoul(name, NULL, 10), inum;
	char target[64];
	ssize_t length = readlinkat(directory, name, target, sizeof(target) - 1);

	if (length < 0) {
		process->unread |= errno == EACCES || errno == EPERM;
		return 0;
	}
	target[length] = '\0';
	if (process->what & PROC_SOCKETS && !strncmp(target, "socket:", 7))
		return take_socket(process, fd);
	inum = process->what & PROC_FILES ? proc_link_inum(target, "net") : 0;
	return inum && !add_file(process, inum, fd) ? -ENOMEM : 0;
}

int proc_scan_files(struct proc_scan *scan, int process, uint32_t pid, uint32_t inum, unsigned int what)
{
	struct process reading = { .scan = scan, .pid = pid, .inum = inum, .what = what, .pidfd = -1 };
	struct dirent *entry;
	DIR *directory;
	int fd, err = 0;

	/* What this process has open is by its own looking. */
	if ((uint32_t)getpid() == pid)
		return 0;
	fd = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory) {
		scan->unread_files += fd < 0 && (errno == EACCES || errno == EPERM);
		close_descriptor(&fd);
		return 0;
	}
	while (!err && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			err = take_descriptor_of(&reading, dirfd(directory), entry->d_name);
	closedir(directory);
	scan->unread_files += reading.unread;
	close_descriptor(&reading.pidfd);
	return err;
}
