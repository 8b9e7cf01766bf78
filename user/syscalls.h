/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The system calls that netnsleak makes, and a filter (seccomp(2)) that refuses all others.  Whoever calls one is told that
 * it does not exist, so that libraries do without it, and the kernel's log tells of it; nothing is killed.
 */
#ifndef NETNSLEAK_SYSCALLS_H
#define NETNSLEAK_SYSCALLS_H

#include "privileges.h"

/*
 * All threads of this process, and those to come, are left with what these phases need.  It cannot be taken back.
 * privileges_keep() comes before.  -EINVAL, -EOPNOTSUPP: the kernel, or a filter that is there already, refuses it.
 */
int syscalls_limit(unsigned int phases);

/* Whether the kernel has filters.  1, 0; negative errno: it cannot be told. */
int syscalls_supported(void);

#endif
