/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What `netnsleak top` shows, and what its keys do.
 *
 * Pure: rows and facts go in, a grid of cells comes out.  What a key asks for that takes more than that is handed back, to
 * top_live.c.
 */
#ifndef NETNSLEAK_TOP_H
#define NETNSLEAK_TOP_H

#include "grid.h"
#include "keys.h"
#include "report.h"
#include "top_rows.h"

#define TOP_FILTER_LEN 128
#define TOP_MESSAGES_MAX 200
#define TOP_TITLE_LEN 512

enum top_mode { TOP_MODE_TABLE, TOP_MODE_FILTER, TOP_MODE_EXPLAIN, TOP_MODE_HELP, TOP_MODE_MESSAGES };

enum top_action {
	TOP_DO_NOTHING,
	TOP_DO_DRAW,
	TOP_DO_DRAW_ALL, /* what the terminal shows may be anything */
	TOP_DO_COLLECT,	 /* rows anew: it is no longer paused */
	TOP_DO_EXPLAIN,	 /* top.selected: top_show() what there is to say of it */
	TOP_DO_BACK,	 /* of a recording: the moment before, the one after, the first and the last */
	TOP_DO_FORWARD,
	TOP_DO_FIRST,
	TOP_DO_LAST,
	TOP_DO_SUSPEND,
	TOP_DO_QUIT,
};

/* What stands above the table.  Texts are the caller's. */
struct top_facts {
	const char *node, *kernel;
	const char *recording; /* NULL: it is live */
	size_t moment, moments; /* of it: which of how many is shown */
	uint64_t now, began;   /* boot ns */
	int64_t wall_offset;
	struct report_summary summary;
	uint64_t created, freed; /* in the last minute */
	const char *sources_down; /* "kube, cri"; "": none */
};

/* A text that is scrolled through. */
struct top_pane {
	char *text; /* owned; lines */
	char title[TOP_TITLE_LEN];
	size_t first; /* line of the screen */
};

struct top_message {
	uint64_t time; /* boot ns */
	int64_t wall;
	bool bad; /* a finding, or something that went wrong */
	char *text; /* owned; safe */
};

struct top {
	struct top_rows rows;
	const struct top_row **shown; /* owned; those that the filter leaves */
	size_t shown_count;
	uint64_t selected; /* handle; 0: none */
	bool moved; /* by hand */
	size_t selected_at, first, page; /* in shown; the rows that were drawn last */
	size_t pane_page, pane_lines; /* likewise */
	enum top_mode mode;
	enum top_column by;
	bool reverse, paused, color, live;
	char filter[TOP_FILTER_LEN], filter_before[TOP_FILTER_LEN];
	struct top_pane pane;
	struct top_message messages[TOP_MESSAGES_MAX]; /* a ring */
	size_t message_count; /* ever */
};

void top_init(struct top *ret, bool live, bool color);
void top_free(struct top *top);

/* -ENOMEM.  While it is paused nothing changes. */
int top_collect(struct top *top, const struct pipeline *pipeline, const struct top_facts *facts, uint64_t grace);
/* text: lines, safe for a terminal; becomes the pane's own. */
void top_show(struct top *top, enum top_mode mode, const char *title, char *text);
/* A report that is worth a line.  -ENOMEM. */
int top_report(struct top *top, const struct report *report);
/* Something that netnsleak has to say of itself. */
int top_say(struct top *top, const char *text, uint64_t now, int64_t wall);
void top_forget_messages(struct top *top);

enum top_action top_key(struct top *top, const struct key *key);
void top_draw(struct top *top, const struct top_facts *facts, struct grid *grid);

/* --- the last minute --- */

#define TOP_RATE_SAMPLES 64

struct top_rates {
	struct {
		uint64_t second, created, freed; /* as counted at its end */
	} samples[TOP_RATE_SAMPLES];
	size_t count; /* ever */
};

/* Counts so far, as of now. */
void top_rates_note(struct top_rates *rates, uint64_t now, uint64_t created, uint64_t freed);
/* How many more than a minute before. */
void top_rates_tell(const struct top_rates *rates, uint64_t now, uint64_t *ret_created, uint64_t *ret_freed);

#endif
