/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asks an API server or a kubelet, one question at a time, and says what an answer that is none means: why, and what to
 * do about it.  Requests go to the configured server only; what it sends is never repeated in a message, for it knows
 * the token.
 */
#ifndef NETNSLEAK_KUBE_CLIENT_H
#define NETNSLEAK_KUBE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kube_config.h"

struct loop;
struct kube_client;

enum kube_outcome {
	KUBE_ANSWERED,	   /* 200, and all of it came */
	KUBE_PASSING,	   /* a failure that may pass by itself: cut off, overloaded, not there for the moment */
	KUBE_UNAUTHORIZED, /* 401: the token may have been rotated */
	KUBE_EXPIRED,	   /* 410: what was asked for is too long ago */
	KUBE_MISSING,	   /* 404 */
	KUBE_FORBIDDEN,	   /* 403 */
	KUBE_REFUSED,	   /* any other failure that stays until someone does something */
	KUBE_STOPPED,	   /* a callback returned an error */
};

struct kube_answer {
	enum kube_outcome outcome;
	int error;	      /* of KUBE_STOPPED: what the callback returned */
	bool connected;	      /* see http.h */
	uint64_t retry_after; /* ns; what the server asks to wait, 0: it does not say */
	const char *reason;   /* "https://10.0.0.1:6443: nothing answers there; …"; "" of KUBE_ANSWERED and KUBE_STOPPED */
};

struct kube_question {
	const char *path;	     /* "/api/v1/pods?…" */
	const char *verb, *resource; /* what must be permitted for it: "list", "pods" */
	const char *connect_to;	     /* see http.h */
	uint64_t timeout;	     /* ns, for all of the answer; its head is awaited for half a minute */
	/* As in http.h; of an answer with status 200 only.  Each may be NULL. */
	int (*accepted)(void *ctx);
	int (*bytes)(void *ctx, const char *bytes, size_t length);
	/* The next question may be put here.  Negative: the loop ends with it. */
	int (*end)(void *ctx, const struct kube_answer *answer);
	void *ctx;
};

/* options and surroundings are kept by the caller as long as the client.  -ELIBACC: there is no libcurl. */
int kube_client_open(struct kube_client **ret, struct loop *loop, const struct kube_options *options,
		     const struct kube_surroundings *surroundings);
void kube_client_close(struct kube_client *client); /* NULL is fine; nothing more is heard of its question */

/*
 * Reads the configuration anew; do so before each question that is not part of the one before it.  kubelet: its URL, or
 * NULL for the API server.  -EINVAL: reason; -ENOMEM.
 */
int kube_client_configure(struct kube_client *client, const char *kubelet, char reason[static KUBE_REASON_BYTES]);
const struct kube_config *kube_client_config(const struct kube_client *client);

/* Never calls back before it returns.  -EINVAL: reason; -ENOMEM. */
int kube_client_ask(struct kube_client *client, const struct kube_question *question,
		    char reason[static KUBE_REASON_BYTES]);
void kube_client_cancel(struct kube_client *client);

/* How long to wait after so many failures in a row (from 1): 1 s, doubled up to a minute, and less by chance. */
uint64_t kube_backoff(unsigned int failures);
/* A number below `limit`, by chance. */
uint32_t kube_chance(uint32_t limit);

#endif
