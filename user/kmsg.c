// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int kmsg_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : fd;
}

int kmsg_read(int fd, char record[static KMSG_BYTES])
{
	for (;;) {
		ssize_t length = read(fd, record, KMSG_BYTES - 1);

		/* EPIPE: what came was overwritten before it was read, and the next read gives the oldest that is left. */
		if (length < 0 && (errno == EINTR || errno == EPIPE))
			continue;
		if (length <= 0)
			return length < 0 && errno != EAGAIN ? -errno : 0;
		record[length] = '\0';
		return 1;
	}
}
