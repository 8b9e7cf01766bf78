/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For doctor: a source is opened, as trace would, until it has told all that it has, or why it cannot.
 */
#ifndef NETNSLEAK_SOURCE_TRIAL_H
#define NETNSLEAK_SOURCE_TRIAL_H

#include "source.h"

struct loop_timer;

struct source_trial {
	struct loop *loop;
	struct loop_timer *patience;
	struct source *source; /* it is open until the trial ends */
	bool known;	       /* it has told its state: */
	enum source_state state;
	char *detail; /* what it said with it; owned, NULL before */
	size_t bindings; /* that it told of */
};

/*
 * Returns when the state is known, or after `patience` ns; 0: however long it takes.  Negative: it cannot be opened, or
 * no memory.  In each case source_trial_end() is next.
 */
int source_trial_run(struct source_trial *trial, const struct source_type *type, const char *argument, uint64_t patience);
void source_trial_end(struct source_trial *trial);

#endif
