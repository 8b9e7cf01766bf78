/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The lives of netns as bars below one axis, in SVG.  Places are percent of the whole, so that a bar is as wide as its
 * cell.
 */
#include <inttypes.h>
#include <string.h>

#include "format.h"
#include "page_private.h"
#include "util.h"

#define TICKS_MAX 5
#define EDGE 7.0 /* percent at both ends in which no tick's label has room */

/* What a drawing shows, boot ns. */
struct window {
	FILE *file;
	uint64_t begin, end;
};

static struct window all_of(const struct page *page)
{
	return (struct window){ page->file, page->session->begin, page->session->end };
}

static double place(const struct window *window, uint64_t boot)
{
	if (boot <= window->begin)
		return 0;
	return boot >= window->end ? 100 : 100.0 * (double)(boot - window->begin) / (double)(window->end - window->begin);
}

/* --- one netns --- */

static void put_bar(const struct window *window, const char *class, uint64_t from, uint64_t to)
{
	double left = place(window, from), right = place(window, to);

	if (to > from)
		fprintf(window->file, "<rect class=\"%s\" x=\"%.2f%%\" y=\"6\" width=\"%.2f%%\" height=\"8\"/>", class, left,
			right - left);
}

static void put_line(const struct window *window, const char *class, uint64_t at)
{
	double x = place(window, at);

	if (at)
		fprintf(window->file, "<line class=\"%s\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"2\" y2=\"18\"/>", class, x, x);
}

static uint64_t first_of(uint64_t left, uint64_t right)
{
	return right && right < left ? right : left;
}

static void put_life(const struct window *window, const struct page *page, const struct history_netns *netns)
{
	const uint64_t start = page_netns_start(page, netns), stop = page_netns_stop(page, netns);
	const uint64_t referenced = first_of(stop, netns->dying_at);
	const uint64_t kept = first_of(referenced, netns->gone_at), graced = first_of(referenced, netns->grace_ends);

	fputs("<svg class=\"life\" width=\"100%\" height=\"20\" aria-hidden=\"true\">", window->file);
	put_bar(window, "alive", start, kept);
	if (netns->gone_at) {
		put_bar(window, "grace", netns->gone_at, graced);
		put_bar(window, "over", netns->grace_ends, referenced);
	}
	if (netns->dying_at)
		put_bar(window, "dying", netns->dying_at, stop);
	put_line(window, "gone", netns->gone_at);
	put_line(window, "freed", netns->freed_at);
	for (const struct history_finding *finding = netns->findings; finding; finding = finding->next)
		if (finding->time)
			fprintf(window->file, "<circle class=\"told\" cx=\"%.2f%%\" cy=\"10\" r=\"4\"/>", place(window, finding->time));
	fputs("</svg>", window->file);
}

void page_life(const struct page *page, const struct history_netns *netns)
{
	const struct window window = all_of(page);

	put_life(&window, page, netns);
}

void page_life_alone(const struct page *page, const struct history_netns *netns)
{
	const struct window window = { page->file, page_netns_start(page, netns), page_netns_stop(page, netns) };
	char begin[PAGE_TIME_LEN], end[PAGE_TIME_LEN];

	put_life(&window, page, netns);
	fprintf(page->file, "<div class=\"ends\"><time>%s</time><time>%s</time></div>", page_time(page, window.begin, begin),
		page_time(page, window.end, end));
}

/* --- the axis --- */

/* ns between two ticks, so that there are not too many. */
static int64_t tick_step(int64_t span)
{
	static const int64_t seconds[] = { 1,	 2,    5,    10,    15,	   30,	  60,	  120,	 300,	 600,	 900, 1800,
					   3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000, 31536000 };

	for (size_t i = 0; i < ARRAY_SIZE(seconds); i++)
		if (span / TICKS_MAX <= seconds[i] * NS_PER_S)
			return seconds[i] * NS_PER_S;
	return span;
}

/* "07:33:20", "07:33" or "11-21", as far as the step is told apart by it. */
static void put_tick(const struct page *page, int64_t wall, int64_t step)
{
	char stamp[FORMAT_TIMESTAMP_LEN];
	const bool days = step >= 86400 * NS_PER_S;
	const struct window window = all_of(page);
	double x = place(&window, (uint64_t)(wall - page->session->wall_offset));

	if (x < EDGE || x > 100 - EDGE)
		return;
	format_timestamp(wall, stamp);
	fprintf(page->file, "<line x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"15\" y2=\"20\"/><text x=\"%.2f%%\" y=\"11\">%.*s</text>", x, x, x,
		days ? 5 : step < 60 * NS_PER_S ? 8 : 5, stamp + (days ? strlen("2026-") : strlen("2026-11-21T")));
}

static void put_losses(const struct page *page)
{
	const struct window window = all_of(page);
	size_t count;
	const struct history_loss *losses = history_losses(page->history, &count);

	for (size_t i = 0; i < count; i++) {
		double left = place(&window, losses[i].time);
		double right = losses[i].resynced_at ? place(&window, losses[i].resynced_at) : 100;

		fprintf(page->file, "<rect class=\"lost\" x=\"%.2f%%\" y=\"13\" width=\"%.2f%%\" height=\"7\"/>", left, right - left);
	}
}

void page_axis(const struct page *page)
{
	const int64_t begin = (int64_t)page->session->begin + page->session->wall_offset;
	const int64_t end = (int64_t)page->session->end + page->session->wall_offset;
	const int64_t step = tick_step(end - begin);

	fputs("<svg class=\"axis\" width=\"100%\" height=\"20\" aria-hidden=\"true\">", page->file);
	put_losses(page);
	if (step > 0)
		for (int64_t at = begin - begin % step; at <= end; at += step)
			put_tick(page, at, step);
	fputs("<line x1=\"0\" x2=\"100%\" y1=\"19.5\" y2=\"19.5\"/></svg>", page->file);
}
