/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A live tracing session: wires tracer, sources, clock, recording, pipeline and output to one loop.
 */
#ifndef NETNSLEAK_SESSION_H
#define NETNSLEAK_SESSION_H

#include "options.h"

/* Runs it to its end and says what goes wrong.  Returns the exit status. */
int session_run(const struct options *options);
/* Likewise, shown on the terminal: `netnsleak top`. */
int session_watch(const struct options *options);

#endif
