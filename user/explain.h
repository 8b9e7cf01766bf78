/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `netnsleak explain`: all that is known of one netns, for a person to read.
 */
#ifndef NETNSLEAK_EXPLAIN_H
#define NETNSLEAK_EXPLAIN_H

#include <stdio.h>

#include "remedy.h"
#include "report.h"

struct explanation {
	const struct netns *netns;
	const struct remedies *remedies;
	const struct report_peer *peers;
	size_t peer_count;
	const struct routes *routes; /* NULL: it could not be entered */
	const struct cause *cause; /* as cause_find() has it */
	const struct report_survey *survey; /* NULL: not said */
	uint64_t now, grace; /* boot ns; ns */
	int64_t wall_offset;
	bool undecided; /* pipeline_is_undecided() */
	bool color;
	bool recorded; /* in a recording, which has no routes */
};

/* Its pod has been gone for longer than the grace, and no source is silent that could know better. */
bool explain_is_leaked(const struct explanation *explanation);

/*
 * NULL: none is to be said.  Of a netns whose pod has only just gone it would be one that something has not done which it is
 * about to do.
 */
const struct cause *explain_cause(const struct explanation *explanation);

/* Written to file, safe for a terminal.  0, or -EIO. */
int explain_print(FILE *file, const struct explanation *explanation);

/* "leaked: its pod has been gone for 12m31s"; the headline, and the body in JSON. */
void explain_verdict(struct text *text, const struct explanation *explanation);

#endif
