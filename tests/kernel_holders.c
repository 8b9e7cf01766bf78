// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Prints who holds a netns as lines of text, for the case scripts of tests/vm to look for.
 *
 *   kernel_holders INUM   of one netns
 *   kernel_holders all    of all but the node's own
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "holders.h"
#include "tracer.h"

struct wanted {
	uint32_t inum; /* 0: all */
	uint64_t node;
	struct nns_ident *netns;
	size_t count;
};

static int take_record(void *ctx, const void *record, size_t size)
{
	const struct nns_census_netns *netns = record;
	struct wanted *wanted = ctx;

	(void)size;
	if (netns->hdr.kind != NNS_CENSUS_NETNS)
		return 0;
	if (netns->flags & NNS_NETNS_INIT) {
		wanted->node = netns->netns.handle;
		return 0;
	}
	if (wanted->inum && netns->netns.inum != wanted->inum)
		return 0;
	wanted->netns = realloc(wanted->netns, (wanted->count + 1) * sizeof(*wanted->netns));
	if (!wanted->netns)
		return -ENOMEM;
	wanted->netns[wanted->count++] = netns->netns;
	return 0;
}

static void print_found(const struct holders_found *found)
{
	for (size_t i = 0; i < found->count_count; i++) {
		const struct holders_count *count = &found->counts[i];

		printf("count netns=%016" PRIx64 " inum=%u valid=%u references=%d sockets=%d nsfs=%d nsfs_users=%d passive=%d\n",
		       count->netns.handle, count->netns.inum, count->valid, count->references, count->sockets, count->nsfs,
		       count->nsfs_users, count->passive);
	}
	for (size_t i = 0; i < found->task_count; i++) {
		const struct holders_task *task = &found->tasks[i];

		printf("task netns=%016" PRIx64 " nsproxy=%016" PRIx64 " mntns=%016" PRIx64 " pid=%u tid=%u comm=%s\n", task->netns,
		       task->nsproxy, task->mntns, task->pid, task->tid, task->comm);
	}
	for (size_t i = 0; i < found->file_count; i++) {
		const struct holders_file *file = &found->files[i];

		printf("file netns=%016" PRIx64 " kind=%u file=%016" PRIx64 " pid=%u fd=%u comm=%s family=%u type=%u protocol=%u "
		       "state=%u ports=%u,%u\n",
		       file->netns, file->kind, file->file, file->pid, file->fd, file->comm, file->family, file->type,
		       file->protocol, file->state, file->local_port, file->remote_port);
	}
	for (size_t i = 0; i < found->mount_count; i++) {
		const struct holders_mount *mount = found->mounts[i];

		printf("mount netns=%016" PRIx64 " mntns=%016" PRIx64 " mntns_inum=%u id=%u parent=%u flags=%u path=%s\n", mount->netns,
		       mount->mntns, mount->mntns_inum, mount->id, mount->parent_id, mount->flags, mount->path);
	}
}

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	struct tracer_options options = { .census_only = true };
	struct wanted wanted = { .inum = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0 };
	struct holders_found found = { 0 };
	struct holders *holders = NULL;
	struct tracer *tracer = NULL;
	double began;
	int err = tracer_open(&tracer, &options);

	if (!err)
		err = tracer_census(tracer, take_record, &wanted);
	if (!err)
		err = holders_open(&holders, tracer_salt(tracer));
	began = cpu_ms();
	if (!err)
		err = holders_find(holders, wanted.netns, wanted.count, wanted.node, &found);
	if (err)
		fprintf(stderr, "kernel_holders: %s: %s\n", strerror(-err), tracer_complaint());
	else
		print_found(&found);
	fprintf(stderr, "kernel_holders: %.1f ms\n", cpu_ms() - began);
	holders_found_free(&found);
	holders_close(holders);
	tracer_close(tracer);
	free(wanted.netns);
	return err != 0;
}
