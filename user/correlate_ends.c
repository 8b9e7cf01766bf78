/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ends of pods: by the rule in correlate.h, and what follows from them.
 */
#include "correlate_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

static void pod_set_gone(struct correlate *correlate, struct pod_entry *entry, const struct pod_end *end)
{
	const struct claim *claim = end->claim;
	struct pod *pod = &entry->pod;

	pod->gone = true;
	pod->gone_at = correlate_to_boot(correlate, end->gone_wall);
	pod->released_at = correlate_to_boot(correlate, end->released_wall);
	if (!end->released_wall || pod->released_at < pod->gone_at)
		pod->released_at = pod->gone_at;
	pod->gone_source = strdup(claim->authority->name);
	pod->gone_reason = !claim->finished ? "deleted" : claim->failed ? "Failed" : "Succeeded";
	correlate->pods.gone++;
	if (pod->here || pod->bindings)
		correlate_tell(correlate, (struct correlate_change){ .kind = CORRELATE_POD_GONE, .pod = pod,
								     .source = claim->authority->name });
}

static void pod_set_back(struct correlate *correlate, struct pod_entry *entry)
{
	struct pod *pod = &entry->pod;

	pod->gone = false;
	pod->gone_at = pod->released_at = 0;
	free(pod->gone_source);
	pod->gone_source = NULL;
	correlate->pods.gone--;
	correlate_tell(correlate, (struct correlate_change){ .kind = CORRELATE_POD_BACK, .pod = pod });
}

/* --- made anew under its name --- */

static void hand_over(struct correlate *correlate, struct binding *binding, struct pod_entry *to)
{
	DL_DELETE(binding->pod->bindings, binding);
	binding->pod = &to->pod;
	DL_APPEND(to->pod.bindings, binding);
	if (binding->as_of_wall > to->bound_wall)
		to->bound_wall = binding->as_of_wall;
	correlate_tell(correlate, (struct correlate_change){ .kind = CORRELATE_BOUND, .netns = binding->netns,
							     .pod = binding->pod, .source = binding->source });
}

/*
 * A pod was made anew under its name, as a StatefulSet does.  What was said of that name, without a uid, after the first
 * was last known to be there, was said of the second.
 */
static void pod_hand_over(struct correlate *correlate, struct pod_entry *from)
{
	struct pod_entry *to = pods_find(&correlate->pods, "", from->pod.namespace_, from->pod.name);
	int64_t seen_wall = pod_seen_wall(from);
	struct binding *binding, *next;

	if (!to || to == from || to->pod.gone)
		return;
	DL_FOREACH_SAFE (from->pod.bindings, binding, next)
		if (binding->by_name && binding->as_of_wall > seen_wall)
			hand_over(correlate, binding, to);
}

/* --- the rule --- */

int correlate_judge_pod(struct correlate *correlate, struct pod_entry *entry)
{
	struct pod_end end;
	bool gone = pod_is_gone(entry, &end);
	int err = 0;

	if (gone && !entry->pod.gone) {
		pod_hand_over(correlate, entry);
		pod_set_gone(correlate, entry, &end);
		err = correlate_index_pod(correlate, entry, false);
		/* Its netns may be another pod's by another statement; the entry must outlast that. */
		entry->pins++;
		if (!err)
			err = correlate_retry_statements(correlate, entry);
		entry->pins--;
	} else if (!gone && entry->pod.gone) {
		pod_set_back(correlate, entry);
	}
	return err;
}

/* A container that another daemon has told of is no business of this one: two of a kind share the namespace. */
static bool is_anothers(const struct correlate *correlate, const struct pod_entry *entry)
{
	size_t i;

	for (i = 0; pod_is_container(&entry->pod) && i < entry->claim_count; i++)
		if (entry->claims[i].authority != &correlate->remembered)
			return true;
	return false;
}

/*
 * A full listing without the pod ends it, where it is the source's to know the pod, which was there before the listing
 * was asked for.
 */
int correlate_judge_absence(struct correlate *correlate, struct pod_entry *entry)
{
	const struct pod *pod = &entry->pod;
	bool judged = (pod_has_api_uid(pod) || pod_is_container(pod)) && !pod_is_elsewhere(pod);
	int64_t known = judged ? pod_known_wall(entry) : 0;
	struct authority *authority;

	for (authority = correlate->authorities; authority; authority = authority->next) {
		struct claim *claim = pod_claim_find(entry, authority);

		if (!authority->may_end_pods || claim || !known || !authority->asked_wall ||
		    known >= authority->asked_wall || !pod_is_known_by(pod, authority->name) ||
		    is_anothers(correlate, entry))
			continue;
		claim = pod_claim_get(entry, authority);
		if (!claim)
			return -ENOMEM;
		claim_end(claim, authority->as_of_wall);
	}
	return correlate_judge_pod(correlate, entry);
}

/* --- pods that nobody speaks of any more --- */

/* Without memory it is forgotten, and its netns, if it leaks, is an orphan. */
static void ended_remember(struct correlate *correlate, const struct pod_entry *entry)
{
	struct ended *ended = &correlate->ended[correlate->ended_next];
	struct pod_end end;

	if (!*entry->pod.uid || pod_is_elsewhere(&entry->pod) || !pod_is_gone(entry, &end) ||
	    end.claim->authority == &correlate->remembered)
		return;
	free(ended->uid);
	*ended = (struct ended){ .uid = strdup(entry->pod.uid), .authority = end.claim->authority,
				 .gone_wall = end.gone_wall };
	correlate->ended_next = (correlate->ended_next + 1) % ENDED_KEPT;
}

/* It is told of again, by its netns.  A source that tells of the pod itself needs no memory of ours. */
int correlate_recall_end(struct correlate *correlate, struct pod_entry *entry)
{
	struct claim *claim;
	size_t i;

	if (entry->claim_count || !*entry->pod.uid)
		return 0;
	for (i = 0; i < ENDED_KEPT; i++) {
		struct ended *ended = &correlate->ended[i];

		if (!ended->uid || strcmp(ended->uid, entry->pod.uid))
			continue;
		claim = pod_claim_get(entry, ended->authority);
		if (!claim)
			return -ENOMEM;
		claim_end(claim, ended->gone_wall);
		break;
	}
	return 0;
}

void correlate_drop_if_idle(struct correlate *correlate, struct pod_entry *entry)
{
	if (!pod_is_idle(entry))
		return;
	ended_remember(correlate, entry);
	correlate_index_pod(correlate, entry, false); /* only ever frees */
	pods_free(&correlate->pods, entry);
}
