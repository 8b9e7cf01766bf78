/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of the watch share.  Negative ends the loop.
 */
#ifndef NETNSLEAK_KUBE_WATCH_PRIVATE_H
#define NETNSLEAK_KUBE_WATCH_PRIVATE_H

#include "kube_watch.h"

enum phase { PHASE_LIST, PHASE_NODE, PHASE_WATCH };

/* Why a callback of ours ended a question. */
enum stop { STOP_NOT, STOP_BAD, STOP_EXPIRED, STOP_PASSING, STOP_FATAL };

struct kube_watch {
	struct loop *loop;
	struct kube_client *client;
	struct kube_watch_listener listener;
	char *node;
	struct loop_timer *timer; /* of the next try */
	enum phase phase;	  /* under way, or to be tried */

	struct pod_list *list; /* being read, or read and not told yet */
	uint64_t list_bytes;
	int64_t as_of_wall; /* of list */
	bool node_is_known;

	struct json_lines *lines;
	char *version;	       /* where the watch goes on */
	uint64_t watch_began;  /* boot ns */
	bool had_event;	       /* in this watch */

	bool synced;	       /* what was told is still so */
	unsigned int failures; /* in a row */
	unsigned int expiries; /* likewise */
	char *down;	       /* told last, NULL: not down */

	enum stop stop;
	int fatal; /* of STOP_FATAL */
	char reason[KUBE_REASON_BYTES]; /* of STOP_BAD and STOP_PASSING */
};

/* --- failures --- */

/* It is told, and all is listed anew, later. */
int kube_watch_fail(struct kube_watch *watch, const char *reason, uint64_t retry_after);
/* As the answer wants it. */
int kube_watch_failed(struct kube_watch *watch, const struct kube_answer *answer);
/* A callback of ours has ended the question. */
int kube_watch_stopped(struct kube_watch *watch);
/* For callbacks: ends the question, and returns what they are to return. */
__attribute__((format(printf, 3, 4))) int kube_watch_stop(struct kube_watch *watch, enum stop why,
							  const char *format, ...);
int kube_watch_stop_fatal(struct kube_watch *watch, int err);
/* It goes well. */
void kube_watch_settled(struct kube_watch *watch);
int kube_watch_try_after(struct kube_watch *watch, enum phase phase, uint64_t delay);
void kube_watch_drop_list(struct kube_watch *watch);

/* --- questions --- */

/* path: owned; NULL: no memory.  What the question lacks is filled in. */
int kube_watch_ask(struct kube_watch *watch, const struct kube_question *question, char *path);
/* Reads the configuration anew.  1: it cannot be used, and that was told. */
int kube_watch_configure(struct kube_watch *watch);
int kube_watch_list(struct kube_watch *watch);
int kube_watch_begin(struct kube_watch *watch);

#endif
