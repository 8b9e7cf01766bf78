// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "references.h"

typedef uint64_t (*netns_of_fn)(const struct holders_found *found, size_t index);

static uint64_t netns_of_task(const struct holders_found *found, size_t index)
{
	return found->tasks[index].netns;
}

static uint64_t netns_of_file(const struct holders_found *found, size_t index)
{
	return found->files[index].netns;
}

static uint64_t netns_of_mount(const struct holders_found *found, size_t index)
{
	return found->mounts[index]->netns;
}

/* The arrays are sorted by netns. */
static struct references_part part_of(const struct holders_found *found, size_t count, netns_of_fn netns_of,
				      uint64_t netns)
{
	size_t low = 0, high = count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (netns_of(found, middle) < netns)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < count && netns_of(found, end) == netns; end++)
		;
	return (struct references_part){ .first = low, .count = end - low };
}

static int32_t count_nsproxies(const struct holders_found *found, struct references_part part)
{
	int32_t count = 0;

	for (size_t i = part.first; i < part.first + part.count; i++)
		count += i == part.first || found->tasks[i].nsproxy != found->tasks[i - 1].nsproxy;
	return count;
}

/* Many descriptors may be of one file: they stand together. */
static int32_t count_files(const struct holders_found *found, struct references_part part, enum holders_file_kind kind)
{
	int32_t count = 0;

	for (size_t i = part.first; i < part.first + part.count; i++)
		count += found->files[i].kind == kind &&
			 (i == part.first || found->files[i].file != found->files[i - 1].file);
	return count;
}

/* A mount on the file makes it a mountpoint, and so uses it once more, however many there are. */
static int32_t is_mountpoint(const struct holders_found *found, struct references_part part)
{
	for (size_t i = part.first; i < part.first + part.count; i++)
		if (found->mounts[i]->flags & HOLDERS_COVERED)
			return 1;
	return 0;
}

static bool is_same(const struct holders_count *a, const struct holders_count *b)
{
	return a->references == b->references && a->sockets == b->sockets && a->nsfs == b->nsfs && a->nsfs_users == b->nsfs_users;
}

static void add_sockets(struct references *ret, const struct holders_found *found, const struct holders_count *count)
{
	int32_t seen = count_files(found, ret->files, HOLDERS_SOCKET) + count_files(found, ret->files, HOLDERS_TUN);

	ret->told_apart = count->sockets >= 0 && found->sees_proc_files;
	ret->sockets = count->sockets < 0 ? seen : count->sockets;
	ret->sockets_unseen = ret->told_apart ? ret->sockets - seen : -1;
	/* Below what was seen: some went meanwhile. */
	if (ret->told_apart && ret->sockets_unseen < 0)
		ret->sockets_unseen = 0;
}

bool references_add_up(struct references *ret, const struct holders_found *found, size_t number)
{
	const struct holders_count *before = &found->before[number], *after = &found->counts[number];
	const struct holders_count *count = before->references < after->references ? before : after;
	uint64_t handle = count->netns.handle;
	int32_t users;

	if (!before->valid || !after->valid)
		return false;
	*ret = (struct references){
		.tasks = part_of(found, found->task_count, netns_of_task, handle),
		.files = part_of(found, found->file_count, netns_of_file, handle),
		.mounts = part_of(found, found->mount_count, netns_of_mount, handle),
		.counted = count->references,
		.nsfs = count->nsfs,
		.changed = !is_same(before, after),
	};
	ret->nsproxies = count_nsproxies(found, ret->tasks);
	ret->proc_files = count_files(found, ret->files, HOLDERS_PROC);
	add_sockets(ret, found, count);
	ret->unexplained = ret->counted - ret->nsproxies - ret->nsfs - ret->sockets - ret->proc_files;
	users = before->nsfs_users < after->nsfs_users ? before->nsfs_users : after->nsfs_users;
	ret->nsfs_unexplained = users - (int32_t)ret->mounts.count -
				count_files(found, ret->files, HOLDERS_NSFS) - is_mountpoint(found, ret->mounts);
	return true;
}

static bool is_settled(const struct references *sum, bool again)
{
	return !sum->changed && (again || (!sum->unexplained && (!sum->nsfs || !sum->nsfs_unexplained)));
}

bool references_are_settled(const struct holders_found *found, bool again)
{
	struct references sum;

	for (size_t i = 0; i < found->count_count; i++)
		if (references_add_up(&sum, found, i) && !is_settled(&sum, again))
			return false;
	return true;
}
