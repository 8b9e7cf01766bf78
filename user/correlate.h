/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which netns is whose: pods as the sources tell them, and the bindings between them and netns.
 *
 * Pure.  Stands to the right of state: reads it, sets only netns->binding.
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
	uint64_t gone_at;    /* boot ns: where the clock of a leak starts */
	char *gone_source;   /* who said so */
	const char *gone_reason; /* "deleted", "Succeeded", "Failed"; static */
};

struct binding {
	struct pod *pod;
	enum evidence evidence;
	char *source;	    /* who said so */
	char *container_id; /* of the sandbox, "" unknown */
	int64_t as_of_wall;
	bool contradicted;  /* told */
	bool restored;	    /* from the state file of an earlier session */
};

enum correlate_change_kind {
	CORRELATE_BOUND,	 /* netns->binding is new or has stronger evidence */
	CORRELATE_CONTRADICTED,	 /* a source of equal or lesser strength names another pod; text says which */
	CORRELATE_POD_GONE,	 /* once for each pod; netns NULL */
	CORRELATE_POD_BACK,	 /* an authority has it after all: it was never gone; netns NULL */
	CORRELATE_SHARED,	 /* ip, of pod, is in two or more netns from now on; netns NULL */
	CORRELATE_UNSHARED,	 /* no longer; pod NULL */
	CORRELATE_SOURCE_DOWN,	 /* text: why */
	CORRELATE_SOURCE_UP,	 /* first, or again; text: a warning or "" */
};

struct correlate_change {
	enum correlate_change_kind kind;
	uint64_t time;
	struct netns *netns;
	struct pod *pod;
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

/* The netns is gone for good: call after the last stage has looked at netns->binding. */
void correlate_release(struct correlate *correlate, struct netns *netns);

/*
 * True while a verdict that rests on this pod's end must wait: an authority cannot be reached that has not
 * said that the pod is gone.  NULL, for a netns without a pod: any source at all is not synced.
 */
bool correlate_incomplete(const struct correlate *correlate, const struct pod *pod);

/* The netns, referenced and two or more, that have this address of a pod; NULL: not so.  For the call only. */
struct netns *const *correlate_sharing(const struct correlate *correlate, const struct ip_address *ip,
				       size_t *ret_count, const struct pod **ret_pod);

struct correlate_counts {
	uint64_t pods, pods_here, pods_elsewhere, pods_gone, bound;
	uint64_t sources, sources_up;
};
void correlate_counts(const struct correlate *correlate, struct correlate_counts *ret);

const char *evidence_name(enum evidence evidence); /* "cni", "ip", ... */

#endif
