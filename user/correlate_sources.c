/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What sources say of pods, and of themselves.
 */
#include "correlate_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct authority *authority_find(const struct correlate *correlate, const char *name)
{
	struct authority *authority = correlate->authorities;

	while (authority && strcmp(authority->name, name))
		authority = authority->next;
	return authority;
}

static struct authority *authority_get(struct correlate *correlate, const char *name)
{
	struct authority *authority = authority_find(correlate, name);

	if (authority)
		return authority;
	authority = calloc(1, sizeof(*authority));
	if (!authority)
		return NULL;
	authority->name = strdup(name);
	if (!authority->name) {
		free(authority);
		return NULL;
	}
	authority->state = SOURCE_DOWN;
	authority->next = correlate->authorities;
	correlate->authorities = authority;
	return authority;
}

void correlate_forget_sources(struct correlate *correlate)
{
	struct authority *authority;

	while ((authority = correlate->authorities)) {
		correlate->authorities = authority->next;
		free(authority->name);
		free(authority);
	}
}

/* --- pods --- */

static bool has_finished(enum pod_phase phase)
{
	return phase == POD_SUCCEEDED || phase == POD_FAILED;
}

/* A daemon's socket is on the daemon's node. */
static bool is_here(const struct correlate *correlate, const struct pod *pod, const char *node)
{
	return pod_is_container(pod) || (*node && correlate->node && !strcmp(node, correlate->node));
}

static int pod_set_node(struct correlate *correlate, struct pod_entry *entry, const char *node)
{
	struct pods *pods = &correlate->pods;
	struct pod *pod = &entry->pod;
	char *copy;
	bool here;

	/* A pod keeps its node.  Not every source knows it. */
	if (!*node)
		node = pod->node;
	here = is_here(correlate, pod, node);
	if (!strcmp(pod->node, node) && pod->here == here)
		return 0;
	copy = strdup(node);
	if (!copy)
		return -ENOMEM;
	pods->here -= pod->here;
	pods->elsewhere -= pod_is_elsewhere(pod);
	free(pod->node);
	pod->node = copy;
	pod->here = here;
	pods->here += pod->here;
	pods->elsewhere += pod_is_elsewhere(pod);
	return 0;
}

/* While a listing is under way its moment is not known: claim_settle() sets what hangs on it. */
static void claim_tell(const struct correlate *correlate, struct claim *claim, const struct input_pod *told)
{
	const struct authority *authority = claim->authority;
	bool finished = has_finished(told->phase), live = authority->state != SOURCE_SYNCING;

	claim->listed = true;
	claim->listing = authority->listing;
	if (finished && !claim->finished) {
		claim->ended_wall = claim->released_wall = 0;
		if (told->finished_wall)
			claim_end(claim, told->finished_wall);
		else if (live)
			claim_end(claim, correlate_now_wall(correlate));
	}
	claim->finished = finished;
	claim->failed = told->phase == POD_FAILED;
	claim->terminating = told->terminating;
	claim->host_network = told->host_network;
	if (!finished && live)
		claim->seen_wall = correlate_now_wall(correlate);
}

int correlate_pod(struct correlate *correlate, const struct input_pod *told)
{
	struct authority *authority = authority_get(correlate, told->source);
	struct pod_entry *entry = pods_get(&correlate->pods, told->uid, told->alias_uid, told->namespace_,
					   told->name);
	struct claim *claim;
	int err;

	if (!authority || !entry)
		return -ENOMEM;
	/* The state file's word that it is gone is older. */
	if (!has_finished(told->phase))
		pod_claim_drop(entry, &correlate->remembered);
	claim = pod_claim_get(entry, authority);
	if (!claim)
		return -ENOMEM;
	claim_tell(correlate, claim, told);
	entry->pod.terminating = pod_is_terminating(entry);
	if (entry->pod.terminating && !entry->terminating_at)
		entry->terminating_at = correlate->now;
	entry->pod.host_network = pod_is_on_host_network(entry);
	entry->pod.phase = told->phase;
	err = pod_set_node(correlate, entry, told->node);
	if (err < 0)
		return err;
	/* A finished pod may be listed without the addresses that it had. */
	if (told->ip_count || !claim->finished)
		err = correlate_set_pod_ips(correlate, entry, told->ips, told->ip_count);
	if (err < 0)
		return err;
	correlate_touch_pod(correlate, entry);
	correlate_judge_host(correlate, entry);
	/* While a listing is under way its moment is not known; its end judges all. */
	return err || authority->state == SOURCE_SYNCING ? err : correlate_judge_pod(correlate, entry);
}

int correlate_pod_gone(struct correlate *correlate, const struct input_pod_gone *told)
{
	struct authority *authority = authority_get(correlate, told->source);
	struct pod_entry *entry = pods_find(&correlate->pods, told->uid, "", "");
	struct claim *claim;
	int err;

	if (!authority)
		return -ENOMEM;
	if (!entry || !authority->may_end_pods)
		return 0;
	claim = pod_claim_get(entry, authority);
	if (!claim)
		return -ENOMEM;
	if ((claim->listed && !claim->finished) || !claim->ended_wall)
		claim_end(claim, told->gone_wall);
	claim->listed = claim->finished = false;
	err = correlate_judge_pod(correlate, entry);
	correlate_drop_if_idle(correlate, entry);
	return err;
}

/* --- listings --- */

static void claim_settle(struct authority *authority, struct claim *claim)
{
	bool there = claim->listed && claim->listing == authority->listing;

	if (there && !claim->finished && authority->as_of_wall > claim->seen_wall)
		claim->seen_wall = authority->as_of_wall;
	if (there && claim->finished && !claim->ended_wall)
		claim_end(claim, authority->as_of_wall);
	if (there || !claim->listed)
		return;
	if (!claim->finished)
		claim_end(claim, authority->as_of_wall);
	claim->listed = claim->finished = false;
}

/* A full listing has ended well: what it did not have does not exist. */
static int on_synced(struct correlate *correlate, struct authority *authority)
{
	struct pod_entry *entry, *next;
	struct claim *claim;
	int err = 0;

	for (entry = correlate->pods.first; entry && !err; entry = next) {
		next = entry->next;
		claim = pod_claim_find(entry, authority);
		if (claim)
			claim_settle(authority, claim);
		if (authority->may_end_pods)
			err = correlate_judge_absence(correlate, entry);
		correlate_touch_pod(correlate, entry);
		correlate_drop_if_idle(correlate, entry);
	}
	return err;
}

int correlate_source(struct correlate *correlate, const struct input_source *told)
{
	struct authority *authority = authority_get(correlate, told->source);

	if (!authority)
		return -ENOMEM;
	authority->may_end_pods = told->authority;
	authority->state = told->state;
	switch (told->state) {
	case SOURCE_SYNCING:
		authority->listing++;
		authority->asking_wall = told->as_of_wall;
		return 0;
	case SOURCE_ABSENT:
		authority->absent = !authority->asked_once;
		/* fall through */
	case SOURCE_DOWN:
		authority->up = false;
		correlate_tell(correlate, (struct correlate_change){ .kind = CORRELATE_SOURCE_DOWN,
								     .source = authority->name, .text = told->detail });
		return 0;
	case SOURCE_SYNCED:
		break;
	}
	/* A detail is a warning, and so is told each time. */
	if (!authority->up || *told->detail)
		correlate_tell(correlate, (struct correlate_change){ .kind = CORRELATE_SOURCE_UP,
								     .source = authority->name, .text = told->detail });
	authority->up = authority->asked_once = true;
	authority->absent = false;
	authority->as_of_wall = told->as_of_wall;
	authority->asked_wall = authority->asking_wall;
	return on_synced(correlate, authority);
}
