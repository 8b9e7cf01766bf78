/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who did not clean up, by the calls of CNI plugins.
 */
#include "cause_private.h"

#include <inttypes.h>
#include <string.h>

#include "report.h"
#include "util.h"

/* A runtime that tries again and again has one running at any moment. */
#define HANGS_AFTER (10 * NS_PER_S)

/* What a call was given for certain, not what its path has led to since. */
static bool was_given_a_netns(const struct cni_call *call)
{
	return call->leads == CNI_PATH_NETNS && (!call->ended || call->looked_at < call->ended);
}

static bool is_of_another(const struct search *search, const struct cni_call *call)
{
	return was_given_a_netns(call) &&
	       (call->netns ? call->netns != search->netns->handle : call->inum != search->netns->inum);
}

static const struct cni_call *running(const struct search *search, enum cni_command command)
{
	const struct cni_call *call =
		search->container ? cni_calls_running(search->calls, search->container->id, command) : NULL;

	return call && !is_of_another(search, call) ? call : NULL;
}

static bool is_this(const struct netns *netns, const struct nns_ident *ident)
{
	return ident->cookie == netns->cookie && ident->inum == netns->inum && ident->mix == netns->mix;
}

void search_note_calls(struct search *search)
{
	search->container = search->calls ? cni_calls_of(search->calls, search->netns) : NULL;
	search->adding = running(search, CNI_ADD);
	search->deleting = running(search, CNI_DEL);
	search->told = search->container && is_this(search->netns, &search->container->cause_of);
}

/* A container that is started anew may get another netns, under the same id: podman and nerdctl do so. */
static bool had_several(const struct search *search)
{
	const struct cni_container *container = search->container;

	for (size_t i = 0; i < container->count; i++)
		if (container->calls[i]->command == CNI_ADD && is_of_another(search, container->calls[i]))
			return true;
	return false;
}

/* Of one plugin and interface, is there a later call? */
static bool is_repeated(const struct cni_container *container, size_t number)
{
	const struct cni_call *call = container->calls[number];

	for (size_t i = number + 1; i < container->count; i++)
		if (container->calls[i]->command == call->command && !strcmp(container->calls[i]->ifname, call->ifname) &&
		    !strcmp(cni_call_plugin(container->calls[i]), cni_call_plugin(call)))
			return true;
	return false;
}

/* The last call of that command that failed and was not repeated since. */
static const struct cni_call *last_failed(const struct search *search, enum cni_command command)
{
	const struct cni_container *container = search->container;
	bool several = had_several(search);

	for (size_t i = container->count; i-- > 0;) {
		const struct cni_call *call = container->calls[i];

		if (call->command == command && cni_call_failed(call) && !is_repeated(container, i) &&
		    !is_of_another(search, call) && (!several || call->netns == search->netns->handle))
			return call;
	}
	return NULL;
}

static bool hangs(struct search *search)
{
	const struct cni_call *call = search->deleting;

	if (!call || search->now < call->started + HANGS_AFTER ||
	    (search->path_count && !search_mount_is_there(search)))
		return false;
	search_add_running_call(search, call);
	return true;
}

static bool failed(struct search *search, enum cni_command command)
{
	const struct cni_call *call = last_failed(search, command);

	if (!call || !cni_calls_complete_since(search->calls, call->started) || !search_mount_is_there(search))
		return false;
	search_add_ended_call(search, call);
	return true;
}

static bool del_failed(struct search *search)
{
	return failed(search, CNI_DEL);
}

static bool add_failed(struct search *search)
{
	const struct cni_container *container = search->container;

	return !container->dels && container->netns == search->netns->handle && !search_has_processes(search) &&
	       failed(search, CNI_ADD);
}

static bool leads_nowhere(const struct search *search, const struct cni_call *call)
{
	(void)search;
	return call->leads == CNI_PATH_MISSING || call->leads == CNI_PATH_PLAIN || call->leads == CNI_PATH_UNNAMED;
}

/*
 * A DEL that could not have been for this netns, where none was that could.  Only of a container whose ADD was seen with this
 * netns, and that had no other.
 */
static const struct cni_call *stray_del(const struct search *search,
					bool (*is_stray)(const struct search *search, const struct cni_call *call))
{
	const struct cni_container *container = search->container;
	const struct cni_call *stray = NULL;

	if (container->netns != search->netns->handle || !cni_calls_complete_since(search->calls, container->added_at) ||
	    search->deleting || had_several(search))
		return NULL;
	for (size_t i = 0; i < container->count; i++) {
		const struct cni_call *call = container->calls[i];

		if (call->command != CNI_DEL)
			continue;
		if (!is_of_another(search, call) && !leads_nowhere(search, call))
			return NULL;
		if (is_stray(search, call))
			stray = call;
	}
	/* Of some that were forgotten nothing is known. */
	return container->count == CNI_CALLS_KEPT ? NULL : stray;
}

static bool of_other_netns(struct search *search)
{
	const struct cni_call *call = stray_del(search, is_of_another);
	struct text text;

	if (!call)
		return false;
	text = search_next_evidence(search);
	report_call_name(&text, call);
	text_printf(&text, " was given netns %" PRIu32 " by ", call->inum);
	text_add_cut(&text, call->netns_path, 128);
	text_printf(&text, "; CNI ADD had been given this one, %" PRIu32, search->netns->inum);
	return true;
}

static bool path_gone(struct search *search)
{
	const struct cni_call *call = stray_del(search, leads_nowhere);
	struct text text;

	if (!call)
		return false;
	text = search_next_evidence(search);
	report_call_name(&text, call);
	if (call->leads == CNI_PATH_UNNAMED) {
		text_add(&text, " was given no netns");
	} else {
		text_add(&text, " was given ");
		text_add_cut(&text, call->netns_path, 128);
		text_add(&text, call->leads == CNI_PATH_MISSING ? ", which was gone" : ", which was no netns any more");
	}
	search_add_ago(&text, search, call->started);
	return true;
}

static bool is_undone(const struct cni_container *container, const struct cni_call *add)
{
	for (size_t i = 0; i < container->count; i++)
		if (container->calls[i]->command == CNI_DEL && !strcmp(container->calls[i]->ifname, add->ifname) &&
		    !strcmp(cni_call_plugin(container->calls[i]), cni_call_plugin(add)))
			return true;
	return false;
}

/*
 * Plugins of one network are deleted in the reverse order.  Where one that was added before this was deleted, the runtime
 * had nothing against going on: this is not of its configuration any more.
 */
static bool is_passed_over(const struct cni_container *container, size_t number)
{
	for (size_t i = 0; i < number; i++)
		if (container->calls[i]->command == CNI_ADD &&
		    !strcmp(container->calls[i]->ifname, container->calls[number]->ifname) &&
		    is_undone(container, container->calls[i]))
			return true;
	return false;
}

/* An ADD without its DEL, where others had one: the runtime has each plugin deleted by itself. */
static const struct cni_call *not_undone(const struct cni_container *container)
{
	for (size_t i = 0; i < container->count && container->count < CNI_CALLS_KEPT; i++)
		if (container->calls[i]->command == CNI_ADD && !container->calls[i]->status &&
		    !is_undone(container, container->calls[i]) && !is_passed_over(container, i))
			return container->calls[i];
	return NULL;
}

static bool never_called(struct search *search)
{
	const struct cni_container *container = search->container;
	const struct cni_call *add = container->dels && !had_several(search) ? not_undone(container) : NULL;
	struct text text;

	if (!container->added_at || (container->dels && !add) || container->netns != search->netns->handle ||
	    search->adding || search->deleting || search_has_processes(search) ||
	    !cni_calls_complete_since(search->calls, container->added_at) || !search_mount_is_there(search))
		return false;
	text = search_next_evidence(search);
	if (add)
		report_call_name(&text, add);
	text_add(&text, add ? " ended well" : "CNI ADD was called");
	search_add_ago(&text, search, add ? add->ended : container->added_at);
	text_add(&text, add ? "; CNI DEL was called of other plugins, and of this one never" :
			      "; CNI DEL was never called since, and all of that time was watched");
	search_add_evidence(search, "the runtime did not try, or found no plugin to run");
	return true;
}

/* What an earlier session, or one that is not this process, saw; as long as the runtime's mount shows no other end. */
static bool is_remembered(struct search *search, enum cause_kind *ret)
{
	const struct cni_container *container = search->container;
	enum cause_kind kind;

	for (kind = 0; kind < CAUSE_KINDS; kind++)
		if (cause_is_of_calls(kind) && !strcmp(cause_name(kind), container->cause))
			break;
	if (kind == CAUSE_KINDS || container->dels || container->added_at || !search->told)
		return false;
	/* Of a path that was gone before, the mount shows nothing. */
	if (kind != CAUSE_CNI_DEL_PATH_GONE && kind != CAUSE_CNI_DEL_OTHER_NETNS && !search_mount_is_there(search))
		return false;
	*ret = kind;
	search_add_told(search);
	return true;
}

bool search_by_calls(struct search *search)
{
	static const struct {
		enum cause_kind kind;
		bool (*applies)(struct search *search);
	} by_calls[] = {
		{ CAUSE_CNI_DEL_HANGS, hangs },
		{ CAUSE_CNI_DEL_FAILED, del_failed },
		{ CAUSE_CNI_DEL_OTHER_NETNS, of_other_netns },
		{ CAUSE_CNI_DEL_PATH_GONE, path_gone },
		{ CAUSE_CNI_ADD_FAILED, add_failed },
		{ CAUSE_CNI_DEL_NEVER_CALLED, never_called },
	};

	if (!search->container)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(by_calls); i++)
		if (by_calls[i].applies(search)) {
			search->cause->kind = by_calls[i].kind;
			return true;
		}
	return is_remembered(search, &search->cause->kind);
}
