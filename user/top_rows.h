/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The table of `netnsleak top`: a row for each netns as it was at one moment, in order, and those that a filter leaves.
 *
 * Pure.  Rows own what they say: they stand while the netns go on.
 */
#ifndef NETNSLEAK_TOP_ROWS_H
#define NETNSLEAK_TOP_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline.h"

/* What is to be looked at first comes first. */
enum top_state {
	TOP_LEAKED,
	TOP_STUCK,
	TOP_CONFLICT,
	TOP_ORPHAN,
	TOP_PATH_LOST,
	TOP_UNJUDGED, /* its pod has been gone for longer than the grace, and there is no verdict yet */
	TOP_IN_GRACE,
	TOP_DYING,
	TOP_NO_POD,
	TOP_IN_USE, /* by a pod */
	TOP_NODE,   /* the node's own */
	TOP_STATES
};

enum top_column {
	TOP_STATE,
	TOP_SINCE, /* its pod went, or where there is none it lost its last reference */
	TOP_AGE,
	TOP_POD,
	TOP_NETNS,
	TOP_ADDRESS,
	TOP_REFERENCES,
	TOP_HOLDERS, /* how many */
	TOP_HELD_BY,
	TOP_CAUSE,
	TOP_COLUMNS
};

struct top_row {
	uint64_t handle;
	enum top_state state;
	uint64_t numbers[TOP_COLUMNS]; /* of those that are sorted by number */
	char *cells[TOP_COLUMNS];      /* safe for a terminal; owned */
};

struct top_rows {
	struct top_row *all; /* owned */
	size_t count, capacity;
	size_t states[TOP_STATES]; /* how many of each */
};

const char *top_state_name(enum top_state state); /* "leaked" */
bool top_state_is_finding(enum top_state state);
const char *top_column_name(enum top_column column); /* "HELD BY" */
bool top_column_is_number(enum top_column column);

/* Each netns as of now, boot ns, in no order.  ret: what stood there is freed.  -ENOMEM: it is empty. */
int top_rows_collect(struct top_rows *ret, const struct pipeline *pipeline, uint64_t now, uint64_t grace, int64_t wall_offset);
void top_rows_free(struct top_rows *rows);

/*
 * By this column, what is alike by state, the longest since first.  Texts from A on, numbers from the largest on, and
 * states from the worst on; reverse: the other way round.
 */
void top_rows_sort(struct top_rows *rows, enum top_column by, bool reverse);
/* Whether any of its cells has this in it, in capitals or not; "": yes. */
bool top_row_matches(const struct top_row *row, const char *filter);

#endif
