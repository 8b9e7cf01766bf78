/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc_census.h"

#include "format.h"
#include "holder_room.h"
#include "process.h"
#include "socket_words.h"
#include "util.h"

struct teller {
	const struct proc_scan *scan;
	const char *proc;
	uint64_t netns, now;
	uint32_t inum;
	bool local; /* pids are of a PID namespace of our own */
	input_fn input;
	void *ctx;
	struct holder_room room;
};

static int tell(struct teller *teller, struct input_holder holder)
{
	char comm[PROCESS_COMM_BYTES], cgroup[PROCESS_CGROUP_BYTES];
	struct input input = { .kind = INPUT_HOLDER, .time = teller->now };

	if (!holder_room_take(&teller->room, holder.kind))
		return 0;
	process_comm(teller->proc, holder.pid, comm);
	process_cgroup(teller->proc, holder.pid, 0, cgroup);
	holder.netns = teller->netns;
	holder.comm = comm;
	holder.cgroup = cgroup;
	holder.flags |= teller->local ? HOLDER_LOCAL_PID : 0;
	input.holder = holder;
	return teller->input(teller->ctx, &input);
}

static int tell_mounts(struct teller *teller, bool node)
{
	int err = 0;

	for (size_t i = 0; i < teller->scan->mount_count && !err; i++) {
		const struct proc_mount *mount = &teller->scan->mounts[i];

		if (mount->inum != teller->inum || mount->node != node)
			continue;
		err = tell(teller, (struct input_holder){
			.kind = HOLDER_MOUNT, .pid = mount->pid, .what = mount->path, .mount_id = mount->id,
			.parent_mount_id = mount->parent, .mntns_inum = mount->mntns,
			.flags = (mount->node ? HOLDER_NODE : 0) | (mount->covered ? HOLDER_COVERED : 0) |
				 (mount->deleted ? HOLDER_UNLINKED : 0),
		});
	}
	return err;
}

static int tell_tasks(struct teller *teller)
{
	int err = 0;

	for (size_t i = 0; i < teller->scan->task_count && !err; i++) {
		const struct proc_task *task = &teller->scan->tasks[i];

		if (task->inum == teller->inum)
			err = tell(teller, (struct input_holder){ .kind = HOLDER_TASK, .pid = task->pid, .tid = task->tid,
								 .what = "" });
	}
	return err;
}

static enum holder_kind kind_of(const struct proc_file *file)
{
	return file->is_socket ? HOLDER_SOCKET : HOLDER_DESCRIPTOR;
}

static int tell_files(struct teller *teller)
{
	int err = 0;

	for (size_t i = 0; i < teller->scan->file_count && !err; i++) {
		const struct proc_file *file = &teller->scan->files[i];
		TEXT(what, 64);

		if (file->inum != teller->inum)
			continue;
		if (file->is_socket)
			socket_words(&what, file->family, file->type, file->protocol);
		err = tell(teller, (struct input_holder){ .kind = kind_of(file), .pid = file->pid, .fd = file->fd, .what = what.bytes });
	}
	return err;
}

/* Shares the room for what is told, too. */
static struct input_holders count(struct teller *teller)
{
	const struct proc_scan *scan = teller->scan;
	uint32_t ignored, counts[HOLDER_KINDS] = { [HOLDER_TASK] = proc_scan_tasks(scan, teller->inum, &ignored) };
	struct input_holders sum = { .netns = teller->netns, .counted = HOLDERS_NOT_COUNTED };

	for (size_t i = 0; i < scan->mount_count; i++)
		counts[HOLDER_MOUNT] += scan->mounts[i].inum == teller->inum;
	for (size_t i = 0; i < scan->file_count; i++)
		counts[kind_of(&scan->files[i])] += scan->files[i].inum == teller->inum;
	for (size_t i = 0; i < HOLDER_KINDS; i++)
		sum.found += counts[i];
	sum.nsproxies = proc_scan_saw_tasks(scan) ? (int32_t)counts[HOLDER_TASK] : -1;
	holder_room_share(&teller->room, counts);
	return sum;
}

int proc_census_holders(const struct proc_scan *scan, const char *proc, uint64_t netns, uint32_t inum, uint64_t now, input_fn input,
			void *ctx)
{
	struct teller teller = { .scan = scan, .proc = proc, .netns = netns, .inum = inum, .now = now, .input = input, .ctx = ctx,
				 .local = !sees_all_processes() };
	struct input sum = { .kind = INPUT_HOLDERS, .time = now, .holders = count(&teller) };
	int err = input(ctx, &sum);

	/* Mounts first: most often they are what is left. */
	if (!err)
		err = tell_mounts(&teller, true);
	if (!err)
		err = tell_mounts(&teller, false);
	if (!err)
		err = tell_tasks(&teller);
	return err ? err : tell_files(&teller);
}
