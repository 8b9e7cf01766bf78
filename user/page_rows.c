/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The page's tables of netns: a row each, and behind it, of one with a finding, all that is known of it.
 */
#include <string.h>

#include "format.h"
#include "html.h"
#include "page_private.h"

void page_element(const struct page *page, const char *element, const char *text)
{
	fprintf(page->file, "<%s>", element);
	html_text(page->file, text);
	fprintf(page->file, "</%s>", element);
}

/* --- a row --- */

static const char *name_of(const struct history_netns *netns)
{
	return netns->name ? netns->name : netns->id;
}

/* Whose it is; where that is nobody's, its own name. */
static void put_subject(const struct page *page, const struct history_netns *netns, size_t number)
{
	FILE *file = page->file;

	fprintf(file, "<td class=\"who\"><button type=\"button\" class=\"open\" aria-expanded=\"false\" aria-controls=\"d%zu\">", number);
	html_text(file, netns->pod ? netns->pod : netns->initial ? "the node's own" : "no pod");
	fputs("</button><span class=\"name\">", file);
	html_text(file, name_of(netns));
	fputs("</span></td>", file);
}

static void put_duration(const struct page *page, const char *label, uint64_t ns, bool at_least)
{
	char buffer[FORMAT_DURATION_LEN];

	fprintf(page->file, "<td class=\"time\" data-label=\"%s\">%s%s</td>", label, ns && at_least ? "\xe2\x89\xa5 " : "",
		ns ? format_duration(ns, buffer) : "\xe2\x80\x93");
}

static void put_held(const struct page *page, const struct history_netns *netns)
{
	const struct history_finding *finding = page_main_finding(netns);

	fputs("<td class=\"held\">", page->file);
	if (finding && finding->cause)
		page_element(page, "b", finding->cause);
	fputs("<span>", page->file);
	if (finding)
		html_text(page->file, finding->held_by ? finding->held_by : "");
	else
		html_text(page->file, netns->creator ? netns->creator : netns->initial ? "" : "not seen");
	fputs("</span></td>", page->file);
}

static void put_row(const struct page *page, const struct history_netns *netns, size_t number)
{
	const uint64_t start = netns->born ? netns->born : netns->first_seen, stop = page_netns_stop(page, netns);
	struct fate fate;

	fate_of(&fate, page, netns);
	fprintf(page->file, "<tr class=\"row\" data-n=\"%zu\">", number);
	put_subject(page, netns, number);
	fputs("<td class=\"line\">", page->file);
	page_life(page, netns);
	fprintf(page->file, "</td><td class=\"fate\"><span class=\"mark %s\">%s</span>", fate.class, fate.label);
	if (netns->findings && netns->freed_at)
		fputs("<small>freed since</small>", page->file);
	fputs("</td>", page->file);
	put_duration(page, "past its pod", page_netns_past(page, netns), false);
	put_duration(page, "age", stop > start ? stop - start : 0, !netns->born);
	put_held(page, netns);
	fputs("</tr>\n", page->file);
}

/* --- what is known of it --- */

static void put_fact(void *ctx, const char *term, const char *text)
{
	const struct page *page = ctx;

	fputs("<div>", page->file);
	page_element(page, "dt", term);
	page_element(page, "dd", text);
	fputs("</div>", page->file);
}

static void put_event(void *ctx, const char *time, const char *label, const char *text)
{
	const struct page *page = ctx;

	fputs("<li>", page->file);
	page_element(page, "time", time);
	fputs(" ", page->file);
	page_element(page, "b", label);
	fputs(" ", page->file);
	html_text(page->file, text);
	fputs("</li>", page->file);
}

static void put_list(const struct page *page, const char *title, const struct history_texts *texts, uint64_t found)
{
	if (!texts->count)
		return;
	page_element(page, "h4", title);
	fputs("<ul>", page->file);
	for (size_t i = 0; i < texts->count; i++)
		page_element(page, "li", texts->all[i]);
	if (found > texts->count)
		fprintf(page->file, "<li>and %llu more</li>", (unsigned long long)(found - texts->count));
	fputs("</ul>", page->file);
}

static void put_finding(void *ctx, const struct history_finding *finding)
{
	const struct page *page = ctx;
	char time[PAGE_TIME_LEN];

	fputs("<section class=\"finding\"><h3>", page->file);
	html_text(page->file, report_types[finding->kind].label);
	if (finding->time)
		fprintf(page->file, " <time>%s</time>", page_time(page, finding->time, time));
	fputs("</h3>", page->file);
	page_element(page, "p", finding->body);
	fputs("<dl>", page->file);
	if (finding->cause)
		put_fact(ctx, "cause", finding->cause);
	if (finding->references)
		put_fact(ctx, "references", finding->references);
	if (finding->held_by && !finding->holders.count)
		put_fact(ctx, "held by", finding->held_by);
	fputs("</dl>", page->file);
	put_list(page, "What the cause rests on", &finding->evidence, 0);
	put_list(page, "Held by", &finding->holders, finding->holders_found);
	fputs("</section>", page->file);
}

static void put_details(const struct page *page, const struct history_netns *netns, size_t number)
{
	struct page copy = *page; /* visitors take no constant */

	fprintf(page->file, "<tr class=\"detail\" id=\"d%zu\"><td colspan=\"6\"><div class=\"near\">", number);
	page_life_alone(page, netns);
	fputs("</div>", page->file);
	for (const struct history_finding *finding = netns->findings; finding; finding = finding->next)
		put_finding(&copy, finding);
	fputs("<section><h3>Netns</h3><dl>", page->file);
	page_each_fact(page, netns, put_fact, &copy);
	fputs("</dl></section><section><h3>What happened</h3><ol>", page->file);
	page_each_event(page, netns, put_event, &copy);
	fputs("</ol></section></td></tr>\n", page->file);
}

void page_rows(const struct page *page, bool found)
{
	const struct history_netns **netns = found ? page->found : page->well;
	const size_t count = found ? page->found_count : page->well_count;
	const size_t first = found ? 0 : page->found_count;

	for (size_t i = 0; i < count; i++) {
		put_row(page, netns[i], first + i);
		if (found)
			put_details(page, netns[i], first + i);
	}
}
