/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where the path leads that a CNI plugin was called with.  The kernel's record has the path alone: it is looked up as soon
 * as the call is told, as the plugin sees it.
 */
#ifndef NETNSLEAK_CNI_NETNS_H
#define NETNSLEAK_CNI_NETNS_H

#include "events.h"
#include "input.h"

/* To be called at once.  by_pid: process numbers in /proc are those of the record.  Opens nothing. */
struct input_cni_netns cni_netns_look(const struct nns_cni_exec *exec, bool by_pid);

#endif
