/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is kept of each container that was called for.
 */
#include "cni_calls_private.h"

#include <stdlib.h>
#include <string.h>

#define CONTAINERS_KEPT 2048 /* many times what a node can have */

/* One that is in no table. */
static void container_clear(struct container *container)
{
	for (size_t i = 0; i < container->told.count; i++)
		cni_call_free((struct cni_call *)(uintptr_t)container->told.calls[i]);
	free(container->id);
	free(container->netns_path);
	free(container->cause);
	free(container->cause_evidence);
	free(container);
}

void cni_container_free(struct cni_calls *calls, struct container *container)
{
	HASH_DEL(calls->containers, container);
	if (container->told.added_at)
		calls->fn(calls->ctx, &(struct cni_change){ .kind = CNI_CALL_FORGOT, .container_id = container->id });
	container_clear(container);
}

struct container *cni_container_find(const struct cni_calls *calls, const char *id)
{
	struct container *container;

	HASH_FIND_STR(calls->containers, id, container);
	return container;
}

void cni_container_settle(struct container *container)
{
	container->told.id = container->id;
	container->told.netns_path = container->netns_path;
	container->told.cause = container->cause;
	container->told.cause_evidence = container->cause_evidence;
}

static struct container *container_new(const char *id)
{
	struct container *container = calloc(1, sizeof(*container));

	if (!container)
		return NULL;
	container->id = strdup(id);
	container->netns_path = strdup("");
	container->cause = strdup("");
	container->cause_evidence = strdup("");
	if (!container->id || !container->netns_path || !container->cause || !container->cause_evidence) {
		container_clear(container);
		return NULL;
	}
	cni_container_settle(container);
	return container;
}

/* Rather one whose netns is gone, or was never known. */
static struct container *least_wanted(const struct cni_calls *calls)
{
	struct container *container, *next;

	HASH_ITER(hh, calls->containers, container, next)
		if (!container->told.netns && next)
			return container;
	return calls->containers;
}

/* Find or make, and put behind all others: what was longest not called for is forgotten first. */
struct container *cni_container_get(struct cni_calls *calls, const char *id)
{
	struct container *container = cni_container_find(calls, id);

	if (container)
		HASH_DEL(calls->containers, container);
	else
		container = container_new(id);
	if (!container)
		return NULL;
	HASH_ADD_KEYPTR(hh, calls->containers, container->id, strlen(container->id), container);
	if (!container->hh.tbl) {
		container_clear(container);
		return NULL;
	}
	if (HASH_COUNT(calls->containers) > CONTAINERS_KEPT)
		cni_container_free(calls, least_wanted(calls));
	return container;
}

void cni_container_keep(struct container *container, struct cni_call *call)
{
	struct cni_container *told = &container->told;

	if (told->count == CNI_CALLS_KEPT) {
		cni_call_free((struct cni_call *)(uintptr_t)told->calls[0]);
		memmove(&told->calls[0], &told->calls[1], (CNI_CALLS_KEPT - 1) * sizeof(told->calls[0]));
		told->count--;
	}
	told->calls[told->count++] = call;
}
