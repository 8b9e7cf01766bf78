/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Addresses that several netns have.
 */
#include "verdict_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct conflict **conflict_slot(struct verdicts *verdicts, const struct ip_address *ip)
{
	struct conflict **slot = &verdicts->conflicts;

	while (*slot && memcmp(&(*slot)->ip, ip, sizeof(*ip)))
		slot = &(*slot)->next;
	return slot;
}

int verdicts_shared(struct verdicts *verdicts, const struct ip_address *ip)
{
	struct conflict **slot = conflict_slot(verdicts, ip), *conflict;

	conflict = *slot;
	if (!conflict) {
		conflict = calloc(1, sizeof(*conflict));
		if (!conflict)
			return -ENOMEM;
		conflict->ip = *ip;
		*slot = conflict;
	}
	/* One that was told already has been joined by another netns. */
	conflict->told = false;
	conflict->suspected_at = 0;
	conflict->deadline = verdicts->now + verdicts->settings.grace;
	return 0;
}

/* An address that it no longer shares is no conflict of its any more. */
static int conflict_over_visit(void *ctx, struct netns *netns)
{
	struct verdicts *verdicts = ctx;
	const struct pod *pod;
	size_t count;

	if (!netns->verdict || !netns->verdict->conflict_at)
		return 0;
	for (uint32_t i = 0; i < netns->addr_count; i++) {
		struct ip_address ip = netns_addr_ip(&netns->addrs[i]);

		if (correlate_sharing(verdicts->correlate, &ip, &count, &pod))
			return 0;
	}
	netns->verdict->conflict_at = 0;
	verdicts->counts.conflicts_now--;
	return 0;
}

void verdicts_unshared(struct verdicts *verdicts, const struct ip_address *ip)
{
	struct conflict **slot = conflict_slot(verdicts, ip), *conflict = *slot;

	if (!conflict)
		return;
	*slot = conflict->next;
	free(conflict);
	state_each(verdicts->state, conflict_over_visit, verdicts);
}

/* --- who is in the wrong --- */

/* By more than the address that is in question. */
static bool is_known_to_be(const struct netns *netns, const struct pod *pod)
{
	return netns->binding && netns->binding->pod == pod && netns->binding->evidence > EVIDENCE_IP;
}

/* The pod's own netns; where none is known to be, one that is not a dead pod's. */
static size_t owner_of(struct netns *const *sharing, size_t count, const struct pod *pod)
{
	size_t i, owner = 0;

	for (i = 0; i < count; i++)
		if (!sharing[i]->binding || !sharing[i]->binding->pod->gone)
			owner = i;
	for (i = 0; i < count; i++)
		if (is_known_to_be(sharing[i], pod))
			owner = i;
	return owner;
}

/* Two living pods may have one address on two networks that know nothing of each other. */
static bool is_its_own(const struct netns *netns, const struct ip_address *ip)
{
	const struct pod *pod = netns->binding ? netns->binding->pod : NULL;
	size_t i;

	if (!pod || pod->gone || !is_known_to_be(netns, pod))
		return false;
	for (i = 0; i < pod->ip_count; i++)
		if (!memcmp(&pod->ips[i], ip, sizeof(*ip)))
			return true;
	return false;
}

/*
 * Of the netns that share an address, those that are not its pod's are in the wrong.  Where it is not known which is its
 * pod's, the finding says no more than that they share it.
 */
static int conflict_report(struct verdicts *verdicts, const struct conflict *conflict)
{
	const struct pod *pod;
	size_t count, i, owner;
	struct netns *const *sharing = correlate_sharing(verdicts->correlate, &conflict->ip, &count, &pod);

	owner = owner_of(sharing, count, pod);
	for (i = 0; i < count; i++) {
		struct verdict *verdict;

		if (i == owner || is_its_own(sharing[i], &conflict->ip) ||
		    (sharing[i]->verdict && sharing[i]->verdict->conflict_at))
			continue;
		verdict = verdict_get(sharing[i]);
		if (!verdict)
			return -ENOMEM;
		verdict->conflict_at = verdicts->now;
		verdicts->counts.conflicts++;
		verdicts->counts.conflicts_now++;
		/* One that is another pod's, mostly a dead one's, is not to be told of as the new pod's. */
		verdicts_tell(verdicts, (struct finding){ .kind = FINDING_IP_CONFLICT, .netns = sharing[i],
							  .other = sharing[owner], .other_pod = pod, .ip = &conflict->ip,
							  .pod = sharing[i]->binding ? sharing[i]->binding->pod : pod });
	}
	return 0;
}

static bool conflict_is_counted(const struct verdicts *verdicts, const struct conflict *conflict)
{
	const struct pod *pod;
	size_t count, i;
	struct netns *const *sharing = correlate_sharing(verdicts->correlate, &conflict->ip, &count, &pod);

	for (i = 0; sharing && i < count; i++)
		if (!netns_is_counted(sharing[i], conflict->suspected_at))
			return false;
	return sharing != NULL;
}

int verdicts_judge_conflicts(struct verdicts *verdicts)
{
	struct conflict *conflict;
	int err = 0;

	for (conflict = verdicts->conflicts; conflict && !err; conflict = conflict->next) {
		if (conflict->told || !conflict->suspected_at)
			continue;
		if (!conflict_is_counted(verdicts, conflict)) {
			verdicts->want_census = true;
			continue;
		}
		if (correlate_incomplete(verdicts->correlate, NULL))
			continue;
		conflict->told = true;
		err = conflict_report(verdicts, conflict);
	}
	return err;
}
