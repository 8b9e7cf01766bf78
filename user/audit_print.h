/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an audit has found: as a table, as JSON, as the lines of today's scripts, as one line for node-problem-detector, and
 * as files that other tools read.
 */
#ifndef NETNSLEAK_AUDIT_PRINT_H
#define NETNSLEAK_AUDIT_PRINT_H

#include "audit.h"

struct fields;
struct outlet;
struct text;

struct audit_result {
	const struct audit *audit;
	const struct audit_view *view;
	const struct report_survey *survey;
	struct report_audit sum;
	const char *kernel_release;
	int64_t wall_offset;
	bool color;
	struct fields *fields; /* of finding_fields (report_columns.h), which were asked for; NULL: all is as ever */
	/* The findings that are told, as reports: audit_select().  Owned by the caller. */
	struct report *shown;
	size_t shown_count;
};

/* Counts; incomplete is the caller's to set. */
void audit_sum(struct audit_result *result);

/* Fills shown: those that were asked for, in the order that was asked for, or the worst first where told so.  -ENOMEM. */
int audit_select(struct audit_result *result, bool worst_first);

/* Each: 0, -ENOMEM, or what outlet_line() returns. */
int audit_print_table(struct outlet *outlet, const struct audit_result *result);
/* What audit_select() left, a row each: as a table of the fields that were asked for, or as CSV. */
int audit_print_rows(struct outlet *outlet, const struct audit_result *result, bool csv);
int audit_print_json(struct outlet *outlet, const struct audit_result *result);
int audit_print_classic(struct outlet *outlet, const struct audit_result *result);
int audit_print_npd(struct outlet *outlet, const struct audit_result *result);

/* That line, of at most 80 bytes with its newline, and the exit status that goes with it. */
void audit_npd_line(struct text *line, const struct audit_result *result);
int audit_npd_status(const struct report_audit *sum);

/* Into the directory, which is made.  Each file is there whole, or as it was.  Negative errno, and ret_file is the name. */
int audit_write_files(const char *directory, const struct audit_result *result, const char **ret_file);

/* A line of its own, made safe for a terminal. */
int audit_line(struct outlet *outlet, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The netns of a file in a netns directory; NULL: it is none, or gone. */
const struct audit_netns *audit_of_entry(const struct audit_view *view, const struct node_entry *entry);
bool audit_is_orphaned(const struct audit *audit, const struct audit_netns *netns);

#endif
