// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "holders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "bpf_run.h"
#include "holders.skel.h"
#include "symbols.h"
#include "util.h"

/* Mounts that go while they are walked over make it begin again. */
#define WALKS 8

struct holders {
	struct holders_bpf *bpf;
};

/* --- programs that are run --- */

static int run_program(struct holders *holders, const struct bpf_program *program)
{
	int err = bpf_run_program(program);

	return err ? err : holders->bpf->bss->holders.error;
}

static int walk_once(struct holders *holders, const struct holders_buffer *buffer, struct bytes *bytes)
{
	struct holders_state *state = &holders->bpf->bss->holders;
	int err = 0;

	bytes->length = 0;
	state->position = 0;
	state->more = 1;
	while (!err && state->more) {
		err = run_program(holders, holders->bpf->progs.holders_walk_mounts);
		if (!err)
			err = bytes_reserve(bytes, state->bytes);
		if (err)
			break;
		memcpy(bytes->data + bytes->length, buffer->bytes, state->bytes);
		bytes->length += state->bytes;
	}
	return err;
}

/* The kernel has a superblock of nsfs files to begin with while one of them is open. */
static int walk_mounts(struct holders *holders, struct bytes *bytes)
{
	struct holders_buffer *buffer = bpf_map_memory(holders->bpf->maps.holders_buffer, sizeof(*buffer));
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int err = !buffer || own < 0 ? -errno : -EAGAIN;

	for (int i = 0; err == -EAGAIN && i < WALKS; i++)
		err = walk_once(holders, buffer, bytes);
	if (own >= 0)
		close(own);
	if (buffer)
		munmap(buffer, sizeof(*buffer));
	return err;
}

static int count_some(struct holders *holders, struct holders_counts *counts, struct holders_count *some, size_t count)
{
	struct holders_state *state = &holders->bpf->bss->holders;
	int err;

	memcpy(counts->all, some, count * sizeof(*some));
	state->counts = (nns_u32)count;
	err = run_program(holders, holders->bpf->progs.holders_count_references);
	memcpy(some, counts->all, count * sizeof(*some));
	return err;
}

static int count_references(struct holders *holders, struct holders_count *all, size_t count)
{
	struct holders_counts *counts = bpf_map_memory(holders->bpf->maps.holders_counts, sizeof(*counts));
	int cpus = libbpf_num_possible_cpus();
	size_t done = 0;
	int err = counts && cpus > 0 ? 0 : cpus > 0 ? -errno : cpus;

	holders->bpf->bss->holders.cpus = (nns_u32)cpus;
	while (!err && done < count) {
		size_t some = count - done < HOLDERS_COUNTS ? count - done : HOLDERS_COUNTS;

		err = count_some(holders, counts, all + done, some);
		done += some;
	}
	if (counts)
		munmap(counts, sizeof(*counts));
	return err;
}

/* --- sorting --- */

#define ORDER(a, b) ((a) < (b) ? -1 : (a) > (b))

static int compare_tasks(const void *left, const void *right)
{
	const struct holders_task *a = left, *b = right;
	int order = ORDER(a->netns, b->netns);

	if (!order)
		order = ORDER(a->nsproxy, b->nsproxy);
	return order ? order : ORDER(a->tid, b->tid);
}

static int compare_files(const void *left, const void *right)
{
	const struct holders_file *a = left, *b = right;
	int order = ORDER(a->netns, b->netns);

	if (!order)
		order = ORDER(a->kind, b->kind);
	if (!order)
		order = ORDER(a->file, b->file);
	if (!order)
		order = ORDER(a->pid, b->pid);
	return order ? order : ORDER(a->fd, b->fd);
}

static int compare_numbers(const void *left, const void *right)
{
	return ORDER(*(const uint64_t *)left, *(const uint64_t *)right);
}

/* How many are left. */
static size_t sort_unique(void *all, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	char *items = all;
	size_t kept = 0;

	if (count)
		qsort(all, count, size, compare);
	for (size_t i = 0; i < count; i++)
		if (!kept || compare(items + (kept - 1) * size, items + i * size))
			memmove(items + kept++ * size, items + i * size, size);
	return kept;
}

static int compare_mounts(const void *left, const void *right)
{
	const struct holders_mount *a = *(struct holders_mount *const *)left, *b = *(struct holders_mount *const *)right;
	int order = ORDER(a->netns, b->netns);

	if (!order)
		order = ORDER(a->mntns, b->mntns);
	return order ? order : ORDER(a->id, b->id);
}

static int index_mounts(struct holders_found *found, size_t bytes)
{
	char *data = found->mount_bytes;
	size_t offset, count = 0;

	for (offset = 0; offset < bytes; offset += ((struct holders_mount *)(void *)(data + offset))->size)
		count++;
	found->mounts = calloc(count + 1, sizeof(*found->mounts));
	if (!found->mounts)
		return -ENOMEM;
	for (offset = 0; offset < bytes; offset += found->mounts[found->mount_count++]->size)
		found->mounts[found->mount_count] = (struct holders_mount *)(void *)(data + offset);
	qsort(found->mounts, count, sizeof(*found->mounts), compare_mounts);
	return 0;
}

/* --- all together --- */

static int find_mounts(struct holders *holders, struct holders_found *found)
{
	struct bytes bytes = { 0 };
	int err = walk_mounts(holders, &bytes);

	found->mount_bytes = bytes.data;
	return err ? err : index_mounts(found, bytes.length);
}

/* Of those in which a mount was found. */
static uint64_t *list_mntns(const struct holders_found *found, size_t *ret_count)
{
	uint64_t *all = calloc(found->mount_count + 1, sizeof(*all));
	size_t count = 0;

	for (size_t i = 0; all && i < found->mount_count; i++)
		if (found->mounts[i]->mntns)
			all[count++] = found->mounts[i]->mntns;
	*ret_count = all ? sort_unique(all, count, sizeof(*all), compare_numbers) : 0;
	return all;
}

/* Of these a task is wanted, and of no others any more. */
static int want_mntns(struct holders *holders, const uint64_t *mntns, size_t count)
{
	int fd = bpf_map__fd(holders->bpf->maps.holders_mntns), err = 0;
	const uint32_t told = 0;
	uint64_t key;

	while (!bpf_map_get_next_key(fd, NULL, &key))
		if (bpf_map_delete_elem(fd, &key))
			return -errno;
	for (size_t i = 0; i < count && !err; i++)
		err = bpf_map_update_elem(fd, &mntns[i], &told, BPF_ANY);
	return err;
}

/* As often as it takes to have room for all mount namespaces; those in the netns come the first time. */
static int read_tasks(struct holders *holders, struct bytes *bytes, const uint64_t *mntns, size_t count)
{
	struct holders_state *state = &holders->bpf->bss->holders;
	size_t done = 0;
	int err;

	state->owners_only = 0;
	do {
		size_t some = count - done < HOLDERS_MNTNS_MAX ? count - done : HOLDERS_MNTNS_MAX;

		err = want_mntns(holders, mntns + done, some);
		if (!err)
			err = bpf_run_iterator(bytes, holders->bpf->progs.holders_task);
		state->owners_only = 1;
		done += some;
	} while (!err && done < count);
	return err;
}

static int find_tasks(struct holders *holders, struct holders_found *found)
{
	size_t count;
	CLEANUP(free_pointer) uint64_t *mntns = list_mntns(found, &count);
	struct bytes bytes = { 0 };
	int err = mntns ? read_tasks(holders, &bytes, mntns, count) : -ENOMEM;

	found->tasks = (struct holders_task *)(void *)bytes.data;
	found->task_count = sort_unique(found->tasks, bytes.length / sizeof(*found->tasks), sizeof(*found->tasks), compare_tasks);
	return err;
}

static int find_files(struct holders *holders, struct holders_found *found)
{
	struct bytes bytes = { 0 };
	int err = bpf_run_iterator(&bytes, holders->bpf->progs.holders_file);

	found->files = (struct holders_file *)(void *)bytes.data;
	/* Of a process whose first thread has ended, the kernel tells each descriptor once for each thread. */
	found->file_count = sort_unique(found->files, bytes.length / sizeof(*found->files), sizeof(*found->files), compare_files);
	return err;
}

static int ask_for(struct holders_found *found, const struct nns_ident *netns, size_t count)
{
	found->counts = calloc(count + 1, sizeof(*found->counts));
	found->before = calloc(count + 1, sizeof(*found->before));
	if (!found->counts || !found->before)
		return -ENOMEM;
	found->count_count = count;
	for (size_t i = 0; i < count; i++)
		found->counts[i].netns = found->before[i].netns = netns[i];
	return 0;
}

int holders_find(struct holders *holders, const struct nns_ident *netns, size_t count, uint64_t node,
		 struct holders_found *ret)
{
	int err;

	*ret = (struct holders_found){
		.sees_proc_files = holders->bpf->rodata->address_of_seq_open_net && holders->bpf->rodata->address_of_single_open_net,
	};
	holders->bpf->bss->holders.netns = count == 1 ? netns->handle : 0;
	holders->bpf->bss->holders.skip = node;
	err = ask_for(ret, netns, count);
	if (!err)
		err = count_references(holders, ret->before, count);
	/* The mounts first: they say of which mount namespaces a task is wanted. */
	if (!err)
		err = find_mounts(holders, ret);
	if (!err)
		err = find_tasks(holders, ret);
	if (!err)
		err = find_files(holders, ret);
	return err ? err : count_references(holders, ret->counts, count);
}

void holders_found_free(struct holders_found *found)
{
	free(found->counts);
	free(found->before);
	free(found->tasks);
	free(found->files);
	free(found->mounts);
	free(found->mount_bytes);
	*found = (struct holders_found){ 0 };
}

int holders_open(struct holders **ret, uint64_t salt)
{
	struct holders *holders = calloc(1, sizeof(*holders));
	int err;

	if (!holders)
		return -ENOMEM;
	holders->bpf = holders_bpf__open();
	if (!holders->bpf) {
		err = -errno;
		free(holders);
		return err;
	}
	holders->bpf->rodata->handle_salt = salt;
	holders->bpf->rodata->cpu_distances = symbols_noted("__per_cpu_offset");
	holders->bpf->rodata->address_of_seq_open_net = symbols_noted("seq_open_net");
	holders->bpf->rodata->address_of_single_open_net = symbols_noted("single_open_net");
	err = holders_bpf__load(holders->bpf);
	if (err) {
		holders_close(holders);
		return err;
	}
	*ret = holders;
	return 0;
}

void holders_close(struct holders *holders)
{
	if (!holders)
		return;
	holders_bpf__destroy(holders->bpf);
	free(holders);
}
