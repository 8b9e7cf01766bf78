/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The pods and what each authority says of them.  Used by correlate alone; others read struct pod
 * (correlate.h).
 * The rule by which a pod is gone stands in correlate.h.
 */
#ifndef NETNSLEAK_PODS_H
#define NETNSLEAK_PODS_H

#include "correlate.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* A source, of any kind. */
struct authority {
	struct authority *next;
	char *name;
	bool may_end_pods;
	enum source_state state;
	bool asked_once; /* it was in use */
	bool absent; /* it was not in use once, and is not waited for */
	bool up; /* in use, and told so: from the end of a listing until it goes down */
	uint64_t listing; /* number of the current or last listing */
	int64_t asking_wall; /* when the current listing was asked for, 0 unknown */
	int64_t asked_wall;  /* likewise, the last one that ended well */
	int64_t as_of_wall;
};

/* A source's last word on a pod. */
struct claim {
	const struct authority *authority;
	uint64_t listing;	/* number of the listing that had it last */
	bool listed;		/* it exists */
	bool finished;		/* it exists, but Succeeded or Failed */
	bool failed;		/* the latter */
	bool terminating, host_network; /* as it was told */
	int64_t seen_wall;	/* when it last said that the pod exists and has not finished; 0 never */
	int64_t ended_wall;	/* when it finished, went or was found missing */
	int64_t released_wall;	/* when this source let it go; 0: it never told of it */
};

struct pod_end {
	int64_t gone_wall, released_wall;
	const struct claim *claim; /* whose word it is */
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
	uint32_t pins;	      /* who still needs the entry, beside its bindings */
	bool indexed;	      /* its addresses stand in the ip_index */
	bool in_host_told;    /* CORRELATE_POD_IN_HOST */
	int64_t bound_wall;   /* the newest statement that bound it */
	uint64_t terminating_at; /* boot ns: when it was first told to be Terminating; 0: it was not */
	struct pod_key *keys;
	struct pod_entry *previous, *next; /* of the table */
};

struct pods {
	struct pod_key *keys;
	struct pod_entry *first;
	uint64_t count, here, elsewhere, gone; /* the node of some is not known */
};

/* What any source says that has it: a runtime may know less than the API. */
bool pod_is_on_host_network(const struct pod_entry *entry);
bool pod_is_terminating(const struct pod_entry *entry);
/* An authority says that it is there and has not finished. */
bool pod_is_alive(const struct pod_entry *entry);

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

void pod_claim_drop(struct pod_entry *entry, const struct authority *authority); /* fine where there is none */

/* The source says that the pod has ended, at that time or when it was last said to be there. */
void claim_end(struct claim *claim, int64_t wall);

/* By the rule. */
bool pod_is_gone(const struct pod_entry *entry, struct pod_end *ret);

/* A source that can be asked, or is telling just now, says that it exists. */
bool pod_is_vouched_for(const struct pod_entry *entry);

/* When a source last said that it exists and has not finished; 0: none did. */
int64_t pod_seen_wall(const struct pod_entry *entry);

/* When it was last known to be there: by a source's word, or by the statement that bound it.  0: never. */
int64_t pod_known_wall(const struct pod_entry *entry);

/* Its uid may be of the API server's making. */
bool pod_has_api_uid(const struct pod *pod);

#endif
