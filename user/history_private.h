/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of history share.
 */
#ifndef NETNSLEAK_HISTORY_PRIVATE_H
#define NETNSLEAK_HISTORY_PRIVATE_H

#include "history.h"

/* Each -ENOMEM; then what is there stays whole. */
struct history_netns *history_netns_new(const struct netns *netns, uint64_t time); /* NULL: no memory */
void history_netns_free(struct history_netns *known);
/* What is known of it now. */
int history_netns_refresh(struct history_netns *known, const struct report *report, const struct history_session *session);
/* Adds what an earlier session reported of it, and takes out what is known by now not to have been so. */
int history_netns_refresh_marks(struct history_netns *known, const struct netns *netns, uint64_t session_begin);
int history_netns_refresh_end_of_pod(struct history_netns *known, const struct pod *pod, uint64_t grace);
int history_netns_add_event(struct history_netns *known, const struct report *report);
int history_netns_add_finding(struct history_netns *known, const struct report *report);

#endif
