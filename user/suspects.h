/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Looks for what holds the netns that the next census is to judge, so that what is reported says it.
 */
#ifndef NETNSLEAK_SUSPECTS_H
#define NETNSLEAK_SUSPECTS_H

#include "input.h"

struct holders;
struct netns;
struct pipeline;

/*
 * Tells input of each suspect's holders, or that they could not be looked for, which is said as well.  -ENOMEM, or what
 * input returned.
 */
int suspects_look(struct holders *holders, const struct pipeline *pipeline, input_fn input, void *ctx);
/* Likewise of this one, of which somebody wants to know. */
int suspects_look_at(struct holders *holders, const struct pipeline *pipeline, const struct netns *netns, input_fn input, void *ctx);

#endif
