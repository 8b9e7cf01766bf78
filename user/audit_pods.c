/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a pod's netns must have, so that its pod can be reached. */
#include "audit.h"

#include <linux/if.h>
#include <string.h>

#include "util.h"

#define RECREATE "a pod gets a new netns when it is made anew; its controller does that"

static bool can_be_judged(const struct audit_view *view, const struct audit_netns *netns)
{
	return netns->look && audit_is_pods(view, netns);
}

static size_t global_addresses(const struct look *look)
{
	size_t count = 0;

	for (size_t i = 0; i < look->addr_count; i++)
		count += audit_addr_is_global(&look->addrs[i]);
	return count;
}

static void advise_to_recreate(struct audit *audit, struct audit_finding *finding, const struct pod *pod)
{
	if (pod->name && *pod->name)
		audit_advise(audit, finding, false, RECREATE, "kubectl -n %s delete pod %s", pod->namespace_, pod->name);
}

/* What runs in it may have taken the address to a machine of its own (KubeVirt, Kata). */
static bool hands_on_addresses(const struct look *look)
{
	for (size_t i = 0; i < look->dev_count; i++)
		if (!strcmp(look->devs[i].kind, "tun"))
			return true;
	return false;
}

/* The name that the runtime asked for: "NETWORK-CONTAINER-INTERFACE". */
static const char *interface_of(const struct said_binding *said)
{
	const char *id = *said->container_id ? strstr(said->key, said->container_id) : NULL;

	return id && id[strlen(said->container_id)] == '-' ? id + strlen(said->container_id) + 1 : "";
}

static bool has_device(const struct look *look, const char *name)
{
	for (size_t i = 0; i < look->dev_count; i++)
		if (!strcmp(look->devs[i].name, name))
			return true;
	return false;
}

/* A further network may be of a device that no kernel knows (DPDK); eth0 is what all runtimes call the first. */
static void check_eth0(const struct audit_view *view, const struct audit_check *check, struct audit *audit,
		       const struct said_binding *said)
{
	const struct audit_netns *netns = audit_by_inum(view, said->netns_inum);

	if (said->evidence != EVIDENCE_CNI || strcmp(interface_of(said), "eth0") || !netns || !can_be_judged(view, netns) ||
	    !audit_real_devices(netns->look) || has_device(netns->look, "eth0") || hands_on_addresses(netns->look))
		return;
	advise_to_recreate(audit,
			   audit_add(audit, check, netns, "%s is there, but its netns has no eth0, which its CNI plugin has made (%.200s)",
				     audit_pod_name(netns->pod), said->key),
			   netns->pod);
}

AUDIT_CHECK(audit_pod_no_interface)
{
	for (size_t i = 0; i < view->count; i++) {
		const struct audit_netns *netns = &view->netns[i];

		if (!can_be_judged(view, netns) || audit_real_devices(netns->look))
			continue;
		advise_to_recreate(audit, audit_add(audit, check, netns, "%s is there, but its netns has only loopback",
						    audit_pod_name(netns->pod)), netns->pod);
	}
	for (const struct said_binding *said = view->statements->bindings; said; said = said->hh.next)
		check_eth0(view, check, audit, said);
}

AUDIT_CHECK(audit_pod_interface_down)
{
	for (size_t i = 0; i < view->count; i++) {
		const struct audit_netns *netns = &view->netns[i];

		for (size_t j = 0; can_be_judged(view, netns) && j < netns->look->dev_count; j++) {
			const struct look_dev *dev = &netns->look->devs[j];
			struct audit_finding *finding;

			if (dev->flags & IFF_UP || !audit_dev_is_uplink(netns, dev))
				continue;
			finding = audit_add(audit, check, netns, "%.15s of %s is down", dev->name, audit_pod_name(netns->pod));
			if (netns->netns->paths)
				audit_advise(audit, finding, false, "brings it up; whoever took it down may want it so",
					     "nsenter --net=%s ip link set %.15s up", audit_quoted(netns->netns->paths->path), dev->name);
		}
	}
}

AUDIT_CHECK(audit_pod_no_address)
{
	for (size_t i = 0; i < view->count; i++) {
		const struct audit_netns *netns = &view->netns[i];

		if (!can_be_judged(view, netns) || !audit_real_devices(netns->look) || global_addresses(netns->look))
			continue;
		advise_to_recreate(audit, audit_add(audit, check, netns, "%s is there, but no device of its netns has an address",
						    audit_pod_name(netns->pod)), netns->pod);
	}
}

static bool has_default(const struct look *look)
{
	return look->default4 || look->default6;
}

/* Two others, and none has one: then this network is meant to lead nowhere. */
static bool nobody_has_default(const struct audit_view *view)
{
	size_t others = 0;

	for (size_t i = 0; i < view->count; i++) {
		if (!can_be_judged(view, &view->netns[i]) || !global_addresses(view->netns[i].look))
			continue;
		if (has_default(view->netns[i].look))
			return false;
		others++;
	}
	return others > 2;
}

AUDIT_CHECK(audit_pod_no_route)
{
	const bool nobody = nobody_has_default(view);

	for (size_t i = 0; i < view->count && !nobody; i++) {
		const struct audit_netns *netns = &view->netns[i];

		if (!can_be_judged(view, netns) || !global_addresses(netns->look) || has_default(netns->look))
			continue;
		advise_to_recreate(audit, audit_add(audit, check, netns, "the netns of %s has %u routes and no default among them",
						    audit_pod_name(netns->pod), netns->look->routes), netns->pod);
	}
}

AUDIT_CHECK(audit_pod_address)
{
	for (size_t i = 0; i < view->count; i++) {
		const struct audit_netns *netns = &view->netns[i];

		/* Bound by its address, it is the one that was looked for. */
		if (!can_be_judged(view, netns) || netns->netns->binding->evidence <= EVIDENCE_IP ||
		    !global_addresses(netns->look) || hands_on_addresses(netns->look))
			continue;
		for (size_t j = 0; j < netns->pod->ip_count; j++)
			if (!audit_has_address(netns, &netns->pod->ips[j]))
				audit_add(audit, check, netns, "%s is the address of %s, but %s does not have it",
					  audit_ip_name(&netns->pod->ips[j]), audit_pod_name(netns->pod), audit_netns_name(netns));
	}
}

static bool is_pods_address(const struct pod *pod, const struct ip_address *ip)
{
	for (size_t i = 0; i < pod->ip_count; i++)
		if (ip_address_equal(&pod->ips[i], ip))
			return true;
	return false;
}

/* The netns of the container that an agent has it for. */
static const struct audit_netns *netns_of(const struct audit_view *view, const struct node_allocation *allocation)
{
	const struct said_binding *said = statements_container(view->statements, EVIDENCE_CRI, allocation->container_id);

	said = said ? said : statements_container(view->statements, EVIDENCE_CNI, allocation->container_id);
	return said ? audit_by_inum(view, said->netns_inum) : NULL;
}

/* What host-local has given is what the plugin's result has. */
static void check_agent(const struct audit_view *view, const struct audit_check *check, struct audit *audit,
			const struct node_allocation *allocation)
{
	const struct audit_netns *netns = netns_of(view, allocation);

	if ((allocation->kind != ALLOCATION_AWS && allocation->kind != ALLOCATION_CILIUM) || !allocation->ip.family || !netns ||
	    !can_be_judged(view, netns) || !global_addresses(netns->look) || hands_on_addresses(netns->look) ||
	    audit_has_address(netns, &allocation->ip) || is_pods_address(netns->pod, &allocation->ip))
		return;
	audit_add(audit, check, netns, "%s has %s for %s (%.300s), but %s does not have it", node_allocation_name(allocation->kind),
		  audit_ip_name(&allocation->ip), audit_pod_name(netns->pod), allocation->file, audit_netns_name(netns));
}

AUDIT_CHECK(audit_cni_address)
{
	const struct said_binding *said;

	for (size_t i = 0; i < view->files->allocation_count; i++)
		check_agent(view, check, audit, &view->files->allocations[i]);
	for (said = view->statements->bindings; said; said = said->hh.next) {
		const struct audit_netns *netns = audit_by_inum(view, said->netns_inum);

		if (said->evidence != EVIDENCE_CNI || !netns || !can_be_judged(view, netns) || !global_addresses(netns->look) ||
		    hands_on_addresses(netns->look))
			continue;
		for (size_t i = 0; i < said->ip_count; i++)
			/* What is the pod's too is told by that check. */
			if (!audit_has_address(netns, &said->ips[i]) && !is_pods_address(netns->pod, &said->ips[i]))
				audit_add(audit, check, netns, "the CNI plugin gave %s to %s (%.200s), but %s does not have it",
					  audit_ip_name(&said->ips[i]), audit_pod_name(netns->pod), said->key,
					  audit_netns_name(netns));
	}
}
