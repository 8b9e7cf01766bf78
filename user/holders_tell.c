/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "holders_tell.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "format.h"
#include "holder_room.h"
#include "own_mounts.h"
#include "process.h"
#include "references.h"
#include "socket_words.h"
#include "util.h"

#define PROCESSES 64
#define MNT_NS_ANON_INO 0xeffffff7u /* include/linux/nsfs.h */

/* --- words --- */

/* include/net/tcp_states.h, which protocols other than TCP use too. */
static const char *state_name(uint16_t state)
{
	static const char *const names[] = {
		[1] = " established", [2] = " syn-sent", [3] = " syn-recv", [4] = " fin-wait-1", [5] = " fin-wait-2",
		[6] = " time-wait", [7] = "", [8] = " close-wait", [9] = " last-ack", [10] = " listening", [11] = " closing",
	};

	return state < ARRAY_SIZE(names) && names[state] ? names[state] : "";
}

static void add_end(struct text *text, uint8_t family, const uint8_t *address, uint16_t port)
{
	char buffer[FORMAT_ADDRESS_LEN];

	format_address(family, address, buffer);
	text_printf(text, family == AF_INET6 ? "[%s]:%u" : "%s:%u", buffer, port);
}

static void describe_inet(struct text *text, const struct holders_file *file)
{
	text_printf(text, "%s ", socket_protocol_name(file->protocol));
	add_end(text, (uint8_t)file->family, file->local, file->local_port);
	if (file->remote_port) {
		text_add(text, " to ");
		add_end(text, (uint8_t)file->family, file->remote, file->remote_port);
	}
	if (file->protocol == IPPROTO_TCP || file->protocol == IPPROTO_SCTP)
		text_add(text, state_name(file->state));
}

void holders_describe(const struct holders_file *file, char ret[static HOLDERS_WHAT_BYTES])
{
	struct text text = { .bytes = ret, .capacity = HOLDERS_WHAT_BYTES };

	*ret = '\0';
	if (file->kind != HOLDERS_SOCKET)
		return;
	if (file->family == AF_INET || file->family == AF_INET6)
		describe_inet(&text, file);
	else
		socket_words(&text, file->family, file->type, file->protocol);
}

/* --- telling --- */

struct process {
	uint32_t pid;
	uint64_t started;
	char cgroup[PROCESS_CGROUP_BYTES];
};

struct teller {
	const struct holders_found *found;
	const char *proc;
	uint64_t now;
	input_fn input;
	void *ctx;
	struct holder_room room; /* for those of this netns */
	struct own_mounts own;
	const struct holders_task **owners; /* owned: the tasks, by mount namespace and pid */
	struct process *processes; /* owned: some that were read lately, for few processes have the mounts of a thousand netns */
};

static const char *cgroup_of(struct teller *teller, uint32_t pid, uint64_t started)
{
	struct process *process = &teller->processes[pid % PROCESSES];

	if (process->pid != pid || process->started != started) {
		process->pid = pid;
		process->started = started;
		process_cgroup(teller->proc, pid, started, process->cgroup);
	}
	return process->cgroup;
}

static int tell(struct teller *teller, const struct input_holder *holder, uint64_t started)
{
	struct input input = { .kind = INPUT_HOLDER, .time = teller->now, .holder = *holder };

	if (!holder_room_take(&teller->room, holder->kind))
		return 0;
	input.holder.cgroup = cgroup_of(teller, holder->pid, started);
	return teller->input(teller->ctx, &input);
}

static int tell_tasks(struct teller *teller, struct references_part part)
{
	int err = 0;

	for (size_t i = part.first; i < part.first + part.count && !err; i++) {
		const struct holders_task *task = &teller->found->tasks[i];

		err = tell(teller, &(struct input_holder){ .netns = task->netns, .kind = HOLDER_TASK, .pid = task->pid,
							   .tid = task->tid, .comm = task->comm, .what = "" },
			   task->started);
	}
	return err;
}

static int compare_owners(const void *left, const void *right)
{
	const struct holders_task *a = *(const struct holders_task *const *)left, *b = *(const struct holders_task *const *)right;

	return a->mntns != b->mntns ? (a->mntns < b->mntns ? -1 : 1) : (a->pid > b->pid) - (a->pid < b->pid);
}

/* A process in this mount namespace, the one with the smallest pid: whose it is. */
static const struct holders_task *owner_of(const struct teller *teller, uint64_t mntns)
{
	size_t low = 0, high = teller->found->task_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (teller->owners[middle]->mntns < mntns)
			low = middle + 1;
		else
			high = middle;
	}
	return mntns && low < teller->found->task_count && teller->owners[low]->mntns == mntns ? teller->owners[low] : NULL;
}

/* Where init has gone elsewhere, as in some virtual machines, kthreadd never does. */
static bool is_node(const struct holders_task *owner)
{
	return owner && owner->pid <= 2;
}

/* enum holder_flag begins as enum holders_mount_flag does. */
_Static_assert(HOLDER_COVERED == (int)HOLDERS_COVERED && HOLDER_UNLINKED == (int)HOLDERS_UNLINKED &&
		       HOLDER_DETACHED == (int)HOLDERS_DETACHED && HOLDER_CUT == (int)HOLDERS_CUT,
	       "the flags of a mount differ");

/*
 * open_tree() and fsmount() make a mount namespace that nobody can be in, for their file to keep: until 6.18 without a
 * number, since then with one for all.
 */
static bool is_anonymous(const struct holders_mount *mount)
{
	return mount->mntns && (!mount->mntns_inum || mount->mntns_inum == MNT_NS_ANON_INO);
}

static int tell_mount(struct teller *teller, const struct holders_mount *mount, const struct holders_task *owner)
{
	return tell(teller, &(struct input_holder){ .netns = mount->netns, .kind = HOLDER_MOUNT, .pid = owner ? owner->pid : 0,
						    .comm = owner ? owner->comm : "", .what = mount->path,
						    .flags = mount->flags | (is_node(owner) ? HOLDER_NODE : 0) |
							     (is_anonymous(mount) ? HOLDER_DETACHED : 0),
						    .mount_id = mount->id, .parent_mount_id = mount->parent_id,
						    .mntns_inum = is_anonymous(mount) ? 0 : mount->mntns_inum },
		    owner ? owner->started : 0);
}

static bool is_ours(const struct teller *teller, const struct holders_mount *mount)
{
	return own_mounts_have(&teller->own, mount->mntns_inum, mount->id);
}

static uint32_t count_ours(const struct teller *teller, struct references_part part)
{
	uint32_t count = 0;

	for (size_t i = part.first; i < part.first + part.count; i++)
		count += is_ours(teller, teller->found->mounts[i]);
	return count;
}

/* The node's own first: they are what people know it by, and mostly what is to go. */
static int tell_mounts(struct teller *teller, struct references_part part, bool node)
{
	int err = 0;

	for (size_t i = part.first; i < part.first + part.count && !err; i++) {
		const struct holders_mount *mount = teller->found->mounts[i];
		const struct holders_task *owner = owner_of(teller, mount->mntns);

		if (is_node(owner) == node && !is_ours(teller, mount))
			err = tell_mount(teller, mount, owner);
	}
	return err;
}

static enum holder_kind kind_of(const struct holders_file *file)
{
	switch (file->kind) {
	case HOLDERS_NSFS:
		return HOLDER_DESCRIPTOR;
	case HOLDERS_SOCKET:
		return HOLDER_SOCKET;
	case HOLDERS_TUN:
		return HOLDER_TUN;
	case HOLDERS_PROC:
		return HOLDER_PROC_FILE;
	default:
		return HOLDER_UNKNOWN;
	}
}

static int tell_files(struct teller *teller, struct references_part part)
{
	char what[HOLDERS_WHAT_BYTES];
	int err = 0;

	for (size_t i = part.first; i < part.first + part.count && !err; i++) {
		const struct holders_file *file = &teller->found->files[i];

		holders_describe(file, what);
		err = tell(teller, &(struct input_holder){ .netns = file->netns, .kind = kind_of(file), .pid = file->pid,
							   .fd = file->fd, .comm = file->comm, .what = what },
			   file->started);
	}
	return err;
}

static void share_room(struct teller *teller, const struct references *sum, uint32_t mounts)
{
	uint32_t counts[HOLDER_KINDS] = { [HOLDER_TASK] = (uint32_t)sum->tasks.count, [HOLDER_MOUNT] = mounts };

	for (size_t i = sum->files.first; i < sum->files.first + sum->files.count; i++)
		counts[kind_of(&teller->found->files[i])]++;
	holder_room_share(&teller->room, counts);
}

static int tell_netns(struct teller *teller, const struct references *sum, uint64_t netns)
{
	uint32_t mounts = (uint32_t)sum->mounts.count - count_ours(teller, sum->mounts);
	struct input input = {
		.kind = INPUT_HOLDERS,
		.time = teller->now,
		.holders = {
			.netns = netns,
			.counted = sum->counted,
			.nsproxies = sum->nsproxies,
			.nsfs = sum->nsfs,
			.sockets = sum->sockets,
			.proc_files = sum->proc_files,
			.unexplained = sum->unexplained,
			.sockets_unseen = sum->sockets_unseen,
			.nsfs_unexplained = sum->nsfs_unexplained,
			.found = (uint32_t)(sum->tasks.count + sum->files.count) + mounts,
		},
	};
	int err = teller->input(teller->ctx, &input);

	share_room(teller, sum, mounts);
	/* The mounts first: most often they are what is left. */
	if (!err)
		err = tell_mounts(teller, sum->mounts, true);
	if (!err)
		err = tell_mounts(teller, sum->mounts, false);
	if (!err)
		err = tell_tasks(teller, sum->tasks);
	return err ? err : tell_files(teller, sum->files);
}

static int tell_all(struct teller *teller)
{
	const struct holders_found *found = teller->found;
	struct references sum;
	int err = 0;

	for (size_t i = 0; i < found->task_count; i++)
		teller->owners[i] = &found->tasks[i];
	qsort(teller->owners, found->task_count, sizeof(*teller->owners), compare_owners);
	for (size_t i = 0; i < found->count_count && !err; i++) {
		uint64_t netns = found->counts[i].netns.handle;

		err = references_add_up(&sum, found, i) ? tell_netns(teller, &sum, netns) :
							  holders_tell_unknown(netns, teller->now, teller->input, teller->ctx);
	}
	return err;
}

int holders_tell(const struct holders_found *found, const char *proc, uint64_t now, input_fn input, void *ctx)
{
	struct teller teller = { .found = found, .proc = proc, .now = now, .input = input, .ctx = ctx };
	int err = -ENOMEM;

	teller.owners = calloc(found->task_count + 1, sizeof(*teller.owners));
	teller.processes = calloc(PROCESSES, sizeof(*teller.processes));
	if (teller.owners && teller.processes)
		err = own_mounts_read(&teller.own, proc);
	if (!err)
		err = tell_all(&teller);
	own_mounts_free(&teller.own);
	free(teller.owners);
	free(teller.processes);
	return err;
}

int holders_tell_unknown(uint64_t netns, uint64_t now, input_fn input, void *ctx)
{
	const struct input unknown = { .kind = INPUT_HOLDERS, .time = now, .holders = { .netns = netns, .counted = HOLDERS_UNKNOWN } };

	return input(ctx, &unknown);
}
