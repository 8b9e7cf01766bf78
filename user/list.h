/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `netnsleak list`: every netns of a state, which a census has filled, as a table or as JSON.
 */
#ifndef NETNSLEAK_LIST_H
#define NETNSLEAK_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "report.h"
#include "state.h"

struct fields;
struct outlet;

struct list_options {
	bool json;	      /* a line of event netns.listed each */
	bool csv;	      /* a header and a line each; else a table */
	bool color;	      /* of the table's header */
	const char *node;     /* this node's name; NULL or "": not said */
	const struct report_survey *survey; /* NULL: not said */
	uint64_t now;	      /* boot ns: when the census was */
	int64_t wall_offset;  /* add to a boot time to get real time */
	struct outlet *outlet;
	struct fields *fields; /* of list_fields, which were asked for; NULL: all is as ever.  CSV wants some */
};

struct fields_kind;
extern const struct fields_kind list_fields;

/*
 * The node's own netns first, then those with a path by its last part, then the others by age.  0, -ENOMEM or
 * what outlet_line() returns.
 */
int list_print(const struct state *state, const struct list_options *options);

#endif
