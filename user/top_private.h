/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of top share.
 */
#ifndef NETNSLEAK_TOP_PRIVATE_H
#define NETNSLEAK_TOP_PRIVATE_H

#include "top.h"

/* In order, filtered, with the selection and the part that is seen where they belong.  -ENOMEM. */
int top_arrange(struct top *top);
/* The rows from first to first + page, so that the selected one is among them. */
void top_scroll(struct top *top, size_t page);
unsigned top_state_style(enum top_state state); /* enum grid_style */
bool top_is_pane(const struct top *top);
/* The one that was told last, NULL: none; back: how many before that. */
const struct top_message *top_message_at(const struct top *top, size_t back);

void top_draw_table(struct top *top, struct grid *grid, unsigned row, unsigned rows);
void top_draw_pane(struct top *top, struct grid *grid, unsigned row, unsigned rows);

#endif
