/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "holders_settle.h"

#include <stdbool.h>
#include <time.h>

#include "references.h"
#include "util.h"

#define LOOKS 3

/* Longer than most grace periods of RCU. */
#define PAUSE (30 * NS_PER_MS)

static void pause_a_little(void)
{
	const struct timespec time = { .tv_nsec = PAUSE };

	nanosleep(&time, NULL);
}

int holders_settle(struct holders *holders, const struct nns_ident *netns, size_t count, uint64_t node,
		   struct holders_found *ret)
{
	for (int look = 1;; look++) {
		int err = holders_find(holders, netns, count, node, ret);

		if (err || look == LOOKS || references_are_settled(ret, look > 1))
			return err;
		holders_found_free(ret);
		pause_a_little();
	}
}
