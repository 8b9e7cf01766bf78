/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of the page share.
 */
#ifndef NETNSLEAK_PAGE_PRIVATE_H
#define NETNSLEAK_PAGE_PRIVATE_H

#include "page.h"

struct page {
	FILE *file;
	const struct history *history;
	const struct history_session *session;
	const char *notice;
	const struct history_netns **found, **well; /* with a finding, and without; as they are shown */
	size_t found_count, well_count;
};

/* How it came out. */
struct fate {
	const char *label; /* "leaked" */
	const char *class; /* of the page's style: bad, past, warn, good, plain */
	unsigned rank;	   /* the worst first */
};

void fate_of(struct fate *ret, const struct page *page, const struct history_netns *netns);

/* The finding that says the most of it, NULL: nothing was found. */
const struct history_finding *page_main_finding(const struct history_netns *netns);
/* From where to where it is drawn, boot ns. */
uint64_t page_netns_start(const struct page *page, const struct history_netns *netns);
uint64_t page_netns_stop(const struct page *page, const struct history_netns *netns);
/* ns for which it has been, or was, there after its pod; 0: its pod is there, it ended before, or it has none. */
uint64_t page_netns_past(const struct page *page, const struct history_netns *netns);

/* "2026-11-21 07:33:21.939" */
#define PAGE_TIME_LEN 40
const char *page_time(const struct page *page, uint64_t boot, char buffer[PAGE_TIME_LEN]);

/* Terms and what there is to say of them, and what happened, each once; for HTML and JSON alike. */
typedef void (*page_fact_fn)(void *ctx, const char *term, const char *text);
typedef void (*page_event_fn)(void *ctx, const char *time, const char *label, const char *text);
void page_each_fact(const struct page *page, const struct history_netns *netns, page_fact_fn fn, void *ctx);
void page_each_event(const struct page *page, const struct history_netns *netns, page_event_fn fn, void *ctx);

/* <element>text</element> */
void page_element(const struct page *page, const char *element, const char *text);

void page_axis(const struct page *page);
void page_life(const struct page *page, const struct history_netns *netns);
void page_life_alone(const struct page *page, const struct history_netns *netns); /* as wide as it lasted */
void page_rows(const struct page *page, bool found);
int page_data(const struct page *page); /* -ENOMEM */

#endif
