/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The sandboxes of one container runtime, and what is told of them and of their pods: see source_cri.c.
 */
#ifndef NETNSLEAK_CRI_SANDBOXES_H
#define NETNSLEAK_CRI_SANDBOXES_H

#include <uthash.h>

#include "cri.h"
#include "grpc.h"
#include "source.h"

struct sandbox {
	UT_hash_handle hh;
	bool listed;	   /* by the list that is being read */
	bool ready;
	bool settled;	   /* its status is known, or will not be */
	bool tried;	   /* its status was asked for since the list */
	bool unreadable;
	bool told;	   /* as a binding */
	bool pod_told;	   /* INPUT_POD is out, and stands */
	unsigned int tries;
	int64_t created_wall;
	uint32_t inum;	   /* at its path; 0: none */
	struct cri_status status;
	char *uid, *namespace_, *name; /* of the pod, in text */
	char *id;		       /* likewise */
	char text[];
};

struct cri_sandboxes {
	struct source *source; /* that tells of them */
	struct sandbox *first;
	size_t nameless;    /* that the last list had under a name that cannot be shown */
	char bad_text[300]; /* one that cannot be read, and why */
};

/* Takes a whole list.  anew: it says all anew, not only what has changed.  -ENOMEM; -EBADMSG: it cannot be unpacked. */
int cri_sandboxes_list(struct cri_sandboxes *sandboxes, bool anew, const struct grpc_result *result);
/* Those that the list did not have are gone. */
int cri_sandboxes_sweep(struct cri_sandboxes *sandboxes);
/* One whose status is to be asked for; NULL: all are known. */
struct sandbox *cri_sandboxes_next(const struct cri_sandboxes *sandboxes);
/* Of one sandbox.  Its runtime may fail to say what it is, and be well for all the others. */
int cri_sandboxes_status(struct cri_sandboxes *sandboxes, struct sandbox *sandbox, const struct grpc_result *result);
/* All that was listed is known: says what is new. */
int cri_sandboxes_settle(struct cri_sandboxes *sandboxes);
void cri_sandboxes_clear(struct cri_sandboxes *sandboxes);

/* Of what is still to come no event tells. */
bool cri_sandboxes_any_open(const struct cri_sandboxes *sandboxes);
/* How many cannot be read. */
size_t cri_sandboxes_bad(const struct cri_sandboxes *sandboxes);

#endif
