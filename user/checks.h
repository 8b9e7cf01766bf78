/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A list of questions put to the machine and their answers: what doctor prints, and what trace says when it
 * refuses.  Each question has three answers, for "could not tell" is not "no".
 */
#ifndef NETNSLEAK_CHECKS_H
#define NETNSLEAK_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

enum check_answer { CHECK_NO, CHECK_YES, CHECK_UNKNOWN };

struct check {
	const char *group;	  /* "kernel", "process", "hook", "directory", "source"; static */
	char subject[96];	  /* "BTF", "CAP_BPF", "netns created", "/run/netns", ... */
	enum check_answer answer;
	bool required;		  /* a no here means that trace cannot run */
	char detail[192];	  /* what was found: "fexit copy_net_ns", "confidentiality", ... */
	char remedy[256];	  /* what to do, where the answer is not yes; else empty */
};

struct checks {
	struct check *items; /* owned */
	size_t count, capacity;
};

/* Append one, its texts filled by printf-like calls of the caller.  NULL: no memory. */
struct check *checks_add(struct checks *checks, const char *group, enum check_answer answer, bool required,
			 const char *subject);
void checks_free(struct checks *checks);
/* "what was found; what to do" */
void check_explain(struct check *check, const char *text);

/* The first required no, or NULL: why trace cannot run. */
const struct check *checks_refusal(const struct checks *checks);

const char *check_answer_name(enum check_answer answer); /* "yes", "no", "could not tell" */

#endif
