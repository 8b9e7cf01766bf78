/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asks netlink for the routes of a netns.  Only who is in it is told: a thread of its own enters it, and is out of it again,
 * with all closed that it opened there, when this returns.
 */
#ifndef NETNSLEAK_ROUTES_ASK_H
#define NETNSLEAK_ROUTES_ASK_H

#include "routes.h"

/* netns: an nsfs descriptor, the caller's.  What goes wrong is in ret->err. */
void routes_ask(struct routes *ret, int netns);

#endif
