/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What there is before the watch begins.
 */
#include "kube_watch_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kube_paths.h"
#include "loop.h"
#include "util.h"

#define PAGE_TIMEOUT (120 * NS_PER_S)
#define MOST_LIST_BYTES (1ull << 30)

/* --- a node without pods: is there such a node? --- */

static int on_node_end(void *ctx, const struct kube_answer *answer)
{
	struct kube_watch *watch = ctx;

	switch (answer->outcome) {
	case KUBE_ANSWERED:
		watch->node_is_known = true;
		return kube_watch_begin(watch);
	case KUBE_MISSING:
		kube_watch_stop(watch, STOP_BAD, "it has no node named %.64s; give this node's name with --node", watch->node);
		return kube_watch_stopped(watch);
	case KUBE_FORBIDDEN:
		kube_watch_stop(watch, STOP_BAD,
				"it has no pods on a node named %.64s, and whether there is such a node may not be asked; check "
				"--node, or permit the verb \"get\" on \"nodes\"",
				watch->node);
		return kube_watch_stopped(watch);
	default:
		return kube_watch_failed(watch, answer);
	}
}

static int ask_for_node(struct kube_watch *watch)
{
	const struct kube_question question = {
		.verb = "get", .resource = "nodes", .timeout = PAGE_TIMEOUT, .end = on_node_end,
	};

	watch->phase = PHASE_NODE;
	return kube_watch_ask(watch, &question, kube_node_path(watch->node));
}

/* --- pages --- */

static int ask_for_page(struct kube_watch *watch, const char *next);

/* A page is whole.  -EBADMSG: list has the reason. */
static int page_read(struct kube_watch *watch)
{
	struct pod_list *list = watch->list;
	int err = pod_list_page_end(list);

	if (!err && *list->next) {
		err = pod_list_page_begin(list);
		return err ? err : ask_for_page(watch, list->next);
	}
	if (!err)
		err = pod_list_settle(list);
	if (!err && !*list->version) {
		snprintf(list->reason, sizeof(list->reason), "it has no resourceVersion");
		err = -EBADMSG;
	}
	if (err)
		return err;
	free(watch->version);
	watch->version = strdup(list->version);
	if (!watch->version)
		return -ENOMEM;
	return list->count || watch->node_is_known ? kube_watch_begin(watch) : ask_for_node(watch);
}

static int on_page_end(void *ctx, const struct kube_answer *answer)
{
	struct kube_watch *watch = ctx;
	int err;

	if (answer->outcome == KUBE_STOPPED)
		return kube_watch_stopped(watch);
	if (answer->outcome != KUBE_ANSWERED)
		return kube_watch_failed(watch, answer);
	err = page_read(watch);
	if (err != -EBADMSG)
		return err;
	kube_watch_stop(watch, STOP_BAD, "its listing cannot be read: %s", watch->list->reason);
	return kube_watch_stopped(watch);
}

static int on_page_bytes(void *ctx, const char *bytes, size_t length)
{
	struct kube_watch *watch = ctx;
	int err;

	watch->list_bytes += length;
	if (watch->list_bytes > MOST_LIST_BYTES)
		return kube_watch_stop(watch, STOP_BAD, "its listing is larger than 1 GiB");
	err = pod_list_feed(watch->list, bytes, length);
	if (err == -EBADMSG)
		return kube_watch_stop(watch, STOP_BAD, "its listing cannot be read: %s", watch->list->reason);
	return err ? kube_watch_stop_fatal(watch, err) : 0;
}

static int ask_for_page(struct kube_watch *watch, const char *next)
{
	const struct kube_question question = {
		.verb = "list", .resource = "pods", .timeout = PAGE_TIMEOUT, .bytes = on_page_bytes, .end = on_page_end,
	};

	return kube_watch_ask(watch, &question, kube_list_path(watch->node, next));
}

int kube_watch_list(struct kube_watch *watch)
{
	int err = kube_watch_configure(watch);

	if (err)
		return err < 0 ? err : 0;
	kube_watch_drop_list(watch);
	err = pod_list_open(&watch->list);
	if (err)
		return err;
	watch->phase = PHASE_LIST;
	watch->list_bytes = 0;
	watch->as_of_wall = wall_now();
	return ask_for_page(watch, "");
}
