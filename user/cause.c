/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cause.h"

#include <inttypes.h>
#include <string.h>

#include "format.h"
#include "pods.h"
#include "remedy.h"
#include "report.h"
#include "util.h"

/* A runtime that tries again and again has one running at any moment. */
#define HANGS_AFTER (10 * NS_PER_S)

static const struct {
	const char *name, *label;
} causes[CAUSE_KINDS] = {
	[CAUSE_TEARDOWN_STUCK] = { "teardown-stuck", NULL },
	[CAUSE_CNI_DEL_HANGS] = { "cni-del-hangs", "CNI DEL hangs" },
	[CAUSE_CNI_DEL_FAILED] = { "cni-del-failed", "CNI DEL failed" },
	[CAUSE_CNI_DEL_OTHER_NETNS] = { "cni-del-other-netns", "CNI DEL of another netns" },
	[CAUSE_CNI_DEL_PATH_GONE] = { "cni-del-path-gone", "CNI DEL without its path" },
	[CAUSE_CNI_ADD_FAILED] = { "cni-add-failed", "CNI ADD failed, no DEL" },
	[CAUSE_CNI_DEL_NEVER_CALLED] = { "cni-del-never-called", "CNI DEL never called" },
	[CAUSE_TASK_SURVIVES] = { "task-survives", NULL },
	[CAUSE_MOUNT_LEFT] = { "mount-left", NULL },
	[CAUSE_MOUNT_EXTRA] = { "mount-extra", NULL },
	[CAUSE_MOUNT_PRIVATE_COPY] = { "mount-private-copy", NULL },
	[CAUSE_FD_HELD] = { "fd-held", NULL },
	[CAUSE_MOUNT_DETACHED] = { "mount-detached", NULL },
	[CAUSE_SOCKET_HELD] = { "socket-held", NULL },
	[CAUSE_KERNEL_REFERENCE] = { "kernel-reference", NULL },
	[CAUSE_UNKNOWN] = { "unknown", NULL },
};

const char *cause_name(enum cause_kind kind)
{
	return causes[kind].name;
}

bool cause_is_of_calls(enum cause_kind kind)
{
	return kind >= CAUSE_CNI_DEL_HANGS && kind <= CAUSE_CNI_DEL_NEVER_CALLED;
}

const char *cause_label(enum cause_kind kind)
{
	return causes[kind].label;
}

/* What is known of one netns while its cause is looked for. */
struct search {
	struct cause *cause;
	const struct netns *netns;
	const struct cni_calls *calls;
	const struct cni_container *container; /* NULL: no call was seen */
	const struct cni_call *adding, *deleting; /* the oldest ADD, DEL that runs; NULL: none does */
	const char *paths[4];		       /* where the runtime has mounted it, by all who say so */
	size_t path_count;		       /* 0: it is not known */
	uint64_t now;
	const int64_t *wall_offset; /* NULL: times are said as of now */
};

/* The next piece of evidence; what is beyond the last goes nowhere. */
static struct text next_evidence(struct search *search)
{
	static char nowhere[CAUSE_EVIDENCE_LEN];
	struct cause *cause = search->cause;
	char *bytes = cause->count < CAUSE_EVIDENCE_MAX ? cause->evidence[cause->count++] : nowhere;

	bytes[0] = '\0';
	return (struct text){ .bytes = bytes, .capacity = CAUSE_EVIDENCE_LEN };
}

static void add_evidence(struct search *search, const char *sentence)
{
	struct text text = next_evidence(search);

	text_add(&text, sentence);
}

/* " since 2026-11-21T14:02:11Z" */
static void add_moment(struct text *text, const struct search *search, const char *word, uint64_t then)
{
	char buffer[FORMAT_TIMESTAMP_LEN];

	text_add(text, word);
	text_add(text, format_moment((int64_t)then + *search->wall_offset, buffer));
}

static void add_ago(struct text *text, const struct search *search, uint64_t then)
{
	char buffer[FORMAT_DURATION_LEN];

	if (search->wall_offset) {
		add_moment(text, search, ", at ", then);
		return;
	}
	text_add(text, ", ");
	text_add(text, format_duration(search->now > then ? search->now - then : 0, buffer));
	text_add(text, " before this");
}

static void add_running(struct text *text, const struct search *search, uint64_t then)
{
	char buffer[FORMAT_DURATION_LEN];

	text_add(text, " has been running");
	if (search->wall_offset) {
		add_moment(text, search, " since ", then);
		return;
	}
	text_add(text, " for ");
	text_add(text, format_duration(search->now > then ? search->now - then : 0, buffer));
}

/* --- mounts --- */

/* /var/run is a link to /run everywhere. */
static const char *canonical(const char *path)
{
	return !strncmp(path, "/var/run/", 9) ? path + 4 : path;
}

static bool is_runtimes_mount(const struct search *search, const char *path)
{
	for (size_t i = 0; i < search->path_count; i++)
		if (!strcmp(canonical(path), search->paths[i]))
			return true;
	return false;
}

static bool runtimes_mount_is_there(const struct search *search)
{
	const struct netns *netns = search->netns;
	const struct netns_path *path;

	for (path = netns->paths; path; path = path->next)
		if (is_runtimes_mount(search, path->path))
			return true;
	for (uint32_t i = 0; netns_holders_are_known(netns) && i < netns->holders->count; i++) {
		const struct netns_holder *holder = &netns->holders->all[i];

		if (holder->kind == HOLDER_MOUNT && holder->flags & HOLDER_NODE && is_runtimes_mount(search, holder->what))
			return true;
	}
	return false;
}

/* --- processes --- */

/* A runtime ends the processes of a pod first: while it cannot, it calls nothing. */
static bool has_processes(const struct search *search)
{
	const struct netns *netns = search->netns;

	if (netns_holders_are_known(netns))
		return netns->holders->sum.nsproxies > 0;
	return netns->references >= 0 && netns->tasks > 0;
}

/* --- who did not clean up --- */

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

/* The last DEL that was given this netns and ended well; that of the loopback device only where there is no other. */
static const struct cni_call *good_del(const struct search *search)
{
	const struct cni_container *container = search->container;
	const struct cni_call *good = NULL;

	for (size_t i = 0; container && i < container->count; i++) {
		const struct cni_call *call = container->calls[i];

		if (call->command == CNI_DEL && !call->status && call->netns == search->netns->handle &&
		    (!good || strcmp(call->ifname, "lo")))
			good = call;
	}
	return good;
}

static void add_running_call(struct search *search, const struct cni_call *call)
{
	struct text text = next_evidence(search);

	report_call_name(&text, call);
	text_printf(&text, " (pid %" PRIu32 ")", call->pid);
	add_running(&text, search, call->started);
}

static bool hangs(struct search *search)
{
	const struct cni_call *call = search->deleting;

	if (!call || search->now < call->started + HANGS_AFTER ||
	    (search->path_count && !runtimes_mount_is_there(search)))
		return false;
	add_running_call(search, call);
	return true;
}

static bool failed(struct search *search, enum cni_command command)
{
	const struct cni_call *call = last_failed(search, command);
	struct text text;

	if (!call || !cni_calls_complete_since(search->calls, call->started) || !runtimes_mount_is_there(search))
		return false;
	text = next_evidence(search);
	report_call_name(&text, call);
	text_add(&text, " ");
	report_call_end(&text, call);
	add_ago(&text, search, call->ended);
	return true;
}

static bool del_failed(struct search *search)
{
	return failed(search, CNI_DEL);
}

static bool add_failed(struct search *search)
{
	const struct cni_container *container = search->container;

	return !container->dels && container->netns == search->netns->handle && !has_processes(search) && failed(search, CNI_ADD);
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
	text = next_evidence(search);
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
	text = next_evidence(search);
	report_call_name(&text, call);
	if (call->leads == CNI_PATH_UNNAMED) {
		text_add(&text, " was given no netns");
	} else {
		text_add(&text, " was given ");
		text_add_cut(&text, call->netns_path, 128);
		text_add(&text, call->leads == CNI_PATH_MISSING ? ", which was gone" : ", which was no netns any more");
	}
	add_ago(&text, search, call->started);
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
	    search->adding || search->deleting || has_processes(search) ||
	    !cni_calls_complete_since(search->calls, container->added_at) || !runtimes_mount_is_there(search))
		return false;
	text = next_evidence(search);
	if (add)
		report_call_name(&text, add);
	text_add(&text, add ? " ended well" : "CNI ADD was called");
	add_ago(&text, search, add ? add->ended : container->added_at);
	text_add(&text, add ? "; CNI DEL was called of other plugins, and of this one never" :
			      "; CNI DEL was never called since, and all of that time was watched");
	add_evidence(search, "the runtime did not try, or found no plugin to run");
	return true;
}

static bool is_this(const struct netns *netns, const struct nns_ident *ident)
{
	return ident->cookie == netns->cookie && ident->inum == netns->inum && ident->mix == netns->mix;
}

/* What an earlier session, or one that is not this process, saw; as long as the runtime's mount shows no other end. */
static bool is_remembered(struct search *search, enum cause_kind *ret)
{
	const struct cni_container *container = search->container;
	enum cause_kind kind;
	struct text text;

	for (kind = 0; kind < CAUSE_KINDS; kind++)
		if (cause_is_of_calls(kind) && !strcmp(causes[kind].name, container->cause))
			break;
	if (kind == CAUSE_KINDS || container->dels || container->added_at || !is_this(search->netns, &container->cause_of))
		return false;
	/* Of a path that was gone before, the mount shows nothing. */
	if (kind != CAUSE_CNI_DEL_PATH_GONE && kind != CAUSE_CNI_DEL_OTHER_NETNS && !runtimes_mount_is_there(search))
		return false;
	*ret = kind;
	text = next_evidence(search);
	text_add_cut(&text, container->cause_evidence, CAUSE_EVIDENCE_LEN - 1);
	add_evidence(search, "as the tracing session saw it that kept the state file");
	return true;
}

/* --- what holds it --- */

/* A kind of holder, and the cause that it is. */
static enum cause_kind cause_of(const struct search *search, const struct netns_holder *holder)
{
	switch (holder->kind) {
	case HOLDER_TASK:
		return CAUSE_TASK_SURVIVES;
	case HOLDER_MOUNT:
		if (holder->flags & HOLDER_DETACHED)
			return CAUSE_MOUNT_DETACHED;
		if (!(holder->flags & HOLDER_NODE))
			return CAUSE_MOUNT_PRIVATE_COPY;
		/* Where the runtime had it is not known: then whose mount it is, is not said. */
		return !search->path_count || is_runtimes_mount(search, holder->what) ? CAUSE_MOUNT_LEFT : CAUSE_MOUNT_EXTRA;
	case HOLDER_SOCKET:
		return CAUSE_SOCKET_HELD;
	case HOLDER_DESCRIPTOR:
	case HOLDER_TUN:
	case HOLDER_PROC_FILE:
		return CAUSE_FD_HELD;
	case HOLDER_UNKNOWN:
		break;
	}
	return CAUSE_UNKNOWN;
}

static const struct netns_holder *first_holder(const struct search *search, enum cause_kind *ret)
{
	const struct netns_holders *holders = search->netns->holders;
	const struct netns_holder *first = NULL;

	for (uint32_t i = 0; i < holders->count; i++) {
		enum cause_kind kind = cause_of(search, &holders->all[i]);

		if (first && kind >= *ret)
			continue;
		first = &holders->all[i];
		*ret = kind;
	}
	return first;
}

static enum cause_kind unseen_holder(struct search *search)
{
	const struct input_holders *sum = &search->netns->holders->sum;

	if (sum->counted < 0) {
		add_evidence(search, "nothing was found that holds it, and without BPF not all can be seen that does");
		return CAUSE_UNKNOWN;
	}
	if (sum->nsfs && sum->nsfs_unexplained > 0) {
		add_evidence(search, "its file is in use by something that is neither a mount nor a descriptor, as a descriptor in "
				     "flight between processes");
		return CAUSE_FD_HELD;
	}
	if (sum->sockets_unseen > 0) {
		add_evidence(search, "sockets without a descriptor are of it: in flight between processes, or not done yet after "
				     "their end");
		return CAUSE_SOCKET_HELD;
	}
	if (sum->unexplained > 0 && sum->sockets_unseen < 0) {
		add_evidence(search, "no process, mount or descriptor accounts for its references: sockets in flight have them, files of "
				     "/proc/PID/net or the kernel itself, which cannot be told apart here");
		return CAUSE_UNKNOWN;
	}
	if (sum->unexplained > 0) {
		add_evidence(search, "no process, mount, descriptor or socket accounts for its references: the kernel itself has them");
		return CAUSE_KERNEL_REFERENCE;
	}
	add_evidence(search, "what held it was gone when it was looked for");
	return CAUSE_UNKNOWN;
}

static void add_whose_mount(struct text *text, const struct search *search, enum cause_kind kind)
{
	if (kind == CAUSE_MOUNT_EXTRA)
		text_add(text, " is not the runtime's: something else has made it");
	else
		text_add(text, search->path_count ? " is the runtime's own, and is still there" : " is still there");
}

static enum cause_kind known_holder(struct search *search)
{
	enum cause_kind kind = CAUSE_UNKNOWN;
	const struct netns_holder *holder = first_holder(search, &kind);
	struct text text;

	if (!holder)
		return unseen_holder(search);
	text = next_evidence(search);
	report_holder(&text, holder);
	if (kind == CAUSE_MOUNT_LEFT || kind == CAUSE_MOUNT_EXTRA)
		add_whose_mount(&text, search, kind);
	else
		text_add(&text, " holds it");
	if (!netns_references_are_counted(search->netns))
		add_evidence(search, "more may hold it: without BPF not all can be seen that does");
	return kind;
}

/* Holders could not be looked for. */
static enum cause_kind counted_holder(struct search *search)
{
	const struct netns *netns = search->netns;
	const struct netns_path *path;
	struct text text;
	bool left;

	if (netns->references >= 0 && netns->tasks) {
		text = next_evidence(search);
		text_add_count(&text, netns->tasks, "process is", "processes are");
		text_add(&text, " in it");
		return CAUSE_TASK_SURVIVES;
	}
	if (!netns->paths) {
		add_evidence(search, "what holds it could not be looked for");
		return CAUSE_UNKNOWN;
	}
	for (path = netns->paths; path && !is_runtimes_mount(search, path->path); path = path->next)
		;
	left = !search->path_count || path;
	text = next_evidence(search);
	text_add(&text, "mount ");
	text_add_cut(&text, path ? path->path : netns->paths->path, 256);
	add_whose_mount(&text, search, left ? CAUSE_MOUNT_LEFT : CAUSE_MOUNT_EXTRA);
	return left ? CAUSE_MOUNT_LEFT : CAUSE_MOUNT_EXTRA;
}

/* --- what else is known of how it ended --- */

/* Since the first that is known of the container. */
static bool all_were_watched(const struct search *search)
{
	const struct cni_container *container = search->container;
	uint64_t first = container->added_at || !container->count ? container->added_at : container->calls[0]->started;

	return cni_calls_complete_since(search->calls, first);
}

static bool was_watched(const struct search *search)
{
	uint64_t born = search->netns->born;

	return search->calls && born && cni_calls_complete_since(search->calls, born);
}

/* Its network is made by CNI plugins: says the CNI itself, or a runtime of Kubernetes. */
static bool is_cnis(const struct netns *netns)
{
	const struct binding *binding = netns->binding;

	return binding && (binding->evidence == EVIDENCE_CNI || binding->evidence == EVIDENCE_CRI) &&
	       !pod_is_container(binding->pod);
}

static void add_good_del(struct search *search, const struct cni_call *call)
{
	const size_t before = search->cause->count;
	struct text text = next_evidence(search);

	report_call_name(&text, call);
	text_add(&text, " ");
	report_call_end(&text, call);
	add_ago(&text, search, call->ended);
	if (search->cause->count > before)
		search->cause->del = search->cause->count;
}

/* What the state file of another session says of its calls, where they are not the cause. */
static bool add_told_history(struct search *search)
{
	const struct cni_container *container = search->container;

	if (!container || *container->cause || !*container->cause_evidence || !is_this(search->netns, &container->cause_of))
		return false;
	add_evidence(search, container->cause_evidence);
	add_evidence(search, "as the tracing session saw it that kept the state file");
	return true;
}

static void add_cni_history(struct search *search)
{
	const struct cni_container *container = search->container;
	const struct cni_call *good = good_del(search);
	bool seen = container && (container->added_at || container->dels);

	if (search->deleting || search->adding)
		add_running_call(search, search->deleting ?: search->adding);
	if (good) {
		add_good_del(search, good);
	} else if (seen && !all_were_watched(search)) {
		add_evidence(search, "how CNI DEL went is not known: not all of its calls were watched");
	} else if (seen && !container->dels && has_processes(search)) {
		add_evidence(search, "CNI DEL was never called; a runtime ends the pod's processes first");
	} else if (!seen && !add_told_history(search) && is_cnis(search->netns)) {
		add_evidence(search, was_watched(search) ? "no call of a CNI plugin was seen for it, and all of its life was watched" :
							   "whether CNI DEL was called is not known: its calls were not watched");
	}
}

/* --- where the runtime has it --- */

static void note_path(struct search *search, const char *path)
{
	/* "/proc/812/ns/net" is given by some: the netns of a process, and no mount. */
	if (*path && strncmp(path, "/proc/", 6) && search->path_count < ARRAY_SIZE(search->paths))
		search->paths[search->path_count++] = canonical(path);
}

static const char *path_of_calls(const struct search *search)
{
	const struct cni_container *container = search->container;

	for (size_t i = 0; i < container->count; i++)
		if (container->calls[i]->netns == search->netns->handle)
			return container->calls[i]->netns_path;
	return "";
}

static void note_paths(struct search *search)
{
	const struct netns *netns = search->netns;

	if (search->container && search->container->netns == netns->handle)
		note_path(search, search->container->netns_path);
	if (search->container)
		note_path(search, path_of_calls(search));
	if (search->deleting && search->deleting->netns == netns->handle)
		note_path(search, search->deleting->netns_path);
	if (netns->binding)
		note_path(search, netns->binding->path);
}

static bool find_by_calls(struct search *search)
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

	for (size_t i = 0; i < ARRAY_SIZE(by_calls); i++)
		if (by_calls[i].applies(search)) {
			search->cause->kind = by_calls[i].kind;
			return true;
		}
	return is_remembered(search, &search->cause->kind);
}

static const struct cni_call *running(const struct search *search, enum cni_command command)
{
	const struct cni_call *call =
		search->container ? cni_calls_running(search->calls, search->container->id, command) : NULL;

	return call && !is_of_another(search, call) ? call : NULL;
}

static void find(struct search *search)
{
	const struct netns *netns = search->netns;
	struct cause *cause = search->cause;

	*cause = (struct cause){ .kind = CAUSE_UNKNOWN };
	if (netns_is_dying(netns)) {
		cause->kind = CAUSE_TEARDOWN_STUCK;
		return;
	}
	if (netns_is_in_use(netns))
		return;
	search->container = search->calls ? cni_calls_of(search->calls, netns) : NULL;
	search->adding = running(search, CNI_ADD);
	search->deleting = running(search, CNI_DEL);
	note_paths(search);
	if (search->container && find_by_calls(search))
		return;
	cause->kind = netns_holders_are_known(netns) ? known_holder(search) : counted_holder(search);
	add_cni_history(search);
}

void cause_find(struct cause *ret, const struct netns *netns, const struct cni_calls *calls, uint64_t now)
{
	find(&(struct search){ .cause = ret, .netns = netns, .calls = calls, .now = now });
}

void cause_find_to_keep(struct cause *ret, const struct netns *netns, const struct cni_calls *calls, uint64_t now,
			int64_t wall_offset)
{
	find(&(struct search){ .cause = ret, .netns = netns, .calls = calls, .now = now, .wall_offset = &wall_offset });
}
