/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "correlate.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ip_index.h"
#include "pods.h"

/*
 * File times are stamped from the kernel's coarse clock, which lags by up to a tick, and by more over some
 * network file systems.
 */
#define STATEMENT_SLACK 1000000000ll

/* A node seldom has more than 250 pods: this is all of them, gone at once. */
#define ENDED_KEPT 256

/* A statement "this netns is that pod's" whose netns is not known yet, or no longer. */
struct statement {
	char *key; /* source, a NUL-free separator, key within the source */
	uint32_t inum;
	bool used; /* it has found its netns: an inode number may come again, a netns does not */
	uint64_t used_cookie; /* of that netns, which with the inode number are its identity */
	uint32_t used_mix;
	bool refused; /* ... which is bound to another pod */
	bool in_host; /* it is the node's own */
	char *path;
	enum evidence evidence;
	char *source;
	char *pod_uid, *pod_namespace, *pod_name, *container_id;
	struct ip_address *ips;
	size_t ip_count;
	int64_t as_of_wall;
	UT_hash_handle hh;
};

/* What the state file remembers of a netns that no census has told yet. */
struct memory {
	struct memory *next;
	uint64_t cookie;
	uint32_t inum, mix;
	struct statement statement;
	int64_t gone_wall, released_wall;
};

/*
 * A pod of this node that ended and that nothing was bound to.  Its netns may still be told of: a runtime that is
 * asked now and then, a cache file that is read later.
 */
struct ended {
	char *uid;
	const struct authority *authority;
	int64_t gone_wall;
};

struct correlate {
	const struct state *state;
	correlate_change_fn fn;
	void *ctx;
	char *node;
	int64_t wall_offset;
	uint64_t now;
	struct pods pods;
	struct ip_entry *ips;
	struct ip_entry *touched; /* what changed and has not been looked at again */
	struct authority *authorities;
	struct authority remembered; /* the state file's word about pods that were gone */
	struct statement *statements;
	struct memory *memories;
	size_t refused, in_host; /* statements */
	struct ended ended[ENDED_KEPT]; /* a ring */
	size_t ended_next;
	uint64_t bound;
};

static void statement_clear(struct statement *statement)
{
	free(statement->key);
	free(statement->source);
	free(statement->pod_uid);
	free(statement->pod_namespace);
	free(statement->pod_name);
	free(statement->container_id);
	free(statement->ips);
	free(statement->path);
}

static void statement_free(struct correlate *correlate, struct statement *statement)
{
	HASH_DEL(correlate->statements, statement);
	correlate->refused -= statement->refused;
	correlate->in_host -= statement->in_host;
	statement_clear(statement);
	free(statement);
}

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

static void binding_free(struct binding *binding)
{
	if (!binding)
		return;
	free(binding->source);
	free(binding->container_id);
	free(binding->path);
	free(binding);
}

static int release_visit(void *ctx, struct netns *netns)
{
	correlate_release(ctx, netns);
	return 0;
}

void correlate_free(struct correlate *correlate)
{
	struct authority *authority;
	struct memory *memory;
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
	while ((memory = correlate->memories)) {
		correlate->memories = memory->next;
		statement_clear(&memory->statement);
		free(memory);
	}
	while ((authority = correlate->authorities)) {
		correlate->authorities = authority->next;
		free(authority->name);
		free(authority);
	}
	for (i = 0; i < ENDED_KEPT; i++)
		free(correlate->ended[i].uid);
	free(correlate->node);
	free(correlate);
}

static void tell(struct correlate *correlate, struct correlate_change change)
{
	change.time = correlate->now;
	correlate->fn(correlate->ctx, &change);
}

/* Real time to boot time, within what can be: not before the boot, not after now. */
static uint64_t boot_time(const struct correlate *correlate, int64_t wall)
{
	int64_t boot = wall - correlate->wall_offset;

	if (boot < 0)
		return 0;
	return (uint64_t)boot > correlate->now ? correlate->now : (uint64_t)boot;
}

static struct pod_entry *entry_of(struct pod *pod)
{
	return (struct pod_entry *)(void *)pod;
}

/* --- addresses of pods --- */

static bool is_referenced(const struct netns *netns)
{
	return netns->phase == NETNS_REFERENCED && !netns->initial;
}

static int bind_netns(struct correlate *correlate, struct netns *netns, struct pod_entry *entry,
		      const struct statement *by, bool restored);

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

/* Real time before which the netns cannot have been made, as far as that is known. */
static int64_t born_wall(const struct correlate *correlate, const struct netns *netns)
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

/* An address that was the pod's before the netns was made may have been another's since. */
static bool pod_was_seen_since(const struct correlate *correlate, const struct pod_entry *entry,
			       const struct netns *netns)
{
	return pod_seen_wall(entry) >= born_wall(correlate, netns);
}

/* Does the address bind a netns, do several netns have it? */
static int ip_judge(struct correlate *correlate, struct ip_entry *ip)
{
	struct pod_entry *entry = ip->pod_count == 1 ? ip->pods[0] : NULL;
	bool shared = ip->holder_count > 1 && ip->pod_count > 0;
	struct netns *netns;

	if (shared ? ip->holder_count > ip->shared : ip->shared) {
		tell(correlate, (struct correlate_change){
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

		return bind_netns(correlate, netns, entry, &weak, false);
	}
	return 0;
}

/*
 * Looks at all that was touched.  While the kernel has not been counted, or not since a loss, another netns that has
 * the address may not have been told yet.
 */
static int settle(struct correlate *correlate)
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

static int pod_index(struct correlate *correlate, struct pod_entry *entry, bool wanted)
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

static int pod_set_ips(struct correlate *correlate, struct pod_entry *entry, const struct ip_address *ips,
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
		return pod_index(correlate, entry, pod_has_addresses(pod));
	}
	err = pod_index(correlate, entry, false);
	free(pod->ips);
	pod->ips = copy;
	pod->ip_count = kept;
	return err ? err : pod_index(correlate, entry, pod_has_addresses(pod));
}

/* --- the end of a pod --- */

static void pod_set_gone(struct correlate *correlate, struct pod_entry *entry, const struct pod_end *end)
{
	const struct claim *claim = end->claim;
	struct pod *pod = &entry->pod;

	pod->gone = true;
	pod->gone_at = boot_time(correlate, end->gone_wall);
	pod->released_at = boot_time(correlate, end->released_wall);
	if (!end->released_wall || pod->released_at < pod->gone_at)
		pod->released_at = pod->gone_at;
	pod->gone_source = strdup(claim->authority->name);
	pod->gone_reason = !claim->finished ? "deleted" : claim->failed ? "Failed" : "Succeeded";
	correlate->pods.gone++;
	if (pod->here || entry->bindings)
		tell(correlate, (struct correlate_change){ .kind = CORRELATE_POD_GONE, .pod = pod,
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
	tell(correlate, (struct correlate_change){ .kind = CORRELATE_POD_BACK, .pod = pod });
}

struct handing_over {
	struct correlate *correlate;
	struct pod_entry *from, *to;
	int64_t seen_wall; /* when the first was last known to be there */
};

static int hand_over_visit(void *ctx, struct netns *netns)
{
	struct handing_over *handing = ctx;
	struct binding *binding = netns->binding;

	if (!binding || binding->pod != &handing->from->pod || !binding->by_name ||
	    binding->as_of_wall <= handing->seen_wall)
		return 0;
	handing->from->bindings--;
	handing->to->bindings++;
	binding->pod = &handing->to->pod;
	if (binding->as_of_wall > handing->to->bound_wall)
		handing->to->bound_wall = binding->as_of_wall;
	tell(handing->correlate, (struct correlate_change){ .kind = CORRELATE_BOUND, .netns = netns,
							    .pod = binding->pod, .source = binding->source });
	return 0;
}

/*
 * A pod was made anew under its name, as a StatefulSet does.  What was said of that name, without a uid, after the first
 * was last known to be there, was said of the second.
 */
static void pod_hand_over(struct correlate *correlate, struct pod_entry *from)
{
	struct handing_over handing = {
		.correlate = correlate,
		.from = from,
		.to = pods_find(&correlate->pods, "", from->pod.namespace_, from->pod.name),
		.seen_wall = pod_seen_wall(from),
	};

	if (from->bindings && handing.to && handing.to != from && !handing.to->pod.gone)
		state_each(correlate->state, hand_over_visit, &handing);
}

static int statements_retry(struct correlate *correlate, const struct pod_entry *entry);

static int pod_judge(struct correlate *correlate, struct pod_entry *entry)
{
	struct pod_end end;
	bool gone = pod_is_gone(entry, &end);
	int err = 0;

	if (gone && !entry->pod.gone) {
		pod_hand_over(correlate, entry);
		pod_set_gone(correlate, entry, &end);
		err = pod_index(correlate, entry, false);
		/* Its netns may be another pod's by another statement; the entry must outlast that. */
		entry->bindings++;
		if (!err)
			err = statements_retry(correlate, entry);
		entry->bindings--;
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
static int pod_judge_absence(struct correlate *correlate, struct pod_entry *entry)
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
	return pod_judge(correlate, entry);
}

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
static int ended_recall(struct correlate *correlate, struct pod_entry *entry)
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

static void pod_drop_if_idle(struct correlate *correlate, struct pod_entry *entry)
{
	if (!pod_is_idle(entry))
		return;
	ended_remember(correlate, entry);
	pod_index(correlate, entry, false); /* only ever frees */
	pods_free(&correlate->pods, entry);
}

/* --- bindings --- */

static bool names_another(const struct binding *binding, const struct pod_entry *entry)
{
	return binding->pod != &entry->pod;
}

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
	tell(correlate, (struct correlate_change){ .kind = CORRELATE_CONTRADICTED, .netns = netns,
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
	tell(correlate, (struct correlate_change){ .kind = CORRELATE_PODS_SHARE, .netns = netns,
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

/* Told once, and not of a pod that asks for it, that is going, or of which that is not known. */
static void tell_if_in_host(struct correlate *correlate, const struct statement *by, struct pod_entry *entry,
			    struct netns *netns)
{
	if (entry->in_host_told || by->evidence < EVIDENCE_CNI || !pod_is_alive(entry) || entry->pod.host_network ||
	    entry->pod.terminating || pod_is_elsewhere(&entry->pod) || !pod_has_api_uid(&entry->pod))
		return;
	entry->in_host_told = true;
	tell(correlate, (struct correlate_change){ .kind = CORRELATE_POD_IN_HOST, .netns = netns, .pod = &entry->pod,
						   .source = by->source });
}

static void unbind(struct correlate *correlate, struct netns *netns)
{
	struct pod_entry *entry = entry_of(netns->binding->pod);

	binding_free(netns->binding);
	netns->binding = NULL;
	correlate->bound--;
	entry->bindings--;
	pod_drop_if_idle(correlate, entry);
}

/* NULL: no memory. */
static struct binding *binding_new(const struct statement *by, struct pod_entry *entry, bool restored)
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
	binding->pod = &entry->pod;
	binding->evidence = by->evidence;
	binding->as_of_wall = by->as_of_wall;
	binding->by_name = by->pod_uid && !*by->pod_uid;
	binding->restored = restored;
	return binding;
}

/* What an earlier session knew, a source says again: nothing new, but from now on the source answers for it. */
static int confirm(struct netns *netns, struct pod_entry *entry, const struct statement *by)
{
	struct binding *binding = binding_new(by, entry, false);

	if (!binding)
		return -ENOMEM;
	binding->contradicted = netns->binding->contradicted;
	binding_free(netns->binding);
	netns->binding = binding;
	if (by->as_of_wall > entry->bound_wall)
		entry->bound_wall = by->as_of_wall;
	return 0;
}

static int bind_netns(struct correlate *correlate, struct netns *netns, struct pod_entry *entry,
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
	new = binding_new(by, entry, restored);
	if (!new)
		return -ENOMEM;
	entry->bindings++;
	if (old)
		unbind(correlate, netns);
	correlate->bound++;
	netns->binding = new;
	if (by->as_of_wall > entry->bound_wall)
		entry->bound_wall = by->as_of_wall;
	tell(correlate, (struct correlate_change){ .kind = CORRELATE_BOUND, .netns = netns,
						   .pod = &entry->pod, .source = new->source });
	return pod_judge_absence(correlate, entry);
}

/* A statement is about a netns that was there when it was made. */
static bool statement_is_of(const struct correlate *correlate, const struct statement *statement,
			    const struct netns *netns)
{
	return statement->inum == netns->inum && netns->phase < NETNS_CLEANUP &&
	       born_wall(correlate, netns) <= statement->as_of_wall + STATEMENT_SLACK;
}

static bool statement_fits(const struct correlate *correlate, const struct statement *statement,
			   const struct netns *netns)
{
	return !statement->used && statement_is_of(correlate, statement, netns);
}

static bool has_ip(const struct ip_address *ips, size_t count, const struct ip_address *ip)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!memcmp(&ips[i], ip, sizeof(*ip)))
			return true;
	return false;
}

/*
 * What a source knows of the pod's addresses serves until the pod itself is listed, and after it is gone.  A pod with
 * several networks has a statement for each.
 */
static int statement_give_ips(struct correlate *correlate, const struct statement *statement,
			      struct pod_entry *entry)
{
	size_t i, count = entry->pod.ip_count;
	struct ip_address *all;
	int err;

	if (!statement->ip_count || (count && entry->claim_count))
		return 0;
	all = calloc(count + statement->ip_count, sizeof(*all));
	if (!all)
		return -ENOMEM;
	if (count)
		memcpy(all, entry->pod.ips, count * sizeof(*all));
	for (i = 0; i < statement->ip_count; i++)
		if (!has_ip(all, count, &statement->ips[i]))
			all[count++] = statement->ips[i];
	err = pod_set_ips(correlate, entry, all, count);
	free(all);
	return err;
}

/*
 * A statement without a uid names whoever has the name.  Made after the pod of that name went, it means the next
 * one.
 */
static struct pod_entry *statement_pod(struct correlate *correlate, const struct statement *statement)
{
	struct pod_entry *known = pods_find(&correlate->pods, statement->pod_uid, statement->pod_namespace,
					    statement->pod_name);

	if (known && !*statement->pod_uid && known->pod.gone &&
	    boot_time(correlate, statement->as_of_wall) > known->pod.gone_at)
		pods_forget_name(&correlate->pods, known);
	return pods_get(&correlate->pods, statement->pod_uid, "", statement->pod_namespace,
			statement->pod_name);
}

static int statement_apply(struct correlate *correlate, struct statement *statement, struct netns *netns)
{
	struct pod_entry *entry = statement_pod(correlate, statement);
	int err;

	if (!entry)
		return -ENOMEM;
	statement->used = true;
	statement->used_cookie = netns->cookie;
	statement->used_mix = netns->mix;
	if (netns->initial && !statement->in_host) {
		statement->in_host = true;
		correlate->in_host++;
	}
	if (netns->initial)
		tell_if_in_host(correlate, statement, entry, netns);
	err = ended_recall(correlate, entry);
	if (!err)
		err = bind_netns(correlate, netns, entry, statement, false);
	if (netns->binding && names_another(netns->binding, entry) && !statement->refused) {
		statement->refused = true;
		correlate->refused++;
	}
	if (!err)
		err = statement_give_ips(correlate, statement, entry);
	pod_drop_if_idle(correlate, entry);
	return err;
}

static bool names_a_living_pod(const struct correlate *correlate, const struct statement *statement)
{
	const struct pod_entry *entry = pods_find(&correlate->pods, statement->pod_uid, statement->pod_namespace,
						  statement->pod_name);

	return entry && pod_is_alive(entry);
}

/* The pod is gone that a netns is bound to: it may be that of another, whose statement came second. */
static int statements_retry(struct correlate *correlate, const struct pod_entry *entry)
{
	struct statement *statement, *next;
	int err = 0;

	if (!correlate->refused)
		return 0;
	HASH_ITER(hh, correlate->statements, statement, next) {
		struct netns *netns = statement->refused ? state_by_inum(correlate->state, statement->inum) : NULL;

		if (err || !netns || !netns->binding || netns->binding->pod != &entry->pod ||
		    !statement_is_of(correlate, statement, netns) || !names_a_living_pod(correlate, statement))
			continue;
		statement->refused = false;
		correlate->refused--;
		err = statement_apply(correlate, statement, netns);
	}
	return err;
}

/* The pod is listed, or otherwise than before: is it in the node's own netns? */
static void pod_judge_host(struct correlate *correlate, struct pod_entry *entry)
{
	struct statement *statement, *next;

	if (!correlate->in_host || entry->in_host_told)
		return;
	HASH_ITER(hh, correlate->statements, statement, next) {
		struct netns *netns = statement->in_host ? state_by_inum(correlate->state, statement->inum) : NULL;

		if (netns && netns->initial &&
		    pods_find(&correlate->pods, statement->pod_uid, statement->pod_namespace, statement->pod_name) == entry)
			tell_if_in_host(correlate, statement, entry, netns);
	}
}

static char *statement_key(const char *source, const char *key)
{
	char *text;

	return asprintf(&text, "%s\n%s", source, key) < 0 ? NULL : text;
}

static struct statement *statement_find(const struct correlate *correlate, const char *source,
					const char *name)
{
	char *key = statement_key(source, name);
	struct statement *statement = NULL;

	if (key)
		HASH_FIND_STR(correlate->statements, key, statement);
	free(key);
	return statement;
}

static bool statement_fill(struct statement *statement, enum evidence evidence, const char *source,
			   const char *uid, const char *namespace_, const char *name, const char *container,
			   const struct ip_address *ips, size_t ip_count)
{
	statement->ips = ip_count ? malloc(ip_count * sizeof(*ips)) : NULL;
	if (ip_count && !statement->ips)
		return false;
	if (ip_count)
		memcpy(statement->ips, ips, ip_count * sizeof(*ips));
	statement->ip_count = ip_count;
	statement->evidence = evidence;
	statement->source = strdup(source);
	statement->pod_uid = strdup(uid);
	statement->pod_namespace = strdup(namespace_);
	statement->pod_name = strdup(name);
	statement->container_id = strdup(container);
	return statement->source && statement->pod_uid && statement->pod_namespace &&
	       statement->pod_name && statement->container_id;
}

/* The netns with this inode number, where this source has bound it to the pod that it speaks of. */
static struct netns *netns_of(const struct correlate *correlate, const struct input_binding *told, uint32_t inum)
{
	struct netns *netns = inum ? state_by_inum(correlate->state, inum) : NULL;
	const struct binding *binding = netns ? netns->binding : NULL;

	if (!binding || strcmp(binding->source, told->source))
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
	tell(correlate, (struct correlate_change){ .kind = CORRELATE_PATH, .netns = netns, .pod = binding->pod });
}

/* The source says anew where the path leads: the netns to which it led may have lost it, or got it back. */
static void judge_path(struct correlate *correlate, const struct statement *former, const struct input_binding *told)
{
	struct netns *was = former ? netns_of(correlate, told, former->inum) : NULL;
	struct netns *is = netns_of(correlate, told, told->netns_inum);

	if (was && was != is && !strcmp(was->binding->path, told->netns_path) && *told->netns_path)
		set_path(correlate, was, correlate->now, told->netns_inum);
	if (is)
		set_path(correlate, is, 0, 0);
}

/*
 * What a source says again, and has not looked at again, is said of the netns that it was said of, which may be gone by
 * now: the slack in statement_is_of() must not give it the next of that inode number.
 */
static void statement_stay(struct statement *statement, const struct statement *former)
{
	if (!former->used || former->inum != statement->inum || former->as_of_wall != statement->as_of_wall)
		return;
	statement->used = true;
	statement->used_cookie = former->used_cookie;
	statement->used_mix = former->used_mix;
}

static bool statement_has_used(const struct statement *statement, const struct netns *netns)
{
	return statement->used && statement->used_cookie == netns->cookie && statement->used_mix == netns->mix;
}

static int on_binding(struct correlate *correlate, const struct input_binding *told)
{
	struct statement *statement, *former = statement_find(correlate, told->source, told->key);
	struct netns *netns;

	/* A container that is no pod's.  Podman gives its containers' names as K8S_POD_NAME, without a namespace. */
	if (!*told->pod_uid && (!*told->pod_name || !*told->pod_namespace))
		return 0;
	judge_path(correlate, former, told);
	statement = calloc(1, sizeof(*statement));
	if (!statement)
		return -ENOMEM;
	statement->key = statement_key(told->source, told->key);
	statement->path = strdup(told->netns_path);
	statement->inum = told->netns_inum;
	statement->as_of_wall = told->as_of_wall;
	if (former) {
		statement_stay(statement, former);
		statement_free(correlate, former);
	}
	if (!statement_fill(statement, told->evidence, told->source, told->pod_uid, told->pod_namespace,
			    told->pod_name, told->container_id, told->ips, told->ip_count) ||
	    !statement->key || !statement->path) {
		statement_clear(statement);
		free(statement);
		return -ENOMEM;
	}
	HASH_ADD_KEYPTR(hh, correlate->statements, statement->key, strlen(statement->key), statement);
	if (!statement->hh.tbl) {
		statement_clear(statement);
		free(statement);
		return -ENOMEM;
	}
	netns = told->netns_inum ? state_by_inum(correlate->state, told->netns_inum) : NULL;
	if (!netns || !statement_is_of(correlate, statement, netns) ||
	    (statement->used && !statement_has_used(statement, netns)))
		return 0;
	return statement_apply(correlate, statement, netns);
}

static int on_binding_gone(struct correlate *correlate, const struct input_binding_gone *gone)
{
	struct statement *statement = statement_find(correlate, gone->source, gone->key);

	if (statement)
		statement_free(correlate, statement);
	return 0;
}

/* --- what an earlier session knew --- */

static int on_restored(struct correlate *correlate, const struct input_restored *told)
{
	struct memory *memory = calloc(1, sizeof(*memory));

	if (!memory)
		return -ENOMEM;
	memory->cookie = told->cookie;
	memory->inum = told->inum;
	memory->mix = told->mix;
	memory->gone_wall = told->gone_wall;
	memory->released_wall = told->released_wall;
	memory->statement.as_of_wall = told->bound_wall;
	memory->statement.inum = told->inum;
	if (!statement_fill(&memory->statement, told->evidence, "state file", told->pod_uid,
			    told->pod_namespace, told->pod_name, told->container_id, told->ips,
			    told->ip_count)) {
		statement_clear(&memory->statement);
		free(memory);
		return -ENOMEM;
	}
	memory->next = correlate->memories;
	correlate->memories = memory;
	return 0;
}

static bool remembers(const struct memory *memory, const struct netns *netns)
{
	return memory->cookie == netns->cookie && memory->inum == netns->inum && memory->mix == netns->mix;
}

static int memory_apply(struct correlate *correlate, struct memory *memory, struct netns *netns)
{
	const struct statement *by = &memory->statement;
	struct pod_entry *entry;
	struct claim *claim;
	int err;

	if (by->evidence == EVIDENCE_NONE)
		return 0; /* remembered as an orphan or a stuck one */
	entry = pods_get(&correlate->pods, by->pod_uid, "", by->pod_namespace, by->pod_name);
	if (!entry)
		return -ENOMEM;
	if (memory->gone_wall) {
		claim = pod_claim_get(entry, &correlate->remembered);
		if (!claim)
			return -ENOMEM;
		claim->ended_wall = memory->gone_wall;
		claim->released_wall = memory->released_wall;
	}
	err = bind_netns(correlate, netns, entry, by, true);
	if (!err)
		err = statement_give_ips(correlate, by, entry);
	pod_drop_if_idle(correlate, entry);
	return err;
}

static int memories_match(struct correlate *correlate, struct netns *netns)
{
	struct memory **slot = &correlate->memories, *memory;
	int err;

	while ((memory = *slot)) {
		if (!remembers(memory, netns)) {
			slot = &memory->next;
			continue;
		}
		*slot = memory->next;
		err = memory_apply(correlate, memory, netns);
		statement_clear(&memory->statement);
		free(memory);
		return err;
	}
	return 0;
}

/* --- what state says --- */

static int on_netns_created(struct correlate *correlate, struct netns *netns)
{
	struct statement *statement, *next;
	int err = memories_match(correlate, netns);

	HASH_ITER(hh, correlate->statements, statement, next) {
		if (err < 0)
			break;
		if (statement_fits(correlate, statement, netns))
			err = statement_apply(correlate, statement, netns);
	}
	return err;
}

static int on_addr(struct correlate *correlate, const struct state_change *change)
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

/* A netns on its way out answers for no address any more. */
static void on_netns_ending(struct correlate *correlate, struct netns *netns)
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

static int take_change(struct correlate *correlate, const struct state_change *change)
{
	switch (change->kind) {
	case STATE_NETNS_CREATED:
		return on_netns_created(correlate, change->netns);
	case STATE_ADDR_ADDED:
	case STATE_ADDR_REMOVED:
		return on_addr(correlate, change);
	case STATE_NETNS_DYING:
	case STATE_NETNS_FREED:
	case STATE_NETNS_VANISHED:
		on_netns_ending(correlate, change->netns);
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
	return err ? err : settle(correlate);
}

int correlate_release(struct correlate *correlate, struct netns *netns)
{
	if (netns->binding)
		unbind(correlate, netns);
	return settle(correlate);
}

/* --- what the sources say --- */

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

/* It is listed anew: its addresses may bind now. */
static void pod_touch_addresses(struct correlate *correlate, struct pod_entry *entry)
{
	size_t i;

	for (i = 0; entry->indexed && i < entry->pod.ip_count; i++) {
		struct ip_entry *ip = ip_index_find(correlate->ips, &entry->pod.ips[i]);

		if (ip)
			ip_touch(correlate, ip);
	}
}

static int64_t wall_now(const struct correlate *correlate)
{
	return (int64_t)correlate->now + correlate->wall_offset;
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
			claim_end(claim, wall_now(correlate));
	}
	claim->finished = finished;
	claim->failed = told->phase == POD_FAILED;
	claim->terminating = told->terminating;
	claim->host_network = told->host_network;
	if (!finished && live)
		claim->seen_wall = wall_now(correlate);
}

static int on_pod(struct correlate *correlate, const struct input_pod *told)
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
		err = pod_set_ips(correlate, entry, told->ips, told->ip_count);
	if (err < 0)
		return err;
	pod_touch_addresses(correlate, entry);
	pod_judge_host(correlate, entry);
	/* While a listing is under way its moment is not known; its end judges all. */
	return err || authority->state == SOURCE_SYNCING ? err : pod_judge(correlate, entry);
}

static int on_pod_gone(struct correlate *correlate, const struct input_pod_gone *told)
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
	err = pod_judge(correlate, entry);
	pod_drop_if_idle(correlate, entry);
	return err;
}

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
			err = pod_judge_absence(correlate, entry);
		pod_touch_addresses(correlate, entry);
		pod_drop_if_idle(correlate, entry);
	}
	return err;
}

static int on_source(struct correlate *correlate, const struct input_source *told)
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
		tell(correlate, (struct correlate_change){ .kind = CORRELATE_SOURCE_DOWN,
							   .source = authority->name, .text = told->detail });
		return 0;
	case SOURCE_SYNCED:
		break;
	}
	/* A detail is a warning, and so is told each time. */
	if (!authority->up || *told->detail)
		tell(correlate, (struct correlate_change){ .kind = CORRELATE_SOURCE_UP,
							   .source = authority->name, .text = told->detail });
	authority->up = authority->asked_once = true;
	authority->absent = false;
	authority->as_of_wall = told->as_of_wall;
	authority->asked_wall = authority->asking_wall;
	return on_synced(correlate, authority);
}

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
		return on_pod(correlate, &input->pod);
	case INPUT_POD_GONE:
		return on_pod_gone(correlate, &input->pod_gone);
	case INPUT_BINDING:
		return on_binding(correlate, &input->binding);
	case INPUT_BINDING_GONE:
		return on_binding_gone(correlate, &input->binding_gone);
	case INPUT_SOURCE:
		return on_source(correlate, &input->source);
	case INPUT_RESTORED:
		return on_restored(correlate, &input->restored);
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
	return err ? err : settle(correlate);
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

const char *evidence_name(enum evidence evidence)
{
	static const char *const names[] = {
		[EVIDENCE_NONE] = "none", [EVIDENCE_IP] = "ip",	 [EVIDENCE_CGROUP] = "cgroup",
		[EVIDENCE_CNI] = "cni",	  [EVIDENCE_CRI] = "cri",
	};

	return names[evidence];
}
