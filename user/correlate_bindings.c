/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * netns->binding: which statement wins, what contradicts it, and where its path leads.
 */
#include "correlate_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

static void binding_free(struct binding *binding)
{
	if (!binding)
		return;
	free(binding->source);
	free(binding->container_id);
	free(binding->path);
	free(binding);
}

void correlate_unbind(struct correlate *correlate, struct netns *netns)
{
	struct pod_entry *entry = entry_of(netns->binding->pod);

	DL_DELETE(entry->pod.bindings, netns->binding);
	binding_free(netns->binding);
	netns->binding = NULL;
	correlate->bound--;
	correlate_drop_if_idle(correlate, entry);
}

/* NULL: no memory. */
static struct binding *binding_new(struct netns *netns, const struct statement *by, struct pod_entry *entry, bool restored)
{
	struct binding *binding = calloc(1, sizeof(*binding));

	if (!binding)
		return NULL;
	binding->source = strdup(by->source);
	binding->container_id = strdup(by->container_id ? by->container_id : "");
	binding->path = strdup(by->path ? by->path : "");
	if (!binding->source || !binding->container_id || !binding->path) {
		binding_free(binding);
		return NULL;
	}
	binding->netns = netns;
	binding->pod = &entry->pod;
	binding->evidence = by->evidence;
	binding->as_of_wall = by->as_of_wall;
	binding->by_name = by->pod_uid && !*by->pod_uid;
	binding->restored = restored;
	return binding;
}

/* --- two statements about one netns --- */

/*
 * Does the new statement win over the binding that is there?  The stronger evidence does.  Of equals the
 * first stays, unless its pod is gone and the other is not: a netns that a living pod uses is not to be
 * reported as the dead one's.
 */
static bool overrules(const struct statement *by, const struct pod_entry *entry, const struct binding *old)
{
	if (by->evidence != old->evidence)
		return by->evidence > old->evidence;
	return names_another(old, entry) && old->pod->gone && !entry->pod.gone;
}

static void tell_contradiction(struct correlate *correlate, struct netns *netns, const struct statement *by,
			       const struct pod_entry *entry)
{
	char text[512];

	snprintf(text, sizeof(text), "%s says that it is pod %s/%s's", by->source, entry->pod.namespace_,
		 entry->pod.name);
	correlate_tell(correlate, (struct correlate_change){ .kind = CORRELATE_CONTRADICTED, .netns = netns,
							     .pod = netns->binding->pod, .source = by->source,
							     .text = text });
}

/*
 * A source that names two pods for one netns is not mistaken: they share it.  Containers may, with docker run
 * --network container:..., pods never do.
 */
static void tell_sharing(struct correlate *correlate, struct netns *netns, const struct statement *by,
			 const struct pod_entry *entry)
{
	const struct pod *bound = netns->binding->pod;

	if (!*bound->uid || !*entry->pod.uid || !pod_has_api_uid(bound) || !pod_has_api_uid(&entry->pod))
		return;
	correlate_tell(correlate, (struct correlate_change){ .kind = CORRELATE_PODS_SHARE, .netns = netns,
							     .pod = netns->binding->pod, .other_pod = &entry->pod,
							     .source = by->source });
}

static void tell_other_pod(struct correlate *correlate, struct netns *netns, const struct statement *by,
			   const struct pod_entry *entry)
{
	struct binding *binding = netns->binding;

	binding->contradicted = true; /* told once, however often the source repeats it */
	if (strcmp(binding->source, by->source) || binding->pod->gone || entry->pod.gone)
		tell_contradiction(correlate, netns, by, entry);
	else
		tell_sharing(correlate, netns, by, entry);
}

/* What an earlier session knew, a source says again: nothing new, but from now on the source answers for it. */
static int confirm(struct netns *netns, struct pod_entry *entry, const struct statement *by)
{
	struct binding *binding = binding_new(netns, by, entry, false);

	if (!binding)
		return -ENOMEM;
	binding->contradicted = netns->binding->contradicted;
	DL_REPLACE_ELEM(entry->pod.bindings, netns->binding, binding);
	binding_free(netns->binding);
	netns->binding = binding;
	if (by->as_of_wall > entry->bound_wall)
		entry->bound_wall = by->as_of_wall;
	return 0;
}

int correlate_bind(struct correlate *correlate, struct netns *netns, struct pod_entry *entry,
		   const struct statement *by, bool restored)
{
	struct binding *old = netns->binding, *new;

	if (netns->initial || entry->pod.host_network)
		return 0;
	/* An address is too weak to contradict anything. */
	if (old && names_another(old, entry) && by->evidence != EVIDENCE_IP && old->evidence != EVIDENCE_IP &&
	    !old->contradicted)
		tell_other_pod(correlate, netns, by, entry);
	if (old && old->restored && !restored && by->evidence == old->evidence && !names_another(old, entry))
		return confirm(netns, entry, by);
	if (old && !overrules(by, entry, old))
		return 0;
	new = binding_new(netns, by, entry, restored);
	if (!new)
		return -ENOMEM;
	DL_APPEND(entry->pod.bindings, new);
	if (old)
		correlate_unbind(correlate, netns);
	correlate->bound++;
	netns->binding = new;
	if (by->as_of_wall > entry->bound_wall)
		entry->bound_wall = by->as_of_wall;
	correlate_tell(correlate, (struct correlate_change){ .kind = CORRELATE_BOUND, .netns = netns,
							     .pod = &entry->pod, .source = new->source });
	return correlate_judge_absence(correlate, entry);
}

/* --- its path --- */

/*
 * The netns with this inode number, where this source has bound it to the pod that it speaks of; or one that knows as much,
 * for of those the first binds: a CNI call, which says it but once, and then the CNI's cache.
 */
static struct netns *netns_of(const struct correlate *correlate, const struct input_binding *told, uint32_t inum)
{
	struct netns *netns = inum ? state_by_inum(correlate->state, inum) : NULL;
	const struct binding *binding = netns ? netns->binding : NULL;

	if (!binding || binding->evidence != told->evidence)
		return NULL;
	return pods_find(&correlate->pods, told->pod_uid, told->pod_namespace, told->pod_name) ==
			       entry_of(binding->pod) ?
		       netns : NULL;
}

static void set_path(struct correlate *correlate, struct netns *netns, uint64_t lost_at, uint32_t leads_to)
{
	struct binding *binding = netns->binding;

	if (!binding->path_lost_at == !lost_at)
		return;
	binding->path_lost_at = lost_at;
	binding->path_leads_to = leads_to;
	correlate_tell(correlate, (struct correlate_change){ .kind = CORRELATE_PATH, .netns = netns, .pod = binding->pod });
}

void correlate_judge_path(struct correlate *correlate, const struct statement *former, const struct input_binding *told)
{
	struct netns *was = former ? netns_of(correlate, told, former->inum) : NULL;
	struct netns *is = netns_of(correlate, told, told->netns_inum);

	if (was && was != is && !strcmp(was->binding->path, told->netns_path) && *told->netns_path)
		set_path(correlate, was, correlate->now, told->netns_inum);
	if (is)
		set_path(correlate, is, 0, 0);
}
