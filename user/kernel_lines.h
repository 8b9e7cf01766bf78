/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel log says of netns: /dev/kmsg, as far back as it goes.
 */
#ifndef NETNSLEAK_KERNEL_LINES_H
#define NETNSLEAK_KERNEL_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Lines that say the same but for numbers are one. */
struct kernel_line {
	char *text; /* owned; the last of them */
	uint64_t time; /* ns since boot: of the last */
	uint32_t count;
	bool blocked; /* a device whose references keep a netns from being freed; told every 10 s while it lasts */
};

struct kernel_lines {
	struct kernel_line *lines; /* owned */
	size_t count, capacity;
	int err; /* 0, or a negative errno: it cannot be read */
};

/* path: "/dev/kmsg".  Never waits.  -ENOMEM.  Free it in any case. */
int kernel_lines_read(struct kernel_lines *ret, const char *path);
/* One record as /dev/kmsg has it: "3,1234,5678901,-;unregister_netdevice: waiting for ...".  -ENOMEM. */
int kernel_lines_take(struct kernel_lines *log, const char *record);
void kernel_lines_free(struct kernel_lines *log);

#endif
