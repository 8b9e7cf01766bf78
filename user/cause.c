/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cause_private.h"

#include "remedy.h"

static const struct {
	const char *name, *label;
} causes[CAUSE_KINDS] = {
	[CAUSE_TEARDOWN_STUCK] = { "teardown-stuck", NULL },
	[CAUSE_CNI_DEL_HANGS] = { "cni-del-hangs", "CNI DEL hangs" },
	[CAUSE_CNI_DEL_FAILED] = { "cni-del-failed", "CNI DEL failed" },
	[CAUSE_CNI_DEL_OTHER_NETNS] = { "cni-del-other-netns", "CNI DEL of another netns" },
	[CAUSE_CNI_DEL_PATH_GONE] = { "cni-del-path-gone", "CNI DEL without its path" },
	[CAUSE_CNI_ADD_FAILED] = { "cni-add-failed", "CNI ADD failed, no DEL" },
	[CAUSE_CNI_DEL_NEVER_CALLED] = { "cni-del-never-called", "CNI DEL never called" },
	[CAUSE_TASK_SURVIVES] = { "task-survives", NULL },
	[CAUSE_MOUNT_LEFT] = { "mount-left", NULL },
	[CAUSE_MOUNT_EXTRA] = { "mount-extra", NULL },
	[CAUSE_MOUNT_PRIVATE_COPY] = { "mount-private-copy", NULL },
	[CAUSE_FD_HELD] = { "fd-held", NULL },
	[CAUSE_MOUNT_DETACHED] = { "mount-detached", NULL },
	[CAUSE_SOCKET_HELD] = { "socket-held", NULL },
	[CAUSE_KERNEL_REFERENCE] = { "kernel-reference", NULL },
	[CAUSE_UNKNOWN] = { "unknown", NULL },
};

const char *cause_name(enum cause_kind kind)
{
	return causes[kind].name;
}

bool cause_is_of_calls(enum cause_kind kind)
{
	return kind >= CAUSE_CNI_DEL_HANGS && kind <= CAUSE_CNI_DEL_NEVER_CALLED;
}

const char *cause_label(enum cause_kind kind)
{
	return causes[kind].label;
}

static void find(struct search *search)
{
	const struct netns *netns = search->netns;
	struct cause *cause = search->cause;

	*cause = (struct cause){ .kind = CAUSE_UNKNOWN };
	if (netns_is_dying(netns)) {
		cause->kind = CAUSE_TEARDOWN_STUCK;
		return;
	}
	if (netns_is_in_use(netns))
		return;
	search_note_calls(search);
	search_note_paths(search);
	if (search_by_calls(search))
		return;
	search_by_holders(search);
	search_add_history(search);
}

void cause_find(struct cause *ret, const struct netns *netns, const struct cni_calls *calls, uint64_t now)
{
	find(&(struct search){ .cause = ret, .netns = netns, .calls = calls, .now = now });
}

void cause_find_to_keep(struct cause *ret, const struct netns *netns, const struct cni_calls *calls, uint64_t now,
			int64_t wall_offset)
{
	find(&(struct search){ .cause = ret, .netns = netns, .calls = calls, .now = now, .wall_offset = &wall_offset });
}
