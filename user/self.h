/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What this process takes of the node. */
#ifndef NETNSLEAK_SELF_H
#define NETNSLEAK_SELF_H

#include <stdint.h>

#define SELF_UNKNOWN UINT64_MAX

struct self {
	uint64_t cpu; /* ns, of user and system */
	uint64_t resident, virtual; /* bytes */
	uint64_t started; /* boot ns */
	uint64_t open_fds, max_fds;
};

/* What cannot be read is SELF_UNKNOWN. */
void self_read(struct self *ret);

#endif
