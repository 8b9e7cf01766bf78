/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The lines above and below the table, and the panes.
 */
#include <inttypes.h>
#include <string.h>

#include "format.h"
#include "top_private.h"
#include "util.h"

#define LINE 1024
#define MESSAGE_SHOWN (10 * NS_PER_S)
#define HANGING 12 /* where the texts of explain stand */
#define ROOMY 8	   /* rows that have room for all three lines above */

/* left takes what right leaves it. */
static void put_line(struct grid *grid, unsigned row, unsigned style, const char *left, const char *right)
{
	const unsigned width = (unsigned)text_width(right, strlen(right));
	const unsigned room = grid->columns > width + 1 ? grid->columns - width - 1 : 0;

	if (!room || !*right) {
		grid_put(grid, row, 0, grid->columns, style, left, TEXT_CUT_END);
		return;
	}
	grid_put(grid, row, 0, room, style, left, TEXT_CUT_END);
	grid_put(grid, row, grid->columns - width, width, GRID_PLAIN, right, TEXT_CUT_END);
}

/* --- above --- */

static void add_when(struct text *text, const struct top *top, const struct top_facts *facts)
{
	char clock[FORMAT_CLOCK_LEN], duration[FORMAT_DURATION_LEN];

	text_add(text, format_clock((int64_t)facts->now + facts->wall_offset, clock));
	if (facts->recording)
		text_printf(text, ", step %zu of %zu", facts->moment, facts->moments);
	else
		text_printf(text, ", up %s", format_duration(facts->now > facts->began ? facts->now - facts->began : 0, duration));
	if (top->paused)
		text_add(text, ", PAUSED");
}

static void draw_title(const struct top *top, const struct top_facts *facts, struct grid *grid)
{
	TEXT(left, LINE);
	TEXT(right, 128);
	TEXT(safe, 2 * LINE);

	if (facts->recording)
		text_printf(&left, "%.200s: ", facts->recording);
	text_printf(&left, "%.253s, Linux %.128s", facts->node, facts->kernel);
	text_add_safe(&safe, left.bytes);
	add_when(&right, top, facts);
	put_line(grid, 0, GRID_STRONG, safe.bytes, right.bytes);
}

/* "41 netns: 2 leaked, 1 stuck, 38 in use" */
static void draw_counts(const struct top *top, struct grid *grid, unsigned row)
{
	unsigned at;
	TEXT(piece, 64);

	text_printf(&piece, "%zu netns", top->rows.count);
	at = grid_put(grid, row, 0, grid->columns, GRID_PLAIN, piece.bytes, TEXT_CUT_END);
	for (enum top_state state = 0, before = TOP_STATES; state < TOP_STATES; state++) {
		if (!top->rows.states[state])
			continue;
		at += grid_put(grid, row, at, grid->columns, GRID_PLAIN, before == TOP_STATES ? ": " : ", ", TEXT_CUT_END);
		text_reset(&piece);
		text_printf(&piece, "%zu %s", top->rows.states[state], top_state_name(state));
		at += grid_put(grid, row, at, grid->columns, top_state_style(state), piece.bytes, TEXT_CUT_END);
		before = state;
	}
}

static void add_sources(struct text *text, const struct top_facts *facts)
{
	const struct correlate_counts *counts = &facts->summary.correlate;

	text_printf(text, "%" PRIu64 " of %" PRIu64 " sources up", counts->sources_up, counts->sources);
	if (*facts->sources_down)
		text_printf(text, ", down: %.400s", facts->sources_down);
}

/* "last minute: 12 created, 11 freed; 4211 events, 0 lost; 2 of 3 sources up, down: kube" */
static void draw_activity(const struct top_facts *facts, struct grid *grid, unsigned row)
{
	const struct state_counts *state = &facts->summary.state;
	TEXT(words, LINE);
	TEXT(safe, 2 * LINE);
	bool amiss = state->lost || *facts->sources_down;

	if (facts->recording)
		text_printf(&words, "so far: %" PRIu64 " created, %" PRIu64 " freed; ", state->created, state->freed);
	else
		text_printf(&words, "last minute: %" PRIu64 " created, %" PRIu64 " freed; ", facts->created, facts->freed);
	text_add_count(&words, state->records, "event", "events");
	text_printf(&words, ", %" PRIu64 " lost; ", state->lost);
	add_sources(&words, facts);
	text_add_safe(&safe, words.bytes);
	grid_put(grid, row, 0, grid->columns, amiss ? GRID_WARN : GRID_PLAIN, safe.bytes, TEXT_CUT_END);
}

/* Returns how many rows it takes. */
static unsigned draw_above(const struct top *top, const struct top_facts *facts, struct grid *grid)
{
	if (grid->rows < ROOMY) {
		draw_counts(top, grid, 0);
		return 1;
	}
	draw_title(top, facts, grid);
	draw_counts(top, grid, 1);
	draw_activity(facts, grid, 2);
	return 3;
}

/* --- below --- */

static const struct top_message *recent_message(const struct top *top, const struct top_facts *facts)
{
	const struct top_message *message = top->live ? top_message_at(top, 0) : NULL;

	return message && facts->now < message->time + MESSAGE_SHOWN ? message : NULL;
}

static void draw_keys(const struct top *top, struct grid *grid, unsigned row)
{
	TEXT(words, LINE);
	TEXT(where, 64);

	if (*top->filter) {
		text_add(&words, "with \"");
		text_add_safe(&words, top->filter);
		text_printf(&words, "\": %zu of %zu, Esc: all  ", top->shown_count, top->rows.count);
	}
	text_add(&words, top->live ? "q quit  ? help  Enter explain  / filter  < > sort  p pause" :
				     "q quit  ? help  Enter explain  / filter  < > sort  [ ] step");
	if (top->shown_count > top->page)
		text_printf(&where, "%zu-%zu of %zu", top->first + 1, top->first + top->page, top->shown_count);
	put_line(grid, row, GRID_FAINT, words.bytes, where.bytes);
}

static void draw_below(const struct top *top, const struct top_facts *facts, struct grid *grid)
{
	const struct top_message *message = recent_message(top, facts);
	const unsigned row = grid->rows - 1;
	char clock[FORMAT_CLOCK_LEN];
	TEXT(words, 4 * LINE);

	if (top->mode == TOP_MODE_FILTER) {
		text_add(&words, "show only what has: ");
		text_add_safe(&words, top->filter);
		text_add(&words, "_");
		put_line(grid, row, GRID_STRONG, words.bytes, "Enter keep, Esc take back");
	} else if (message) {
		text_printf(&words, "%s ", format_clock(message->wall, clock));
		text_add(&words, message->text);
		put_line(grid, row, message->bad ? GRID_BAD : GRID_GOOD, words.bytes, "m all");
	} else {
		draw_keys(top, grid, row);
	}
}

/* --- a pane --- */

/* How much of a line, which is not empty, stands in so many columns: to the last blank that fits, where there is one. */
static size_t fitting(const char *line, size_t length, size_t columns)
{
	size_t fits = 0, blank = 0, size = 1;

	while (fits < length) {
		uint32_t code;

		size = utf8_decode(line + fits, length - fits, &code);
		size = size ? size : 1;
		if (text_width(line, fits + size) > columns)
			break;
		if (line[fits] == ' ' && fits > HANGING)
			blank = fits;
		fits += size;
	}
	if (fits == length)
		return length;
	/* A word of half a line and more is broken. */
	return blank > fits / 2 ? blank : fits ? fits : size;
}

struct wrapping {
	struct grid *grid; /* NULL: only counted */
	unsigned row, rows;
	size_t first, lines;
};

static void put_part(struct wrapping *wrapping, const char *part, size_t length, unsigned column)
{
	const size_t line = wrapping->lines++;
	TEXT(words, 4 * LINE);

	if (line < wrapping->first || line >= wrapping->first + wrapping->rows)
		return;
	text_add_bytes(&words, part, length);
	grid_put(wrapping->grid, wrapping->row + (unsigned)(line - wrapping->first), column, wrapping->grid->columns, GRID_PLAIN,
		 words.bytes, TEXT_CUT_END);
}

static void put_wrapped(struct wrapping *wrapping, const char *line, size_t length)
{
	const unsigned columns = wrapping->grid->columns;
	unsigned column = 0;

	do {
		size_t part = length ? fitting(line, length, columns - column) : 0;

		put_part(wrapping, line, part, column);
		while (part < length && line[part] == ' ')
			part++;
		line += part;
		length -= part;
		column = columns > 2 * HANGING ? HANGING : 0;
	} while (length);
}

static void put_lines(struct wrapping *wrapping, const char *text)
{
	wrapping->lines = 0;
	while (*text) {
		size_t length = strcspn(text, "\n");

		put_wrapped(wrapping, text, length);
		text += length + (text[length] == '\n');
	}
}

void top_draw_pane(struct top *top, struct grid *grid, unsigned row, unsigned rows)
{
	struct wrapping wrapping = { .grid = grid, .row = row };
	const char *text = top->pane.text ? top->pane.text : "";

	put_lines(&wrapping, text); /* counts: rows is 0 */
	top->pane_lines = wrapping.lines;
	top->pane_page = rows;
	if (top->pane.first + rows > wrapping.lines)
		top->pane.first = wrapping.lines > rows ? wrapping.lines - rows : 0;
	wrapping.first = top->pane.first;
	wrapping.rows = rows;
	put_lines(&wrapping, text);
}

static void draw_pane_frame(struct top *top, const struct top_facts *facts, struct grid *grid)
{
	size_t last;
	TEXT(when, 128);
	TEXT(where, 64);

	add_when(&when, top, facts);
	put_line(grid, 0, GRID_STRONG, top->pane.title, when.bytes);
	if (grid->rows < 3)
		return;
	top_draw_pane(top, grid, 1, grid->rows - 2);
	last = top->pane.first + top->pane_page;
	last = last < top->pane_lines ? last : top->pane_lines;
	if (top->pane_lines > top->pane_page)
		text_printf(&where, "%zu-%zu of %zu", top->pane.first + 1, last, top->pane_lines);
	put_line(grid, grid->rows - 1, GRID_FAINT,
		 top->mode == TOP_MODE_EXPLAIN && top->live ? "Esc back  up, down, PgUp, PgDn scroll  r look again" :
							      "Esc back  up, down, PgUp, PgDn scroll", where.bytes);
}

void top_draw(struct top *top, const struct top_facts *facts, struct grid *grid)
{
	unsigned above;

	grid_clear(grid);
	if (!grid->rows || !grid->columns)
		return;
	if (top_is_pane(top)) {
		draw_pane_frame(top, facts, grid);
		return;
	}
	above = draw_above(top, facts, grid);
	if (grid->rows > above + 1)
		top_draw_table(top, grid, above, grid->rows - above - 1);
	if (grid->rows > above)
		draw_below(top, facts, grid);
}
