/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What holds it.
 */
#include "cause_private.h"

#include "report.h"

/* A kind of holder, and the cause that it is. */
static enum cause_kind cause_of(const struct search *search, const struct netns_holder *holder)
{
	switch (holder->kind) {
	case HOLDER_TASK:
		return CAUSE_TASK_SURVIVES;
	case HOLDER_MOUNT:
		if (holder->flags & HOLDER_DETACHED)
			return CAUSE_MOUNT_DETACHED;
		if (!(holder->flags & HOLDER_NODE))
			return CAUSE_MOUNT_PRIVATE_COPY;
		/* Where the runtime had it is not known: then whose mount it is, is not said. */
		return !search->path_count || search_has_path(search, holder->what) ? CAUSE_MOUNT_LEFT : CAUSE_MOUNT_EXTRA;
	case HOLDER_SOCKET:
		return CAUSE_SOCKET_HELD;
	case HOLDER_DESCRIPTOR:
	case HOLDER_TUN:
	case HOLDER_PROC_FILE:
		return CAUSE_FD_HELD;
	case HOLDER_UNKNOWN:
		break;
	}
	return CAUSE_UNKNOWN;
}

static const struct netns_holder *first_holder(const struct search *search, enum cause_kind *ret)
{
	const struct netns_holders *holders = search->netns->holders;
	const struct netns_holder *first = NULL;

	for (uint32_t i = 0; i < holders->count; i++) {
		enum cause_kind kind = cause_of(search, &holders->all[i]);

		if (first && kind >= *ret)
			continue;
		first = &holders->all[i];
		*ret = kind;
	}
	return first;
}

static enum cause_kind unseen_holder(struct search *search)
{
	const struct input_holders *sum = &search->netns->holders->sum;

	if (sum->counted < 0) {
		search_add_evidence(search, "nothing was found that holds it, and without BPF not all can be seen that does");
		return CAUSE_UNKNOWN;
	}
	if (sum->nsfs && sum->nsfs_unexplained > 0) {
		search_add_evidence(search, "its file is in use by something that is neither a mount nor a descriptor, as a descriptor "
					    "in flight between processes");
		return CAUSE_FD_HELD;
	}
	if (sum->sockets_unseen > 0) {
		search_add_evidence(search, "sockets without a descriptor are of it: in flight between processes, or not done yet "
					    "after their end");
		return CAUSE_SOCKET_HELD;
	}
	if (sum->unexplained > 0 && sum->sockets_unseen < 0) {
		search_add_evidence(search, "no process, mount or descriptor accounts for its references: sockets in flight have them, "
					    "files of /proc/PID/net or the kernel itself, which cannot be told apart here");
		return CAUSE_UNKNOWN;
	}
	if (sum->unexplained > 0) {
		search_add_evidence(search, "no process, mount, descriptor or socket accounts for its references: the kernel itself "
					    "has them");
		return CAUSE_KERNEL_REFERENCE;
	}
	search_add_evidence(search, "what held it was gone when it was looked for");
	return CAUSE_UNKNOWN;
}

static void add_whose_mount(struct text *text, const struct search *search, enum cause_kind kind)
{
	if (kind == CAUSE_MOUNT_EXTRA)
		text_add(text, " is not the runtime's: something else has made it");
	else
		text_add(text, search->path_count ? " is the runtime's own, and is still there" : " is still there");
}

static enum cause_kind known_holder(struct search *search)
{
	enum cause_kind kind = CAUSE_UNKNOWN;
	const struct netns_holder *holder = first_holder(search, &kind);
	struct text text;

	if (!holder)
		return unseen_holder(search);
	text = search_next_evidence(search);
	report_holder(&text, holder);
	if (kind == CAUSE_MOUNT_LEFT || kind == CAUSE_MOUNT_EXTRA)
		add_whose_mount(&text, search, kind);
	else
		text_add(&text, " holds it");
	if (!netns_references_are_counted(search->netns))
		search_add_evidence(search, "more may hold it: without BPF not all can be seen that does");
	return kind;
}

/* Holders could not be looked for. */
static enum cause_kind counted_holder(struct search *search)
{
	const struct netns *netns = search->netns;
	const struct netns_path *path;
	struct text text;
	bool left;

	if (netns->references >= 0 && netns->tasks) {
		text = search_next_evidence(search);
		text_add_count(&text, netns->tasks, "process is", "processes are");
		text_add(&text, " in it");
		return CAUSE_TASK_SURVIVES;
	}
	if (!netns->paths) {
		search_add_evidence(search, "what holds it could not be looked for");
		return CAUSE_UNKNOWN;
	}
	for (path = netns->paths; path && !search_has_path(search, path->path); path = path->next)
		;
	left = !search->path_count || path;
	text = search_next_evidence(search);
	text_add(&text, "mount ");
	text_add_cut(&text, path ? path->path : netns->paths->path, 256);
	add_whose_mount(&text, search, left ? CAUSE_MOUNT_LEFT : CAUSE_MOUNT_EXTRA);
	return left ? CAUSE_MOUNT_LEFT : CAUSE_MOUNT_EXTRA;
}

void search_by_holders(struct search *search)
{
	search->cause->kind = netns_holders_are_known(search->netns) ? known_holder(search) : counted_holder(search);
}
