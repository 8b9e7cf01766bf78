/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For doctor: questions to an API server or a kubelet, each answered before the call returns.
 */
#ifndef NETNSLEAK_KUBE_PROBE_H
#define NETNSLEAK_KUBE_PROBE_H

#include "checks.h"
#include "kube_client.h"
#include "node.h"
#include "pod_list.h"

#define KUBE_PROBE_BYTES (64u << 10) /* of an answer that is kept */

struct kube_probe {
	struct loop *loop;
	struct kube_client *client;
	struct kube_options options;
	struct kube_surroundings surroundings;
	struct node node;
	const char *connect_to; /* of what is asked, see http.h */
	struct pod_list *pods;	/* while they are listed */
	char body[KUBE_PROBE_BYTES]; /* of the last answer, terminated; "" where it was longer or a list */
	size_t length;
	enum kube_outcome outcome; /* of the last answer */
	char reason[KUBE_REASON_BYTES]; /* after -EBADMSG: "why; what to do" */
};

/* All: 0, -EBADMSG (see reason), -ENOMEM.  Close it whatever open said. */
int kube_probe_open(struct kube_probe **ret, const char *argument);
void kube_probe_close(struct kube_probe *probe); /* NULL is fine */

/* path is freed; NULL: -ENOMEM. */
int kube_probe_ask(struct kube_probe *probe, char *path, const char *verb, const char *resource);
/* Likewise for a list of pods: how many, and whether there are more. */
int kube_probe_list(struct kube_probe *probe, char *path, const char *verb, const char *resource, size_t *ret_count,
		    bool *ret_more);

/* Puts the reason into the check, which becomes a no. */
void kube_probe_refuse(const struct kube_probe *probe, struct check *check);

#endif
