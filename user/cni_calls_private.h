/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of cni_calls share.
 */
#ifndef NETNSLEAK_CNI_CALLS_PRIVATE_H
#define NETNSLEAK_CNI_CALLS_PRIVATE_H

#include "cni_calls.h"

/* A failed insertion must come back as -ENOMEM, not end the process. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct running {
	uint32_t pid;
	struct cni_call *call; /* owned where it has no outer one */
	UT_hash_handle hh;
};

struct container {
	struct cni_container told;
	char *id, *netns_path, *cause, *cause_evidence; /* owned */
	UT_hash_handle hh;
};

struct cni_calls {
	const struct state *state;
	cni_change_fn fn;
	void *ctx;
	struct running *running;
	struct container *containers; /* the one that was longest not called for first */
	uint64_t complete_since; /* boot ns; 0: never */
};

/* --- one call --- */

/* A record of the kernel's is as it is; what a recording holds need not end its texts. */
struct nns_cni_exec cni_exec_terminated(const struct nns_cni_exec *record);
/* NULL: no memory. */
struct cni_call *cni_call_new(const struct nns_cni_exec *exec);
/* With its parts.  NULL is fine. */
void cni_call_free(struct cni_call *call);

/* --- what is part of what --- */

const struct cni_call *cni_call_plugin_around(const struct cni_call *call);
bool cni_call_is_plugin(const struct cni_call *call);
struct running *cni_calls_find_running(const struct cni_calls *calls, uint32_t pid);
struct cni_call *cni_calls_served_by_daemon(const struct cni_calls *calls, const struct cni_call *call);
size_t cni_call_count_parts(const struct cni_call *call);
void cni_call_add_part(struct cni_call *outer, struct cni_call *part);
void cni_call_remove_part(struct cni_call *part);

/* --- containers --- */

struct container *cni_container_find(const struct cni_calls *calls, const char *id);
/* Find or make, and put behind all others: what was longest not called for is forgotten first.  NULL: no memory. */
struct container *cni_container_get(struct cni_calls *calls, const char *id);
/* What is told of it has the texts that it has now. */
void cni_container_settle(struct container *container);
/* The call is the container's from here on. */
void cni_container_keep(struct container *container, struct cni_call *call);
void cni_container_free(struct cni_calls *calls, struct container *container);

#endif
