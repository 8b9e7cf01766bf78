/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "html.h"
#include "page_private.h"
#include "util.h"

/* --- the head --- */

static int put_node(const struct page *page)
{
	html_text(page->file, page->session->node && *page->session->node ? page->session->node : "a node without a name");
	return 0;
}

static int put_kernel(const struct page *page)
{
	html_text(page->file, page->session->kernel ? page->session->kernel : "");
	return 0;
}

static int put_version(const struct page *page)
{
	html_text(page->file, page->session->version ? page->session->version : "");
	return 0;
}

static int put_when(const struct page *page)
{
	char begin[PAGE_TIME_LEN], end[PAGE_TIME_LEN], buffer[FORMAT_DURATION_LEN];

	fprintf(page->file, "<time>%s</time> to <time>%s</time> UTC, %s", page_time(page, page->session->begin, begin),
		page_time(page, page->session->end, end), format_duration(page->session->end - page->session->begin, buffer));
	return 0;
}

static int put_settings(const struct page *page)
{
	const struct history_session *session = page->session;
	char grace[FORMAT_DURATION_LEN], stuck[FORMAT_DURATION_LEN], orphan[FORMAT_DURATION_LEN];

	fprintf(page->file, "grace %s, stuck after %s, orphan after %s", format_duration(session->grace, grace),
		format_duration(session->stuck_after, stuck), format_duration(session->orphan_age, orphan));
	return 0;
}

static int put_summary(const struct page *page)
{
	html_text(page->file, page->session->summary_body ? page->session->summary_body : "no summary: it holds no session");
	return 0;
}

/* count: reported in this session; now: still there, also of what an earlier one reported */
static void put_tile(const struct page *page, const char *class, uint64_t count, const char *what, uint64_t now)
{
	fprintf(page->file, "<div class=\"tile %s\"><dd>%" PRIu64 "</dd><dt>%s", count || now ? class : "", count, what);
	if (now)
		fprintf(page->file, ", %" PRIu64 " still there", now);
	fputs("</dt></div>\n", page->file);
}

static int put_tiles(const struct page *page)
{
	const struct report_summary *summary = &page->session->summary;

	put_tile(page, "bad", summary->leaked, "leaked", summary->leaked_now);
	put_tile(page, "bad", summary->stuck, "stuck", summary->stuck_now);
	put_tile(page, "bad", summary->orphans, summary->orphans == 1 ? "orphan" : "orphans",
		 summary->orphans_now);
	put_tile(page, "bad", summary->conflicts, summary->conflicts == 1 ? "address conflict" : "address conflicts",
		 summary->conflicts_now);
	put_tile(page, "warn", page->session->calls_failed, "CNI calls failed", 0);
	put_tile(page, "plain", summary->state.freed, "netns freed", 0);
	put_tile(page, "plain", summary->state.live, "netns at the end", 0);
	put_tile(page, "warn", summary->state.lost, "records lost", 0);
	return 0;
}

static void put_notice(const struct page *page, const char *text)
{
	fputs("<p class=\"notice\">", page->file);
	html_text(page->file, text);
	fputs("</p>\n", page->file);
}

static int put_notices(const struct page *page)
{
	const struct history_session *session = page->session;
	TEXT(words, 256);

	if (page->notice)
		put_notice(page, page->notice);
	if (session->summary.incomplete)
		put_notice(page, "The session ended without full knowledge: events were lost, a source could not be reached, or "
				 "what is past its deadline was not judged. What is not listed may be there all the same.");
	if (session->netns_left_out) {
		text_printf(&words, "%" PRIu64 " netns that ended without a finding are left out: the last %d are shown.",
			    session->netns_left_out, HISTORY_WELL_MAX);
		put_notice(page, words.bytes);
	}
	return 0;
}

/* --- netns --- */

static int put_count(const struct page *page, size_t count)
{
	fprintf(page->file, "%zu", count);
	return 0;
}

static int put_found_count(const struct page *page)
{
	return put_count(page, page->found_count);
}

static int put_well_count(const struct page *page)
{
	return put_count(page, page->well_count);
}

static int hide_found(const struct page *page)
{
	fputs(page->found_count ? "" : " hidden", page->file);
	return 0;
}

static int hide_none(const struct page *page)
{
	fputs(page->found_count ? " hidden" : "", page->file);
	return 0;
}

static int put_axis(const struct page *page)
{
	page_axis(page);
	return 0;
}

static int put_found(const struct page *page)
{
	page_rows(page, true);
	return 0;
}

static int put_well(const struct page *page)
{
	page_rows(page, false);
	return 0;
}

/* --- calls, sources, losses --- */

static void put_cell(const struct page *page, const char *text)
{
	page_element(page, "td", text);
}

static int put_calls(const struct page *page)
{
	char time[PAGE_TIME_LEN];
	uint64_t shown = 0;

	for (const struct history_call *call = history_calls(page->history); call; call = call->next, shown++) {
		fputs("<tr>", page->file);
		put_cell(page, page_time(page, call->time, time));
		put_cell(page, call->command);
		put_cell(page, call->plugin);
		put_cell(page, call->subject);
		put_cell(page, call->netns);
		put_cell(page, call->end);
		fputs("</tr>\n", page->file);
	}
	if (page->session->calls_failed > shown)
		fprintf(page->file, "<tr><td colspan=\"6\">and %" PRIu64 " more</td></tr>\n", page->session->calls_failed - shown);
	return 0;
}

static int hide_calls(const struct page *page)
{
	fputs(page->session->calls_failed ? "" : " hidden", page->file);
	return 0;
}

static int put_no_calls(const struct page *page)
{
	if (!page->session->calls_failed)
		fputs(page->session->sees_calls ? "None: each call that was seen ended well." :
						  "Not known: this session did not watch the calls of CNI plugins.", page->file);
	return 0;
}

static int put_sources(const struct page *page)
{
	char time[PAGE_TIME_LEN];

	for (const struct history_source *source = history_sources(page->history); source; source = source->next) {
		fputs("<li><b>", page->file);
		html_text(page->file, source->name);
		fprintf(page->file, "</b> <span class=\"mark %s\">%s</span> since <time>%s</time>", source->why ? "bad" : "good",
			source->why ? "down" : "up", page_time(page, source->since, time));
		if (source->why) {
			fputs(": ", page->file);
			html_text(page->file, source->why);
		} else if (source->times_down) {
			fprintf(page->file, "; %" PRIu64 " times down before", source->times_down);
		}
		fputs("</li>\n", page->file);
	}
	if (!history_sources(page->history))
		fputs("<li>None was in use: which netns outlive their pods cannot be known.</li>", page->file);
	return 0;
}

static int put_losses(const struct page *page)
{
	char time[PAGE_TIME_LEN];
	size_t count;
	const struct history_loss *losses = history_losses(page->history, &count);

	for (size_t i = 0; i < count; i++) {
		fprintf(page->file, "<li><time>%s</time>: %" PRIu64 " records lost; ", page_time(page, losses[i].time, time),
			losses[i].records);
		if (losses[i].resynced_at)
			fprintf(page->file, "known again since <time>%s</time></li>\n", page_time(page, losses[i].resynced_at, time));
		else
			fputs("not known again before the end</li>\n", page->file);
	}
	if (page->session->losses_left_out)
		fprintf(page->file, "<li>and %" PRIu64 " times more</li>", page->session->losses_left_out);
	if (!count)
		fputs("<li>None: every record of the kernel was read.</li>", page->file);
	return 0;
}

/* --- the page --- */

static const struct {
	const char *name;
	int (*fill)(const struct page *page);
} holes[] = {
	{ "node", put_node },
	{ "kernel", put_kernel },
	{ "version", put_version },
	{ "when", put_when },
	{ "settings", put_settings },
	{ "summary", put_summary },
	{ "tiles", put_tiles },
	{ "notices", put_notices },
	{ "axis", put_axis },
	{ "found-count", put_found_count },
	{ "found-hidden", hide_found },
	{ "none-hidden", hide_none },
	{ "found", put_found },
	{ "well-count", put_well_count },
	{ "well", put_well },
	{ "calls", put_calls },
	{ "calls-hidden", hide_calls },
	{ "no-calls", put_no_calls },
	{ "sources", put_sources },
	{ "losses", put_losses },
	{ "data", page_data },
};

static int fill(const struct page *page, const char *hole)
{
	for (size_t i = 0; i < ARRAY_SIZE(holes); i++)
		if (!strcmp(holes[i].name, hole))
			return holes[i].fill(page);
	return -EINVAL;
}

/* What write(2) said is known only until the next call of anything. */
static int write_part(const struct page *page, const struct page_part *part)
{
	int err = 0;

	errno = 0;
	if (part->hole)
		err = fill(page, part->hole);
	else
		fwrite(part->text, 1, part->length, page->file);
	if (!err && ferror(page->file))
		err = errno ? -errno : -EIO;
	return err;
}

/* The worst first, of these what is longest past its pod, then the oldest. */
static int compare_found(const void *left, const void *right, void *ctx)
{
	const struct history_netns *const *a = left, *const *b = right;
	const uint64_t past_a = page_netns_past(ctx, *a), past_b = page_netns_past(ctx, *b);
	struct fate fate_a, fate_b;

	fate_of(&fate_a, ctx, *a);
	fate_of(&fate_b, ctx, *b);
	if (fate_a.rank != fate_b.rank)
		return fate_a.rank < fate_b.rank ? -1 : 1;
	if (past_a != past_b)
		return past_a > past_b ? -1 : 1;
	return (*a)->first_seen < (*b)->first_seen ? -1 : (*a)->first_seen > (*b)->first_seen;
}

/* Those without a finding stay in the order in which they were heard of. */
static int sort_netns(struct page *page)
{
	size_t count = 0;

	for (const struct history_netns *netns = history_netns(page->history); netns; netns = netns->next)
		count++;
	page->found = calloc(count + 1, sizeof(*page->found));
	page->well = calloc(count + 1, sizeof(*page->well));
	if (!page->found || !page->well)
		return -ENOMEM;
	for (const struct history_netns *netns = history_netns(page->history); netns; netns = netns->next)
		if (netns->findings)
			page->found[page->found_count++] = netns;
		else
			page->well[page->well_count++] = netns;
	qsort_r(page->found, page->found_count, sizeof(*page->found), compare_found, page);
	return 0;
}

int page_write(FILE *file, const struct page_part *frame, const struct history *history, const char *notice)
{
	struct page page = { .file = file, .history = history, .session = history_session(history), .notice = notice };
	int err = sort_netns(&page);

	for (; !err && (frame->text || frame->hole); frame++)
		err = write_part(&page, frame);
	free(page.found);
	free(page.well);
	return err;
}
