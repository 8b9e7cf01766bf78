/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cni_calls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cni_calls_private.h"
#include "util.h"

#define RUNNING_KEPT 4096
#define PARTS_KEPT 64 /* of one call */

/* --- records --- */

/* Of what was called before that, not all is known. */
static void lose_sight(struct cni_calls *calls, uint64_t time)
{
	if (calls->complete_since && calls->complete_since < time)
		calls->complete_since = time;
}

/* One that the runtime called begins. */
static int note_begun(struct cni_calls *calls, const struct cni_call *call)
{
	struct container *container;

	if (!*call->container_id || (call->command != CNI_ADD && call->command != CNI_DEL))
		return 0;
	container = cni_container_get(calls, call->container_id);
	if (!container)
		return -ENOMEM;
	container->told.dels += call->command == CNI_DEL;
	if (call->command != CNI_ADD || container->told.added_at)
		return 0;
	if (replace_text(&container->netns_path, call->netns_path))
		return -ENOMEM;
	cni_container_settle(container);
	container->told.added_at = call->started;
	return 0;
}

static int running_add(struct cni_calls *calls, struct cni_call *call)
{
	struct running *running = calloc(1, sizeof(*running));

	if (!running)
		return -ENOMEM;
	running->pid = call->pid;
	running->call = call;
	HASH_ADD(hh, calls->running, pid, sizeof(running->pid), running);
	if (running->hh.tbl)
		return 0;
	free(running);
	return -ENOMEM;
}

static void running_forget(struct cni_calls *calls, struct running *running)
{
	HASH_DEL(calls->running, running);
	free(running);
}

/* It ends: what still runs in it goes on as part of what it was part of. */
static void let_parts_go(struct cni_call *call)
{
	struct cni_call *part, *next;

	for (part = call->parts; part; part = next) {
		next = part->next;
		if (part->ended)
			continue;
		cni_call_remove_part(part);
		if (call->outer)
			cni_call_add_part(call->outer, part);
	}
}

/* Its end was lost: the process number is another's. */
static void drop(struct cni_calls *calls, struct running *running)
{
	struct cni_call *call = running->call;

	let_parts_go(call);
	if (call->outer)
		cni_call_remove_part(call);
	cni_call_free(call);
	running_forget(calls, running);
}

/* An ADD says whose the netns is. */
static void tell_binding(struct cni_calls *calls, const struct cni_call *call, uint64_t time)
{
	struct container *container;

	if (call->outer || !call->is_plugin || call->command != CNI_ADD || !call->netns)
		return;
	container = cni_container_find(calls, call->container_id);
	if (!container || container->told.netns)
		return;
	container->told.netns = call->netns;
	calls->fn(calls->ctx, &(struct cni_change){ .kind = CNI_CALL_BINDS, .time = time, .call = call });
}

/* It is known which program it is.  A plugin that no plugin has called, the runtime has, be it by way of something else. */
static int settle_program(struct cni_calls *calls, struct cni_call *call)
{
	call->is_plugin = cni_call_is_plugin(call);
	if (!call->is_plugin || cni_call_plugin_around(call))
		return 0;
	if (call->outer)
		cni_call_remove_part(call);
	return note_begun(calls, call);
}

static int go_over(struct cni_calls *calls, struct cni_call *call, const struct nns_cni_exec *exec)
{
	int err;

	/* The plugin is what was called; what a script goes over to is how it is done. */
	if (call->is_plugin)
		return 0;
	if (replace_text(&call->program, exec->program))
		return -ENOMEM;
	err = settle_program(calls, call);
	if (!err)
		tell_binding(calls, call, exec->hdr.time);
	return err;
}

static int begin(struct cni_calls *calls, const struct nns_cni_exec *exec)
{
	struct running *outer = exec->outer_pid ? cni_calls_find_running(calls, exec->outer_pid) : NULL;
	struct cni_call *call = cni_call_new(exec), *within;
	int err;

	if (!call)
		return -ENOMEM;
	/* What it is part of was lost: it will seem to be a call of its own. */
	if (exec->outer_pid && !outer)
		lose_sight(calls, call->started + 1);
	within = outer ? outer->call : cni_calls_served_by_daemon(calls, call);
	if (HASH_COUNT(calls->running) >= RUNNING_KEPT || (within && cni_call_count_parts(within) >= PARTS_KEPT)) {
		lose_sight(calls, call->started);
		cni_call_free(call);
		return 0;
	}
	err = running_add(calls, call);
	if (err) {
		cni_call_free(call);
		return err;
	}
	if (within)
		cni_call_add_part(within, call);
	return settle_program(calls, call);
}

static int on_exec(struct cni_calls *calls, const struct nns_cni_exec *record)
{
	const struct nns_cni_exec exec = cni_exec_terminated(record);
	struct running *running = cni_calls_find_running(calls, exec.pid);

	if (running && running->call->started == exec.started)
		return go_over(calls, running->call, &exec);
	if (running) {
		drop(calls, running);
		lose_sight(calls, exec.started);
	}
	return begin(calls, &exec);
}

/* A part that is no plugin has nothing to tell, unless plugins ran in it. */
static void settle_part(struct cni_call *call)
{
	if (call->is_plugin || call->parts)
		return;
	cni_call_remove_part(call);
	cni_call_free(call);
}

/*
 * A sandbox that is removed was stopped before, and the runtime calls DEL once more, when its netns is gone and its
 * container forgotten.
 */
static bool says_nothing(const struct container *container)
{
	const struct cni_container *told = &container->told;

	for (size_t i = 0; i < told->count; i++)
		if (told->calls[i]->command != CNI_DEL || told->calls[i]->status || told->calls[i]->leads == CNI_PATH_NETNS ||
		    told->calls[i]->leads == CNI_PATH_UNKNOWN)
			return false;
	return !told->added_at && !*container->cause && !*container->cause_evidence;
}

static int settle_call(struct cni_calls *calls, struct cni_call *call)
{
	struct container *container = NULL;

	if (!call->is_plugin) {
		cni_call_free(call);
		return 0;
	}
	calls->fn(calls->ctx, &(struct cni_change){ .kind = CNI_CALL_ENDED, .time = call->ended, .call = call });
	if (*call->container_id && (call->command == CNI_ADD || call->command == CNI_DEL)) {
		container = cni_container_get(calls, call->container_id);
		if (!container) {
			cni_call_free(call);
			return -ENOMEM;
		}
	}
	if (!container) {
		cni_call_free(call);
		return 0;
	}
	cni_container_keep(container, call);
	if (says_nothing(container))
		cni_container_free(calls, container);
	return 0;
}

static int on_exit_of(struct cni_calls *calls, const struct nns_cni_exit *record)
{
	struct running *running = cni_calls_find_running(calls, record->pid);
	struct cni_call *call;

	if (!running || running->call->started != record->started)
		return 0;
	call = running->call;
	running_forget(calls, running);
	call->ended = record->hdr.time > call->started ? record->hdr.time : call->started + 1; /* 0 is: it runs */
	call->status = record->status;
	/* The runtime goes on when it has ended: that there is nothing then says nothing. */
	if ((call->leads == CNI_PATH_MISSING || call->leads == CNI_PATH_PLAIN) && call->looked_at >= call->ended)
		call->leads = CNI_PATH_UNKNOWN;
	let_parts_go(call);
	if (!call->outer)
		return settle_call(calls, call);
	settle_part(call);
	return 0;
}

/* Ends may be among what was lost. */
static void on_gap(struct cni_calls *calls, uint64_t time)
{
	struct running *running, *next;

	lose_sight(calls, time);
	HASH_ITER(hh, calls->running, running, next)
		drop(calls, running);
}

static bool was_called_for(const struct container *container, const struct netns *netns)
{
	for (size_t i = 0; i < container->told.count; i++)
		if (container->told.calls[i]->netns == netns->handle)
			return true;
	return false;
}

/* What is known of the container is of this netns; where no ADD says so, by its other calls, or by what has bound it. */
static bool is_of(const struct container *container, const struct netns *netns)
{
	if (container->told.netns)
		return container->told.netns == netns->handle;
	return was_called_for(container, netns) || (netns->binding && !strcmp(netns->binding->container_id, container->id));
}

/* Its handle will be another's. */
static void on_freed(struct cni_calls *calls, const struct netns *netns)
{
	struct container *container, *next;
	struct running *running, *following;

	HASH_ITER(hh, calls->containers, container, next)
		if (is_of(container, netns))
			cni_container_free(calls, container);
	HASH_ITER(hh, calls->running, running, following)
		if (running->call->netns == netns->handle)
			running->call->netns = 0;
}

int cni_calls_state(struct cni_calls *calls, const struct state_change *change)
{
	switch (change->kind) {
	case STATE_CNI_EXEC:
		return on_exec(calls, change->cni_exec);
	case STATE_CNI_EXIT:
		return on_exit_of(calls, change->cni_exit);
	case STATE_GAP:
		on_gap(calls, change->time);
		return 0;
	case STATE_NETNS_FREED:
	case STATE_NETNS_VANISHED:
		on_freed(calls, change->netns);
		return 0;
	default:
		return 0;
	}
}

void cni_calls_missed(struct cni_calls *calls, uint64_t time)
{
	lose_sight(calls, time);
}

int cni_calls_restored(struct cni_calls *calls, const struct input_restored *told)
{
	struct container *container;
	int err;

	if (!*told->container_id || (!*told->cause && !*told->cause_evidence))
		return 0;
	container = cni_container_get(calls, told->container_id);
	if (!container)
		return -ENOMEM;
	err = replace_text(&container->cause, told->cause);
	if (!err)
		err = replace_text(&container->cause_evidence, told->cause_evidence);
	container->told.cause_of = (struct nns_ident){ .cookie = told->cookie, .inum = told->inum, .mix = told->mix };
	cni_container_settle(container);
	return err;
}

/* --- where the path leads --- */

static enum cni_path path_of(const struct input_cni_netns *told)
{
	if (told->inum)
		return CNI_PATH_NETNS;
	return told->error == -ENOENT ? CNI_PATH_MISSING : told->error == -ENOTTY ? CNI_PATH_PLAIN : CNI_PATH_UNKNOWN;
}

void cni_calls_netns(struct cni_calls *calls, const struct input_cni_netns *told, uint64_t time)
{
	struct running *running = cni_calls_find_running(calls, told->pid);
	struct cni_call *call = running ? running->call : NULL;
	const struct netns *netns = told->inum ? state_by_inum(calls->state, told->inum) : NULL;

	if (!call || call->started != told->started || call->leads != CNI_PATH_UNKNOWN)
		return;
	/* One that was made since is not what it was called with: another has its path now. */
	if (netns && netns->born > call->started)
		return;
	call->leads = path_of(told);
	call->looked_at = time;
	call->inum = told->inum;
	call->netns = netns ? netns->handle : 0;
	tell_binding(calls, call, time);
}

/* --- questions --- */

bool cni_calls_complete_since(const struct cni_calls *calls, uint64_t time)
{
	return calls->complete_since && calls->complete_since <= time;
}

const struct cni_container *cni_calls_of(const struct cni_calls *calls, const struct netns *netns)
{
	const char *id = netns->binding ? netns->binding->container_id : "";
	struct container *container, *next, *called = NULL;

	HASH_ITER(hh, calls->containers, container, next) {
		if (container->told.netns == netns->handle)
			return &container->told;
		if (!called && !container->told.netns && was_called_for(container, netns))
			called = container;
	}
	container = *id ? cni_container_find(calls, id) : NULL;
	/* One that is known to have had another netns says nothing of this. */
	if (container && !container->told.netns)
		called = container;
	return called ? &called->told : NULL;
}

const struct cni_call *cni_calls_running(const struct cni_calls *calls, const char *container_id, enum cni_command command)
{
	const struct cni_call *oldest = NULL;
	struct running *running, *next;

	HASH_ITER(hh, calls->running, running, next) {
		const struct cni_call *call = running->call;

		if (!call->outer && call->is_plugin && call->command == command && !strcmp(call->container_id, container_id) &&
		    (!oldest || call->started < oldest->started))
			oldest = call;
	}
	return oldest;
}

/* --- making --- */

int cni_calls_new(struct cni_calls **ret, const struct state *state, cni_change_fn fn, void *ctx)
{
	struct cni_calls *calls = calloc(1, sizeof(*calls));

	if (!calls)
		return -ENOMEM;
	calls->state = state;
	calls->fn = fn;
	calls->ctx = ctx;
	*ret = calls;
	return 0;
}

static void tell_nobody(void *ctx, const struct cni_change *change)
{
	(void)ctx;
	(void)change;
}

void cni_calls_free(struct cni_calls *calls)
{
	struct running *running, *next;

	if (!calls)
		return;
	calls->fn = tell_nobody;
	HASH_ITER(hh, calls->running, running, next)
		drop(calls, running);
	while (calls->containers)
		cni_container_free(calls, calls->containers);
	free(calls);
}

void cni_calls_watch(struct cni_calls *calls, uint64_t now)
{
	calls->complete_since = now ? now : 1;
}
