/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pods and what each authority says of them.  Used by correlate.c alone; others read struct pod
 * (correlate.h).
 *
 * The rule by which a pod is gone:
 *  - an authority says so: it listed the pod and no longer does, or says that it has finished, or has made a
 *    full listing without it well after the pod was bound to a netns, where such pods are its to list;
 *  - and no authority's last word is that the pod exists and runs.  An authority that went down has its last
 *    word stand.
 * The pod went at the earliest of the moments that the authorities name.
 */
#ifndef NETNSLEAK_PODS_H
#define NETNSLEAK_PODS_H

#include "correlate.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* A listing may be this much older than the file that holds it: a pod younger than that proves nothing. */
#define LISTING_SLACK (30 * 1000000000ll)

struct authority; /* a source, of any kind: those without authority make no claims */

struct claim {
	const struct authority *authority;
	uint64_t listing;    /* number of the listing that had it last */
	bool listed;	     /* the authority's last word: it exists */
	bool finished;	     /* it exists, but Succeeded or Failed */
	int64_t ended_wall;  /* when it finished or was found missing */
};

struct pod_key {
	char *text; /* "u" uid, "n" namespace/name */
	struct pod_entry *entry;
	struct pod_key *next; /* of the same pod */
	UT_hash_handle hh;
};

struct pod_entry {
	struct pod pod; /* first: a pod and its entry have one address */
	struct claim *claims;
	size_t claim_count;
	uint32_t bindings;    /* netns bound to it */
	bool indexed;	      /* its addresses stand in the ip_index */
	int64_t bound_wall;   /* the newest statement that bound it */
	struct pod_key *keys;
	struct pod_entry *previous, *next; /* of the table */
};

struct pods {
	struct pod_key *keys;
	struct pod_entry *first;
	uint64_t count, here, elsewhere, gone; /* the node of some is not known */
};

/* It is known to be on another node. */
bool pod_is_elsewhere(const struct pod *pod);

/* Find by uid (or the uid that a static pod's runtime uses), else by name where one of the two uids is
 * unknown.  NULL: not there. */
struct pod_entry *pods_find(const struct pods *pods, const char *uid, const char *namespace_,
			    const char *name);
/* Find or make.  NULL: no memory. */
struct pod_entry *pods_get(struct pods *pods, const char *uid, const char *alias_uid, const char *namespace_,
			   const char *name);
/* Found by its uid alone from now on. */
void pods_forget_name(struct pods *pods, struct pod_entry *entry);
void pods_free(struct pods *pods, struct pod_entry *entry);

/*
 * Whether it is this source's to know which pods there are of the pod's kind: of its own containers, or of Kubernetes.
 * Another source's silence about the pod says nothing.
 */
bool pod_is_known_by(const struct pod *pod, const char *source);
/* A container that is no pod's.  One daemon alone knows it, should there be several. */
bool pod_is_container(const struct pod *pod);

/* Nobody speaks of it any more. */
bool pod_is_idle(const struct pod_entry *entry);

struct claim *pod_claim_find(const struct pod_entry *entry, const struct authority *authority);
struct claim *pod_claim_get(struct pod_entry *entry, const struct authority *authority); /* NULL: no memory */

/* By the rule above.  ret_wall: when; ret_claim: whose word it is. */
bool pod_is_gone(const struct pod_entry *entry, int64_t *ret_wall, const struct claim **ret_claim);

#endif
