/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * docker:SOCKET and podman:SOCKET, the containers of Docker or Podman, by the Docker Engine API on a Unix socket.
 *
 * The rules:
 *  - The unit is one run of a container, from its start to its end, for so long the daemon keeps a netns for it: each
 *    start makes a new one, whose path is NetworkSettings.SandboxKey.  Its uid is "ID@STARTED" (the container's id,
 *    and when it was started, in ns since 1970); its namespace is "Docker" or "Podman", which no namespace of
 *    Kubernetes can be called (they have no capital letters); its name is the container's.
 *  - It is gone when the run is over: exited, dead, removed, or waiting to be restarted, for by then the daemon has
 *    given the netns up.  It went when its process ended.
 *  - A container on the host's network owns no netns, nor does one that shares another's (network_mode
 *    container:...): the other owns it.  While a container runs that shares it, the owner's run is not gone but
 *    terminating, though the owner ended.  One with a netns that the daemon did not make (Podman's ns:PATH) is no
 *    unit either.
 *  - What cri-dockerd made is Kubernetes': its sandboxes bind their pods, and no word of ours ends a pod.
 *
 * The listing says which containers there are, and GET /containers/ID/json how each is.  The stream of events, which is
 * open before the listing is asked for, says which to look at again.  Nothing of a listing goes out before all of it
 * was read, and what a container is said to be stands while it cannot be read.
 */
#include "source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <uthash.h>

#include "docker_json.h"
#include "event_lines.h"
#include "http.h"
#include "json_items.h"
#include "loop.h"
#include "netns_path.h"
#include "util.h"
#include "watch.h"

#define PATIENCE (30 * NS_PER_S)      /* for an answer */
#define FIRST_DELAY (250 * NS_PER_MS) /* until the next attempt; then twice as long, up to */
#define LAST_DELAY (60 * NS_PER_S)
#define LISTEN_DELAY (50 * NS_PER_MS) /* from a socket's birth to its listening */
#define UNREADABLE_DELAY (30 * NS_PER_S)
#define CHECK_PATIENCE (5 * NS_PER_S)
/* The stream begins that long before the listing: the daemon subscribes us after it has answered. */
#define EVENTS_BEFORE (2 * NS_PER_S)
#define EVENT_BYTES (1u << 20) /* of a line; labels are in it */
#define LISTING_BYTES (1ull << 30)
#define MESSAGE_BYTES 1024
#define AT_ONCE 4 /* containers asked for */

enum question { VERSION, LISTING, CONTAINER };

struct docker;
struct container;

/* A question and its answer, as far as it came. */
struct reply {
	struct docker *docker;
	enum question question;
	struct http_request *request;	/* NULL: not asked */
	struct container *container;	/* that is asked for */
	struct json_items *items;	/* the body of a good answer */
	uint64_t taken;			/* bytes of it */
	char message[MESSAGE_BYTES];	/* the body of another; terminated */
	size_t message_length;
	char reason[POD_REASON_BYTES + 64]; /* of -EBADMSG */
};

/* A run whose netns is the container's own. */
struct unit {
	UT_hash_handle hh;
	struct container *container; /* NULL: it was removed */
	char *id, *name;	     /* of the container */
	int64_t started_wall;
	bool over, failed, host_network;
	bool lingers; /* over, but its netns is shared by one that runs */
	bool ended;   /* over, and told so: who starts later shares another netns */
	int64_t finished_wall;
	char *pod_namespace, *pod_name, *pod_uid; /* cri-dockerd's sandbox; else NULL */
	char *netns_path;
	uint32_t netns_inum;
	int64_t as_of_wall; /* when the path was seen to lead there */
	struct ip_address *ips;
	size_t ip_count;
	char *said; /* last, of the pod and of its binding */
	bool bound; /* told */
	char uid[]; /* also its key */
};

struct container {
	UT_hash_handle hh;
	struct container *next_due; /* of those to be asked for */
	bool is_due, is_asked;
	bool is_pending;   /* the listing under way waits for it */
	bool is_known;	   /* was read once */
	bool is_unreadable;
	uint64_t listing;  /* number of the last listing that had it */
	struct unit *unit; /* its last run, where that is one */
	char *joins;	   /* whose netns it shares, or NULL */
	bool runs;
	int64_t started_wall;
	int64_t ended_wall; /* by the first event after it was started */
	char id[];
};

struct docker {
	struct source source;
	char *socket, *directory;
	const char *base; /* in socket */
	struct http *http;
	struct watch *watch;
	struct loop_timer *timer;
	struct loop_timer *turn; /* libcurl starts no request while it hands out what another's answer brings */
	uint64_t delay, synced_at;

	struct docker_version version;
	struct reply first, asked[AT_ONCE]; /* VERSION and LISTING; CONTAINER */
	struct http_request *events;
	struct event_lines lines;
	char events_reason[POD_REASON_BYTES];
	char events_message[MESSAGE_BYTES];
	size_t events_length;
	bool connected;	  /* or being so: not waiting to try again */
	bool stream_open; /* events come */
	bool listed;	  /* the listing came whole */
	bool synced;	  /* and all of it went out */
	uint64_t listing;
	int64_t as_of_wall; /* of the listing */
	size_t pending;	    /* containers of the listing, not read yet */
	size_t unreadable, unreadable_told;
	char unreadable_text[POD_REASON_BYTES + DOCKER_ID_BYTES + 64];

	struct container *containers;
	struct container *due, **due_end;
	struct unit *units;
	char *said_down; /* NULL: it is not down */
};

static int fail(struct docker *docker, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int ask_due(struct docker *docker);

static bool is_podman(const struct docker *docker)
{
	return docker->source.type == &source_podman;
}

static const char *product(const struct docker *docker)
{
	return is_podman(docker) ? "Podman" : "Docker";
}

static const char *namespace_of(const struct docker *docker)
{
	return is_podman(docker) ? PODMAN_NAMESPACE : DOCKER_NAMESPACE;
}

/* ---- what goes out ---- */

static bool is_kubernetes(const struct unit *unit)
{
	return unit->pod_uid;
}

static int tell_pod(struct docker *docker, const struct unit *unit)
{
	struct input input = { .kind = INPUT_POD };

	input.pod = (struct input_pod){
		.source = docker->source.name,
		.uid = unit->uid,
		.alias_uid = "",
		.namespace_ = namespace_of(docker),
		.name = unit->name,
		.node = "",
		.ips = unit->ips,
		.ip_count = unit->ip_count,
		.host_network = unit->host_network,
		.terminating = unit->over && unit->lingers,
		.phase = !unit->over || unit->lingers ? POD_RUNNING : unit->failed ? POD_FAILED : POD_SUCCEEDED,
		.finished_wall = unit->over && !unit->lingers ? unit->finished_wall : 0,
	};
	return source_tell(&docker->source, &input);
}

static int tell_binding(struct docker *docker, struct unit *unit)
{
	struct input input = { .kind = INPUT_BINDING };

	/* What is over, and has no netns any more, said all that it has to say while it ran. */
	if (unit->host_network || !*unit->netns_path || (unit->over && !unit->netns_inum))
		return 0;
	input.binding = (struct input_binding){
		.source = docker->source.name,
		.evidence = EVIDENCE_CRI,
		.key = unit->uid,
		.pod_uid = is_kubernetes(unit) ? unit->pod_uid : unit->uid,
		.pod_namespace = is_kubernetes(unit) ? unit->pod_namespace : namespace_of(docker),
		.pod_name = is_kubernetes(unit) ? unit->pod_name : unit->name,
		.container_id = unit->id,
		.netns_path = unit->netns_path,
		.netns_inum = unit->netns_inum,
		.ips = unit->ips,
		.ip_count = unit->ip_count,
		.as_of_wall = unit->as_of_wall,
	};
	unit->bound = true;
	return source_tell(&docker->source, &input);
}

/* All that goes out of a unit, for comparison. */
static int print_unit(char **ret, const struct unit *unit)
{
	size_t size = 0;
	FILE *file = open_memstream(ret, &size);

	if (!file)
		return -ENOMEM;
	fprintf(file, "%s %d %d %d %" PRId64 " %s %u ", unit->name, unit->over, unit->lingers, unit->failed,
		unit->finished_wall, unit->netns_path, unit->netns_inum);
	for (size_t i = 0; i < unit->ip_count; i++)
		for (size_t byte = 0; byte < sizeof(unit->ips[i].bytes); byte++)
			fprintf(file, "%02x", unit->ips[i].bytes[byte]);
	return fclose(file) ? -ENOMEM : 0;
}

/* Tells of the unit what is new, or all in a listing. */
static int tell_unit(struct docker *docker, struct unit *unit, bool all)
{
	CLEANUP(free_pointer) char *text = NULL;
	int err = print_unit(&text, unit);

	if (err || (!all && unit->said && !strcmp(unit->said, text)))
		return err;
	free(unit->said);
	unit->said = TAKE_PTR(text);
	unit->ended |= unit->over && !unit->lingers;
	if (!is_kubernetes(unit))
		err = tell_pod(docker, unit);
	return err ? err : tell_binding(docker, unit);
}

static int tell_gone(struct docker *docker, const struct unit *unit, int64_t when)
{
	struct input gone = { .kind = INPUT_POD_GONE,
			      .pod_gone = { .source = docker->source.name, .uid = unit->uid, .gone_wall = when } };
	struct input unbound = { .kind = INPUT_BINDING_GONE,
				 .binding_gone = { .source = docker->source.name, .key = unit->uid } };
	int err = is_kubernetes(unit) ? 0 : source_tell(&docker->source, &gone);

	return err || !unit->bound ? err : source_tell(&docker->source, &unbound);
}

static int tell_state(struct docker *docker, enum source_state state, const char *detail)
{
	return source_tell_state(&docker->source, state, true, state == SOURCE_SYNCED ? docker->as_of_wall : 0, detail);
}

/*
 * Before 4.4 Podman's service opens the netns of each container that it is asked about, and leaves it to the garbage
 * collector of its language to close it: by asking we keep netns for some minutes.
 */
static bool keeps_netns(const struct docker *docker)
{
	unsigned int major, minor;

	return is_podman(docker) && sscanf(docker->version.product, "%3u.%3u", &major, &minor) == 2 &&
	       (major < 4 || (major == 4 && minor < 4));
}

static void print_warning(const struct docker *docker, char *text, size_t size)
{
	if (docker->unreadable)
		snprintf(text, size, "%zu container%s unreadable: %s", docker->unreadable,
			 docker->unreadable == 1 ? "" : "s", docker->unreadable_text);
	else if (keeps_netns(docker))
		snprintf(text, size, "Podman %s keeps the netns of a container open, for some minutes, when it is asked "
				     "about it: use --grace 5m, or Podman 4.4 or later", docker->version.product);
}

static int tell_all(struct docker *docker)
{
	char detail[sizeof(docker->unreadable_text) + 64] = "";
	struct unit *unit, *next;
	int err = tell_state(docker, SOURCE_SYNCING, "");

	HASH_ITER(hh, docker->units, unit, next)
		if (!err)
			err = tell_unit(docker, unit, true);
	print_warning(docker, detail, sizeof(detail));
	return err ? err : tell_state(docker, SOURCE_SYNCED, detail);
}

/* ---- runs ---- */

static void unit_free(struct docker *docker, struct unit *unit)
{
	HASH_DEL(docker->units, unit);
	if (unit->container && unit->container->unit == unit)
		unit->container->unit = NULL;
	free(unit->id);
	free(unit->name);
	free(unit->pod_namespace);
	free(unit->pod_name);
	free(unit->pod_uid);
	free(unit->netns_path);
	free(unit->ips);
	free(unit->said);
	free(unit);
}

static struct container *find_container(const struct docker *docker, const char *id)
{
	struct container *container;

	HASH_FIND_STR(docker->containers, id, container);
	return container;
}

/* The run that was on when the other container was started: the last before that. */
static bool was_on(const struct docker *docker, const struct unit *unit, int64_t when)
{
	const struct unit *other;

	if (unit->started_wall > when)
		return false;
	for (other = docker->units; other; other = other->hh.next)
		if (other != unit && !strcmp(other->id, unit->id) && other->started_wall > unit->started_wall &&
		    other->started_wall <= when)
			return false;
	return true;
}

static bool shares(const struct docker *docker, const struct container *container, const struct unit *unit)
{
	return container->runs && container->joins && container->unit != unit &&
	       (!strcmp(container->joins, unit->id) || !strcmp(container->joins, unit->name)) &&
	       was_on(docker, unit, container->started_wall);
}

/* Whether a container uses the netns of a run that is over.  One that could not be read yet may. */
static bool is_shared(const struct docker *docker, const struct unit *unit)
{
	const struct container *container;

	for (container = docker->containers; container; container = container->hh.next)
		if (container->is_known ? shares(docker, container, unit) : container->listing || container->is_due)
			return true;
	return false;
}

/* The unit is as it is known to be: tell it, or that it is gone.  `when`: of what has just changed. */
static int settle_unit(struct docker *docker, struct unit *unit, int64_t when)
{
	bool lingered = unit->lingers;
	int err = 0;

	unit->lingers = unit->over && !unit->ended && !unit->host_network && !is_kubernetes(unit) && is_shared(docker, unit);
	if (lingered && !unit->lingers && docker->synced)
		unit->finished_wall = when;
	if (unit->over && !unit->lingers && (!unit->container || unit->container->unit != unit)) {
		if (docker->synced)
			err = tell_gone(docker, unit, unit->finished_wall ? unit->finished_wall : when);
		unit_free(docker, unit);
		return err;
	}
	return docker->synced ? tell_unit(docker, unit, false) : 0;
}

/* A container that may share another's netns is not what it was. */
static int settle_owners(struct docker *docker, int64_t when)
{
	struct unit *unit, *next;
	int err = 0;

	HASH_ITER(hh, docker->units, unit, next)
		if (unit->over && unit->lingers && !err)
			err = settle_unit(docker, unit, when);
	return err;
}

static int replace_text(char **text, const char *with)
{
	char *copy;

	if (*text && !strcmp(*text, with))
		return 0;
	copy = strdup(with);
	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static int get_unit(struct docker *docker, struct unit **ret, const struct docker_container *told)
{
	char uid[DOCKER_ID_BYTES + 32];
	struct unit *unit;

	snprintf(uid, sizeof(uid), "%s@%" PRId64, told->id, told->started_wall);
	HASH_FIND_STR(docker->units, uid, unit);
	if (!unit) {
		unit = calloc(1, sizeof(*unit) + strlen(uid) + 1);
		if (!unit)
			return -ENOMEM;
		strcpy(unit->uid, uid);
		unit->started_wall = told->started_wall;
		HASH_ADD_STR(docker->units, uid, unit);
	}
	*ret = unit;
	return 0;
}

static int set_ips(struct unit *unit, const struct docker_container *told)
{
	struct ip_address *ips;

	/* When it is over the daemon has them no more; they were its all the same. */
	if (!told->ip_count && unit->over)
		return 0;
	ips = malloc((told->ip_count + 1) * sizeof(ips[0]));
	if (!ips)
		return -ENOMEM;
	memcpy(ips, told->ips, told->ip_count * sizeof(ips[0]));
	free(unit->ips);
	unit->ips = ips;
	unit->ip_count = told->ip_count;
	return 0;
}

/* Where the path leads now.  What it said while the container ran stands when it leads nowhere any more. */
static int set_netns(struct unit *unit, const char *path)
{
	uint32_t inum = 0;

	if (!*path && unit->netns_path && *unit->netns_path)
		return 0;
	if (!*path || netns_path_inum(&inum, path) < 0)
		inum = 0;
	if (inum != unit->netns_inum)
		unit->as_of_wall = wall_now();
	if (inum || !unit->over)
		unit->netns_inum = inum;
	return replace_text(&unit->netns_path, path);
}

static int set_pod(struct unit *unit, const struct docker_container *told)
{
	int err;

	if (!told->is_sandbox)
		return 0;
	err = replace_text(&unit->pod_namespace, told->pod_namespace);
	if (!err)
		err = replace_text(&unit->pod_name, told->pod_name);
	return err ? err : replace_text(&unit->pod_uid, told->pod_uid);
}

static int set_unit(struct unit *unit, const struct docker_container *told)
{
	int err = replace_text(&unit->id, told->id);

	unit->over = told->run == DOCKER_OVER;
	unit->failed = told->failed;
	unit->host_network = told->network == DOCKER_HOST;
	if (!unit->lingers)
		unit->finished_wall = told->finished_wall;
	if (!err)
		err = replace_text(&unit->name, told->name);
	if (!err)
		err = set_ips(unit, told);
	if (!err)
		err = set_netns(unit, told->netns_path);
	return err ? err : set_pod(unit, told);
}

/* Its last run is not its run any more. */
static int leave_unit(struct docker *docker, struct container *container, int64_t when)
{
	struct unit *unit = container->unit;

	container->unit = NULL;
	if (!unit)
		return 0;
	unit->container = NULL;
	if (!unit->over)
		unit->finished_wall = when;
	unit->over = true;
	return settle_unit(docker, unit, when);
}

static int take_run(struct docker *docker, struct container *container, const struct docker_container *told)
{
	struct unit *unit, *before = container->unit;
	int err = get_unit(docker, &unit, told);

	if (!err)
		err = set_unit(unit, told);
	if (err)
		return err;
	container->unit = unit;
	unit->container = container;
	if (before && before != unit) {
		/* When that ended was missed; before this one at the latest. */
		before->container = NULL;
		if (!before->over)
			before->finished_wall = container->ended_wall && container->ended_wall < told->started_wall ?
							container->ended_wall :
							told->started_wall;
		before->over = true;
		err = settle_unit(docker, before, told->started_wall);
	}
	return err ? err : settle_unit(docker, unit, wall_now());
}

static void set_unreadable(struct docker *docker, struct container *container, bool unreadable)
{
	docker->unreadable += unreadable;
	docker->unreadable -= container->is_unreadable;
	container->is_unreadable = unreadable;
}

/* The container as the daemon has just described it. */
static int take_container(struct docker *docker, struct container *container, const struct docker_container *told)
{
	bool was_running = container->runs;
	int64_t when = wall_now();
	int err = 0;

	container->is_known = true;
	set_unreadable(docker, container, false);
	container->runs = told->run == DOCKER_RUNNING;
	container->started_wall = told->started_wall;
	free(container->joins);
	container->joins = told->network == DOCKER_JOINS ? strdup(told->joins) : NULL;
	if (told->network == DOCKER_JOINS && !container->joins)
		return -ENOMEM;
	if (told->run == DOCKER_NOT_STARTED || told->is_in_sandbox || told->network == DOCKER_JOINS ||
	    told->network == DOCKER_FOREIGN)
		err = leave_unit(docker, container, when);
	else
		err = take_run(docker, container, told);
	if (!err && was_running && !container->runs && told->finished_wall)
		when = told->finished_wall;
	return err ? err : settle_owners(docker, when);
}

/* ---- containers ---- */

static int get_container(struct docker *docker, struct container **ret, const char *id)
{
	struct container *container = find_container(docker, id);

	if (!container) {
		container = calloc(1, sizeof(*container) + strlen(id) + 1);
		if (!container)
			return -ENOMEM;
		strcpy(container->id, id);
		HASH_ADD_STR(docker->containers, id, container);
	}
	*ret = container;
	return 0;
}

static void set_due(struct docker *docker, struct container *container)
{
	if (container->is_due)
		return;
	container->is_due = true;
	container->next_due = NULL;
	*docker->due_end = container;
	docker->due_end = &container->next_due;
}

static struct container *take_due(struct docker *docker)
{
	struct container **link = &docker->due, *container;

	/* One that is asked for already waits for that answer, and is asked for again. */
	while (*link && (*link)->is_asked)
		link = &(*link)->next_due;
	container = *link;
	if (!container)
		return NULL;
	*link = container->next_due;
	if (!*link)
		docker->due_end = link;
	container->is_due = false;
	return container;
}

static void forget_due(struct docker *docker)
{
	for (struct container *container = docker->due; container; container = container->next_due)
		container->is_due = false;
	docker->due = NULL;
	docker->due_end = &docker->due;
}

static void container_free(struct docker *docker, struct container *container)
{
	set_unreadable(docker, container, false);
	HASH_DEL(docker->containers, container);
	free(container->joins);
	free(container);
}

/* The daemon has no such container any more. */
static int remove_container(struct docker *docker, struct container *container)
{
	int64_t when = container->ended_wall ? container->ended_wall : wall_now();
	int err = leave_unit(docker, container, when);

	/* It may be due once more, by the event that told of its removal. */
	for (struct container **link = &docker->due; *link; link = &(*link)->next_due) {
		if (*link != container)
			continue;
		*link = container->next_due;
		if (!*link)
			docker->due_end = link;
		break;
	}
	container_free(docker, container);
	return err ? err : settle_owners(docker, when);
}

static void note_unreadable(struct docker *docker, struct container *container, const char *reason)
{
	set_unreadable(docker, container, true);
	snprintf(docker->unreadable_text, sizeof(docker->unreadable_text), "%.12s: %s", container->id, reason);
}

/* ---- the listing is whole ---- */

static int drop_unlisted(struct docker *docker)
{
	struct container *container, *next;
	int err = 0;

	HASH_ITER(hh, docker->containers, container, next)
		if (container->listing != docker->listing && !err)
			err = remove_container(docker, container);
	return err;
}

static int settle_all(struct docker *docker)
{
	struct unit *unit, *next;
	int64_t now = wall_now();
	int err = 0;

	HASH_ITER(hh, docker->units, unit, next)
		if (!err)
			err = settle_unit(docker, unit, now);
	return err;
}

static int begin_synced(struct docker *docker)
{
	int err = drop_unlisted(docker);

	if (!err)
		err = settle_all(docker);
	docker->synced_at = loop_now();
	docker->synced = true;
	free(docker->said_down);
	docker->said_down = NULL;
	return err;
}

static int sync_if_whole(struct docker *docker)
{
	int err = 0;

	if (!docker->connected || !docker->stream_open || !docker->listed || docker->pending)
		return 0;
	if (docker->synced && docker->unreadable == docker->unreadable_told)
		return 0;
	docker->unreadable_told = docker->unreadable;
	if (!docker->synced)
		err = begin_synced(docker);
	if (!err)
		err = tell_all(docker);
	return err ? err : loop_timer_set(docker->timer, docker->unreadable ? loop_now() + UNREADABLE_DELAY : 0);
}

/* ---- questions and answers ---- */

__attribute__((format(printf, 2, 3))) static int bad(struct reply *reply, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reply->reason, sizeof(reply->reason), format, arguments);
	va_end(arguments);
	return -EBADMSG;
}

static const char *path_of(enum question question)
{
	return question == VERSION ? "/version" : question == LISTING ? "/containers/json" : "/containers/ID/json";
}

/* Around a listing, which is an array: as the items of an object, it is read without being kept. */
static const char listing_head[] = "{\"items\":", listing_tail[] = "}";

/* In what the daemon sent. */
static unsigned long long offset_of(const struct reply *reply, uint64_t offset)
{
	size_t head = reply->question == LISTING ? sizeof(listing_head) - 1 : 0;

	return offset > head ? offset - head : 0;
}

static int bad_json(struct reply *reply)
{
	return bad(reply, "not JSON at byte %llu: %s", offset_of(reply, json_items_offset(reply->items)),
		   json_items_reason(reply->items));
}

static int take_entry(void *ctx, const char *text, size_t length)
{
	struct reply *reply = ctx;
	struct docker *docker = reply->docker;
	char id[DOCKER_ID_BYTES + 1], reason[POD_REASON_BYTES];
	struct container *container;
	int err;

	if (reply->question != LISTING)
		return 0;
	err = docker_entry_parse(id, text, length, reason);
	if (err)
		return err == -EBADMSG ? bad(reply, "the container at byte %llu: %s",
					     offset_of(reply, json_items_item_offset(reply->items)), reason) :
					 err;
	err = get_container(docker, &container, id);
	if (err)
		return err;
	container->listing = docker->listing;
	if (!container->is_pending)
		docker->pending++;
	container->is_pending = true;
	set_due(docker, container);
	return 0;
}

static int take_bytes(void *ctx, int status, const char *bytes, size_t length)
{
	struct reply *reply = ctx;
	size_t room = sizeof(reply->message) - 1 - reply->message_length;
	int err;

	if (status != 200) {
		memcpy(reply->message + reply->message_length, bytes, length < room ? length : room);
		reply->message_length += length < room ? length : room;
		return 0;
	}
	reply->taken += length;
	if (reply->taken > LISTING_BYTES)
		return bad(reply, "longer than 1 GiB");
	err = json_items_feed(reply->items, bytes, length);
	if (err == -EBADMSG && !*reply->reason)
		bad_json(reply);
	return err;
}

static void reply_clear(struct reply *reply)
{
	http_cancel(reply->request);
	json_items_close(reply->items);
	*reply = (struct reply){ .docker = reply->docker };
}

static int ask(struct reply *reply, enum question question, const char *path, http_end_fn end)
{
	struct docker *docker = reply->docker;
	struct http_call call = {
		.unix_socket = docker->socket,
		.timeout = PATIENCE,
		.bytes = take_bytes,
		.ctx = reply,
	};
	char url[DOCKER_ID_BYTES + 96];
	int err;

	reply->question = question;
	err = json_items_open(&reply->items, take_entry, reply);
	if (!err && question == LISTING)
		err = json_items_feed(reply->items, listing_head, sizeof(listing_head) - 1);
	snprintf(url, sizeof(url), "http://localhost%s", path);
	call.url = url;
	return err ? err : http_start(&reply->request, docker->http, &call, end);
}

/* The daemon's own words, {"message":"..."}, or what else it said. */
static void print_message(char *text, size_t size, const char *body)
{
	cJSON *json = cJSON_Parse(body);
	const char *message = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "message"));

	snprintf(text, size, "%s", message ? message : body);
	for (char *at = text; *at; at++)
		if (*at < ' ' || *at > '~')
			*at = ' ';
	cJSON_Delete(json);
}

/* The answer came, and is not what was asked for: why, in `reply->reason`. */
static int check_status(struct reply *reply, const struct http_result *result)
{
	char message[POD_REASON_BYTES];

	if (result->status == 200)
		return 0;
	print_message(message, sizeof(message), reply->message);
	return bad(reply, "HTTP status %d: %.150s", result->status, message);
}

/* The connection itself fails: what about the socket? */
static int fail_socket(struct docker *docker, const char *path, const struct http_result *result)
{
	struct stat stat_;

	if (lstat(docker->socket, &stat_) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return fail(docker, "there is no such socket; start %s, or name its socket: --pods %s:SOCKET",
			    product(docker), docker->source.type->scheme);
	if (stat(docker->socket, &stat_) == 0 && !S_ISSOCK(stat_.st_mode))
		return fail(docker, "it is no socket; name the one of %s: --pods %s:SOCKET", product(docker),
			    docker->source.type->scheme);
	if (access(docker->socket, R_OK | W_OK) < 0)
		return fail(docker, "it may not be used; run as root, or as a member of the socket's group");
	if (result->error == -ECONNREFUSED)
		return fail(docker, "nobody listens there; start %s", product(docker));
	if (result->error == -ETIMEDOUT)
		return fail(docker, "no answer to GET %s; see whether %s still works", path, product(docker));
	return fail(docker, "GET %s: %.150s; look at the log of %s", path, result->reason, product(docker));
}

static int fail_reply(struct docker *docker, const struct reply *reply)
{
	char reason[sizeof(reply->reason)];

	memcpy(reason, reply->reason, sizeof(reason)); /* which fail() clears */
	return fail(docker, "GET %s: %s; look at the log of %s", path_of(reply->question), reason, product(docker));
}

/* What was read last is whole. */
static int end_body(struct reply *reply, const char **ret_text, size_t *ret_length)
{
	int err = reply->question == LISTING ? json_items_feed(reply->items, listing_tail, sizeof(listing_tail) - 1) : 0;

	if (!err)
		err = json_items_end(reply->items, ret_text, ret_length);
	return err == -EBADMSG && !*reply->reason ? bad_json(reply) : err;
}

/* ---- one container ---- */

/* Podman says so with status 500 while it removes one. */
static bool is_no_such(const struct reply *reply, int status)
{
	char message[POD_REASON_BYTES];

	if (status != 500)
		return status == 404;
	print_message(message, sizeof(message), reply->message);
	return strcasestr(message, "no such container");
}

static int take_answer(struct docker *docker, struct reply *reply, const struct http_result *result)
{
	struct container *container = reply->container;
	struct docker_container told;
	size_t length;
	const char *text;
	int err;

	if (!result->error && is_no_such(reply, result->status))
		return remove_container(docker, container);
	err = result->error ? -EBADMSG : check_status(reply, result);
	if (!err)
		err = end_body(reply, &text, &length);
	if (!err)
		err = docker_container_parse(&told, text, length, reply->reason);
	if (!err && strcmp(told.id, container->id)) {
		docker_container_clear(&told);
		err = bad(reply, "the answer is about another container");
	}
	if (!err) {
		err = take_container(docker, container, &told);
		docker_container_clear(&told);
		return err;
	}
	if (err == -EBADMSG)
		note_unreadable(docker, container, reply->reason);
	return err == -EBADMSG ? 0 : err;
}

static int end_container(void *ctx, const struct http_result *result)
{
	struct reply *reply = ctx;
	struct docker *docker = reply->docker;
	struct container *container = reply->container;
	int err;

	reply->request = NULL;
	container->is_asked = false;
	if (result->error && result->error != -EBADMSG)
		return result->error == -ENOMEM ? -ENOMEM : fail_socket(docker, path_of(CONTAINER), result);
	docker->pending -= container->is_pending;
	container->is_pending = false;
	err = take_answer(docker, reply, result); /* may free container */
	reply_clear(reply);
	if (!err)
		err = sync_if_whole(docker);
	return err ? err : ask_due(docker);
}

static int ask_due(struct docker *docker)
{
	int err = 0;

	for (size_t i = 0; i < AT_ONCE && !err; i++) {
		struct reply *reply = &docker->asked[i];
		char path[DOCKER_ID_BYTES + 64];

		if (reply->request)
			continue;
		reply->container = take_due(docker);
		if (!reply->container)
			return 0;
		reply->container->is_asked = true;
		snprintf(path, sizeof(path), "/v1.%u/containers/%s/json", docker->version.api, reply->container->id);
		err = ask(reply, CONTAINER, path, end_container);
	}
	return err;
}

/* ---- all containers ---- */

/* All that is left when the entries are out. */
static bool is_listing(const char *text, size_t length)
{
	cJSON *json = cJSON_ParseWithLength(text, length);
	bool good = cJSON_GetArraySize(json) == 1 && cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(json, "items"));

	cJSON_Delete(json);
	return good;
}

static int end_listing(void *ctx, const struct http_result *result)
{
	struct reply *reply = ctx;
	struct docker *docker = reply->docker;
	const char *text;
	size_t length;
	int err = result->error;

	reply->request = NULL;
	if (err && err != -EBADMSG)
		return err == -ENOMEM ? err : fail_socket(docker, path_of(LISTING), result);
	if (!err)
		err = check_status(reply, result);
	if (!err)
		err = end_body(reply, &text, &length);
	if (!err && !is_listing(text, length))
		err = bad(reply, "it is no list of containers");
	if (err == -EBADMSG)
		return fail_reply(docker, reply);
	reply_clear(reply);
	if (err)
		return err;
	docker->listed = true;
	err = sync_if_whole(docker);
	return err ? err : ask_due(docker);
}

/* ---- events ---- */

static int take_event(void *ctx, const char *line, size_t length)
{
	struct docker *docker = ctx;
	struct container *container;
	struct docker_event event;
	int err = docker_event_parse(&event, line, length, docker->events_reason);

	if (err)
		return err == 1 ? 0 : err;
	err = get_container(docker, &container, event.id);
	if (err)
		return err;
	/* One that came after the listing is not to be dropped by it. */
	container->listing = docker->listing;
	if (event.started)
		container->ended_wall = 0;
	else if (event.ended && !container->ended_wall)
		container->ended_wall = event.time_wall;
	set_due(docker, container);
	return loop_timer_set(docker->turn, 1);
}

static int on_turn(void *ctx, uint32_t events)
{
	struct docker *docker = ctx;

	(void)events;
	return docker->connected ? ask_due(docker) : 0;
}

static int take_events(void *ctx, int status, const char *bytes, size_t length)
{
	struct docker *docker = ctx;
	size_t room = sizeof(docker->events_message) - 1 - docker->events_length;
	int err;

	if (status != 200) {
		memcpy(docker->events_message + docker->events_length, bytes, length < room ? length : room);
		docker->events_length += length < room ? length : room;
		return 0;
	}
	err = event_lines_feed(&docker->lines, EVENT_BYTES, bytes, length, take_event, docker);
	if (err == -EMSGSIZE)
		snprintf(docker->events_reason, sizeof(docker->events_reason), "a line of more than 1 MiB");
	return err == -EMSGSIZE ? -EBADMSG : err;
}

/* Only what has no end is sent in chunks at once: an error has a length. */
static int see_header(void *ctx, const char *name, const char *value)
{
	struct docker *docker = ctx;

	if (strcmp(name, "transfer-encoding") || !strcasestr(value, "chunked"))
		return 0;
	docker->stream_open = true;
	return sync_if_whole(docker);
}

static int end_events(void *ctx, const struct http_result *result)
{
	char text[POD_REASON_BYTES];
	struct docker *docker = ctx;

	docker->events = NULL;
	if (result->error == -EBADMSG)
		return fail(docker, "GET /events: %s; look at the log of %s", docker->events_reason, product(docker));
	/* The daemon was stopped: a stream that had begun is cut off, or ends. */
	if (docker->stream_open && (!result->error || result->error == -ECONNRESET || result->error == -EPROTO))
		return fail(docker, "the stream of events has ended; see whether %s still runs", product(docker));
	if (result->error)
		return result->error == -ENOMEM ? -ENOMEM : fail_socket(docker, "/events", result);
	print_message(text, sizeof(text), docker->events_message);
	return fail(docker, "GET /events: HTTP status %d: %s; look at the log of %s", result->status, text,
		    product(docker));
}

static int ask_events(struct docker *docker)
{
	int64_t since = wall_now() - EVENTS_BEFORE;
	struct http_call call = {
		.unix_socket = docker->socket,
		.header = see_header,
		.bytes = take_events,
		.ctx = docker,
	};
	char url[160];

	snprintf(url, sizeof(url),
		 "http://localhost/v1.%u/events?since=%lld.%09lld&filters=%%7B%%22type%%22%%3A%%5B%%22container%%22%%5D%%7D",
		 docker->version.api, since / NS_PER_S, since % NS_PER_S);
	call.url = url;
	return http_start(&docker->events, docker->http, &call, end_events);
}

/* ---- from the beginning ---- */

static int take_version(struct docker *docker)
{
	char path[64];
	int err = ask_events(docker);

	if (err)
		return err;
	docker->as_of_wall = wall_now();
	docker->listing++;
	snprintf(path, sizeof(path), "/v1.%u/containers/json?all=1", docker->version.api);
	/* Should the stream never open, this says so. */
	err = loop_timer_set(docker->timer, loop_now() + PATIENCE);
	return err ? err : ask(&docker->first, LISTING, path, end_listing);
}

static int end_version(void *ctx, const struct http_result *result)
{
	struct reply *reply = ctx;
	struct docker *docker = reply->docker;
	const char *text;
	size_t length;
	int err = result->error;

	reply->request = NULL;
	if (err && err != -EBADMSG)
		return err == -ENOMEM ? err : fail_socket(docker, path_of(VERSION), result);
	if (!err)
		err = check_status(reply, result);
	if (!err)
		err = end_body(reply, &text, &length);
	if (!err)
		err = docker_version_parse(&docker->version, text, length, reply->reason);
	if (err == -EBADMSG)
		return fail_reply(docker, reply);
	reply_clear(reply);
	return err ? err : take_version(docker);
}

static int connect_now(struct docker *docker)
{
	int err = loop_timer_set(docker->timer, 0);

	docker->connected = true;
	return err ? err : ask(&docker->first, VERSION, "/version", end_version);
}

/* Nothing is under way any more; what is known is kept. */
static void disconnect(struct docker *docker)
{
	struct container *container;

	reply_clear(&docker->first);
	for (size_t i = 0; i < AT_ONCE; i++)
		reply_clear(&docker->asked[i]);
	http_cancel(docker->events);
	docker->events = NULL;
	event_lines_clear(&docker->lines);
	memset(docker->events_message, 0, sizeof(docker->events_message));
	docker->events_length = 0;
	forget_due(docker);
	for (container = docker->containers; container; container = container->hh.next)
		container->is_asked = container->is_pending = container->is_unreadable = false;
	docker->connected = docker->stream_open = docker->listed = docker->synced = false;
	docker->pending = docker->unreadable = docker->unreadable_told = 0;
}

/* When to try again.  A socket that is not there is waited for. */
static int try_later(struct docker *docker, uint64_t lived)
{
	struct stat stat_;

	if (lived > LAST_DELAY || !docker->delay)
		docker->delay = FIRST_DELAY;
	if (lstat(docker->socket, &stat_) < 0 && errno == ENOENT && docker->watch)
		return loop_timer_set(docker->timer, 0);
	lived = docker->delay;
	docker->delay = 2 * docker->delay < LAST_DELAY ? 2 * docker->delay : LAST_DELAY;
	return loop_timer_set(docker->timer, loop_now() + lived);
}

static int fail(struct docker *docker, const char *format, ...)
{
	uint64_t lived = docker->synced ? loop_now() - docker->synced_at : 0;
	CLEANUP(free_pointer) char *reason = NULL;
	CLEANUP(free_pointer) char *detail = NULL;
	va_list arguments;
	int length, err;

	va_start(arguments, format);
	length = vasprintf(&reason, format, arguments);
	va_end(arguments);
	if (length < 0 || asprintf(&detail, "%s: %s", docker->socket, reason) < 0)
		return -ENOMEM;
	disconnect(docker);
	err = try_later(docker, lived);
	if (err || (docker->said_down && !strcmp(docker->said_down, detail)))
		return err;
	free(docker->said_down);
	docker->said_down = TAKE_PTR(detail);
	return tell_state(docker, SOURCE_DOWN, docker->said_down);
}

static int ask_unreadable(struct docker *docker)
{
	struct container *container;
	int err;

	for (container = docker->containers; container; container = container->hh.next)
		if (container->is_unreadable)
			set_due(docker, container);
	err = loop_timer_set(docker->timer, docker->unreadable ? loop_now() + UNREADABLE_DELAY : 0);
	return err ? err : ask_due(docker);
}

static int on_timer(void *ctx, uint32_t events)
{
	struct docker *docker = ctx;

	(void)events;
	if (!docker->connected)
		return connect_now(docker);
	if (!docker->stream_open)
		return fail(docker, "no answer to GET /events; see whether %s still works", product(docker));
	return docker->synced ? ask_unreadable(docker) : 0;
}

/* The socket came: a daemon makes it anew when it starts, and listens a moment later. */
static int changed(void *ctx, unsigned int number, const char *name, uint32_t mask)
{
	struct docker *docker = ctx;

	(void)number;
	if (name && (strcmp(name, docker->base) || mask & (IN_DELETE | IN_MOVED_FROM)))
		return 0;
	docker->delay = FIRST_DELAY;
	return docker->connected ? 0 : loop_timer_set(docker->timer, loop_now() + LISTEN_DELAY);
}

static void docker_close(struct source *source)
{
	struct docker *docker = (struct docker *)source;
	struct container *container, *next;
	struct unit *unit, *next_unit;

	disconnect(docker);
	HASH_ITER(hh, docker->units, unit, next_unit)
		unit_free(docker, unit);
	HASH_ITER(hh, docker->containers, container, next)
		container_free(docker, container);
	watch_close(docker->watch);
	loop_timer_close(docker->timer);
	loop_timer_close(docker->turn);
	http_close(docker->http);
	free(docker->said_down);
	free(docker->directory);
	free(docker->socket);
	source_fini(source);
	free(docker);
}

static int split_path(struct docker *docker, const char *path)
{
	const char *slash = strrchr(path, '/');

	docker->socket = strdup(path);
	docker->directory = !slash ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
	if (!docker->socket || !docker->directory)
		return -ENOMEM;
	docker->base = slash ? docker->socket + (slash + 1 - path) : docker->socket;
	return 0;
}

/* Where no watch can be had, the timer alone tries again. */
static int start_watch(struct docker *docker)
{
	int err = watch_open(&docker->watch, docker->source.context.loop, changed, docker);

	if (!err)
		err = watch_directory(docker->watch, 0, docker->directory);
	if (err == -ENOMEM || !err)
		return err;
	watch_close(docker->watch);
	docker->watch = NULL;
	return 0;
}

static int docker_open_as(struct source **ret, const struct source_type *type, const char *argument,
			  const struct source_context *context)
{
	struct docker *docker = calloc(1, sizeof(*docker));
	int err;

	if (!docker)
		return -ENOMEM;
	docker->due_end = &docker->due;
	docker->first.docker = docker;
	for (size_t i = 0; i < AT_ONCE; i++)
		docker->asked[i].docker = docker;
	err = source_init(&docker->source, type, argument, context);
	if (!err)
		err = split_path(docker, argument);
	if (!err)
		err = loop_timer_open(&docker->timer, context->loop, on_timer, docker);
	if (!err)
		err = loop_timer_open(&docker->turn, context->loop, on_turn, docker);
	if (!err)
		err = http_open(&docker->http, context->loop);
	if (!err)
		err = start_watch(docker);
	if (!err)
		err = tell_state(docker, SOURCE_SYNCING, "");
	if (!err)
		err = connect_now(docker);
	if (err) {
		docker_close(&docker->source);
		return err;
	}
	*ret = &docker->source;
	return 0;
}

static int docker_open(struct source **ret, const char *argument, const struct source_context *context)
{
	return docker_open_as(ret, &source_docker, argument, context);
}

static int podman_open(struct source **ret, const char *argument, const struct source_context *context)
{
	return docker_open_as(ret, &source_podman, argument, context);
}

/* ---- for doctor: one connection, as trace would make it ---- */

struct trial {
	struct loop *loop;
	struct check *check;
	size_t units;
	bool down, synced;
	char detail[sizeof(((struct check *)0)->detail)];
};

/* "SOCKET: what; remedy" */
static void take_down(struct trial *trial, const char *detail)
{
	const char *what = strstr(detail, ": "), *remedy = strstr(detail, "; ");

	what = what ? what + 2 : detail;
	trial->down = true;
	snprintf(trial->check->detail, sizeof(trial->check->detail), "%.*s",
		 (int)(remedy > what ? (size_t)(remedy - what) : strlen(what)), what);
	snprintf(trial->check->remedy, sizeof(trial->check->remedy), "%s", remedy > what ? remedy + 2 : "");
}

static int trial_input(void *ctx, const struct input *input)
{
	struct trial *trial = ctx;

	trial->units += input->kind == INPUT_BINDING;
	if (input->kind != INPUT_SOURCE || input->source.state == SOURCE_SYNCING)
		return 0;
	if (input->source.state == SOURCE_DOWN)
		take_down(trial, input->source.detail);
	else
		snprintf(trial->detail, sizeof(trial->detail), "%s", input->source.detail);
	trial->synced = input->source.state == SOURCE_SYNCED;
	loop_stop(trial->loop);
	return 0;
}

static int lose_patience(void *ctx, uint32_t events)
{
	struct trial *trial = ctx;

	(void)events;
	loop_stop(trial->loop);
	return 0;
}

static void print_trial(struct trial *trial, const struct docker *docker)
{
	struct check *check = trial->check;

	if (trial->down)
		return;
	if (!trial->synced) {
		snprintf(check->detail, sizeof(check->detail), "no answer within %lld s", CHECK_PATIENCE / NS_PER_S);
		snprintf(check->remedy, sizeof(check->remedy), "see whether %s still works", product(docker));
		return;
	}
	check->answer = *trial->detail ? CHECK_UNKNOWN : CHECK_YES;
	snprintf(check->detail, sizeof(check->detail),
		 "%s %s, API 1.%u: %u containers, %zu with a netns; says whose a netns is, and which containers are gone",
		 product(docker), docker->version.product, docker->version.api, HASH_COUNT(docker->containers),
		 trial->units);
	snprintf(check->remedy, sizeof(check->remedy), "%s", trial->detail);
}

static int try_source(struct trial *trial, const struct source_type *type, const char *argument)
{
	struct source_context context = { .loop = trial->loop, .input = trial_input, .input_ctx = trial, .now = loop_now };
	struct loop_timer *patience = NULL;
	struct source *source = NULL;
	int err = loop_timer_open(&patience, trial->loop, lose_patience, trial);

	if (!err)
		err = loop_timer_set(patience, loop_now() + CHECK_PATIENCE);
	if (!err)
		err = docker_open_as(&source, type, argument, &context);
	if (!err)
		err = loop_run(trial->loop);
	if (!err)
		print_trial(trial, (struct docker *)source);
	source_close(source);
	loop_timer_close(patience);
	return err;
}

static int check_as(const struct source_type *type, const char *argument, struct checks *checks)
{
	char subject[sizeof(checks->items->subject)];
	struct trial trial = { .loop = NULL };
	int err;

	snprintf(subject, sizeof(subject), "%s:%s", type->scheme, argument);
	trial.check = checks_add(checks, "source", CHECK_NO, false, subject);
	if (!trial.check)
		return -ENOMEM;
	err = loop_open(&trial.loop);
	if (!err)
		err = try_source(&trial, type, argument);
	loop_close(trial.loop);
	if (err == -ELIBACC) {
		snprintf(trial.check->detail, sizeof(trial.check->detail), "there is no libcurl on this machine");
		snprintf(trial.check->remedy, sizeof(trial.check->remedy), "install it (Debian: libcurl4)");
		err = 0;
	}
	return err;
}

static int docker_check(const char *argument, struct checks *checks)
{
	return check_as(&source_docker, argument, checks);
}

static int podman_check(const char *argument, struct checks *checks)
{
	return check_as(&source_podman, argument, checks);
}

const struct source_type source_docker = {
	.scheme = "docker",
	.argument = "SOCKET",
	.fallback = "/run/docker.sock",
	.help = "Docker: its containers, whose netns is whose, and which are gone",
	.open = docker_open,
	.close = docker_close,
	.check = docker_check,
};

const struct source_type source_podman = {
	.scheme = "podman",
	.argument = "SOCKET",
	.fallback = "/run/podman/podman.sock",
	.help = "Podman's API service: its containers, as docker",
	.open = podman_open,
	.close = docker_close,
	.check = podman_check,
};
