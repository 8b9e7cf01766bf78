/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table for people: a line for each finding, and on a terminal also for each pod that comes and goes, with
 * a status line below.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "format.h"
#include "outlet.h"
#include "report_cells.h"
#include "report_columns.h"
#include "sink.h"
#include "table.h"

#define CLEAR_LINE "\r\033[K"
#define STATUS_LEN 256
#define INDENT 10 /* of what goes below a line: under WHAT */

struct sink {
	struct sink_options options;
	struct table table;
	struct table_column file_columns[EVENT_COLUMNS_SHOWN];
	char *line; /* owned; for a row of fields that were asked for, which may be long; else NULL */
	size_t line_bytes;
	bool source_was_down;
	bool status_drawn;
	char status[STATUS_LEN];
};

/* How far, from 0 to most, `by` goes. */
static unsigned at_most(unsigned by, unsigned most)
{
	return by < most ? by : most;
}

/* A file is searched, not looked at: there, nothing is cut but what the netns is called. */
static void lay_out_file(struct sink *sink)
{
	size_t count = 0;

	for (size_t i = 0; i < event_fields.count && count < EVENT_COLUMNS_SHOWN; i++) {
		struct table_column *column = &sink->file_columns[count];

		*column = event_fields.columns[i];
		if (column->flags & (TABLE_EXTRA | TABLE_WIDE))
			continue;
		if (column->flags & TABLE_CUT_MIDDLE || column->type == TABLE_SECONDS)
			column->flags |= TABLE_WHOLE;
		count++;
	}
	sink->file_columns[EVENT_COLUMN_POD].width = 30;
	table_init(&sink->table, sink->file_columns, EVENT_COLUMNS_SHOWN);
}

static void lay_out_terminal(struct sink *sink)
{
	const unsigned narrow = 80, roomy = 110, width = sink->options.width;
	struct table *table = &sink->table;

	table_init(table, event_fields.columns, event_fields.count);
	table->width = width;
	table->wrap = INDENT;
	if (width < roomy) {
		table->gap = 1;
		table->wrap = INDENT - 1;
	} else {
		table->widths[EVENT_COLUMN_POD] += at_most((width - roomy) / 4, 15);
	}
	if (width < narrow)
		table->widths[EVENT_COLUMN_POD] -= at_most(narrow - width, 15);
}

static int lay_out(struct sink *sink)
{
	if (fields_are_chosen(sink->options.fields)) {
		sink->line_bytes = fields_line_bytes(sink->options.fields);
		sink->line = malloc(sink->line_bytes);
		if (!sink->line)
			return -ENOMEM;
		fields_table(sink->options.fields, &sink->table);
	} else if (sink->options.width) {
		lay_out_terminal(sink);
	} else {
		lay_out_file(sink);
	}
	return 0;
}

static int table_open(struct sink **ret, const struct sink_options *options)
{
	struct sink *sink = calloc(1, sizeof(*sink));

	if (!sink)
		return -ENOMEM;
	sink->options = *options;
	if (lay_out(sink)) {
		free(sink);
		return -ENOMEM;
	}
	*ret = sink;
	return 0;
}

static int put(struct sink *sink, const struct text *text)
{
	return outlet_line(sink->options.outlet, text->bytes, text->length);
}

/* First what clears the status line, if there is one: both go out in one write, which does not flicker. */
static void begin_line(struct sink *sink, struct text *text)
{
	if (sink->status_drawn)
		text_add(text, CLEAR_LINE);
	sink->status_drawn = false;
}

/* The end of a line that is coloured as a whole. */
static void reset_color(struct text *text)
{
	if (text->bytes[text->length - 1] == '\n')
		text->bytes[--text->length] = '\0';
	text_add(text, "\033[0m\n");
}

static int table_begin(struct sink *sink, const char *line)
{
	TEXT(text, TABLE_LINE);

	if (line) {
		text_add_safe(&text, line);
		text_add(&text, "\n");
	}
	table_header(&sink->table, sink->options.color, &text);
	return put(sink, &text);
}

static bool wanted(struct sink *sink, const struct report *report)
{
	/* Who asks for fields, or for some of the rows, is to find there what JSON has. */
	if (sink->options.fields && report_types[report->kind].class != REPORT_TOOL)
		return true;
	switch (report->kind) {
	case REPORT_NETNS_RECOVERED:
	case REPORT_TRACE_LOST:
	case REPORT_TRACE_RESYNCED:
	case REPORT_TRACE_SUMMARY:
		return true;
	case REPORT_SOURCE_DOWN:
		return sink->source_was_down = true;
	case REPORT_SOURCE_UP:
		return sink->source_was_down; /* that all is well at the start needs no line */
	case REPORT_NETNS_BOUND:
		/* Those that are there already would fill the screen at the start. */
		return sink->options.live && !report->netns->preexisting;
	case REPORT_POD_GONE:
		return sink->options.live && report->netns;
	case REPORT_NETNS_FREED:
		return sink->options.live && report->pod;
	case REPORT_CNI_FAILED:
		return sink->options.live;
	default:
		return report_types[report->kind].class == REPORT_FINDING;
	}
}

static const char *color_of(const struct sink *sink, const struct report *report)
{
	const struct report_type *type = &report_types[report->kind];

	if (!sink->options.color)
		return NULL;
	if (type->class == REPORT_FINDING)
		return "1;31";
	if (report->kind == REPORT_NETNS_RECOVERED)
		return "32";
	return type->severity >= SEVERITY_WARN ? "33" : NULL;
}

/* What concerns no netns is a sentence. */
static void add_sentence(const struct sink *sink, const struct report *report, struct text *text)
{
	const char *color = color_of(sink, report);
	const int gap = (int)sink->table.gap;
	TEXT(body, REPORT_BODY_LEN);

	report_body(&body, report);
	if (report->kind != REPORT_TRACE_SUMMARY) {
		report_cell_time(report, text);
		text_printf(text, "%*s", gap, "");
		if (color)
			text_printf(text, "\033[%sm", color);
		text_printf(text, "%-8s%s%*s", report_types[report->kind].label, color ? "\033[0m" : "", gap, "");
	}
	text_add_safe(text, body.bytes);
	text_add(text, "\n");
}

static int add_row(struct sink *sink, const struct report *report, struct text *text)
{
	const char *color = color_of(sink, report);

	if (sink->line)
		return fields_table_row(sink->options.fields, &sink->table, report, color, text);
	table_row(&sink->table, report, color, text);
	return 0;
}

static int put_report(struct sink *sink, const struct report *report, struct text *text)
{
	bool dim = sink->options.color && report_types[report->kind].class == REPORT_LIFECYCLE &&
		   report->kind != REPORT_NETNS_RECOVERED;
	int err = 0;

	begin_line(sink, text);
	if (dim)
		text_add(text, "\033[2m");
	if (report_types[report->kind].class == REPORT_TOOL)
		add_sentence(sink, report, text);
	else
		err = add_row(sink, report, text);
	if (dim)
		reset_color(text);
	return err ? err : put(sink, text);
}

/* Not where most reports come by: that many bytes take time to be cleared. */
__attribute__((noinline)) static int put_shown(struct sink *sink, const struct report *report)
{
	TEXT(text, 2 * TABLE_LINE);

	return put_report(sink, report, &text);
}

static int put_chosen(struct sink *sink, const struct report *report)
{
	struct text text = { .bytes = sink->line, .capacity = sink->line_bytes };

	text_reset(&text);
	return put_report(sink, report, &text);
}

static int table_report(struct sink *sink, const struct report *report)
{
	if (!wanted(sink, report))
		return 0;
	return sink->line ? put_chosen(sink, report) : put_shown(sink, report);
}

static void make_status(const struct report_summary *summary, struct text *text)
{
	text_add_u64(text, summary->state.live);
	text_add(text, " netns, ");
	text_add_u64(text, summary->correlate.bound);
	text_add(text, " bound to pods, ");
	text_add_u64(text, summary->leaked_now);
	text_add(text, " leaked, ");
	text_add_count(text, summary->state.lost, "record", "records");
	text_add(text, summary->incomplete ? " lost; not all is known yet" : " lost");
}

static int table_settle(struct sink *sink, const struct report_summary *summary)
{
	TEXT(status, STATUS_LEN);
	TEXT(text, 2 * STATUS_LEN);
	int written;

	if (!sink->options.live)
		return 0;
	make_status(summary, &status);
	if (sink->status_drawn && !strcmp(status.bytes, sink->status))
		return 0;
	text_add(&text, CLEAR_LINE);
	if (sink->options.color)
		text_add(&text, "\033[2m");
	/* A full last column would scroll. */
	text_add_columns(&text, status.bytes, sink->options.width ? sink->options.width - 1 : 79, TEXT_CUT_END);
	if (sink->options.color)
		text_add(&text, "\033[0m");
	written = outlet_now(sink->options.outlet, text.bytes, text.length);
	if (written <= 0)
		return written;
	sink->status_drawn = true;
	memcpy(sink->status, status.bytes, status.length + 1);
	return 0;
}

static void table_close(struct sink *sink)
{
	if (sink->status_drawn)
		(void)outlet_now(sink->options.outlet, CLEAR_LINE, sizeof(CLEAR_LINE) - 1);
	free(sink->line);
	free(sink);
}

const struct sink_type sink_table = {
	.name = "table",
	.help = "a table for people; on a terminal with a status line",
	.for_people = true,
	.open = table_open,
	.begin = table_begin,
	.report = table_report,
	.settle = table_settle,
	.close = table_close,
};

const struct sink_type sink_wide = {
	.name = "wide",
	.help = "the same with more columns",
	.for_people = true,
	.open = table_open,
	.begin = table_begin,
	.report = table_report,
	.settle = table_settle,
	.close = table_close,
};
