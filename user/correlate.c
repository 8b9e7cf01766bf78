/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "correlate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "correlate_private.h"

int correlate_new(struct correlate **ret, const struct state *state, correlate_change_fn fn, void *ctx)
{
	struct correlate *correlate = calloc(1, sizeof(*correlate));

	if (!correlate)
		return -ENOMEM;
	correlate->state = state;
	correlate->fn = fn;
	correlate->ctx = ctx;
	correlate->remembered.name = (char *)(uintptr_t)"state file";
	correlate->remembered.state = SOURCE_SYNCED;
	correlate->remembered.may_end_pods = true;
	*ret = correlate;
	return 0;
}

static int release_visit(void *ctx, struct netns *netns)
{
	correlate_release(ctx, netns);
	return 0;
}

void correlate_free(struct correlate *correlate)
{
	size_t i;

	if (!correlate)
		return;
	/* First, so that nothing is bound anew while all is released. */
	correlate->touched = NULL;
	while (correlate->ips)
		ip_index_free(&correlate->ips, correlate->ips);
	state_each(correlate->state, release_visit, correlate);
	while (correlate->pods.first)
		pods_free(&correlate->pods, correlate->pods.first);
	while (correlate->statements)
		statement_free(correlate, correlate->statements);
	correlate_forget_memories(correlate);
	correlate_forget_sources(correlate);
	for (i = 0; i < ENDED_KEPT; i++)
		free(correlate->ended[i].uid);
	free(correlate->node);
	free(correlate);
}

void correlate_tell(struct correlate *correlate, struct correlate_change change)
{
	change.time = correlate->now;
	correlate->fn(correlate->ctx, &change);
}

uint64_t correlate_to_boot(const struct correlate *correlate, int64_t wall)
{
	int64_t boot;

	/* What was now, before the clock was set. */
	if (__builtin_sub_overflow(wall, correlate->wall_offset, &boot))
		return wall < 0 ? 0 : correlate->now;
	if (boot < 0)
		return 0;
	return (uint64_t)boot > correlate->now ? correlate->now : (uint64_t)boot;
}

int64_t correlate_now_wall(const struct correlate *correlate)
{
	return (int64_t)correlate->now + correlate->wall_offset;
}

int64_t correlate_born_wall(const struct correlate *correlate, const struct netns *netns)
{
	int64_t born = 0;
	const struct netns_path *path;

	if (netns->born)
		return (int64_t)netns->born + correlate->wall_offset;
	for (path = netns->paths; path; path = path->next)
		if (path->made_wall > born)
			born = path->made_wall;
	/* The boot only where nothing else is known: a clock that was set since would put it after what it is to bound. */
	return born ? born : correlate->wall_offset;
}

/* --- what state says --- */

static int take_change(struct correlate *correlate, const struct state_change *change)
{
	int err;

	switch (change->kind) {
	case STATE_NETNS_CREATED:
		err = correlate_apply_memory(correlate, change->netns);
		return err ? err : correlate_apply_statements(correlate, change->netns);
	case STATE_ADDR_ADDED:
	case STATE_ADDR_REMOVED:
		return correlate_address(correlate, change);
	case STATE_NETNS_DYING:
	case STATE_NETNS_FREED:
	case STATE_NETNS_VANISHED:
		correlate_drop_addresses(correlate, change->netns);
		return 0;
	default:
		return 0;
	}
}

int correlate_state(struct correlate *correlate, const struct state_change *change)
{
	int err;

	correlate->now = change->time > correlate->now ? change->time : correlate->now;
	err = take_change(correlate, change);
	return err ? err : correlate_settle_addresses(correlate);
}

int correlate_release(struct correlate *correlate, struct netns *netns)
{
	if (netns->binding)
		correlate_unbind(correlate, netns);
	return correlate_settle_addresses(correlate);
}

/* --- what the sources say --- */

static int on_session(struct correlate *correlate, const struct input_session *session)
{
	char *node = strdup(session->node);

	if (!node)
		return -ENOMEM;
	free(correlate->node);
	correlate->node = node;
	correlate->wall_offset = session->wall_offset;
	return 0;
}

static int take_input(struct correlate *correlate, const struct input *input)
{
	switch (input->kind) {
	case INPUT_SESSION:
		return on_session(correlate, &input->session);
	case INPUT_POD:
		return correlate_pod(correlate, &input->pod);
	case INPUT_POD_GONE:
		return correlate_pod_gone(correlate, &input->pod_gone);
	case INPUT_BINDING:
		return correlate_binding(correlate, &input->binding);
	case INPUT_BINDING_GONE:
		return correlate_binding_gone(correlate, &input->binding_gone);
	case INPUT_SOURCE:
		return correlate_source(correlate, &input->source);
	case INPUT_RESTORED:
		return correlate_remember(correlate, &input->restored);
	case INPUT_CLOCK:
		correlate->wall_offset = input->clock.wall_offset;
		return 0;
	default:
		return 0;
	}
}

int correlate_input(struct correlate *correlate, const struct input *input)
{
	int err;

	correlate->now = input->time > correlate->now ? input->time : correlate->now;
	err = take_input(correlate, input);
	return err ? err : correlate_settle_addresses(correlate);
}

/* --- questions --- */

bool correlate_incomplete(const struct correlate *correlate, const struct pod *pod)
{
	const struct pod_entry *entry = (const struct pod_entry *)(const void *)pod;
	const struct authority *authority;

	for (authority = correlate->authorities; authority; authority = authority->next) {
		const struct claim *claim = entry ? pod_claim_find(entry, authority) : NULL;

		if (authority->up || authority->absent)
			continue;
		if (pod && !claim && !pod_is_known_by(pod, authority->name))
			continue;
		if (!entry || (authority->may_end_pods && (!claim || (claim->listed && !claim->finished))))
			return true;
	}
	return false;
}

bool correlate_is_undecided(const struct correlate *correlate, const struct netns *netns)
{
	const struct binding *binding = netns->binding;

	return correlate_incomplete(correlate, binding && binding->evidence != EVIDENCE_IP ? binding->pod : NULL);
}

struct netns *const *correlate_sharing(const struct correlate *correlate, const struct ip_address *ip,
				       size_t *ret_count, const struct pod **ret_pod)
{
	struct ip_entry *entry = ip_index_find(correlate->ips, ip);

	if (!entry || !entry->shared || entry->holder_count < 2 || !entry->pod_count)
		return NULL;
	*ret_count = entry->holder_count;
	*ret_pod = &entry->pods[0]->pod;
	return entry->holders;
}

void correlate_counts(const struct correlate *correlate, struct correlate_counts *ret)
{
	const struct authority *authority;

	*ret = (struct correlate_counts){
		.pods = correlate->pods.count,
		.pods_here = correlate->pods.here,
		.pods_elsewhere = correlate->pods.elsewhere,
		.pods_gone = correlate->pods.gone,
		.bound = correlate->bound,
	};
	for (authority = correlate->authorities; authority; authority = authority->next) {
		if (authority->absent)
			continue;
		ret->sources++;
		ret->sources_up += authority->state == SOURCE_SYNCED;
		ret->sources_pending += authority->state == SOURCE_SYNCING && !authority->asked_once;
	}
}

int correlate_each_source(const struct correlate *correlate, correlate_source_fn fn, void *ctx)
{
	const struct authority *authority;
	int stop = 0;

	for (authority = correlate->authorities; authority && !stop; authority = authority->next)
		if (!authority->absent)
			stop = fn(ctx, authority->name, authority->state == SOURCE_SYNCED);
	return stop;
}

const char *evidence_name(enum evidence evidence)
{
	static const char *const names[] = {
		[EVIDENCE_NONE] = "none", [EVIDENCE_IP] = "ip",	 [EVIDENCE_CGROUP] = "cgroup",
		[EVIDENCE_CNI] = "cni",	  [EVIDENCE_CRI] = "cri",
	};

	return names[evidence];
}
