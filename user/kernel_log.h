/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The kernel's log, as far as it says that the teardown of a netns waits: each such line becomes an INPUT_KERNEL_LOG.
 */
#ifndef NETNSLEAK_KERNEL_LOG_H
#define NETNSLEAK_KERNEL_LOG_H

#include <stdbool.h>

#include "input.h"

struct loop;

struct kernel_log_wait {
	uint64_t time; /* ns since boot, without the time that the machine slept */
	char device[64];
	int32_t usage;
};

/*
 * A record of /dev/kmsg, "6,1234,15972294,-;unregister_netdevice: waiting for eth0 to become free. Usage count = 2", with or
 * without the newline and what follows it.  false: it says something else.
 */
bool kernel_log_parse(struct kernel_log_wait *ret, const char *record);

/* The last of what it has said since `since`, as struct kernel_log_wait has it.  false: nothing, or it cannot be read. */
bool kernel_log_last(struct kernel_log_wait *ret, uint64_t since);

struct kernel_log;

/* Reads what comes from now on.  -EPERM, -EACCES, -ENOENT: /dev/kmsg is not for us, or not there.  -ENOMEM. */
int kernel_log_open(struct kernel_log **ret, struct loop *loop, input_fn input, void *ctx);
void kernel_log_close(struct kernel_log *log); /* NULL is fine */

#endif
