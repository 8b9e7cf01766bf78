/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The netns directories, and mounts of netns anywhere. */
#include "audit.h"

#include <inttypes.h>
#include <string.h>

AUDIT_CHECK(audit_file)
{
	for (size_t i = 0; i < view->files->entry_count; i++) {
		const struct node_entry *entry = &view->files->entries[i];
		struct audit_finding *finding;

		/* Who makes a netns makes its file first. */
		if (entry->kind != NODE_ENTRY_FILE || !audit_is_older(view, entry->made_wall, view->grace) ||
		    audit_may_be_mounted(view, entry->path))
			continue;
		if (entry->target)
			finding = audit_add(audit, check, NULL, "%.300s is a link to %.100s, which is no netns", entry->path, entry->target);
		else
			finding = audit_add(audit, check, NULL,
					    "%.400s is a plain file: no netns is mounted on it, and none can be named so",
					    entry->path);
		audit_advise(audit, finding, true, entry->target ? "removes the link" : "removes the file", "rm %s",
			     audit_quoted(entry->path));
	}
}

/* A process that this /proc does not show may well be there. */
static bool is_dead(const struct audit_view *view, const struct node_entry *entry)
{
	return entry->kind == NODE_ENTRY_DEAD_LINK && (view->scan->all_processes || !strstr(entry->target, "proc/"));
}

AUDIT_CHECK(audit_dead_link)
{
	for (size_t i = 0; i < view->files->entry_count; i++) {
		const struct node_entry *entry = &view->files->entries[i];
		struct audit_finding *finding;

		if (!is_dead(view, entry))
			continue;
		finding = audit_add(audit, check, NULL, "%.300s is a link to %.100s, which is gone", entry->path, entry->target);
		audit_advise(audit, finding, true, "removes the link", "rm %s", audit_quoted(entry->path));
	}
}

static const struct audit_netns *netns_of(const struct audit_view *view, const struct proc_mount *mount)
{
	return audit_by_inum(view, mount->inum);
}

AUDIT_CHECK(audit_mount_deleted)
{
	for (size_t i = 0; i < view->scan->mount_count; i++) {
		const struct proc_mount *mount = &view->scan->mounts[i];

		if (mount->node && mount->deleted)
			audit_add(audit, check, netns_of(view, mount),
				  "mount %" PRIu32 " of netns %" PRIu32 " stands on %.300s, a file "
				  "that was removed: no name leads to it, and only the end of its mount namespace would take it away",
				  mount->id, mount->inum, mount->path);
	}
}

static const struct proc_mount *visible_at(const struct proc_scan *scan, const struct proc_mount *covered)
{
	for (size_t i = 0; i < scan->mount_count; i++) {
		const struct proc_mount *mount = &scan->mounts[i];

		if (mount->node && !mount->covered && !mount->deleted && !strcmp(mount->path, covered->path))
			return mount;
	}
	return NULL;
}

AUDIT_CHECK(audit_mount_covered)
{
	for (size_t i = 0; i < view->scan->mount_count; i++) {
		const struct proc_mount *mount = &view->scan->mounts[i], *visible;
		struct audit_finding *finding;

		if (!mount->node || !mount->covered || mount->mirrored || mount->deleted)
			continue;
		visible = visible_at(view->scan, mount);
		finding = audit_add(audit, check, netns_of(view, mount),
				    "at %.300s netns %" PRIu32 " is mounted below %s: to unmount it once "
				    "leaves it held", mount->path, mount->inum, !visible ? "another mount" :
				    visible->inum == mount->inum ? "itself" : "another netns");
		audit_advise(audit, finding, false, "once for each mount there, the hidden one last", "umount %s",
			     audit_quoted(mount->path));
	}
}

static bool is_on_node(const struct proc_scan *scan, uint32_t inum)
{
	for (size_t i = 0; i < scan->mount_count; i++)
		if (scan->mounts[i].inum == inum && scan->mounts[i].node)
			return true;
	return false;
}

/* Rootless containers, and Docker's overlay networks in a container of Docker's, keep theirs so, and on purpose. */
static bool is_at_home_there(const struct audit_view *view, const struct audit_netns *netns, const struct proc_mount *mount)
{
	uint32_t node = view->node && view->node->look ? view->node->look->owner : 0;

	return audit_is_dockers_path(mount->path) || (node && netns->look && netns->look->owner && netns->look->owner != node);
}

AUDIT_CHECK(audit_mount_foreign)
{
	uint32_t said = 0;

	for (size_t i = 0; i < view->scan->mount_count; i++) {
		const struct proc_mount *mount = &view->scan->mounts[i];
		const struct audit_netns *netns = netns_of(view, mount);

		if (mount->node || !mount->mntns || mount->inum == said || !netns || netns->netns->initial ||
		    !netns_tasks_are_known(netns->netns) || netns->netns->tasks || is_on_node(view->scan, mount->inum) ||
		    is_at_home_there(view, netns, mount))
			continue;
		said = mount->inum;
		audit_add(audit, check, netns,
			  "no process is in it, and the node has not mounted it; %.300s in the mount namespace of process %" PRIu32
			  " keeps it", mount->path, mount->pid);
	}
}

/* One bind mount more, made to show a name to `ip netns`, keeps the netns when the runtime takes away its own. */
AUDIT_CHECK(audit_mount_double)
{
	for (size_t i = 0; i < view->count; i++) {
		const struct audit_netns *netns = &view->netns[i];
		const struct proc_mount *first = NULL;

		if (!netns->pod || netns->pod->gone)
			continue;
		for (size_t j = 0; j < view->scan->mount_count; j++) {
			const struct proc_mount *mount = &view->scan->mounts[j];

			if (mount->inum != netns->netns->inum || !mount->node || mount->covered || mount->deleted)
				continue;
			if (first && strcmp(first->path, mount->path)) {
				audit_add(audit, check, netns, "mounted at %.200s and at %.200s: its runtime will unmount but one, "
					  "and the other would keep it", first->path, mount->path);
				break;
			}
			first = first ? first : mount;
		}
	}
}
