/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "verdict.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Deadlines of one kind, in order.  Each kind has one delay, so that new ones mostly go last. */
struct queue {
	struct verdict *first, *last;
};

/* One address of a pod that several netns have. */
struct conflict {
	struct conflict *next;
	struct ip_address ip;
	uint64_t deadline, suspected_at;
	bool told;
};

/* What an earlier session reported of a netns that no census has told yet. */
struct marks {
	struct marks *next;
	uint64_t cookie;
	uint32_t inum, mix;
	int64_t leaked_wall, stuck_wall, orphan_wall, conflict_wall;
};

struct verdicts {
	struct verdict_settings settings;
	const struct state *state;
	const struct correlate *correlate;
	finding_fn fn;
	void *ctx;
	struct queue waiting[VERDICT_KINDS];
	struct queue suspects;
	struct conflict *conflicts;
	struct marks *marks;
	struct verdict_counts counts;
	uint64_t now;
	uint64_t progress; /* when the kernel's teardown last got on */
	int64_t wall_offset;
	bool want_census;
};

int verdicts_new(struct verdicts **ret, const struct verdict_settings *settings, const struct state *state,
		 const struct correlate *correlate, finding_fn fn, void *ctx)
{
	struct verdicts *verdicts = calloc(1, sizeof(*verdicts));

	if (!verdicts)
		return -ENOMEM;
	verdicts->settings = *settings;
	verdicts->state = state;
	verdicts->correlate = correlate;
	verdicts->fn = fn;
	verdicts->ctx = ctx;
	*ret = verdicts;
	return 0;
}

static int free_visit(void *ctx, struct netns *netns)
{
	(void)ctx;
	free(netns->verdict);
	netns->verdict = NULL;
	return 0;
}

void verdicts_free(struct verdicts *verdicts)
{
	struct conflict *conflict;
	struct marks *marks;

	if (!verdicts)
		return;
	state_each(verdicts->state, free_visit, NULL);
	while ((conflict = verdicts->conflicts)) {
		verdicts->conflicts = conflict->next;
		free(conflict);
	}
	while ((marks = verdicts->marks)) {
		verdicts->marks = marks->next;
		free(marks);
	}
	free(verdicts);
}

/* --- deadlines --- */

static struct queue *queue_of(struct verdicts *verdicts, const struct verdict *verdict)
{
	return verdict->suspected_at ? &verdicts->suspects : &verdicts->waiting[verdict->pending];
}

static void disarm(struct verdicts *verdicts, struct verdict *verdict)
{
	struct queue *queue = queue_of(verdicts, verdict);

	if (verdict->pending == VERDICT_NONE)
		return;
	if (verdict->previous)
		verdict->previous->next = verdict->next;
	else
		queue->first = verdict->next;
	if (verdict->next)
		verdict->next->previous = verdict->previous;
	else
		queue->last = verdict->previous;
	verdict->previous = verdict->next = NULL;
	verdict->pending = VERDICT_NONE;
	verdict->suspected_at = 0;
}

static void queue_insert(struct queue *queue, struct verdict *verdict)
{
	struct verdict *before = queue->last;

	while (before && before->deadline > verdict->deadline)
		before = before->previous;
	verdict->previous = before;
	verdict->next = before ? before->next : queue->first;
	if (verdict->next)
		verdict->next->previous = verdict;
	else
		queue->last = verdict;
	if (before)
		before->next = verdict;
	else
		queue->first = verdict;
}

static void arm(struct verdicts *verdicts, struct verdict *verdict, enum verdict_kind kind, uint64_t deadline)
{
	/* A suspect stays one, but for a deadline that has moved on: its pod may be another. */
	if (verdict->pending == kind && (verdict->deadline == deadline ||
					 (verdict->suspected_at && deadline <= verdict->suspected_at)))
		return;
	disarm(verdicts, verdict);
	verdict->pending = kind;
	verdict->deadline = deadline;
	queue_insert(queue_of(verdicts, verdict), verdict);
}

/* --- which deadline a netns has --- */

/* When it was made, as well as it can be known: a mount of it may be older than this session. */
static uint64_t made_at(const struct verdicts *verdicts, const struct netns *netns)
{
	uint64_t made = netns->born ? netns->born : netns->first_seen;
	const struct netns_path *path;

	for (path = netns->paths; path && !netns->born; path = path->next) {
		int64_t boot = path->made_wall - verdicts->wall_offset;

		if (path->made_wall && boot < (int64_t)made)
			made = boot > 0 ? (uint64_t)boot : 0;
	}
	return made;
}

static enum verdict_kind expects(const struct verdicts *verdicts, const struct netns *netns,
				 const struct verdict *verdict, uint64_t *ret_deadline)
{
	const struct binding *binding = netns->binding;

	if (netns->initial)
		return VERDICT_NONE;
	if (netns->phase == NETNS_DYING || netns->phase == NETNS_CLEANUP) {
		*ret_deadline = netns->dying_at + verdicts->settings.stuck_after;
		return verdict && verdict->stuck_at ? VERDICT_NONE : VERDICT_STUCK;
	}
	if (netns->phase != NETNS_REFERENCED)
		return VERDICT_NONE;
	if (binding && binding->pod->gone) {
		*ret_deadline = binding->pod->released_at + verdicts->settings.grace;
		return verdict && verdict->leaked_at ? VERDICT_NONE : VERDICT_LEAKED;
	}
	if (binding) {
		*ret_deadline = binding->path_lost_at + verdicts->settings.grace;
		return binding->path_lost_at && !(verdict && verdict->path_lost_at) ? VERDICT_PATH_LOST : VERDICT_NONE;
	}
	*ret_deadline = made_at(verdicts, netns) + verdicts->settings.orphan_age;
	return verdict && verdict->orphan_at ? VERDICT_NONE : VERDICT_ORPHAN;
}

/* NULL: no memory. */
static struct verdict *verdict_get(struct netns *netns)
{
	if (!netns->verdict)
		netns->verdict = calloc(1, sizeof(*netns->verdict));
	if (netns->verdict)
		netns->verdict->netns = netns;
	return netns->verdict;
}

static int schedule(struct verdicts *verdicts, struct netns *netns)
{
	uint64_t deadline = 0;
	enum verdict_kind kind = expects(verdicts, netns, netns->verdict, &deadline);

	if (kind == VERDICT_NONE) {
		if (netns->verdict)
			disarm(verdicts, netns->verdict);
		return 0;
	}
	if (!verdict_get(netns))
		return -ENOMEM;
	arm(verdicts, netns->verdict, kind, deadline);
	return 0;
}

/* --- judging --- */

static void tell(struct verdicts *verdicts, struct finding finding)
{
	finding.time = verdicts->now;
	verdicts->fn(verdicts->ctx, &finding);
}

static uint64_t elapsed(const struct verdicts *verdicts, uint64_t from)
{
	return verdicts->now > from ? verdicts->now - from : 0;
}

/*
 * A suspect that a source's silence keeps from being judged stays one.  The others are done with: reported,
 * or acquitted and armed anew.
 */
static void judge_leaked(struct verdicts *verdicts, struct verdict *verdict)
{
	struct netns *netns = verdict->netns;
	const struct binding *binding = netns->binding;
	const struct pod *pod = binding->pod;

	/* An address is too weak to go by while any source that could know better is silent. */
	if (correlate_incomplete(verdicts->correlate, binding->evidence == EVIDENCE_IP ? NULL : pod))
		return;
	disarm(verdicts, verdict);
	if (netns->references <= 0)
		return; /* its dying is on the way */
	verdict->leaked_at = verdicts->now;
	verdicts->counts.leaked++;
	verdicts->counts.leaked_now++;
	tell(verdicts, (struct finding){ .kind = FINDING_LEAKED, .netns = netns, .pod = pod,
					 .since = elapsed(verdicts, pod->gone_at) });
}

/*
 * cleanup_net() takes down all that is queued in one go, so with a thousand netns each waits for all.  As
 * long as any of them loses a device or is freed, there is a backlog and nothing is stuck.
 */
static void judge_stuck(struct verdicts *verdicts, struct verdict *verdict)
{
	struct netns *netns = verdict->netns;
	uint64_t last = netns->dying_at > verdicts->progress ? netns->dying_at : verdicts->progress;

	disarm(verdicts, verdict);
	if (last + verdicts->settings.stuck_after > verdicts->now) {
		arm(verdicts, verdict, VERDICT_STUCK, last + verdicts->settings.stuck_after);
		return;
	}
	verdict->stuck_at = verdicts->now;
	verdicts->counts.stuck++;
	verdicts->counts.stuck_now++;
	tell(verdicts, (struct finding){ .kind = FINDING_STUCK, .netns = netns,
					 .pod = netns->binding ? netns->binding->pod : NULL,
					 .since = elapsed(verdicts, netns->dying_at) });
}

static void judge_orphan(struct verdicts *verdicts, struct verdict *verdict)
{
	struct netns *netns = verdict->netns;

	if (netns->tasks || netns->references <= 0) {
		/* In use today.  Look again, all of them at one time: each look costs a census. */
		disarm(verdicts, verdict);
		arm(verdicts, verdict, VERDICT_ORPHAN, verdicts->now + verdicts->settings.orphan_age / 4 + 1);
		return;
	}
	if (correlate_incomplete(verdicts->correlate, NULL))
		return;
	disarm(verdicts, verdict);
	verdict->orphan_at = verdicts->now;
	verdicts->counts.orphans++;
	verdicts->counts.orphans_now++;
	tell(verdicts, (struct finding){ .kind = FINDING_ORPHAN, .netns = netns,
					 .since = elapsed(verdicts, made_at(verdicts, netns)) });
}

/* Its pod lives on without it.  One that is going loses its path first. */
static void judge_path(struct verdicts *verdicts, struct verdict *verdict)
{
	struct netns *netns = verdict->netns;
	const struct binding *binding = netns->binding;

	if (correlate_incomplete(verdicts->correlate, binding->pod))
		return;
	disarm(verdicts, verdict);
	if (netns->references <= 0 || binding->pod->terminating)
		return;
	verdict->path_lost_at = verdicts->now;
	tell(verdicts, (struct finding){ .kind = FINDING_PATH_LOST, .netns = netns, .pod = binding->pod,
					 .since = elapsed(verdicts, binding->path_lost_at) });
}

/*
 * Has the kernel counted it since it fell under suspicion?  One that is dying is off the kernel's list as soon as
 * cleanup_net() has it in hand: its phase is proof enough.
 */
static bool is_counted(const struct netns *netns, uint64_t since)
{
	return netns->counted_at >= since || netns->phase >= NETNS_DYING;
}

static void judge(struct verdicts *verdicts, struct verdict *verdict)
{
	if (!is_counted(verdict->netns, verdict->suspected_at)) {
		verdicts->want_census = true;
		return;
	}
	if (verdict->pending == VERDICT_LEAKED)
		judge_leaked(verdicts, verdict);
	else if (verdict->pending == VERDICT_STUCK)
		judge_stuck(verdicts, verdict);
	else if (verdict->pending == VERDICT_PATH_LOST)
		judge_path(verdicts, verdict);
	else
		judge_orphan(verdicts, verdict);
}

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
		tell(verdicts, (struct finding){ .kind = FINDING_IP_CONFLICT, .netns = sharing[i],
						 .other = sharing[owner], .pod = pod, .ip = &conflict->ip });
	}
	return 0;
}

static bool conflict_is_counted(const struct verdicts *verdicts, const struct conflict *conflict)
{
	const struct pod *pod;
	size_t count, i;
	struct netns *const *sharing = correlate_sharing(verdicts->correlate, &conflict->ip, &count, &pod);

	for (i = 0; sharing && i < count; i++)
		if (!is_counted(sharing[i], conflict->suspected_at))
			return false;
	return sharing != NULL;
}

static int judge_conflicts(struct verdicts *verdicts)
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

/* The kernel has been counted: judge those whose deadline passed before. */
static int on_census(struct verdicts *verdicts)
{
	struct verdict *verdict, *next;

	verdicts->want_census = false;
	for (verdict = verdicts->suspects.first; verdict; verdict = next) {
		next = verdict->next;
		judge(verdicts, verdict);
	}
	return judge_conflicts(verdicts);
}

/* --- what happens to a netns --- */

/* When it was reported does not matter any more, that it was does: 1 is "long ago". */
static void mark(uint64_t *reported_at, int64_t wall, uint64_t *count)
{
	if (!wall || *reported_at)
		return;
	*reported_at = 1;
	++*count;
}

static int apply_marks(struct verdicts *verdicts, struct netns *netns)
{
	struct marks **slot = &verdicts->marks, *marks;

	while ((marks = *slot)) {
		if (marks->cookie != netns->cookie || marks->inum != netns->inum || marks->mix != netns->mix) {
			slot = &marks->next;
			continue;
		}
		if (!verdict_get(netns))
			return -ENOMEM;
		*slot = marks->next;
		mark(&netns->verdict->leaked_at, marks->leaked_wall, &verdicts->counts.leaked_now);
		mark(&netns->verdict->stuck_at, marks->stuck_wall, &verdicts->counts.stuck_now);
		mark(&netns->verdict->orphan_at, marks->orphan_wall, &verdicts->counts.orphans_now);
		mark(&netns->verdict->conflict_at, marks->conflict_wall, &verdicts->counts.conflicts_now);
		free(marks);
	}
	return 0;
}

static int on_created(struct verdicts *verdicts, struct netns *netns)
{
	int err = apply_marks(verdicts, netns);

	return err ? err : schedule(verdicts, netns);
}

static void on_ended(struct verdicts *verdicts, struct netns *netns)
{
	struct verdict *verdict = netns->verdict;
	const struct pod *pod = netns->binding ? netns->binding->pod : NULL;

	if (!verdict)
		return;
	disarm(verdicts, verdict);
	verdicts->counts.leaked_now -= !!verdict->leaked_at;
	verdicts->counts.stuck_now -= !!verdict->stuck_at;
	verdicts->counts.orphans_now -= !!verdict->orphan_at;
	verdicts->counts.conflicts_now -= !!verdict->conflict_at;
	if (verdict->leaked_at) {
		verdicts->counts.recovered++;
		tell(verdicts, (struct finding){ .kind = FINDING_RECOVERED, .netns = netns, .pod = pod,
						 .since = pod && pod->gone ? elapsed(verdicts, pod->gone_at)
									   : 0 });
	}
	free(verdict);
	netns->verdict = NULL;
}

static void set_now(struct verdicts *verdicts, uint64_t now)
{
	if (now > verdicts->now)
		verdicts->now = now;
}

int verdicts_state(struct verdicts *verdicts, const struct state_change *change)
{
	set_now(verdicts, change->time);
	switch (change->kind) {
	case STATE_NETNS_CREATED:
		return on_created(verdicts, change->netns);
	case STATE_NETNS_DYING:
		return schedule(verdicts, change->netns);
	case STATE_NETNS_FREED:
	case STATE_NETNS_VANISHED:
		verdicts->progress = verdicts->now;
		on_ended(verdicts, change->netns);
		return 0;
	case STATE_CENSUS_DONE:
		return on_census(verdicts);
	case STATE_NETNS_CLEANUP:
		verdicts->progress = verdicts->now;
		return 0;
	case STATE_ADDR_REMOVED:
	case STATE_DEV_REMOVED:
		if (change->netns->phase >= NETNS_DYING)
			verdicts->progress = verdicts->now;
		return 0;
	default:
		return 0;
	}
}

/* --- what happens to pods --- */

struct pod_visit {
	struct verdicts *verdicts;
	const struct pod *pod;
};

/* Its pod is another, or another's word: what is a living pod's is no leak, and may become one. */
static int reschedule(struct verdicts *verdicts, struct netns *netns)
{
	struct verdict *verdict = netns->verdict;

	if (verdict && verdict->leaked_at && !netns->binding->pod->gone) {
		verdict->leaked_at = 0;
		verdicts->counts.leaked_now--;
	}
	if (verdict && verdict->orphan_at) {
		verdict->orphan_at = 0;
		verdicts->counts.orphans_now--;
	}
	return schedule(verdicts, netns);
}

static int pod_changed_visit(void *ctx, struct netns *netns)
{
	struct pod_visit *visit = ctx;

	if (!netns->binding || netns->binding->pod != visit->pod)
		return 0;
	return reschedule(visit->verdicts, netns);
}

static struct conflict **conflict_slot(struct verdicts *verdicts, const struct ip_address *ip)
{
	struct conflict **slot = &verdicts->conflicts;

	while (*slot && memcmp(&(*slot)->ip, ip, sizeof(*ip)))
		slot = &(*slot)->next;
	return slot;
}

static int on_shared(struct verdicts *verdicts, const struct ip_address *ip)
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

static void on_unshared(struct verdicts *verdicts, const struct ip_address *ip)
{
	struct conflict **slot = conflict_slot(verdicts, ip), *conflict = *slot;

	if (!conflict)
		return;
	*slot = conflict->next;
	free(conflict);
	state_each(verdicts->state, conflict_over_visit, verdicts);
}

static bool has_suspects(const struct verdicts *verdicts)
{
	const struct conflict *conflict;

	for (conflict = verdicts->conflicts; conflict; conflict = conflict->next)
		if (conflict->suspected_at && !conflict->told)
			return true;
	return verdicts->suspects.first != NULL;
}

int verdicts_correlate(struct verdicts *verdicts, const struct correlate_change *change)
{
	struct pod_visit visit = { .verdicts = verdicts, .pod = change->pod };

	set_now(verdicts, change->time);
	switch (change->kind) {
	case CORRELATE_BOUND:
	case CORRELATE_PATH:
		return reschedule(verdicts, change->netns);
	case CORRELATE_POD_GONE:
	case CORRELATE_POD_BACK:
		return state_each(verdicts->state, pod_changed_visit, &visit);
	case CORRELATE_SHARED:
		return on_shared(verdicts, change->ip);
	case CORRELATE_UNSHARED:
		on_unshared(verdicts, change->ip);
		return 0;
	case CORRELATE_SOURCE_UP:
		/* Suspects may have waited for it; what was counted meanwhile is old. */
		verdicts->want_census |= has_suspects(verdicts);
		return 0;
	default:
		return 0;
	}
}

int verdicts_restored(struct verdicts *verdicts, const struct input_restored *restored)
{
	struct marks *marks;

	if (!restored->leaked_wall && !restored->stuck_wall && !restored->orphan_wall && !restored->conflict_wall)
		return 0;
	marks = calloc(1, sizeof(*marks));
	if (!marks)
		return -ENOMEM;
	*marks = (struct marks){
		.next = verdicts->marks,
		.cookie = restored->cookie,
		.inum = restored->inum,
		.mix = restored->mix,
		.leaked_wall = restored->leaked_wall,
		.stuck_wall = restored->stuck_wall,
		.orphan_wall = restored->orphan_wall,
		.conflict_wall = restored->conflict_wall,
	};
	verdicts->marks = marks;
	return 0;
}

/* --- time --- */

static void suspect_due(struct verdicts *verdicts, struct queue *queue)
{
	struct verdict *verdict;

	while ((verdict = queue->first) && verdict->deadline <= verdicts->now) {
		enum verdict_kind kind = verdict->pending;

		disarm(verdicts, verdict);
		verdict->pending = kind;
		verdict->suspected_at = verdicts->now;
		queue_insert(&verdicts->suspects, verdict);
		verdicts->want_census = true;
	}
}

void verdicts_advance(struct verdicts *verdicts, uint64_t now, int64_t wall_offset)
{
	struct conflict *conflict;
	enum verdict_kind kind;

	set_now(verdicts, now);
	verdicts->wall_offset = wall_offset;
	for (kind = VERDICT_LEAKED; kind < VERDICT_KINDS; kind++)
		suspect_due(verdicts, &verdicts->waiting[kind]);
	for (conflict = verdicts->conflicts; conflict; conflict = conflict->next)
		if (!conflict->suspected_at && conflict->deadline <= verdicts->now) {
			conflict->suspected_at = verdicts->now;
			verdicts->want_census = true;
		}
}

uint64_t verdicts_deadline(const struct verdicts *verdicts)
{
	const struct conflict *conflict;
	enum verdict_kind kind;
	uint64_t first = UINT64_MAX;

	for (kind = VERDICT_LEAKED; kind < VERDICT_KINDS; kind++) {
		const struct verdict *verdict = verdicts->waiting[kind].first;

		if (verdict && verdict->deadline < first)
			first = verdict->deadline;
	}
	for (conflict = verdicts->conflicts; conflict; conflict = conflict->next)
		if (!conflict->suspected_at && conflict->deadline < first)
			first = conflict->deadline;
	return first == UINT64_MAX ? 0 : first;
}

bool verdicts_want_census(const struct verdicts *verdicts)
{
	return verdicts->want_census;
}

void verdicts_counts(const struct verdicts *verdicts, struct verdict_counts *ret)
{
	const struct conflict *conflict;
	const struct verdict *verdict;

	*ret = verdicts->counts;
	ret->suspects = 0;
	for (verdict = verdicts->suspects.first; verdict; verdict = verdict->next)
		ret->suspects++;
	for (conflict = verdicts->conflicts; conflict; conflict = conflict->next)
		ret->suspects += conflict->suspected_at && !conflict->told;
}
