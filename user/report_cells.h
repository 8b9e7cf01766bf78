/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What stands in the cells of a table of reports, where that is not just what JSON has.  Each row is a struct report; those of
 * an audit have a finding.
 */
#ifndef NETNSLEAK_REPORT_CELLS_H
#define NETNSLEAK_REPORT_CELLS_H

struct text;

void report_cell_time(const void *row, struct text *text);    /* local, without the day */
void report_cell_what(const void *row, struct text *text);    /* the kind's label */
void report_cell_pod(const void *row, struct text *text);     /* namespace and name */
void report_cell_netns(const void *row, struct text *text);   /* name, or inode number */
void report_cell_address(const void *row, struct text *text); /* the first, and how many more */
void report_cell_since(const void *row, struct text *text);
void report_cell_note(const void *row, struct text *text); /* what holds it, or what else there is to say of the kind */
void report_cell_remedy(const void *row, struct text *text); /* the first command that is safe */

/* As values: RFC 3339, and seconds. */
void report_value_time(const void *row, struct text *text);
void report_value_since(const void *row, struct text *text);

#endif
