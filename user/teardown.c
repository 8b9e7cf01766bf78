// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "teardown.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <bpf/libbpf.h>

#include "bpf_run.h"
#include "symbols.h"
#include "teardown.skel.h"
#include "util.h"

#define TRIES 10

struct teardown {
	struct teardown_bpf *bpf;
	uint64_t begin, end; /* of cleanup_net(), once it has been looked up */
};

int teardown_open(struct teardown **ret, uint64_t salt)
{
	struct teardown *teardown = calloc(1, sizeof(*teardown));
	int err;

	if (!teardown)
		return -ENOMEM;
	teardown->bpf = teardown_bpf__open();
	if (!teardown->bpf) {
		err = -errno;
		free(teardown);
		return err;
	}
	teardown->bpf->rodata->handle_salt = salt;
	teardown->bpf->rodata->cpu_distances = symbols_noted("__per_cpu_offset");
	err = teardown_bpf__load(teardown->bpf);
	if (err) {
		teardown_close(teardown);
		return err;
	}
	*ret = teardown;
	return 0;
}

void teardown_close(struct teardown *teardown)
{
	if (!teardown)
		return;
	teardown_bpf__destroy(teardown->bpf);
	free(teardown);
}

/* --- devices --- */

static int look_at_some(struct teardown *teardown, struct teardown_devices *memory, struct teardown_device *devices,
			size_t count)
{
	int err;

	memcpy(memory->all, devices, count * sizeof(*devices));
	teardown->bpf->bss->run.devices = (nns_u32)count;
	err = bpf_run_program(teardown->bpf->progs.teardown_look_at_devices);
	memcpy(devices, memory->all, count * sizeof(*devices));
	return err;
}

int teardown_look(struct teardown *teardown, struct teardown_device *devices, size_t count)
{
	struct teardown_devices *memory = bpf_map_memory(teardown->bpf->maps.teardown_devices, sizeof(*memory));
	int cpus = libbpf_num_possible_cpus();
	int err = !memory ? -errno : cpus < 0 ? cpus : 0;

	teardown->bpf->bss->run.cpus = (nns_u32)cpus;
	for (size_t done = 0; !err && done < count;) {
		size_t some = count - done < TEARDOWN_DEVICES ? count - done : TEARDOWN_DEVICES;

		err = look_at_some(teardown, memory, devices + done, some);
		done += some;
	}
	if (memory)
		munmap(memory, sizeof(*memory));
	return err;
}

/* --- the worker --- */

/* How many frames lie inside of cleanup_net()'s; -1: it is not in this stack. */
static int depth_below(const struct teardown_stack *stack, uint64_t begin, uint64_t end)
{
	for (int i = 0; i < TEARDOWN_DEPTH && stack->addresses[i]; i++)
		if (stack->addresses[i] > begin && stack->addresses[i] < end)
			return i;
	return -1;
}

/* What only goes through the list of those that want to know of the end of a netns (net/core/net_namespace.c). */
static bool is_loop(const char *function)
{
	return !strncmp(function, "ops_", 4);
}

static int name_function(const struct teardown_stack *stack, int depth, char ret[static SYMBOL_BYTES])
{
	struct symbol_at frames[TEARDOWN_DEPTH];
	int err, i;

	for (i = 0; i < depth; i++)
		frames[i].address = stack->addresses[i];
	err = symbols_at(frames, (size_t)depth);
	if (err)
		return err;
	for (i = depth - 1; i > 0 && is_loop(frames[i].name); i--)
		;
	memcpy(ret, frames[i].name, SYMBOL_BYTES);
	return 0;
}

static void free_bytes(struct bytes *bytes)
{
	free(bytes->data);
}

/* *ret_running: there was a worker whose stack could not be read, for it was running. */
static int look_for_function(struct teardown *teardown, char ret[static SYMBOL_BYTES], bool *ret_running)
{
	CLEANUP(free_bytes) struct bytes bytes = { 0 };
	int err = bpf_run_iterator(&bytes, teardown->bpf->progs.teardown_worker);

	*ret_running = false;
	for (size_t at = 0; !err && at + sizeof(struct teardown_stack) <= bytes.length; at += sizeof(struct teardown_stack)) {
		const struct teardown_stack *stack = (const void *)(bytes.data + at);
		int depth = depth_below(stack, teardown->begin, teardown->end);

		*ret_running |= !stack->addresses[0];
		if (depth > 0)
			return name_function(stack, depth, ret);
	}
	return err;
}

int teardown_function(struct teardown *teardown, char ret[static SYMBOL_BYTES])
{
	/* One that waits for a device wakes to look at it, and each second or so to say so in the kernel's log. */
	const struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };
	int err = teardown->end ? 0 : symbols_extent("cleanup_net", &teardown->begin, &teardown->end);
	bool running = true;

	ret[0] = '\0';
	for (int tries = 0; !err && running && !ret[0] && tries < TRIES; tries++) {
		if (tries)
			nanosleep(&pause, NULL);
		err = look_for_function(teardown, ret, &running);
	}
	return err;
}
