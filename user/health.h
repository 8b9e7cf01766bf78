/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Is the session ready, is it alive?  Pure.
 *
 * Who asks is answered by the loop itself: where that is stuck, nothing answers, and the asker's own timeout says so.  What
 * stands here is what can be wrong while the loop goes on.
 */
#ifndef NETNSLEAK_HEALTH_H
#define NETNSLEAK_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

struct text;

/* Times are boot ns. */
struct health {
	uint64_t now;
	bool begun; /* the session has said that it is: each source has had time for its first word */
	bool counted; /* there has been a census */
	bool resyncing; /* before the first, and from a loss to the next */
	unsigned census_failures; /* since the last that could be made */
	uint64_t overdue_since; /* that the loop has gone on without keeping one and the same deadline; 0: all are kept */
	uint64_t unread_since; /* for how long the reader of the output has taken nothing, though lines wait; 0: none does */
};

/* For longer, it is not alive. */
#define HEALTH_OVERDUE (30 * NS_PER_S)
#define HEALTH_UNREAD (60 * NS_PER_S)

/* Verdicts can be given.  why: a phrase, also where they can. */
bool health_is_ready(const struct health *health, struct text *why);
/* Likewise: it is at work.  Where it is not, to start it anew may help. */
bool health_is_alive(const struct health *health, struct text *why);

#endif
