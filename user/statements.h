/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the sources have said, word by word: for those who compare it with something else than the kernel.  Whose a netns is
 * and which pods are gone is correlate's to say.
 */
#ifndef NETNSLEAK_STATEMENTS_H
#define NETNSLEAK_STATEMENTS_H

#include "input.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

/* Texts are owned, "" for unknown. */
struct said_pod {
	UT_hash_handle hh;
	char *key; /* source and uid */
	char *source, *uid, *namespace_, *name, *node;
	struct ip_address *ips;
	size_t ip_count;
	bool host_network, terminating;
	enum pod_phase phase;
};

struct said_binding {
	UT_hash_handle hh;
	char *id; /* source and key */
	char *source, *key, *pod_uid, *pod_namespace, *pod_name, *container_id, *netns_path;
	enum evidence evidence;
	uint32_t netns_inum;
	struct ip_address *ips;
	size_t ip_count;
	int64_t as_of_wall;
};

struct said_source {
	UT_hash_handle hh;
	char *name;
	enum source_state state;
	bool authority;
};

struct statements {
	struct said_pod *pods;
	struct said_binding *bindings;
	struct said_source *sources;
};

/* An input_fn with the statements as its context.  -ENOMEM. */
int statements_take(void *statements, const struct input *input);
void statements_free(struct statements *statements);

/* A source of this kind ("cri") has told all that it has.  NULL: any that may say that a pod of Kubernetes is gone. */
bool statements_has(const struct statements *statements, const char *scheme);
/* A container that any source of bindings with this evidence speaks of; or NULL. */
const struct said_binding *statements_container(const struct statements *statements, enum evidence evidence, const char *id);
/* A pod that is listed and has not finished; or NULL. */
const struct said_pod *statements_pod(const struct statements *statements, const char *namespace_, const char *name);
/* It is one that may be on this node: its node's name is this one, or not known. */
bool said_pod_is_here(const struct said_pod *pod, const char *node);
bool said_pod_has_finished(const struct said_pod *pod);

#endif
