/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which netns is whose: pods as the sources tell them, and the bindings between them and netns.
 *
 * Pure.  Stands to the right of state: reads it, sets only netns->binding.
 *
 * When is a pod gone?
 *
 *  source            authority  what it may say
 *  kube, kubelet     yes        a pod of this node is gone: told so, missing in a listing, Succeeded or Failed
 *  file              yes        the same, as of its last listing
 *  cri               yes        a pod that it told of is gone: it let go of the sandbox
 *  docker, podman    yes        a container of its own is gone: its run is over, or it is missing in a listing
 *  cni, cgroup       no         whose a netns is, never that a pod is gone
 *
 *  1. Each source has a last word on each pod that it told of: it is there, it is there and has finished, or it is
 *     not.  Terminating is there.  The word of a source that went down stands until the source takes it back.
 *  2. A pod is gone when an authority's last word is that it is not there or has finished, and no source's last word
 *     is that it is there and has not finished.  So a pod that the API server no longer has is not gone while the
 *     runtime keeps its sandbox, nor while the runtime cannot be asked whether it does.
 *  3. An authority that never told of a pod says that it is gone by a full listing without it, if that listing
 *     was asked for after the pod was known to be there, told of by another source or bound to a netns: a pod is
 *     in the API before its netns is made, and a container in its daemon.  A source that cannot tell when its
 *     listing was asked for, or that knows but some of the pods, ends none in this way; nor one that cannot know the
 *     pod, for a container that is no pod's is its daemon's alone, which in turn knows of no pod (pod_is_known_by()).
 *     Nor does any listing end a static pod (a uid without '-', pod_has_api_uid()): the API knows it by its mirror's
 *     uid, or not at all.
 *  4. When it went: the moment that the source names, else, for a pod that is found missing, the moment that the
 *     listing shows.  It may have gone at any time since it was last told of, which was before; the clock starts
 *     at the last of these moments, so that it accuses nobody early.  No moment before the source itself
 *     last said that the pod is there is believed: clocks of two machines differ.
 *  5. Of several sources, the pod went at the first of their moments (gone_at: its age, and who said so), and the
 *     grace begins at the last moment at which one that had told of it let it go (released_at).
 *  6. A pod that an authority takes back was never gone.
 *  7. No verdict on a netns while an authority is not in use that could know its pod (rule 3) and has not said that
 *     it is gone: correlate_incomplete().  It is in use from the end of a full listing until it goes down.
 *     One that never was in use is not waited for any more once it is said to be SOURCE_ABSENT.
 *  8. An address binds only to a pod that a source in use lists: what was listed before an outage may have given
 *     its address to another since.  A netns of a pod that is gone goes over to the next pod of its address, as one
 *     that a stale listing bound; but not once another netns had that address too: that one is the next pod's.
 */
#ifndef NETNSLEAK_CORRELATE_H
#define NETNSLEAK_CORRELATE_H

#include "input.h"
#include "state.h"

struct pod {
	char *uid; /* "" where no source has carried it yet: then namespace and name alone */
	char *namespace_, *name, *node;
	struct ip_address *ips; /* the last known, also when it is gone */
	size_t ip_count;
	bool host_network, terminating;
	bool here;	     /* runs, or ran, on this node */
	enum pod_phase phase;

	bool gone;	     /* an authority says so */
	uint64_t gone_at;    /* boot ns: when it went, by the first that said so */
	uint64_t released_at; /* boot ns, not before gone_at: where the grace begins */
	char *gone_source;   /* who said so */
	const char *gone_reason; /* "deleted", "Succeeded", "Failed"; static */

	struct binding *bindings; /* of the netns bound to it, a list through ->next, the first bound first */
};

/* Gone for longer than the grace, ns. */
bool pod_is_overdue(const struct pod *pod, uint64_t now, uint64_t grace);

struct binding {
	struct netns *netns;
	struct binding *prev, *next; /* of the same pod (utlist) */
	struct pod *pod;
	enum evidence evidence;
	char *source;	    /* who said so */
	char *container_id; /* of the sandbox, "" unknown */
	int64_t as_of_wall;
	bool contradicted;  /* told */
	bool by_name;	    /* the statement had no uid */
	bool rivalled;	    /* another netns has had the address that binds it */
	char *path;	    /* where the source says that it is mounted; "" unknown */
	uint64_t path_lost_at;	/* boot ns: since when that path leads elsewhere; 0: it leads here, or it is not known */
	uint32_t path_leads_to; /* then: the inode number there, 0: no netns */
	bool restored;	    /* from the state file of an earlier session */
};

enum correlate_change_kind {
	CORRELATE_BOUND,	 /* netns->binding is new or has stronger evidence */
	CORRELATE_CONTRADICTED,	 /* a source of equal or lesser strength names another pod; text says which */
	CORRELATE_PODS_SHARE,	 /* a source says of two pods that are there, pod and other_pod, that it is theirs */
	CORRELATE_POD_IN_HOST,	 /* pod, which does not ask for it, is in the node's own netns, says source; once */
	CORRELATE_PATH,		 /* netns->binding->path_lost_at changed */
	CORRELATE_POD_GONE,	 /* once for each pod; netns NULL */
	CORRELATE_POD_BACK,	 /* an authority has it after all: it was never gone; netns NULL */
	CORRELATE_SHARED,	 /* ip, of pod, is in two or more netns; again when one more has it; netns NULL */
	CORRELATE_UNSHARED,	 /* no longer; pod NULL */
	CORRELATE_SOURCE_DOWN,	 /* text: why */
	CORRELATE_SOURCE_UP,	 /* first, or again; text: a warning or "" */
};

struct correlate_change {
	enum correlate_change_kind kind;
	uint64_t time;
	struct netns *netns;
	struct pod *pod;
	const struct pod *other_pod;
	const struct ip_address *ip;
	const char *source;
	const char *text;
};

typedef void (*correlate_change_fn)(void *ctx, const struct correlate_change *change);

struct correlate;

int correlate_new(struct correlate **ret, const struct state *state, correlate_change_fn fn, void *ctx);
void correlate_free(struct correlate *correlate);

/* Takes INPUT_SESSION, _POD, _POD_GONE, _BINDING, _BINDING_GONE, _SOURCE, _RESTORED, _CLOCK.  -ENOMEM. */
int correlate_input(struct correlate *correlate, const struct input *input);

/* Takes what state says.  -ENOMEM. */
int correlate_state(struct correlate *correlate, const struct state_change *change);

/* The netns is gone for good: call after the last stage has looked at netns->binding.  -ENOMEM. */
int correlate_release(struct correlate *correlate, struct netns *netns);

/*
 * True while a verdict that rests on this pod's end must wait: an authority is not in use that could know the pod
 * and has not said that it is gone.  NULL, for a netns without a pod: any source at all is not in use.
 */
bool correlate_incomplete(const struct correlate *correlate, const struct pod *pod);
/* Likewise of what binds it: an address is too weak to go by while any source that could know better is silent. */
bool correlate_is_undecided(const struct correlate *correlate, const struct netns *netns);

/* The netns, referenced and two or more, that have this address of a pod; NULL: not so.  For the call only. */
struct netns *const *correlate_sharing(const struct correlate *correlate, const struct ip_address *ip,
				       size_t *ret_count, const struct pod **ret_pod);

struct correlate_counts {
	uint64_t pods, pods_here, pods_elsewhere, pods_gone, bound;
	uint64_t sources, sources_up;
	uint64_t sources_pending; /* have neither answered nor failed since the start */
};
void correlate_counts(const struct correlate *correlate, struct correlate_counts *ret);

/* Each of those sources; up: it is in use.  Return nonzero to stop. */
typedef int (*correlate_source_fn)(void *ctx, const char *source, bool up);
int correlate_each_source(const struct correlate *correlate, correlate_source_fn fn, void *ctx);

const char *evidence_name(enum evidence evidence); /* "cni", "ip", ... */

#endif
