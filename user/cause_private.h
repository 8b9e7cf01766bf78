/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of cause share.
 */
#ifndef NETNSLEAK_CAUSE_PRIVATE_H
#define NETNSLEAK_CAUSE_PRIVATE_H

#include "cause.h"
#include "format.h"

/* What is known of one netns while its cause is looked for. */
struct search {
	struct cause *cause;
	const struct netns *netns;
	const struct cni_calls *calls;
	const struct cni_container *container; /* NULL: no call was seen */
	const struct cni_call *adding, *deleting; /* the oldest ADD, DEL that runs; NULL: none does */
	bool told;			       /* what a state file says of the container is of this netns */
	const char *paths[4];		       /* where the runtime has mounted it, by all who say so */
	size_t path_count;		       /* 0: it is not known */
	uint64_t now;
	const int64_t *wall_offset; /* NULL: times are said as of now */
};

/* --- sentences of evidence --- */

/* The next one; what is beyond the last goes nowhere. */
struct text search_next_evidence(struct search *search);
void search_add_evidence(struct search *search, const char *sentence);
/* How a call ended, or since when it runs. */
void search_add_ended_call(struct search *search, const struct cni_call *call);
void search_add_running_call(struct search *search, const struct cni_call *call);
/* What the state file says of the container's calls, and that it does. */
void search_add_told(struct search *search);
/* ", 12 s before this" */
void search_add_ago(struct text *text, const struct search *search, uint64_t then);

/* --- what the runtime has left --- */

/* Once the calls are noted. */
void search_note_paths(struct search *search);
/* Is a mount there the runtime's? */
bool search_has_path(const struct search *search, const char *path);
/* The runtime's. */
bool search_mount_is_there(const struct search *search);
/* A runtime ends the processes of a pod first: while it cannot, it calls nothing. */
bool search_has_processes(const struct search *search);

/* --- the cause --- */

void search_note_calls(struct search *search);
/* False: they do not show it. */
bool search_by_calls(struct search *search);
void search_by_holders(struct search *search);
/* Evidence of how it ended, where that is not the cause. */
void search_add_history(struct search *search);

#endif
