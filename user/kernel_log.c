// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "kernel_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "kmsg.h"
#include "loop.h"
#include "util.h"

struct kernel_log {
	struct loop *loop;
	input_fn input;
	void *ctx;
	int fd;
};

bool kernel_log_parse(struct kernel_log_wait *ret, const char *record)
{
	const char *text = strchr(record, ';');
	struct kernel_log_wait wait = { 0 };

	if (!text || sscanf(record, "%*u,%*u,%" SCNu64, &wait.time) != 1 ||
	    sscanf(text, ";unregister_netdevice: waiting for %63s to become free. Usage count = %d", wait.device, &wait.usage) != 2)
		return false;
	wait.time *= 1000;
	*ret = wait;
	return true;
}

static int tell(const struct kernel_log *log, const char *record)
{
	struct kernel_log_wait wait;
	struct input input = { .kind = INPUT_KERNEL_LOG, .time = loop_now() };

	if (!kernel_log_parse(&wait, record))
		return 0;
	input.kernel_log = (struct input_kernel_log){ .device = wait.device, .usage = wait.usage };
	return log->input(log->ctx, &input);
}

static int on_log(void *ctx, uint32_t events)
{
	const struct kernel_log *log = ctx;
	char record[KMSG_BYTES];
	int more, err = 0;

	(void)events;
	while (!err && (more = kmsg_read(log->fd, record)) > 0)
		err = tell(log, record);
	if (!err && more < 0)
		loop_remove(log->loop, log->fd);
	return err;
}

bool kernel_log_last(struct kernel_log_wait *ret, uint64_t since)
{
	CLEANUP(close_descriptor) int fd = kmsg_open(KMSG);
	char record[KMSG_BYTES];
	bool found = false;

	while (fd >= 0 && kmsg_read(fd, record) > 0)
		found |= kernel_log_parse(ret, record) && ret->time >= since;
	return found;
}

int kernel_log_open(struct kernel_log **ret, struct loop *loop, input_fn input, void *ctx)
{
	CLEANUP(close_descriptor) int fd = kmsg_open(KMSG);
	struct kernel_log *log;
	int err;

	if (fd < 0)
		return fd;
	if (lseek(fd, 0, SEEK_END) < 0)
		return -errno;
	log = calloc(1, sizeof(*log));
	if (!log)
		return -ENOMEM;
	*log = (struct kernel_log){ .loop = loop, .input = input, .ctx = ctx, .fd = fd };
	err = loop_add(loop, fd, EPOLLIN, on_log, log);
	if (err) {
		free(log);
		return err;
	}
	take_descriptor(&fd);
	*ret = log;
	return 0;
}

void kernel_log_close(struct kernel_log *log)
{
	if (!log)
		return;
	loop_remove(log->loop, log->fd);
	close(log->fd);
	free(log);
}
