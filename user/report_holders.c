/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who holds a netns, in words and as attributes.
 */
#include <string.h>

#include "format.h"
#include "report.h"
#include "report_attributes.h"

#define PATH_SHOWN 256
#define HOLDERS_SHOWN 3

static void add_process(struct text *text, const struct netns_holder *holder)
{
	text_add(text, holder->comm[0] ? holder->comm : "a process");
	text_add(text, " (pid ");
	text_add_u64(text, holder->pid);
	if (holder->kind == HOLDER_TASK && holder->tid != holder->pid) {
		text_add(text, ", thread ");
		text_add_u64(text, holder->tid);
	}
	text_add(text, ")");
}

static void add_mount(struct text *text, const struct netns_holder *holder)
{
	text_add(text, "mount ");
	text_add(text, holder->flags & HOLDER_CUT ? "\xe2\x80\xa6" : "");
	text_add_cut(text, holder->what[0] ? holder->what : "without a place", PATH_SHOWN);
	if (holder->flags & HOLDER_UNLINKED)
		text_add(text, " (deleted)");
	if (holder->flags & HOLDER_HIDDEN)
		text_add(text, ", hidden by another mount");
	if (holder->flags & HOLDER_NODE)
		return;
	if (holder->flags & HOLDER_DETACHED) {
		text_add(text, ", detached");
	} else if (holder->pid) {
		text_add(text, ", private to ");
		add_process(text, holder);
	} else {
		text_add(text, ", in a mount namespace without a process");
	}
}

static void add_open(struct text *text, const struct netns_holder *holder, const char *what)
{
	add_process(text, holder);
	text_add(text, " fd ");
	text_add_u64(text, holder->fd);
	text_add(text, what);
	text_add_cut(text, holder->what, PATH_SHOWN);
}

void report_holder(struct text *text, const struct netns_holder *holder)
{
	switch (holder->kind) {
	case HOLDER_TASK:
		text_add(text, "process ");
		add_process(text, holder);
		break;
	case HOLDER_MOUNT:
		add_mount(text, holder);
		break;
	case HOLDER_DESCRIPTOR:
		add_open(text, holder, ", the netns itself");
		break;
	case HOLDER_SOCKET:
		add_open(text, holder, ", socket ");
		break;
	case HOLDER_TUN:
		add_open(text, holder, ", /dev/net/tun");
		break;
	case HOLDER_PROC_FILE:
		add_open(text, holder, ", a file of /proc/PID/net");
		break;
	case HOLDER_UNKNOWN:
		text_add(text, "something unknown");
		break;
	}
}

/* What of the references no holder that was found accounts for. */
static void add_rest(struct text *text, const struct input_holders *sum, size_t start)
{
	if (sum->sockets_unseen > 0) {
		text_add(text, text->length > start ? "; " : "");
		text_add_count(text, (uint64_t)sum->sockets_unseen, "socket without a descriptor", "sockets without a descriptor");
	}
	if (sum->nsfs && sum->nsfs_unexplained > 0) {
		text_add(text, text->length > start ? "; " : "");
		text_add(text, "its file, by something that is neither a mount nor a descriptor");
	}
	if (sum->unexplained > 0) {
		text_add(text, text->length > start ? "; " : "");
		if (sum->sockets_unseen < 0)
			text_add_count(text, (uint64_t)sum->unexplained, "reference that cannot be told", "references that cannot be told");
		else
			text_add_count(text, (uint64_t)sum->unexplained, "reference of the kernel", "references of the kernel");
	}
}

/* A mount that comes again over itself, as iproute2's /run/netns has each: one to people. */
static bool reads_as(const struct netns_holder *left, const struct netns_holder *right)
{
	const uint32_t unsaid = HOLDER_COVERED | HOLDER_SEEN;

	return left->kind == HOLDER_MOUNT && right->kind == HOLDER_MOUNT && left->mntns_inum == right->mntns_inum &&
	       (left->flags & ~unsaid) == (right->flags & ~unsaid) && !strcmp(left->what, right->what);
}

/* How many of all[from] on read as all[number] does. */
static uint32_t count_alike(const struct netns_holders *holders, uint32_t number, uint32_t from, uint32_t to)
{
	uint32_t count = 0;

	for (uint32_t i = from; i < to; i++)
		count += reads_as(&holders->all[i], &holders->all[number]);
	return count;
}

void report_holders(struct text *text, const struct netns_holders *holders)
{
	const size_t start = text->length;
	uint32_t shown = 0, told = 0;

	for (uint32_t i = 0; i < holders->count && shown < HOLDERS_SHOWN; i++) {
		uint32_t again = count_alike(holders, i, i + 1, holders->count);

		if (count_alike(holders, i, 0, i))
			continue;
		text_add(text, shown++ ? "; " : "");
		report_holder(text, &holders->all[i]);
		if (again)
			text_printf(text, " (%u times)", again + 1);
		told += 1 + again;
	}
	if (holders->sum.found > told)
		text_printf(text, " and %u more", holders->sum.found - told);
	add_rest(text, &holders->sum, start);
	if (text->length == start)
		text_add(text, "what holds it was gone when it was looked for");
}

static void add_part(struct text *text, int32_t count, const char *what, bool *first)
{
	if (!count)
		return;
	text_printf(text, "%s%d %s", *first ? "" : " + ", count, what);
	*first = false;
}

static void add_uncounted(struct text *text, const struct netns *netns)
{
	if (!netns->holders)
		text_printf(text, "%lld; what they are could not be looked for", (long long)netns->references);
	else if (netns->holders->sum.counted == HOLDERS_NOT_COUNTED)
		text_add(text, "not counted: that takes BPF; there may be more than what is found");
	else
		text_add(text, "none any more: it was freed while it was looked at");
}

void report_references(struct text *text, const struct netns *netns)
{
	const struct input_holders *sum = netns->holders ? &netns->holders->sum : NULL;
	bool first = true;

	if (!netns_references_are_counted(netns)) {
		add_uncounted(text, netns);
		return;
	}
	text_printf(text, "%d = ", sum->counted);
	add_part(text, sum->nsfs, "of its file", &first);
	add_part(text, sum->nsproxies, "of processes", &first);
	add_part(text, sum->sockets, "of sockets", &first);
	add_part(text, sum->proc_files, "of files of /proc/PID/net", &first);
	text_printf(text, "%s%d unexplained", first ? "" : " + ", sum->unexplained);
	if (sum->unexplained < 0)
		text_add(text, ": some went while they were counted");
	else if (sum->unexplained > 0 && sum->sockets_unseen < 0)
		text_add(text, ": the kernel's own, or of sockets in flight or files of /proc/PID/net: these cannot be told apart here");
}

/* --- attributes --- */

static const char *kind_name(const struct netns_holder *holder)
{
	static const char *const names[] = {
		[HOLDER_UNKNOWN] = "unknown", [HOLDER_TASK] = "process", [HOLDER_MOUNT] = "mount",
		[HOLDER_DESCRIPTOR] = "descriptor", [HOLDER_SOCKET] = "socket", [HOLDER_TUN] = "tun",
		[HOLDER_PROC_FILE] = "proc_file",
	};

	return names[holder->kind];
}

static void add_mount_attributes(struct json_line *line, const struct netns_holder *holder)
{
	json_u64(line, JSON_KEY("mount_id"), holder->mount_id);
	if (holder->mntns_inum)
		json_u64(line, JSON_KEY("mount_namespace"), holder->mntns_inum);
	json_bool(line, JSON_KEY("node"), holder->flags & HOLDER_NODE);
	if (holder->flags & HOLDER_COVERED)
		json_bool(line, JSON_KEY("covered"), true);
	if (holder->flags & HOLDER_UNLINKED)
		json_bool(line, JSON_KEY("deleted"), true);
	if (holder->flags & HOLDER_DETACHED)
		json_bool(line, JSON_KEY("detached"), true);
	if (holder->flags & HOLDER_CUT)
		json_bool(line, JSON_KEY("cut"), true);
	if (holder->flags & HOLDER_HIDDEN)
		json_bool(line, JSON_KEY("hidden"), true);
}

/* False: there was no room for all of it, and nothing of it stays. */
static bool add_holder(struct json_line *line, const struct netns_holder *holder)
{
	const char *kind = kind_name(holder);
	struct json_element element;

	if (!json_open_element(line, &element))
		return false;
	json_plain(line, JSON_KEY("type"), kind, strlen(kind));
	if (holder->kind == HOLDER_MOUNT)
		json_text(line, JSON_KEY("path"), holder->what, CAP_PATH);
	else if (holder->kind == HOLDER_SOCKET)
		json_text(line, JSON_KEY("socket"), holder->what, CAP_PATH);
	if (holder->pid) {
		json_u64(line, JSON_KEY("pid"), holder->pid);
		json_text(line, JSON_KEY("comm"), holder->comm, CAP_ID);
	}
	if (holder->kind == HOLDER_TASK && holder->tid != holder->pid)
		json_u64(line, JSON_KEY("tid"), holder->tid);
	else if (holder->kind > HOLDER_MOUNT)
		json_u64(line, JSON_KEY("fd"), holder->fd);
	if (holder->kind == HOLDER_MOUNT)
		add_mount_attributes(line, holder);
	if (holder->cgroup[0] && strcmp(holder->cgroup, "/"))
		json_text(line, JSON_KEY("cgroup"), holder->cgroup, CAP_PATH);
	return json_close_element(line, &element);
}

void attributes_references(struct json_line *line, const struct netns_holders *holders)
{
	const struct input_holders *sum = &holders->sum;

	json_i64(line, JSON_KEY("netns.held_by.nsproxies"), sum->nsproxies);
	json_i64(line, JSON_KEY("netns.held_by.nsfs"), sum->nsfs);
	json_i64(line, JSON_KEY("netns.held_by.sockets"), sum->sockets);
	json_i64(line, JSON_KEY("netns.held_by.proc_files"), sum->proc_files);
	json_i64(line, JSON_KEY("netns.held_by.unexplained"), sum->unexplained);
	if (sum->sockets_unseen < 0)
		json_bool(line, JSON_KEY("netns.held_by.sockets_uncounted"), true);
	if (sum->nsfs_unexplained)
		json_i64(line, JSON_KEY("netns.held_by.nsfs_unexplained"), sum->nsfs_unexplained);
	json_u64(line, JSON_KEY("netns.holder_count"), sum->found);
}

void attributes_holders(struct json_line *line, const struct netns_holders *holders)
{
	size_t opened;

	if (!json_open(line, JSON_KEY("netns.holders"), &opened))
		return;
	for (uint32_t i = 0; i < holders->count; i++)
		if (!add_holder(line, &holders->all[i])) {
			line->full = true;
			break;
		}
	json_close_array(line, opened);
}
