/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The journal of systemd, to which the output of a service goes. */
#ifndef NETNSLEAK_JOURNAL_H
#define NETNSLEAK_JOURNAL_H

#include <stdbool.h>

/*
 * Whether what is written to stdout becomes lines of the journal, so that "<4>" before one says its priority: systemd
 * names the socket in $JOURNAL_STREAM, which who has stdout elsewhere inherits as well.
 */
bool journal_is_stdout(void);

#endif
