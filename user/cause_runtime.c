/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the runtime has left: the mount that it made, and the pod's processes.
 */
#include "cause_private.h"

#include <string.h>

#include "util.h"

/* /var/run is a link to /run everywhere. */
static const char *canonical(const char *path)
{
	return !strncmp(path, "/var/run/", 9) ? path + 4 : path;
}

static void note_path(struct search *search, const char *path)
{
	/* "/proc/812/ns/net" is given by some: the netns of a process, and no mount. */
	if (*path && strncmp(path, "/proc/", 6) && search->path_count < ARRAY_SIZE(search->paths))
		search->paths[search->path_count++] = canonical(path);
}

static const char *path_of_calls(const struct search *search)
{
	const struct cni_container *container = search->container;

	for (size_t i = 0; i < container->count; i++)
		if (container->calls[i]->netns == search->netns->handle)
			return container->calls[i]->netns_path;
	return "";
}

void search_note_paths(struct search *search)
{
	const struct netns *netns = search->netns;

	if (search->container && search->container->netns == netns->handle)
		note_path(search, search->container->netns_path);
	if (search->container)
		note_path(search, path_of_calls(search));
	if (search->deleting && search->deleting->netns == netns->handle)
		note_path(search, search->deleting->netns_path);
	if (netns->binding)
		note_path(search, netns->binding->path);
}

bool search_has_path(const struct search *search, const char *path)
{
	for (size_t i = 0; i < search->path_count; i++)
		if (!strcmp(canonical(path), search->paths[i]))
			return true;
	return false;
}

bool search_mount_is_there(const struct search *search)
{
	const struct netns *netns = search->netns;
	const struct netns_path *path;

	for (path = netns->paths; path; path = path->next)
		if (search_has_path(search, path->path))
			return true;
	for (uint32_t i = 0; netns_holders_are_known(netns) && i < netns->holders->count; i++) {
		const struct netns_holder *holder = &netns->holders->all[i];

		if (holder->kind == HOLDER_MOUNT && holder->flags & HOLDER_NODE && search_has_path(search, holder->what))
			return true;
	}
	return false;
}

bool search_has_processes(const struct search *search)
{
	const struct netns *netns = search->netns;

	if (netns_holders_are_known(netns))
		return netns->holders->sum.nsproxies > 0;
	return netns->references >= 0 && netns->tasks > 0;
}
