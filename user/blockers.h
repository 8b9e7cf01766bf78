/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looks for what keeps the dying netns that the next census is to judge from being freed, so that what is reported says it.
 */
#ifndef NETNSLEAK_BLOCKERS_H
#define NETNSLEAK_BLOCKERS_H

#include "input.h"

struct pipeline;
struct teardown;

/* What looks is loaded when it is first wanted, which on most nodes is never. */
struct blockers {
	struct teardown *teardown;
	bool tried; /* to load it; where that failed it was said */
};

/*
 * Tells input of each dying suspect's blockers, also that there are none.  salt: as for holders_open().  -ENOMEM, or what
 * input returned.
 */
int blockers_look(struct blockers *blockers, uint64_t salt, const struct pipeline *pipeline, input_fn input, void *ctx);
void blockers_close(struct blockers *blockers);

#endif
