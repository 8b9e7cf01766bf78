/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A list of pods as the Kubernetes API spells it (a v1 List of Pods, or a PodList), read in chunks of any size.
 *
 * Nothing is handed out before all of it was found good, for a pod that is missing from a list is a pod that is gone.
 * What is kept of a pod is what netnsleak reads of it, some hundred bytes.  A long list comes in pages, each a list of
 * its own: metadata.continue asks for the next one.
 */
#ifndef NETNSLEAK_POD_LIST_H
#define NETNSLEAK_POD_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "pod_json.h"

#define POD_LIST_REASON_BYTES 384

struct pod_list {
	struct pod_json **pods; /* owned; NULL where a later one replaces it */
	size_t count;
	char *version; /* metadata.resourceVersion of the last page, "" without one */
	char *next;    /* metadata.continue of the last page, "" where it was the last one */
	char reason[POD_LIST_REASON_BYTES]; /* after -EBADMSG: what is wrong */
};

int pod_list_open(struct pod_list **ret); /* at the beginning of the first page */
void pod_list_close(struct pod_list *list); /* NULL is fine */

/* -EBADMSG: see reason; -ENOMEM.  Each is final. */
int pod_list_feed(struct pod_list *list, const char *bytes, size_t length);
/* The page is whole.  Likewise. */
int pod_list_page_end(struct pod_list *list);
/* Another page follows. */
int pod_list_page_begin(struct pod_list *list);
/*
 * All pages are read.  A uid that comes twice: of one pod the later text counts; of two pods nothing can be believed.
 */
int pod_list_settle(struct pod_list *list);

#endif
