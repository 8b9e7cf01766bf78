/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The calls of CNI plugins: for which container and netns each was made, what it called in turn, how it ended.
 *
 * Pure.  Stands to the right of correlate: reads it and state, and sets nothing in either.
 *
 * A runtime calls each plugin of its configuration by itself, one after the other.  What a plugin calls belongs to its
 * call: other plugins that it delegates to (multus: bridge; bridge: host-local), and, below a script, the plugin itself.
 * Other programs that it runs have the same environment; of these nothing is told.  Nor of what is no plugin and comes
 * between the runtime and one, as env(1) or timeout(1): the plugin is what was called.
 */
#ifndef NETNSLEAK_CNI_CALLS_H
#define NETNSLEAK_CNI_CALLS_H

#include "correlate.h"
#include "input.h"
#include "state.h"

/* Of the bindings that a call is evidence for. */
#define CNI_CALLS_SOURCE "cni calls"

enum cni_command { CNI_OTHER, CNI_ADD, CNI_DEL, CNI_CHECK, CNI_GC, CNI_STATUS };

/* Where the path led that the plugin was called with, while it ran. */
enum cni_path {
	CNI_PATH_UNKNOWN, /* it had ended before one could look */
	CNI_PATH_NETNS,
	CNI_PATH_UNNAMED, /* it was called with none */
	CNI_PATH_MISSING, /* no such file */
	CNI_PATH_PLAIN,	  /* a file, and no netns */
};

struct cni_call {
	struct cni_call *outer; /* that it is part of, NULL: the runtime called it */
	struct cni_call *next;	/* of the same outer */
	struct cni_call *parts; /* first first; with the programs that are no plugins while they run */
	uint32_t pid, parent_pid;
	uint64_t started, ended; /* boot ns; ended 0: it runs */
	uint32_t status;	 /* as wait(2) has it */
	enum cni_command command;
	bool is_plugin;
	bool is_cut; /* one of the texts, or more */
	enum cni_path leads;
	uint32_t inum;	/* CNI_PATH_NETNS */
	uint64_t netns; /* its handle, where that netns is known */
	uint64_t looked_at; /* boot ns: when the path was looked up; 0: not */
	char command_name[NNS_CNI_WORD_LEN], ifname[NNS_CNI_WORD_LEN], parent_comm[NNS_COMM_LEN];
	char *program; /* path, as it was called */
	char *container_id, *netns_path, *search_path; /* "" unknown, like the next three */
	char *pod_namespace, *pod_name, *pod_uid;
};

/* The last part of the program's path: "bridge". */
const char *cni_call_plugin(const struct cni_call *call);
static inline bool cni_call_failed(const struct cni_call *call)
{
	return call->ended && call->status != 0;
}
/* Of one that failed, the innermost that failed: it is why the others did. */
const struct cni_call *cni_call_blamed(const struct cni_call *call);

/* Ended calls of one container, oldest first. */
#define CNI_CALLS_KEPT 16
struct cni_container {
	const char *id;
	uint64_t added_at;     /* boot ns, when ADD was called first; 0: not seen */
	uint64_t netns;	       /* handle of the netns that was given to it, 0: not known */
	const char *netns_path; /* likewise, "" not known */
	uint64_t dels;	       /* begun */
	const char *cause, *cause_evidence; /* of a state file: what another session found; "" nothing: evidence alone is no cause */
	struct nns_ident cause_of; /* likewise: the netns that it is of; without a handle */
	const struct cni_call *calls[CNI_CALLS_KEPT];
	size_t count;
};

enum cni_change_kind {
	CNI_CALL_ENDED, /* call, which nothing else has called */
	CNI_CALL_BINDS, /* call, an ADD: it says whose the netns is; under its container's id */
	CNI_CALL_FORGOT, /* container_id: what was said of it no longer matters */
};

struct cni_change {
	enum cni_change_kind kind;
	uint64_t time; /* boot ns */
	const struct cni_call *call;
	const char *container_id;
};

typedef void (*cni_change_fn)(void *ctx, const struct cni_change *change);

/* Of CNI_ARGS, which may hold anything, what names the pod: the rest is not to be kept anywhere.  -ENOMEM. */
int cni_exec_keep_pod(struct nns_cni_exec *exec);

struct cni_calls;

int cni_calls_new(struct cni_calls **ret, const struct state *state, cni_change_fn fn, void *ctx);
void cni_calls_free(struct cni_calls *calls); /* NULL is fine */

/* From now on all calls are told. */
void cni_calls_watch(struct cni_calls *calls, uint64_t now);

/* Takes what state says.  -ENOMEM. */
int cni_calls_state(struct cni_calls *calls, const struct state_change *change);
/* What another session knew.  -ENOMEM. */
int cni_calls_restored(struct cni_calls *calls, const struct input_restored *told);
/* Some may have begun before that time of which no record tells. */
void cni_calls_missed(struct cni_calls *calls, uint64_t time);

/* Takes INPUT_CNI_NETNS. */
void cni_calls_netns(struct cni_calls *calls, const struct input_cni_netns *told, uint64_t time);

/* All calls since then are known. */
bool cni_calls_complete_since(const struct cni_calls *calls, uint64_t time);

/* The container that this is, or was, the netns of; NULL: no call was seen that says so. */
const struct cni_container *cni_calls_of(const struct cni_calls *calls, const struct netns *netns);
/* The oldest call for this container that runs, of that command; or NULL. */
const struct cni_call *cni_calls_running(const struct cni_calls *calls, const char *container_id, enum cni_command command);

#endif
