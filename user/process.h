/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a process says of itself, in words.  proc: "/proc".  "" where it is gone, or may not be asked. */
#ifndef NETNSLEAK_PROCESS_H
#define NETNSLEAK_PROCESS_H

#include <stdint.h>

#define PROCESS_CGROUP_BYTES 4096
/*
 * The path of cgroup v2, or where that is the root the first that is not: it names the container in each.  started: ns
 * since boot, "" also where the number is another process's by now; 0: that is not asked.
 */
void process_cgroup(const char *proc, uint32_t pid, uint64_t started, char ret[static PROCESS_CGROUP_BYTES]);

#define PROCESS_COMM_BYTES 64
void process_comm(const char *proc, uint32_t pid, char ret[static PROCESS_COMM_BYTES]);

#endif
