/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A sink spells out reports.  Adding one: a file that defines a struct sink_type, a line in sink_types[]
 * (sink.c), a test.
 *
 * Output goes through struct outlet (outlet.h), which never blocks the loop.
 */
#ifndef NETNSLEAK_SINK_H
#define NETNSLEAK_SINK_H

#include "report.h"

struct fields;
struct outlet;
struct sink;

struct sink_options {
	struct outlet *outlet; /* where bytes go; the caller's */
	struct fields *fields; /* of event_fields (report_columns.h), the caller's; NULL: nothing was asked for.  csv wants some */
	bool color;
	bool live;	 /* a terminal: the table tells more, and keeps a status line at its end */
	bool journal;	 /* lines of JSON begin with their priority, "<4>", which the journal takes off again */
	unsigned width;	 /* of the terminal; 0: unknown, lines may be of any length */
};

struct sink_type {
	const char *name; /* as given to -o */
	const char *help;
	bool for_people; /* it says a sentence, not a row, of what the tool has to say of itself */
	int (*open)(struct sink **ret, const struct sink_options *options);
	/* Header: text is the line that says what is traced and how; NULL: none. */
	int (*begin)(struct sink *sink, const char *text);
	int (*report)(struct sink *sink, const struct report *report);
	/* After a batch of inputs: redraw.  summary as of now. */
	int (*settle)(struct sink *sink, const struct report_summary *summary);
	void (*close)(struct sink *sink);
};

/* All functions return 0 or what outlet_line() said: -EPIPE is the reader's leave, no failure. */
extern const struct sink_type sink_table, sink_wide, sink_json, sink_otlp_json, sink_csv;
/* Writes nothing: of what shows reports by itself. */
extern const struct sink_type sink_none;

/* Ends with NULL. */
extern const struct sink_type *const sink_types[];
const struct sink_type *sink_type_by_name(const char *name); /* NULL: no such sink */

#endif
