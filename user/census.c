// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "census.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../bpf/census.h"
#include "util.h"

/* The processes, sorted by netns, then by age. */
struct tasks {
	struct census_task_entry *entries; /* owned */
	size_t count, capacity;
	bool some; /* those of other PID namespaces than ours do not show */
};

static int compare_entries(const void *left, const void *right)
{
	const struct census_task_entry *a = left, *b = right;

	if (a->handle != b->handle)
		return a->handle < b->handle ? -1 : 1;
	if (a->started != b->started)
		return a->started < b->started ? -1 : 1;
	return (a->pid > b->pid) - (a->pid < b->pid);
}

static int tasks_reserve(struct tasks *tasks)
{
	size_t capacity = tasks->capacity ? 2 * tasks->capacity : 1024;
	struct census_task_entry *entries;

	if (tasks->count < tasks->capacity)
		return 0;
	entries = realloc(tasks->entries, capacity * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	tasks->entries = entries;
	tasks->capacity = capacity;
	return 0;
}

static int tasks_read_all(struct tasks *tasks, int iterator)
{
	size_t bytes = 0;

	for (;;) {
		ssize_t got;
		int error;

		tasks->count = bytes / sizeof(*tasks->entries);
		error = tasks_reserve(tasks);
		if (error)
			return error;
		got = read(iterator, (char *)tasks->entries + bytes, tasks->capacity * sizeof(*tasks->entries) - bytes);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			return 0;
		bytes += (size_t)got;
	}
}

static int tasks_read(struct tasks *tasks, const struct bpf_link *link)
{
	int iterator, error;

	if (!link)
		return 0;
	iterator = bpf_iter_create(bpf_link__fd(link));
	if (iterator < 0)
		return iterator;
	error = tasks_read_all(tasks, iterator);
	close(iterator);
	if (!error && tasks->count)
		qsort(tasks->entries, tasks->count, sizeof(*tasks->entries), compare_entries);
	return error;
}

/* How many handles are below this one. */
static size_t tasks_below(const struct tasks *tasks, uint64_t handle)
{
	size_t low = 0, high = tasks->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tasks->entries[middle].handle < handle)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* How many there are, and which is the oldest: NULL where it is but a thread, or none. */
static uint32_t tasks_in(const struct tasks *tasks, uint64_t handle, const struct census_task_entry **ret_oldest)
{
	size_t first = tasks_below(tasks, handle), next = first;

	while (next < tasks->count && tasks->entries[next].handle == handle)
		next++;
	*ret_oldest = next > first && tasks->entries[first].started != UINT64_MAX ? &tasks->entries[first] : NULL;
	return (uint32_t)(next - first);
}

static uint64_t boot_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int tell_mark(const struct census *census, enum nns_kind kind, uint64_t netns, int64_t error,
		     tracer_record_fn fn, void *ctx)
{
	const struct nns_census_mark mark = {
		.hdr = { .kind = (nns_u16)kind, .size = sizeof(mark), .time = boot_time() },
		.number = census->number,
		.netns = netns,
		.error = error,
	};
	int result = fn(ctx, &mark, sizeof(mark));

	return result < 0 ? result : 0;
}

static int tell_task(const struct nns_census_netns *netns, const struct census_task_entry *task, tracer_record_fn fn,
		     void *ctx)
{
	const struct nns_census_task record = {
		.hdr = { .kind = NNS_CENSUS_TASK, .size = sizeof(record), .time = netns->hdr.time },
		.netns = netns->netns,
		.pid = task->pid,
	};

	return fn(ctx, &record, sizeof(record));
}

static int tell_records(struct census_buffer *buffer, size_t bytes, const struct tasks *tasks, tracer_record_fn fn,
			void *ctx)
{
	for (size_t offset = 0; offset < bytes;) {
		struct nns_hdr *header = (struct nns_hdr *)&buffer->bytes[offset];
		const struct census_task_entry *oldest = NULL;
		int result;

		if (header->size < sizeof(*header) || header->size > bytes - offset)
			return -EBADMSG;
		if (header->kind == NNS_CENSUS_NETNS) {
			struct nns_census_netns *netns = (struct nns_census_netns *)header;

			netns->tasks = tasks_in(tasks, netns->netns.handle, &oldest);
			netns->flags |= tasks->some ? NNS_NETNS_TASKS_UNSEEN : 0;
		}
		result = fn(ctx, header, header->size);
		if (result >= 0 && oldest)
			result = tell_task((struct nns_census_netns *)header, oldest, fn, ctx);
		if (result < 0)
			return result;
		offset += header->size;
	}
	return 0;
}

/* Returns 0, a negative errno of the census in *ret_incomplete, or what fn returned. */
static int tell_all(struct census *census, struct census_buffer *buffer, const struct tasks *tasks,
		    tracer_record_fn fn, void *ctx, int *ret_incomplete)
{
	volatile struct census_state *state = census->state;

	memset(census->state, 0, sizeof(*census->state));
	do {
		LIBBPF_OPTS(bpf_test_run_opts, options);
		int error = bpf_prog_test_run_opts(census->program, &options);

		if (!error)
			error = state->error;
		if (error) {
			*ret_incomplete = error;
			return 0;
		}
		error = tell_records(buffer, state->bytes, tasks, fn, ctx);
		if (error)
			return error;
	} while (state->more);
	return 0;
}

static int tell_census(struct census *census, struct census_buffer *buffer, tracer_record_fn fn, void *ctx)
{
	struct tasks tasks = { .some = !sees_all_processes() };
	int error, incomplete = 0;

	census->number++;
	error = tell_mark(census, NNS_CENSUS_BEGIN, 0, 0, fn, ctx);
	if (error)
		return error;
	incomplete = tasks_read(&tasks, census->tasks);
	if (!incomplete)
		error = tell_all(census, buffer, &tasks, fn, ctx, &incomplete);
	free(tasks.entries);
	if (error)
		return error;
	error = tell_mark(census, NNS_CENSUS_END, census->state->told_nets, incomplete, fn, ctx);
	return error ? error : incomplete;
}

/* The buffer is mapped only meanwhile: it counts as resident memory. */
int census_run(struct census *census, tracer_record_fn fn, void *ctx)
{
	struct census_buffer *buffer;
	int error;

	buffer = mmap(NULL, sizeof(*buffer), PROT_READ | PROT_WRITE, MAP_SHARED, census->buffer, 0);
	if (buffer == MAP_FAILED)
		return -errno;
	error = tell_census(census, buffer, fn, ctx);
	munmap(buffer, sizeof(*buffer));
	return error;
}
