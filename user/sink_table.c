/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table for people: a line for each finding, and on a terminal also for each pod that comes and goes, with
 * a status line below.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "outlet.h"
#include "sink.h"
#include "table.h"

#define CLEAR_LINE "\r\033[K"
#define STATUS_LEN 256
#define INDENT 10 /* of what goes below a line: under WHAT */

struct sink {
	struct sink_options options;
	struct table table;
	bool source_was_down;
	bool status_drawn;
	char status[STATUS_LEN];
};

static void cell_time(const void *row, struct text *text)
{
	const struct report *report = row;
	char buffer[FORMAT_CLOCK_LEN];

	text_add(text, format_clock(report->wall, buffer));
}

static void cell_what(const void *row, struct text *text)
{
	const struct report *report = row;

	text_add(text, report_types[report->kind].label);
}

static void cell_pod(const void *row, struct text *text)
{
	const struct report *report = row;

	if (report->pod)
		report_pod_name(text, report->pod);
}

static void add_name(struct text *text, const struct netns *netns)
{
	const char *name = netns_name(netns);

	if (name)
		text_add(text, name);
	else
		text_add_u64(text, netns->inum);
}

static void cell_netns(const void *row, struct text *text)
{
	const struct report *report = row;

	if (report->netns)
		add_name(text, report->netns);
}

static void add_more(struct text *text, uint64_t more)
{
	if (!more)
		return;
	text_add(text, " +");
	text_add_u64(text, more);
}

static void add_ip(struct text *text, uint8_t family, const uint8_t *bytes)
{
	char buffer[FORMAT_ADDRESS_LEN];

	text_add_bytes(text, buffer, format_address(family, bytes, buffer));
}

static uint64_t add_netns_addresses(struct text *text, const struct netns *netns)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < netns->addr_count; i++)
		if (netns_addr_is_global(&netns->addrs[i]) && !count++)
			add_ip(text, netns->addrs[i].family, netns->addrs[i].addr);
	if (count)
		add_more(text, count - 1);
	return count;
}

static void cell_address(const void *row, struct text *text)
{
	const struct report *report = row;

	if (report->ip) {
		add_ip(text, report->ip->family, report->ip->bytes);
		return;
	}
	if (report->netns && add_netns_addresses(text, report->netns))
		return;
	/* A netns that is freed has lost its addresses; its pod's say which they were. */
	if (!report->pod || !report->pod->ip_count)
		return;
	add_ip(text, report->pod->ips[0].family, report->pod->ips[0].bytes);
	add_more(text, report->pod->ip_count - 1);
}

static void cell_since(const void *row, struct text *text)
{
	const struct report *report = row;
	char buffer[FORMAT_DURATION_LEN];

	if (report->since)
		text_add(text, format_duration(report->since, buffer));
}

static void note_stuck(struct text *text, const struct netns *netns)
{
	text_add(text, netns->phase == NETNS_CLEANUP ? "kernel, cleaning up" : "kernel, cleanup not begun");
	if (!netns->dev_count)
		return;
	text_add(text, "; ");
	text_add_count(text, netns->dev_count, "device", "devices");
}

static void note_late(struct text *text, const struct report *report)
{
	char buffer[FORMAT_DURATION_LEN];

	text_add(text, "late, after ");
	text_add(text, format_duration(report->since, buffer));
}

static void note_conflict(struct text *text, const struct netns *other)
{
	text_add(text, "also in ");
	add_name(text, other);
	if (!other->binding)
		return;
	text_add(text, " of ");
	report_pod_name(text, other->binding->pod);
	text_add(text, other->binding->pod->gone ? ", gone" : "");
}

static void note_bound(struct text *text, const struct binding *binding)
{
	text_add(text, "bound by ");
	text_add(text, evidence_name(binding->evidence));
}

static void note_gone(struct text *text, const struct pod *pod)
{
	text_add(text, pod->gone_reason ? pod->gone_reason : "gone");
	if (!pod->gone_source || !pod->gone_source[0])
		return;
	text_add(text, ", says ");
	text_add(text, pod->gone_source);
}

static void note_path_lost(struct text *text, const struct binding *binding)
{
	text_add(text, binding->path);
	text_add(text, binding->path_leads_to ? " leads to netns " : " leads to none");
	if (binding->path_leads_to)
		text_add_u64(text, binding->path_leads_to);
}

static void cell_note(const void *row, struct text *text)
{
	const struct report *report = row;

	switch (report->kind) {
	case REPORT_NETNS_LEAKED:
	case REPORT_NETNS_ORPHAN:
		report_held_by(text, report->netns);
		break;
	case REPORT_NETNS_STUCK:
		note_stuck(text, report->netns);
		break;
	case REPORT_NETNS_RECOVERED:
		note_late(text, report);
		break;
	case REPORT_NETNS_IP_CONFLICT:
		if (report->other)
			note_conflict(text, report->other);
		break;
	case REPORT_NETNS_CONTRADICTED:
		text_add(text, report->text ? report->text : "");
		break;
	case REPORT_NETNS_SHARED:
		text_add(text, "with ");
		report_pod_name(text, report->other_pod);
		break;
	case REPORT_NETNS_HOST_USED:
		text_add(text, "without hostNetwork, says ");
		text_add(text, report->source);
		break;
	case REPORT_NETNS_PATH_LOST:
		note_path_lost(text, report->netns->binding);
		break;
	case REPORT_NETNS_BOUND:
		if (report->netns->binding)
			note_bound(text, report->netns->binding);
		break;
	case REPORT_POD_GONE:
		note_gone(text, report->pod);
		break;
	default:
		break;
	}
}

/* Without the last column these are 80 columns with gaps of one. */
static const struct table_column columns[] = {
	{ "TIME", "when it happened, local time", 8, 0, 0, cell_time, NULL },
	{ "WHAT", "what happened", 8, 0, TABLE_ACCENT, cell_what, NULL },
	{ "POD", "namespace and name of the pod", 25, 0, TABLE_CUT_MIDDLE, cell_pod, NULL },
	{ "NETNS", "the netns: last part of its path, or its inode number", 13, 0, 0, cell_netns, NULL },
	{ "ADDRESS", "its first address, how many more", 15, 0, TABLE_CUT_MIDDLE, cell_address, NULL },
	{ "SINCE", "for how long: since the pod went, or since the netns lost its last reference", 6, 0, 0,
	  cell_since, NULL },
	{ "HELD BY", "what is known to hold it", 0, 0, TABLE_CUT_MIDDLE, cell_note, NULL },
};

/* A file is searched, not looked at: there, nothing is cut. */
static const struct table_column file_columns[] = {
	{ "TIME", "", 8, 0, 0, cell_time, NULL },
	{ "WHAT", "", 8, 0, TABLE_ACCENT, cell_what, NULL },
	{ "POD", "", 30, 0, TABLE_WHOLE, cell_pod, NULL },
	{ "NETNS", "", 13, 0, 0, cell_netns, NULL },
	{ "ADDRESS", "", 15, 0, TABLE_WHOLE, cell_address, NULL },
	{ "SINCE", "", 6, 0, TABLE_WHOLE, cell_since, NULL },
	{ "HELD BY", "", 0, 0, TABLE_WHOLE, cell_note, NULL },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))
#define COLUMN_POD 2

/* How far, from 0 to most, `by` goes. */
static unsigned at_most(unsigned by, unsigned most)
{
	return by < most ? by : most;
}

static void lay_out(struct sink *sink)
{
	const unsigned narrow = 80, roomy = 110, width = sink->options.width;
	struct table *table = &sink->table;

	table_init(table, width ? columns : file_columns, COLUMNS);
	table->width = width;
	table->wrap = INDENT;
	if (!width)
		return;
	if (width < roomy) {
		table->gap = 1;
		table->wrap = INDENT - 1;
	} else {
		table->widths[COLUMN_POD] += at_most((width - roomy) / 4, 15);
	}
	if (width < narrow)
		table->widths[COLUMN_POD] -= at_most(narrow - width, 15);
}

static int table_open(struct sink **ret, const struct sink_options *options)
{
	struct sink *sink = calloc(1, sizeof(*sink));

	if (!sink)
		return -ENOMEM;
	sink->options = *options;
	lay_out(sink);
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
	if (sink->options.color)
		text_add(&text, "\033[1m");
	table_header(&sink->table, &text);
	if (sink->options.color)
		reset_color(&text);
	return put(sink, &text);
}

static bool wanted(struct sink *sink, const struct report *report)
{
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
		cell_time(report, text);
		text_printf(text, "%*s", gap, "");
		if (color)
			text_printf(text, "\033[%sm", color);
		text_printf(text, "%-8s%s%*s", report_types[report->kind].label, color ? "\033[0m" : "", gap, "");
	}
	text_add_safe(text, body.bytes);
	text_add(text, "\n");
}

static int table_report(struct sink *sink, const struct report *report)
{
	bool dim = sink->options.color && report_types[report->kind].class == REPORT_LIFECYCLE &&
		   report->kind != REPORT_NETNS_RECOVERED;
	TEXT(text, 2 * TABLE_LINE);

	if (!wanted(sink, report))
		return 0;
	begin_line(sink, &text);
	if (dim)
		text_add(&text, "\033[2m");
	if (report_types[report->kind].class == REPORT_TOOL)
		add_sentence(sink, report, &text);
	else
		table_row(&sink->table, report, color_of(sink, report), &text);
	if (dim)
		reset_color(&text);
	return put(sink, &text);
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
	free(sink);
}

const struct sink_type sink_table = {
	.name = "table",
	.help = "a table for people; on a terminal with a status line",
	.open = table_open,
	.begin = table_begin,
	.report = table_report,
	.settle = table_settle,
	.close = table_close,
};
