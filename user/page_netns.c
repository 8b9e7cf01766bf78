/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What there is to say of one netns on the page.
 */
#include <inttypes.h>
#include <string.h>

#include "format.h"
#include "page_private.h"

/* --- times --- */

const char *page_time(const struct page *page, uint64_t boot, char buffer[PAGE_TIME_LEN])
{
	format_timestamp((int64_t)boot + page->session->wall_offset, buffer);
	buffer[strlen("2026-11-21")] = ' ';
	buffer[strlen("2026-11-21T07:33:21.939")] = '\0';
	return buffer;
}

uint64_t page_netns_start(const struct page *page, const struct history_netns *netns)
{
	return netns->born ? netns->born : page->session->begin;
}

uint64_t page_netns_stop(const struct page *page, const struct history_netns *netns)
{
	if (netns->freed_at)
		return netns->freed_at;
	return netns->unseen_end ? netns->last_seen : page->session->end;
}

uint64_t page_netns_past(const struct page *page, const struct history_netns *netns)
{
	uint64_t stop = page_netns_stop(page, netns);

	return netns->gone_at && stop > netns->gone_at ? stop - netns->gone_at : 0;
}

/* --- how it came out --- */

/* The worst first: what can harm others now, then what only stays. */
static unsigned finding_rank(enum report_kind kind)
{
	static const enum report_kind ranks[] = {
		REPORT_NETNS_LEAKED, REPORT_NETNS_STUCK, REPORT_NETNS_IP_CONFLICT, REPORT_NETNS_ORPHAN,
		REPORT_NETNS_PATH_LOST, REPORT_NETNS_CONTRADICTED, REPORT_NETNS_SHARED, REPORT_NETNS_HOST_USED,
	};
	unsigned rank = 0;

	while (rank < sizeof(ranks) / sizeof(ranks[0]) && ranks[rank] != kind)
		rank++;
	return rank;
}

const struct history_finding *page_main_finding(const struct history_netns *netns)
{
	const struct history_finding *main = netns->findings;

	for (const struct history_finding *finding = main; finding; finding = finding->next)
		if (finding_rank(finding->kind) < finding_rank(main->kind))
			main = finding;
	return main;
}

static void fate_of_found(struct fate *ret, const struct history_netns *netns, const struct history_finding *finding)
{
	const bool ended = netns->freed_at || netns->unseen_end;

	*ret = (struct fate){ report_types[finding->kind].label, ended ? "past" : "bad",
			      finding_rank(finding->kind) + (ended ? 10 : 0) };
}

static void fate_of_there(struct fate *ret, const struct page *page, const struct history_netns *netns)
{
	if (netns->dying_at)
		*ret = (struct fate){ "dying", "plain", 33 };
	else if (netns->gone_at && netns->grace_ends < page->session->end)
		*ret = (struct fate){ "not judged", "warn", 30 };
	else if (netns->gone_at)
		*ret = (struct fate){ "in its grace", "plain", 32 };
	else if (netns->initial)
		*ret = (struct fate){ "the node's", "plain", 36 };
	else if (netns->pod)
		*ret = (struct fate){ "in use", "good", 35 };
	else
		*ret = (struct fate){ "no pod", "plain", 34 };
}

void fate_of(struct fate *ret, const struct page *page, const struct history_netns *netns)
{
	const struct history_finding *finding = page_main_finding(netns);

	if (finding)
		fate_of_found(ret, netns, finding);
	else if (netns->freed_at && netns->gone_at && netns->freed_at > netns->grace_ends)
		*ret = (struct fate){ "freed late", "warn", 31 };
	else if (netns->freed_at)
		*ret = (struct fate){ "freed", "good", 38 };
	else if (netns->unseen_end)
		*ret = (struct fate){ "end unseen", "plain", 37 };
	else
		fate_of_there(ret, page, netns);
}

/* --- facts --- */

struct facts {
	const struct page *page;
	page_fact_fn fn;
	void *ctx;
};

static void say_text(const struct facts *facts, const char *term, const char *text)
{
	if (text && *text)
		facts->fn(facts->ctx, term, text);
}

/* detail: behind the time; NULL: nothing */
static void say_time(const struct facts *facts, const char *term, uint64_t boot, const char *detail)
{
	char buffer[PAGE_TIME_LEN];
	TEXT(words, 1100);

	if (!boot)
		return;
	text_add(&words, page_time(facts->page, boot, buffer));
	text_add(&words, detail ? detail : "");
	facts->fn(facts->ctx, term, words.bytes);
}

static void say_end_of_pod(const struct facts *facts, const struct history_netns *netns)
{
	TEXT(words, 1100);

	if (netns->gone_by)
		text_printf(&words, ", %s", netns->gone_by);
	say_time(facts, "pod gone", netns->gone_at, words.bytes);
	say_time(facts, "grace's end", netns->grace_ends, NULL);
}

static void say_freed(const struct facts *facts, const struct history_netns *netns)
{
	char buffer[FORMAT_DURATION_LEN];
	TEXT(words, 64);

	if (page_netns_past(facts->page, netns))
		text_printf(&words, ", %s after its pod", format_duration(page_netns_past(facts->page, netns), buffer));
	say_time(facts, "freed", netns->freed_at, words.bytes);
	if (netns->unseen_end)
		say_time(facts, "last seen", netns->last_seen, "; its end was lost");
}

static void say_dying(const struct facts *facts, const struct history_netns *netns)
{
	say_time(facts, "dying", netns->dying_at, NULL);
	/* Records of two CPUs may pass each other by a little. */
	if (netns->cleanup_at)
		say_time(facts, "cleanup began", netns->cleanup_at > netns->dying_at ? netns->cleanup_at : netns->dying_at, NULL);
}

static void say_identity(const struct facts *facts, const struct history_netns *netns)
{
	TEXT(words, 96);

	text_printf(&words, "inode %" PRIu32, netns->inum);
	if (netns->cookie)
		text_printf(&words, ", cookie %" PRIu64, netns->cookie);
	say_text(facts, "netns", words.bytes);
}

void page_each_fact(const struct page *page, const struct history_netns *netns, page_fact_fn fn, void *ctx)
{
	const struct facts facts = { page, fn, ctx };
	TEXT(words, 1100);

	say_text(&facts, "pod", netns->pod);
	say_text(&facts, "pod's uid", netns->pod_uid);
	say_text(&facts, "container", netns->container);
	say_text(&facts, "bound by", netns->bound_by);
	say_identity(&facts, netns);
	say_text(&facts, "path", netns->path);
	say_text(&facts, "addresses", netns->addresses);
	if (netns->creator)
		text_printf(&words, ", by %s", netns->creator);
	say_time(&facts, "made", netns->born, words.bytes);
	if (!netns->born)
		say_text(&facts, "made", netns->initial ? "with the node" : "before the session, or while records were lost");
	say_end_of_pod(&facts, netns);
	say_dying(&facts, netns);
	say_freed(&facts, netns);
}

void page_each_event(const struct page *page, const struct history_netns *netns, page_event_fn fn, void *ctx)
{
	char buffer[PAGE_TIME_LEN];
	TEXT(words, 64);

	for (size_t i = 0; i < netns->event_count; i++)
		fn(ctx, page_time(page, netns->events[i].time, buffer), report_types[netns->events[i].kind].label,
		   netns->events[i].text ? netns->events[i].text : "");
	if (!netns->events_left_out)
		return;
	text_printf(&words, "%zu more", netns->events_left_out);
	fn(ctx, "", words.bytes, "");
}
