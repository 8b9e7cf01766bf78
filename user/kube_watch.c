/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "kube_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "json_lines.h"
#include "kube_watch_private.h"
#include "loop.h"
#include "util.h"

static int on_timer(void *ctx, uint32_t events)
{
	struct kube_watch *watch = ctx;

	(void)events;
	return watch->phase == PHASE_WATCH ? kube_watch_begin(watch) : kube_watch_list(watch);
}

int kube_watch_open(struct kube_watch **ret, struct loop *loop, const struct kube_options *options,
		    const struct kube_surroundings *surroundings, const char *node,
		    const struct kube_watch_listener *listener)
{
	struct kube_watch *watch = calloc(1, sizeof(*watch));
	int err;

	if (!watch)
		return -ENOMEM;
	watch->loop = loop;
	watch->listener = *listener;
	watch->node = strdup(node);
	err = watch->node ? kube_client_open(&watch->client, loop, options, surroundings) : -ENOMEM;
	if (!err)
		err = loop_timer_open(&watch->timer, loop, on_timer, watch);
	if (!err)
		err = kube_watch_try_after(watch, PHASE_LIST, 0);
	if (err) {
		kube_watch_close(watch);
		return err;
	}
	*ret = watch;
	return 0;
}

void kube_watch_close(struct kube_watch *watch)
{
	if (!watch)
		return;
	kube_client_close(watch->client);
	loop_timer_close(watch->timer);
	json_lines_close(watch->lines);
	kube_watch_drop_list(watch);
	free(watch->version);
	free(watch->node);
	free(watch->down);
	free(watch);
}
