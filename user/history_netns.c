/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The life of one netns, as its reports tell it.
 */
#include "history_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "util.h"
#include "verdict.h"

#define WORDS 1024

/* --- its end --- */

static void texts_free(struct history_texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->all[i]);
	free(texts->all);
}

static void finding_free(struct history_finding *finding)
{
	texts_free(&finding->evidence);
	texts_free(&finding->holders);
	free(finding->body);
	free(finding->cause);
	free(finding->held_by);
	free(finding->references);
	free(finding);
}

void history_netns_free(struct history_netns *known)
{
	struct history_finding *finding, *next;

	for (finding = known->findings; finding; finding = next) {
		next = finding->next;
		finding_free(finding);
	}
	for (size_t i = 0; i < known->event_count; i++)
		free(known->events[i].text);
	free(known->events);
	free(known->pod);
	free(known->pod_uid);
	free(known->container);
	free(known->gone_by);
	free(known->bound_by);
	free(known->name);
	free(known->path);
	free(known->addresses);
	free(known->creator);
	free(known);
}

/* --- who it is --- */

/* What is not known any more stays as it was known. */
static int keep(char **text, const char *with)
{
	return with && *with ? replace_text(text, with) : 0;
}

struct history_netns *history_netns_new(const struct netns *netns, uint64_t time)
{
	struct history_netns *known = calloc(1, sizeof(*known));

	if (!known)
		return NULL;
	known->handle = netns->handle;
	known->first_seen = time;
	return known;
}

static int refresh_names(struct history_netns *known, const struct netns *netns)
{
	TEXT(creator, WORDS);
	int err = keep(&known->name, netns_name(netns));

	if (!err && netns->paths)
		err = keep(&known->path, netns->paths->path);
	report_creator(&creator, &netns->creator);
	/* It begins with " by ". */
	return err || !creator.length ? err : keep(&known->creator, creator.bytes + strlen(" by "));
}

static int refresh_addresses(struct history_netns *known, const struct netns *netns)
{
	TEXT(words, WORDS);

	for (uint32_t i = 0; i < netns->addr_count; i++) {
		const struct netns_addr *addr = &netns->addrs[i];
		char buffer[FORMAT_ADDRESS_LEN];

		if (!netns_addr_is_global(addr))
			continue;
		format_prefix(addr->family, addr->addr, addr->prefixlen, buffer);
		text_add(&words, words.length ? ", " : "");
		text_add(&words, buffer);
	}
	return keep(&known->addresses, words.bytes);
}

int history_netns_refresh_end_of_pod(struct history_netns *known, const struct pod *pod, uint64_t grace)
{
	TEXT(words, WORDS);

	known->gone_at = pod->gone ? pod->gone_at : 0;
	known->grace_ends = pod->gone ? (pod->released_at > pod->gone_at ? pod->released_at : pod->gone_at) + grace : 0;
	if (!pod->gone)
		return 0;
	text_add(&words, pod->gone_reason ? pod->gone_reason : "gone");
	text_add(&words, ", says ");
	text_add_cut(&words, pod->gone_source ? pod->gone_source : "", WORDS / 2);
	return keep(&known->gone_by, words.bytes);
}

static int refresh_pod(struct history_netns *known, const struct binding *binding, uint64_t grace)
{
	TEXT(pod, WORDS);
	TEXT(bound, WORDS);
	int err;

	report_pod_name(&pod, binding->pod);
	text_printf(&bound, "%s, says ", evidence_name(binding->evidence));
	text_add_cut(&bound, binding->source ? binding->source : "", WORDS / 2);
	err = keep(&known->pod, pod.bytes);
	if (!err)
		err = keep(&known->pod_uid, binding->pod->uid);
	if (!err)
		err = keep(&known->container, binding->container_id);
	if (!err)
		err = keep(&known->bound_by, bound.bytes);
	return err ? err : history_netns_refresh_end_of_pod(known, binding->pod, grace);
}

/* --- what an earlier session reported --- */

static struct history_finding **earlier_of(struct history_netns *known, enum report_kind kind)
{
	struct history_finding **at = &known->findings;

	while (*at && ((*at)->time || (*at)->kind != kind))
		at = &(*at)->next;
	return at;
}

static int add_earlier(struct history_finding **end, enum report_kind kind)
{
	struct history_finding *finding = calloc(1, sizeof(*finding));

	if (!finding)
		return -ENOMEM;
	finding->kind = kind;
	finding->body = strdup("reported by an earlier session");
	if (!finding->body) {
		finding_free(finding);
		return -ENOMEM;
	}
	*end = finding;
	return 0;
}

static void take_back(struct history_finding **at)
{
	struct history_finding *finding = *at;

	*at = finding->next;
	finding_free(finding);
}

int history_netns_refresh_marks(struct history_netns *known, const struct netns *netns, uint64_t session_begin)
{
	const struct verdict *verdict = netns->verdict;
	int err = 0;

	if (!verdict)
		return 0;
	const struct {
		enum report_kind kind;
		uint64_t reported_at;
		bool stays; /* also where it is so no more: it was */
	} marks[] = {
		{ REPORT_NETNS_LEAKED, verdict->leaked_at, false },
		{ REPORT_NETNS_STUCK, verdict->stuck_at, true },
		{ REPORT_NETNS_ORPHAN, verdict->orphan_at, false },
		{ REPORT_NETNS_IP_CONFLICT, verdict->conflict_at, true },
	};

	for (size_t i = 0; !err && i < ARRAY_SIZE(marks); i++) {
		const bool is_earlier = marks[i].reported_at && marks[i].reported_at < session_begin;
		struct history_finding **at = earlier_of(known, marks[i].kind);

		if (is_earlier && !*at)
			err = add_earlier(at, marks[i].kind);
		else if (!is_earlier && *at && !marks[i].stays)
			take_back(at);
	}
	return err;
}

/* --- what is known of it now --- */

int history_netns_refresh(struct history_netns *known, const struct report *report, const struct history_session *session)
{
	const struct netns *netns = report->netns;
	int err = refresh_names(known, netns);

	netns_id(netns, known->id, sizeof(known->id));
	known->cookie = netns->cookie;
	known->inum = netns->inum;
	known->initial = netns->initial;
	known->born = netns->born;
	known->dying_at = netns->dying_at;
	known->cleanup_at = netns->cleanup_at;
	if (netns->phase == NETNS_FREED)
		known->freed_at = netns->freed_at ? netns->freed_at : report->time;
	if (report->time > known->last_seen)
		known->last_seen = report->time;
	if (!err && report->kind == REPORT_ADDRESS_ADDED)
		err = refresh_addresses(known, netns);
	if (!err)
		err = history_netns_refresh_marks(known, netns, session->begin);
	return err || !netns->binding ? err : refresh_pod(known, netns->binding, session->grace);
}

/* --- what happened --- */

/* What a finding says stands with it. */
static bool says_more_than_its_kind(const struct report *report)
{
	return report->call || report->kind == REPORT_POD_GONE;
}

int history_netns_add_event(struct history_netns *known, const struct report *report)
{
	struct history_event *events;
	char *text = NULL;
	TEXT(body, REPORT_BODY_LEN);

	if (known->event_count == HISTORY_EVENTS_MAX) {
		known->events_left_out++;
		return 0;
	}
	if (says_more_than_its_kind(report)) {
		report_body(&body, report);
		text = strdup(body.bytes);
		if (!text)
			return -ENOMEM;
	}
	events = reallocarray(known->events, known->event_count + 1, sizeof(*events));
	if (!events) {
		free(text);
		return -ENOMEM;
	}
	known->events = events;
	events[known->event_count++] = (struct history_event){ .time = report->time, .kind = report->kind, .text = text };
	return 0;
}

static int texts_add(struct history_texts *texts, const char *text)
{
	char **all = reallocarray(texts->all, texts->count + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	texts->all = all;
	all[texts->count] = strdup(text);
	return all[texts->count] ? (texts->count++, 0) : -ENOMEM;
}

static int add_cause(struct history_finding *finding, const struct cause *cause)
{
	int err = replace_text(&finding->cause, cause_name(cause->kind));

	for (size_t i = 0; !err && i < cause->count; i++)
		err = texts_add(&finding->evidence, cause->evidence[i]);
	return err;
}

static int add_holders(struct history_finding *finding, const struct netns *netns)
{
	TEXT(words, REPORT_BODY_LEN);
	int err = 0;

	report_held_by(&words, netns);
	if (words.length)
		err = replace_text(&finding->held_by, words.bytes);
	text_reset(&words);
	if (!err && netns->holders) {
		report_references(&words, netns);
		err = replace_text(&finding->references, words.bytes);
	}
	for (uint32_t i = 0; !err && netns_holders_are_known(netns) && i < netns->holders->count; i++) {
		text_reset(&words);
		report_holder(&words, &netns->holders->all[i]);
		err = texts_add(&finding->holders, words.bytes);
	}
	finding->holders_found = netns_holders_are_known(netns) ? netns->holders->sum.found : 0;
	return err;
}

/* One that is dying is held by nothing: what keeps the kernel. */
static int add_blockers(struct history_finding *finding, const struct netns *netns)
{
	TEXT(words, REPORT_BODY_LEN);

	report_teardown(&words, netns);
	return words.length ? replace_text(&finding->held_by, words.bytes) : 0;
}

/* Of one that is there by right, nobody asks what holds it. */
static bool is_about_its_being_there(enum report_kind kind)
{
	return kind != REPORT_NETNS_CONTRADICTED && kind != REPORT_NETNS_SHARED && kind != REPORT_NETNS_HOST_USED;
}

static int add_keepers(struct history_finding *finding, const struct netns *netns)
{
	return netns_is_dying(netns) ? add_blockers(finding, netns) : add_holders(finding, netns);
}

int history_netns_add_finding(struct history_netns *known, const struct report *report)
{
	struct history_finding *finding = calloc(1, sizeof(*finding)), **last;
	TEXT(body, REPORT_BODY_LEN);
	int err;

	if (!finding)
		return -ENOMEM;
	finding->kind = report->kind;
	finding->time = report->time;
	report_body(&body, report);
	err = replace_text(&finding->body, body.bytes);
	if (!err && report->cause)
		err = add_cause(finding, report->cause);
	if (!err && is_about_its_being_there(report->kind))
		err = add_keepers(finding, report->netns);
	if (err) {
		finding_free(finding);
		return err;
	}
	for (last = &known->findings; *last; last = &(*last)->next)
		;
	*last = finding;
	return 0;
}
