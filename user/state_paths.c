/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where netns are mounted.
 */
#include "state_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A path whose inode number belongs to no netns that is known yet. */
struct waiting_path {
	struct waiting_path *next;
	uint32_t inum;
	int64_t made_wall;
	char path[];
};

/* --- paths whose netns is not known yet, or no longer --- */

static int path_wait(struct state *state, const char *path, uint32_t inum, int64_t made_wall)
{
	size_t size = strlen(path) + 1;
	struct waiting_path *waiting;

	for (waiting = state->waiting; waiting; waiting = waiting->next)
		if (waiting->inum == inum && !strcmp(waiting->path, path))
			return 0;
	waiting = malloc(sizeof(*waiting) + size);
	if (!waiting)
		return -ENOMEM;
	waiting->inum = inum;
	waiting->made_wall = made_wall;
	memcpy(waiting->path, path, size);
	waiting->next = state->waiting;
	state->waiting = waiting;
	return 0;
}

static void path_unwait(struct state *state, const char *path, uint32_t inum)
{
	struct waiting_path **slot = &state->waiting, *waiting;

	for (; (waiting = *slot); slot = &waiting->next) {
		if (waiting->inum != inum || strcmp(waiting->path, path))
			continue;
		*slot = waiting->next;
		free(waiting);
		return;
	}
}

/*
 * A path leads to an inode number until it is told to be gone.  Who mounts a new netns at the path of the old
 * one, and gets its inode number, is not told of: so the next netns of that number has the path.
 */
void state_paths_leave(struct state *state, struct netns *netns)
{
	while (netns->paths) {
		/* Without memory the path alone is missing: no verdict rests on it. */
		path_wait(state, netns->paths->path, netns->inum, 0);
		netns_path_remove(netns, netns->paths->path);
	}
}

void state_paths_arrive(struct state *state, struct netns *netns)
{
	struct waiting_path **slot = &state->waiting, *path;

	while ((path = *slot)) {
		if (path->inum != netns->inum) {
			slot = &path->next;
			continue;
		}
		netns_path_add(netns, path->path, path->made_wall);
		*slot = path->next;
		free(path);
	}
}

void state_forget_paths(struct state *state)
{
	struct waiting_path *path;

	while ((path = state->waiting)) {
		state->waiting = path->next;
		free(path);
	}
}

/* --- what comes in --- */

int state_path(struct state *state, const char *path, uint32_t inum, bool present, int64_t made_wall)
{
	struct netns *netns = state_by_inum(state, inum);

	if (present)
		return netns ? netns_path_add(netns, path, made_wall)
			     : path_wait(state, path, inum, made_wall);
	path_unwait(state, path, inum);
	if (netns)
		netns_path_remove(netns, path);
	return 0;
}
