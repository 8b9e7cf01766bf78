/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The paths of what an API server is asked for.  Owned by the caller; NULL: no memory.
 */
#ifndef NETNSLEAK_KUBE_PATHS_H
#define NETNSLEAK_KUBE_PATHS_H

/* next: where a page goes on, "" for the first. */
char *kube_list_path(const char *node, const char *next);
char *kube_watch_path(const char *node, const char *version, unsigned int seconds);
char *kube_node_path(const char *node);

#endif
