/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the page's script needs: by what each row is sorted, and the details of the rows that have none in the HTML.
 */
#include <errno.h>
#include <stdlib.h>

#include "html.h"
#include "json_writer.h"
#include "page_private.h"
#include "util.h"

#define ROOM 16384

static void add_fact(void *ctx, const char *term, const char *text)
{
	struct json_line *line = ctx;
	size_t opened;

	if (!json_open(line, JSON_ELEMENT, &opened))
		return;
	json_text(line, JSON_ELEMENT, term, JSON_NO_CAP);
	json_text(line, JSON_ELEMENT, text, JSON_NO_CAP);
	json_close_array(line, opened);
}

static void add_event(void *ctx, const char *time, const char *label, const char *text)
{
	struct json_line *line = ctx;
	size_t opened;

	if (!json_open(line, JSON_ELEMENT, &opened))
		return;
	json_text(line, JSON_ELEMENT, time, JSON_NO_CAP);
	json_text(line, JSON_ELEMENT, label, JSON_NO_CAP);
	json_text(line, JSON_ELEMENT, text, JSON_NO_CAP);
	json_close_array(line, opened);
}

static void add_order(struct json_line *line, const struct page *page, const struct history_netns *netns)
{
	const struct history_finding *finding = page_main_finding(netns);
	const uint64_t start = netns->born ? netns->born : netns->first_seen, stop = page_netns_stop(page, netns);
	struct fate fate;

	fate_of(&fate, page, netns);
	json_text(line, JSON_KEY("id"), netns->id, JSON_NO_CAP);
	json_u64(line, JSON_KEY("start"), page_netns_start(page, netns) / NS_PER_MS);
	json_u64(line, JSON_KEY("rank"), fate.rank);
	json_u64(line, JSON_KEY("past"), page_netns_past(page, netns) / NS_PER_MS);
	json_u64(line, JSON_KEY("age"), (stop > start ? stop - start : 0) / NS_PER_MS);
	if (finding && finding->cause)
		json_text(line, JSON_KEY("cause"), finding->cause, JSON_NO_CAP);
}

static size_t spell(char *bytes, size_t size, const struct page *page, const struct history_netns *netns)
{
	struct json_line line;
	size_t opened;

	json_begin(&line, bytes, size, false);
	add_order(&line, page, netns);
	if (!netns->findings && json_open(&line, JSON_KEY("facts"), &opened)) {
		page_each_fact(page, netns, add_fact, &line);
		json_close_array(&line, opened);
	}
	if (!netns->findings && json_open(&line, JSON_KEY("events"), &opened)) {
		page_each_event(page, netns, add_event, &line);
		json_close_array(&line, opened);
	}
	return line.full ? 0 : json_end(&line);
}

static int put_record(const struct page *page, const struct history_netns *netns, char **room, size_t *size)
{
	size_t length;
	char *more;

	while (!(length = spell(*room, *size, page, netns))) {
		more = realloc(*room, 2 * *size);
		if (!more)
			return -ENOMEM;
		*room = more;
		*size *= 2;
	}
	html_json(page->file, *room, length - 1); /* without its newline */
	return 0;
}

int page_data(const struct page *page)
{
	CLEANUP(free_pointer) char *room = malloc(ROOM);
	const size_t count = page->found_count + page->well_count;
	size_t size = ROOM;
	int err = room ? 0 : -ENOMEM;

	fputs("[", page->file);
	for (size_t i = 0; !err && i < count; i++) {
		fputs(i ? ",\n" : "\n", page->file);
		err = put_record(page, i < page->found_count ? page->found[i] : page->well[i - page->found_count], &room, &size);
	}
	fputs("\n]", page->file);
	return err;
}
