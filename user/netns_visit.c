// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "netns_visit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "nsfs.h"
#include "util.h"

struct tour {
	void (*visit)(struct netns_visitor *visitor, void *ctx);
	void *ctx;
	int err;
};

int netns_visit_enter(struct netns_visitor *visitor, int netns)
{
	uint32_t inum = nsfs_inum(netns);

	if (inum && inum == visitor->at)
		return 0;
	if (setns(netns, CLONE_NEWNET) < 0)
		return -errno;
	visitor->at = inum;
	return 0;
}

/* It goes back by itself: a thread is joined before the kernel has taken all from it. */
static void *run(void *ctx)
{
	CLEANUP(close_descriptor) int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct netns_visitor visitor = { .at = home < 0 ? 0 : nsfs_inum(home) };
	struct tour *tour = ctx;

	if (home < 0) {
		tour->err = -errno;
		return NULL;
	}
	tour->visit(&visitor, tour->ctx);
	netns_visit_enter(&visitor, home);
	return NULL;
}

int netns_visit(void (*visit)(struct netns_visitor *visitor, void *ctx), void *ctx)
{
	struct tour tour = { .visit = visit, .ctx = ctx };
	pthread_t thread;
	int err = pthread_create(&thread, NULL, run, &tour);

	if (err)
		return -err;
	pthread_join(thread, NULL);
	return tour.err;
}
