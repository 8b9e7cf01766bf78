/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What CNI plugins keep, against the sandboxes that there are.
 *
 * A container is known by the runtime where that answers, else by the CNI's cache, which has each attachment from its ADD to
 * its DEL.  A pod is known where a source that knows all of them answers.  What was made within the grace is left alone.
 */
#include "audit.h"

#include <string.h>

#include "format.h"
#include "util.h"

enum answer { NO, YES, CANNOT_TELL };

static enum answer container_is_there(const struct audit_view *view, const char *id)
{
	const struct said_binding *cached = statements_container(view->statements, EVIDENCE_CNI, id);

	if (!*id)
		return CANNOT_TELL;
	if (statements_container(view->statements, EVIDENCE_CRI, id))
		return YES;
	/* Another runtime's (nerdctl's, Podman's), or one that has outlived its sandbox, and is judged by its netns. */
	if (cached && audit_by_inum(view, cached->netns_inum))
		return YES;
	if (statements_has(view->statements, "cri"))
		return NO;
	if (!statements_has(view->statements, "cni"))
		return CANNOT_TELL;
	return cached ? YES : NO;
}

static enum answer pod_is_there(const struct audit_view *view, const char *namespace_, const char *name)
{
	if (!*name || !*namespace_ || !statements_has(view->statements, NULL) || !view->sources_answer)
		return CANNOT_TELL;
	return statements_pod(view->statements, namespace_, name) ? YES : NO;
}

static enum answer device_is_there(const struct audit_view *view, const char *name)
{
	const struct look *look = view->node ? view->node->look : NULL;

	if (!look)
		return CANNOT_TELL;
	for (size_t i = 0; i < look->dev_count; i++)
		if (!strcmp(look->devs[i].name, name))
			return YES;
	return NO;
}

/* No netns has it, and each was looked into. */
static bool is_unused(const struct audit_view *view, const struct ip_address *ip)
{
	for (size_t i = 0; i < view->count; i++)
		if (!view->netns[i].look || audit_has_address(&view->netns[i], ip))
			return false;
	return true;
}

/* Stale where one says no, and none says yes. */
static bool is_stale(const struct audit_view *view, const struct node_allocation *allocation)
{
	enum answer container = container_is_there(view, allocation->container_id);
	enum answer pod = pod_is_there(view, allocation->pod_namespace, allocation->pod_name);

	if (allocation->kind == ALLOCATION_CALICO)
		return device_is_there(view, allocation->device) == NO;
	/* Its file is empty where the node went down before it was written to the disk. */
	if (allocation->kind == ALLOCATION_HOST_LOCAL && !*allocation->container_id)
		return is_unused(view, &allocation->ip);
	/* host-local serves others than pods too: whatever has called it, the cache knows. */
	return container != YES && pod != YES && (container == NO || pod == NO);
}

static void add_subject(struct text *text, const struct node_allocation *allocation)
{
	if (*allocation->pod_name)
		text_printf(text, "%.100s/%.253s, which is gone", allocation->pod_namespace, allocation->pod_name);
	else if (*allocation->container_id)
		text_printf(text, "container %.20s, which is gone", allocation->container_id);
	else if (*allocation->device)
		text_printf(text, "device %.15s, which is gone", allocation->device);
	else
		text_add(text, "nobody, for its file is empty");
}

AUDIT_CHECK(audit_allocation)
{
	for (size_t i = 0; i < view->files->allocation_count; i++) {
		const struct node_allocation *allocation = &view->files->allocations[i];
		struct audit_finding *finding;
		TEXT(subject, 512);

		if (!is_stale(view, allocation) || !audit_is_older(view, allocation->made_wall, view->grace))
			continue;
		add_subject(&subject, allocation);
		finding = audit_add(audit, check, NULL, "%s has %s for %s: %.300s", node_allocation_name(allocation->kind),
				    allocation->ip.family ? audit_ip_name(&allocation->ip) : "an endpoint", subject.bytes, allocation->file);
		if (allocation->kind == ALLOCATION_HOST_LOCAL)
			audit_advise(audit, finding, false, "gives the address back, where the container is gone for good",
				     "rm %s",
				     audit_quoted(allocation->file));
		else
			audit_advise(audit, finding, false,
				     "its agent gives it back when it starts anew; look into its log first", "%s", "");
	}
}

/* "NETWORK-CONTAINER-INTERFACE" */
static bool is_of_network(const struct said_binding *said, const char *network)
{
	size_t length = strlen(network);

	return !strncmp(said->key, network, length) && said->key[length] == '-' &&
	       !strncmp(said->key + length + 1, said->container_id, strlen(said->container_id));
}

static bool is_allocated(const struct audit_view *view, const struct said_binding *said, const struct ip_address *ip)
{
	bool network_is_known = false;

	for (size_t i = 0; i < view->files->allocation_count; i++) {
		const struct node_allocation *allocation = &view->files->allocations[i];

		if (allocation->kind != ALLOCATION_HOST_LOCAL || !is_of_network(said, allocation->network))
			continue;
		network_is_known = true;
		if (allocation->ip.family == ip->family && !memcmp(allocation->ip.bytes, ip->bytes, sizeof(ip->bytes)))
			return true;
	}
	return !network_is_known;
}

static void check_addresses(const struct audit_view *view, const struct audit_check *check, struct audit *audit)
{
	const struct said_binding *said;

	for (said = view->statements->bindings; said; said = said->hh.next) {
		const struct audit_netns *netns = audit_by_inum(view, said->netns_inum);

		if (said->evidence != EVIDENCE_CNI || !netns || !netns->look || !audit_is_pods(view, netns))
			continue;
		for (size_t i = 0; i < said->ip_count; i++)
			if (audit_has_address(netns, &said->ips[i]) && !is_allocated(view, said, &said->ips[i]))
				audit_add(audit, check, netns,
					  "%s of %s is not among those that host-local has given away: another pod may get it",
					  audit_ip_name(&said->ips[i]), audit_pod_name(netns->pod));
	}
}

/* The agent that names its devices on the node so; ALLOCATION_KINDS: none. */
static enum node_allocation_kind maker_of(const struct look_dev *peer)
{
	static const struct {
		const char *prefix;
		enum node_allocation_kind kind;
	} makers[] = { { "lxc", ALLOCATION_CILIUM }, { "cali", ALLOCATION_CALICO }, { "eni", ALLOCATION_AWS } };

	for (size_t i = 0; i < ARRAY_SIZE(makers); i++)
		if (!strncmp(peer->name, makers[i].prefix, strlen(makers[i].prefix)))
			return makers[i].kind;
	return ALLOCATION_KINDS;
}

static bool is_for(const struct node_allocation *allocation, const struct audit_netns *netns, const struct look_dev *peer)
{
	const struct pod *pod = netns->pod;

	return !strcmp(allocation->device, peer->name) || (allocation->ip.family && audit_has_address(netns, &allocation->ip)) ||
	       (*allocation->pod_name && !strcmp(allocation->pod_name, pod->name) && !strcmp(allocation->pod_namespace, pod->namespace_));
}

/* An agent that has others on the node, and not this one, will not keep it up. */
static void check_endpoint(const struct audit_view *view, const struct audit_check *check, struct audit *audit,
			   const struct audit_netns *netns, const struct look_dev *dev)
{
	const struct look *there = dev->link ? look_other_end(view->looks, view->look_count, netns->look, dev) : NULL;
	const struct look_dev *peer = there && there->node ? look_dev_by_index(there, dev->link) : NULL;
	enum node_allocation_kind maker = peer ? maker_of(peer) : ALLOCATION_KINDS;
	bool others = false;

	for (size_t i = 0; i < view->files->allocation_count && maker != ALLOCATION_KINDS; i++) {
		const struct node_allocation *allocation = &view->files->allocations[i];

		if (allocation->kind != maker)
			continue;
		if (is_for(allocation, netns, peer))
			return;
		others = true;
	}
	if (others)
		audit_add(audit, check, netns, "%s has made %.15s for %s, and has no endpoint for it, as it has for others",
			  node_allocation_name(maker), peer->name, audit_pod_name(netns->pod));
}

static void check_endpoints(const struct audit_view *view, const struct audit_check *check, struct audit *audit)
{
	/* What could not be read may be that of this one. */
	for (size_t i = 0; i < view->count && !view->files->unread_count; i++) {
		const struct audit_netns *netns = &view->netns[i];

		for (size_t j = 0; netns->look && audit_is_pods(view, netns) && j < netns->look->dev_count; j++)
			if (!strcmp(netns->look->devs[j].kind, "veth") && audit_dev_is_uplink(netns, &netns->look->devs[j]))
				check_endpoint(view, check, audit, netns, &netns->look->devs[j]);
	}
}

AUDIT_CHECK(audit_allocation_missing)
{
	check_addresses(view, check, audit);
	check_endpoints(view, check, audit);
}

/* --- the cache --- */

AUDIT_CHECK(audit_cni_cache)
{
	const struct said_binding *said;

	for (said = view->statements->bindings; said; said = said->hh.next) {
		bool by_runtime = statements_has(view->statements, "cri") &&
				  !statements_container(view->statements, EVIDENCE_CRI, said->container_id);

		if (said->evidence != EVIDENCE_CNI || !audit_is_older(view, said->as_of_wall, view->grace) ||
		    audit_by_inum(view, said->netns_inum))
			continue;
		/* Whose netns is there is judged by it. */
		if (!by_runtime && pod_is_there(view, said->pod_namespace, said->pod_name) != NO)
			continue;
		if (*said->pod_name)
			audit_add(audit, check, NULL, "%.200s is of %.100s/%.253s, whose netns and %s are gone: its DEL has not been done",
				  said->key, said->pod_namespace, said->pod_name, by_runtime ? "sandbox" : "pod");
		else
			audit_add(audit, check, NULL, "%.200s is of container %.20s, which is gone, and so is its netns: its DEL has not been done",
				  said->key, said->container_id);
	}
}

AUDIT_CHECK(audit_cni_cache_missing)
{
	const struct said_binding *said;
	bool any = false;

	/* libcni's cache may be elsewhere. */
	for (said = view->statements->bindings; said && !any; said = said->hh.next)
		any = said->evidence == EVIDENCE_CNI;
	any = any && statements_has(view->statements, "cri");
	for (said = any ? view->statements->bindings : NULL; said; said = said->hh.next) {
		const struct audit_netns *netns = audit_by_inum(view, said->netns_inum);

		if (said->evidence != EVIDENCE_CRI || strncmp(said->source, "cri", 3) || !netns || netns->netns->initial ||
		    !audit_is_pods(view, netns) || statements_container(view->statements, EVIDENCE_CNI, said->container_id))
			continue;
		audit_add(audit, check, netns, "sandbox %.20s of %s has no entry: its DEL will not be told what its ADD has done",
			  said->container_id, audit_pod_name(netns->pod));
	}
}

AUDIT_CHECK(audit_cilium_queue)
{
	if (view->files->queued_count)
		audit_add(audit, check, NULL, "%zu wait for cilium-agent, which does them when it starts: %.300s%s",
			  view->files->queued_count,
			  view->files->queued[0], view->files->queued_count > 1 ? " and more" : "");
}
