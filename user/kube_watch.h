/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pods of one node as the API server has them: listed, then watched (kubernetes.io/docs/reference/using-api/
 * api-concepts, "Efficient detection of changes").
 *
 * What makes it safe to believe:
 *  - a listing is read whole, all of its pages, before any of it is told, and is told only once the server has accepted
 *    the watch that goes on from there;
 *  - it is read without resourceVersion, which makes it the newest there is; one from a server's cache may be older than
 *    what was told before, and would take back pods that exist;
 *  - an empty one counts only when the server knows a node of that name: else each pod of a node that is misspelt would
 *    seem gone;
 *  - a watch that breaks off goes on from the last resourceVersion (of an event or a bookmark); where that is too long
 *    ago (410) all is listed anew, and what is missing then is gone.
 *
 * A failure that may pass is tried once more without a word.  After that it is told as down, and tried again after a
 * second, then ever less often, once a minute at last, or when the server says (Retry-After).
 */
#ifndef NETNSLEAK_KUBE_WATCH_H
#define NETNSLEAK_KUBE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "kube_client.h"
#include "pod_list.h"

struct kube_watch;

/* What points is valid during the call.  Negative: the loop ends with it. */
struct kube_watch_listener {
	/* These are all.  as_of_wall: when they were asked for.  warning: "" or what should be known. */
	int (*listed)(void *ctx, const struct pod_list *pods, int64_t as_of_wall, const char *warning);
	int (*pod)(void *ctx, const struct input_pod *pod); /* added or modified */
	int (*gone)(void *ctx, const char *uid);
	int (*down)(void *ctx, const char *reason); /* the next that is heard is another reason, or `listed` */
	void *ctx;
};

/* Begins; calls nothing back before it returns.  What it is given is kept by the caller as long as the watch. */
int kube_watch_open(struct kube_watch **ret, struct loop *loop, const struct kube_options *options,
		    const struct kube_surroundings *surroundings, const char *node,
		    const struct kube_watch_listener *listener);
void kube_watch_close(struct kube_watch *watch); /* NULL is fine */

#endif
