/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is part of what: plugins that call each other, and what stands for a plugin.
 */
#include "cni_calls_private.h"

#include <string.h>

static bool is_in_search_path(const struct cni_call *call)
{
	const size_t directory = (size_t)(cni_call_plugin(call) - call->program);
	const char *at = call->search_path, *end;

	for (; *at; at = *end ? end + 1 : end) {
		size_t length;

		end = strchrnul(at, ':');
		for (length = (size_t)(end - at); length && at[length - 1] == '/'; length--)
			;
		if (directory == length + 1 && !strncmp(at, call->program, length))
			return true;
	}
	return false;
}

/* The nearest that it is part of, or NULL: what is around it only has the environment of a plugin, as env(1) may. */
const struct cni_call *cni_call_plugin_around(const struct cni_call *call)
{
	const struct cni_call *outer = call->outer;

	while (outer && !outer->is_plugin)
		outer = outer->outer;
	return outer;
}

/*
 * A plugin stands where plugins are.  Or it is what a script runs that stands there for it: bridge and bridge.real.
 * Anything else only has the environment of one.
 */
bool cni_call_is_plugin(const struct cni_call *call)
{
	const struct cni_call *outer = cni_call_plugin_around(call);

	if (is_in_search_path(call))
		return true;
	if (outer)
		return !strncmp(cni_call_plugin(call), cni_call_plugin(outer), strlen(cni_call_plugin(outer)));
	return !call->outer && (!*call->search_path || call->is_cut);
}

struct running *cni_calls_find_running(const struct cni_calls *calls, uint32_t pid)
{
	struct running *running;

	HASH_FIND(hh, calls->running, &pid, sizeof(pid), running);
	return running;
}

/*
 * Some meta plugins have a daemon call what they delegate to: no child of theirs, but for the same interface.  The same
 * plugin once more is none of these: the runtime tries again, and the first still runs.
 */
struct cni_call *cni_calls_served_by_daemon(const struct cni_calls *calls, const struct cni_call *call)
{
	struct running *running, *next;

	if (!*call->container_id || !*call->ifname)
		return NULL;
	HASH_ITER(hh, calls->running, running, next) {
		struct cni_call *other = running->call;

		if (!other->outer && !strcmp(other->container_id, call->container_id) &&
		    !strcmp(other->ifname, call->ifname) && !strcmp(other->command_name, call->command_name) &&
		    strcmp(other->program, call->program))
			return other;
	}
	return NULL;
}

size_t cni_call_count_parts(const struct cni_call *call)
{
	size_t count = 0;

	for (const struct cni_call *part = call->parts; part; part = part->next)
		count++;
	return count;
}

void cni_call_add_part(struct cni_call *outer, struct cni_call *part)
{
	struct cni_call **slot = &outer->parts;

	while (*slot)
		slot = &(*slot)->next;
	*slot = part;
	part->outer = outer;
}

void cni_call_remove_part(struct cni_call *part)
{
	struct cni_call **slot = &part->outer->parts;

	while (*slot != part)
		slot = &(*slot)->next;
	*slot = part->next;
	part->next = NULL;
	part->outer = NULL;
}
