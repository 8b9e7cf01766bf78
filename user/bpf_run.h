/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Running BPF programs that are not attached to anything: once over what a map holds, or over all tasks.
 */
#ifndef NETNSLEAK_BPF_RUN_H
#define NETNSLEAK_BPF_RUN_H

#include <stddef.h>

struct bpf_map;
struct bpf_program;

/* What an iterator or a walk wrote, whole records. */
struct bytes {
	char *data; /* owned */
	size_t length, capacity;
};

int bytes_reserve(struct bytes *bytes, size_t more); /* -ENOMEM */

/* All that an iterator writes, behind what is there.  0, or a negative errno. */
int bpf_run_iterator(struct bytes *bytes, const struct bpf_program *program);
int bpf_run_program(const struct bpf_program *program);
/* Of an array of one element of this size.  NULL: errno says why.  munmap() it. */
void *bpf_map_memory(const struct bpf_map *map, size_t size);

#endif
