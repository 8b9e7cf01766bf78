/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `netnsleak --on-demand COMMAND …`: as kubectl-netnsleak (tools/plugin) runs it, in a debugging pod of a node.
 *
 * The pod has the node's PID namespace, and below /host a copy of all of its mounts, which nobody unmounts in when the
 * node does: of its own, it would keep every netns whose pod goes meanwhile.  So that copy is let go of first.  Then the
 * node's file system is made this process's, by way of the node's first process: paths, links and credentials lead where
 * they lead on the node.
 *
 * Who asked for the session holds stdin: nothing is done before its first byte, and when it ends, because who asked wants
 * that, was killed or cannot be reached any more, the command is ended too.
 */
#ifndef NETNSLEAK_ON_DEMAND_H
#define NETNSLEAK_ON_DEMAND_H

#include "options.h"

/* NULL, or the option that would leave something on the node. */
const char *on_demand_refused(const struct options *options, enum command command);

/*
 * Returns twice.  0: this is the process to run the command in.  1: it has ended; *ret_status is its exit status, or 128 and
 * its signal.  Negative, said: it could not be begun.
 */
int on_demand_begin(int *ret_status);

#endif
