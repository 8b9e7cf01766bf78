/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The addresses of pods and of netns: what they bind, and who shares them.
 */
#include "correlate_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

static bool is_referenced(const struct netns *netns)
{
	return netns->phase == NETNS_REFERENCED && !netns->initial;
}

/*
 * Nothing is bound or told while lists of pods or addresses are walked: what changed is put aside, and looked at again
 * when the input has been taken.
 */
static void ip_touch(struct correlate *correlate, struct ip_entry *ip)
{
	if (ip->touched)
		return;
	ip->touched = true;
	ip->next_touched = correlate->touched;
	correlate->touched = ip;
}

/* --- what an address says --- */

/*
 * An address binds what nothing else binds, and takes over from a pod that is gone and was bound by it as well.  But for
 * one that shared it: the address is a living pod's in the other netns, and this one is still the dead pod's when that
 * is freed first.
 */
static bool is_free_for(const struct netns *netns, const struct pod_entry *entry)
{
	const struct binding *binding = netns->binding;

	return !binding || (binding->evidence == EVIDENCE_IP && binding->pod != &entry->pod &&
			    binding->pod->gone && !binding->rivalled);
}

/* The last that was made is no other's heir. */
static void note_rivals(const struct ip_entry *ip)
{
	uint64_t newest = 0;
	size_t i;

	for (i = 0; i < ip->holder_count; i++)
		newest = ip->holders[i]->born > newest ? ip->holders[i]->born : newest;
	for (i = 0; i < ip->holder_count; i++)
		if (ip->holders[i]->binding && (!newest || ip->holders[i]->born < newest))
			ip->holders[i]->binding->rivalled = true;
}

/* No netns is made for a pod that is on its way out: it is one's that has got its address already. */
static bool pod_may_have_made(const struct pod_entry *entry, const struct netns *netns)
{
	return !entry->terminating_at || netns->born <= entry->terminating_at;
}

/* An address that was the pod's before the netns was made may have been another's since. */
static bool pod_was_seen_since(const struct correlate *correlate, const struct pod_entry *entry,
			       const struct netns *netns)
{
	return pod_seen_wall(entry) >= correlate_born_wall(correlate, netns);
}

/* Does the address bind a netns, do several netns have it? */
static int ip_judge(struct correlate *correlate, struct ip_entry *ip)
{
	struct pod_entry *entry = ip->pod_count == 1 ? ip->pods[0] : NULL;
	bool shared = ip->holder_count > 1 && ip->pod_count > 0;
	struct netns *netns;

	if (shared ? ip->holder_count > ip->shared : ip->shared) {
		correlate_tell(correlate, (struct correlate_change){
					.kind = shared ? CORRELATE_SHARED : CORRELATE_UNSHARED,
					.pod = shared ? &ip->pods[0]->pod : NULL,
					.ip = &ip->ip });
	}
	ip->shared = shared ? ip->holder_count : 0;
	if (shared)
		note_rivals(ip);
	netns = ip->holder_count == 1 ? ip->holders[0] : NULL;
	if (netns && entry && is_free_for(netns, entry) && pod_is_vouched_for(entry) &&
	    pod_was_seen_since(correlate, entry, netns) && pod_may_have_made(entry, netns)) {
		char source[] = "address";
		struct statement weak = { .evidence = EVIDENCE_IP, .source = source };

		return correlate_bind(correlate, netns, entry, &weak, false);
	}
	return 0;
}

/*
 * Looks at all that was touched.  While the kernel has not been counted, or not since a loss, another netns that has
 * the address may not have been told yet.
 */
int correlate_settle_addresses(struct correlate *correlate)
{
	struct ip_entry *ip;
	int err = 0;

	if (state_incomplete(correlate->state))
		return 0;
	while (!err && (ip = correlate->touched)) {
		correlate->touched = ip->next_touched;
		ip->touched = false;
		err = ip_judge(correlate, ip);
		if (!ip->pod_count && !ip->touched)
			ip_index_free(&correlate->ips, ip);
	}
	return err;
}

/* --- of pods --- */

struct holder_search {
	struct ip_entry *ip;
	int err;
};

static int holder_visit(void *ctx, struct netns *netns)
{
	struct holder_search *search = ctx;
	uint32_t i;

	if (!is_referenced(netns))
		return 0;
	for (i = 0; i < netns->addr_count; i++) {
		struct ip_address ip = netns_addr_ip(&netns->addrs[i]);

		if (!memcmp(&ip, &search->ip->ip, sizeof(ip)))
			search->err = ip_entry_add_holder(search->ip, netns);
	}
	return search->err;
}

static int pod_ip_add(struct correlate *correlate, struct pod_entry *entry, const struct ip_address *address)
{
	bool new;
	struct ip_entry *ip = ip_index_get(&correlate->ips, address, &new);
	struct holder_search search = { .ip = ip };

	if (!ip || ip_entry_add_pod(ip, entry) < 0)
		return -ENOMEM;
	if (new)
		state_each(correlate->state, holder_visit, &search);
	ip_touch(correlate, ip);
	return search.err;
}

static void pod_ip_remove(struct correlate *correlate, struct pod_entry *entry,
			 const struct ip_address *address)
{
	struct ip_entry *ip = ip_index_find(correlate->ips, address);

	if (!ip)
		return;
	ip_entry_remove_pod(ip, entry);
	ip_touch(correlate, ip);
}

/*
 * A pod that is gone, on another node or on the host's network has no address of its own here.  What Docker gives its
 * containers need not differ from the pods' addresses: a bridge of its own keeps them apart.
 */
static bool pod_has_addresses(const struct pod *pod)
{
	return pod->here && !pod->gone && !pod->host_network && !pod_is_container(pod);
}

int correlate_index_pod(struct correlate *correlate, struct pod_entry *entry, bool wanted)
{
	size_t i;
	int err = 0;

	if (entry->indexed == wanted)
		return 0;
	entry->indexed = wanted;
	for (i = 0; i < entry->pod.ip_count && !err; i++) {
		if (wanted)
			err = pod_ip_add(correlate, entry, &entry->pod.ips[i]);
		else
			pod_ip_remove(correlate, entry, &entry->pod.ips[i]);
	}
	return err;
}

/* Loopback and link-local addresses, which CNI results have too, are in every netns and name no pod. */
static bool names_a_pod(const struct ip_address *ip)
{
	static const uint8_t zeros[15];
	const uint8_t *bytes = ip->bytes;

	if (ip->family == AF_INET)
		return bytes[0] != 127 && bytes[0] != 0 && !(bytes[0] == 169 && bytes[1] == 254);
	return !(bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) && memcmp(bytes, zeros, sizeof(zeros));
}

int correlate_set_pod_ips(struct correlate *correlate, struct pod_entry *entry, const struct ip_address *ips,
			  size_t count)
{
	struct pod *pod = &entry->pod;
	struct ip_address *copy = count ? calloc(count, sizeof(*copy)) : NULL;
	size_t i, kept = 0;
	int err;

	if (count && !copy)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		if (names_a_pod(&ips[i]))
			copy[kept++] = ips[i];
	if (kept == pod->ip_count && (!kept || !memcmp(copy, pod->ips, kept * sizeof(*copy)))) {
		free(copy);
		return correlate_index_pod(correlate, entry, pod_has_addresses(pod));
	}
	err = correlate_index_pod(correlate, entry, false);
	free(pod->ips);
	pod->ips = copy;
	pod->ip_count = kept;
	return err ? err : correlate_index_pod(correlate, entry, pod_has_addresses(pod));
}

void correlate_touch_pod(struct correlate *correlate, struct pod_entry *entry)
{
	size_t i;

	for (i = 0; entry->indexed && i < entry->pod.ip_count; i++) {
		struct ip_entry *ip = ip_index_find(correlate->ips, &entry->pod.ips[i]);

		if (ip)
			ip_touch(correlate, ip);
	}
}

/* --- of netns --- */

int correlate_address(struct correlate *correlate, const struct state_change *change)
{
	struct ip_address address = netns_addr_ip(change->addr);
	struct ip_entry *ip = ip_index_find(correlate->ips, &address);

	if (!ip)
		return 0;
	if (change->kind == STATE_ADDR_REMOVED)
		ip_entry_remove_holder(ip, change->netns);
	else if (is_referenced(change->netns) && ip_entry_add_holder(ip, change->netns) < 0)
		return -ENOMEM;
	ip_touch(correlate, ip);
	return 0;
}

void correlate_drop_addresses(struct correlate *correlate, struct netns *netns)
{
	uint32_t i;

	for (i = 0; i < netns->addr_count; i++) {
		struct ip_address address = netns_addr_ip(&netns->addrs[i]);
		struct ip_entry *ip = ip_index_find(correlate->ips, &address);

		if (!ip)
			continue;
		ip_entry_remove_holder(ip, netns);
		ip_touch(correlate, ip);
	}
}
