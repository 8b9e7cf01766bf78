/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What else is known of how it ended: calls of CNI plugins that are not the cause.
 */
#include "cause_private.h"

#include <string.h>

#include "pods.h"

/* The last DEL that was given this netns and ended well; that of the loopback device only where there is no other. */
static const struct cni_call *good_del(const struct search *search)
{
	const struct cni_container *container = search->container;
	const struct cni_call *good = NULL;

	for (size_t i = 0; container && i < container->count; i++) {
		const struct cni_call *call = container->calls[i];

		if (call->command == CNI_DEL && !call->status && call->netns == search->netns->handle &&
		    (!good || strcmp(call->ifname, "lo")))
			good = call;
	}
	return good;
}

/* Since the first that is known of the container. */
static bool all_were_watched(const struct search *search)
{
	const struct cni_container *container = search->container;
	uint64_t first = container->added_at || !container->count ? container->added_at : container->calls[0]->started;

	return cni_calls_complete_since(search->calls, first);
}

static bool was_watched(const struct search *search)
{
	uint64_t born = search->netns->born;

	return search->calls && born && cni_calls_complete_since(search->calls, born);
}

/* Its network is made by CNI plugins: says the CNI itself, or a runtime of Kubernetes. */
static bool is_cnis(const struct netns *netns)
{
	const struct binding *binding = netns->binding;

	return binding && (binding->evidence == EVIDENCE_CNI || binding->evidence == EVIDENCE_CRI) &&
	       !pod_is_container(binding->pod);
}

static void add_good_del(struct search *search, const struct cni_call *call)
{
	const size_t before = search->cause->count;

	search_add_ended_call(search, call);
	if (search->cause->count > before)
		search->cause->del = search->cause->count;
}

/* What the state file of another session says of its calls, where they are not the cause. */
static bool add_told_history(struct search *search)
{
	const struct cni_container *container = search->container;

	if (!search->told || *container->cause || !*container->cause_evidence)
		return false;
	search_add_told(search);
	return true;
}

void search_add_history(struct search *search)
{
	const struct cni_container *container = search->container;
	const struct cni_call *good = good_del(search);
	bool seen = container && (container->added_at || container->dels);

	if (search->deleting || search->adding)
		search_add_running_call(search, search->deleting ?: search->adding);
	if (good) {
		add_good_del(search, good);
	} else if (seen && !all_were_watched(search)) {
		search_add_evidence(search, "how CNI DEL went is not known: not all of its calls were watched");
	} else if (seen && !container->dels && search_has_processes(search)) {
		search_add_evidence(search, "CNI DEL was never called; a runtime ends the pod's processes first");
	} else if (!seen && !add_told_history(search) && is_cnis(search->netns)) {
		search_add_evidence(search, was_watched(search) ? "no call of a CNI plugin was seen for it, and all of its life was watched" :
								  "whether CNI DEL was called is not known: its calls were not watched");
	}
}
