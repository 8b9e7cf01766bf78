/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "docker_units.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netns_path.h"
#include "util.h"

/* A run whose netns is the container's own. */
struct docker_unit {
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

/* ---- what goes out ---- */

static bool is_kubernetes(const struct docker_unit *unit)
{
	return unit->pod_uid;
}

static int tell_pod(struct docker_units *units, const struct docker_unit *unit)
{
	struct input input = { .kind = INPUT_POD };

	input.pod = (struct input_pod){
		.source = units->source->name,
		.uid = unit->uid,
		.alias_uid = "",
		.namespace_ = units->namespace_,
		.name = unit->name,
		.node = "",
		.ips = unit->ips,
		.ip_count = unit->ip_count,
		.host_network = unit->host_network,
		.terminating = unit->over && unit->lingers,
		.phase = !unit->over || unit->lingers ? POD_RUNNING : unit->failed ? POD_FAILED : POD_SUCCEEDED,
		.finished_wall = unit->over && !unit->lingers ? unit->finished_wall : 0,
	};
	return source_tell(units->source, &input);
}

static int tell_binding(struct docker_units *units, struct docker_unit *unit)
{
	struct input input = { .kind = INPUT_BINDING };

	/* What is over, and has no netns any more, said all that it has to say while it ran. */
	if (unit->host_network || !*unit->netns_path || (unit->over && !unit->netns_inum))
		return 0;
	input.binding = (struct input_binding){
		.source = units->source->name,
		.evidence = EVIDENCE_CRI,
		.key = unit->uid,
		.pod_uid = is_kubernetes(unit) ? unit->pod_uid : unit->uid,
		.pod_namespace = is_kubernetes(unit) ? unit->pod_namespace : units->namespace_,
		.pod_name = is_kubernetes(unit) ? unit->pod_name : unit->name,
		.container_id = unit->id,
		.netns_path = unit->netns_path,
		.netns_inum = unit->netns_inum,
		.ips = unit->ips,
		.ip_count = unit->ip_count,
		.as_of_wall = unit->as_of_wall,
	};
	unit->bound = true;
	return source_tell(units->source, &input);
}

/* All that goes out of a unit, for comparison. */
static int print_unit(char **ret, const struct docker_unit *unit)
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
static int tell_unit(struct docker_units *units, struct docker_unit *unit, bool all)
{
	CLEANUP(free_pointer) char *text = NULL;
	int err = print_unit(&text, unit);

	if (err || (!all && unit->said && !strcmp(unit->said, text)))
		return err;
	free(unit->said);
	unit->said = TAKE_PTR(text);
	unit->ended |= unit->over && !unit->lingers;
	if (!is_kubernetes(unit))
		err = tell_pod(units, unit);
	return err ? err : tell_binding(units, unit);
}

/* A listing without the pod says when it went.  Bindings are in no listing. */
static int tell_gone(struct docker_units *units, const struct docker_unit *unit, int64_t when)
{
	struct input gone = { .kind = INPUT_POD_GONE,
			      .pod_gone = { .source = units->source->name, .uid = unit->uid, .gone_wall = when } };
	struct input unbound = { .kind = INPUT_BINDING_GONE,
				 .binding_gone = { .source = units->source->name, .key = unit->uid } };
	int err = is_kubernetes(unit) || !units->live ? 0 : source_tell(units->source, &gone);

	return err || !unit->bound ? err : source_tell(units->source, &unbound);
}

/* ---- runs ---- */

static void unit_free(struct docker_units *units, struct docker_unit *unit)
{
	HASH_DEL(units->units, unit);
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

static struct container *find_container(const struct docker_units *units, const char *id)
{
	struct container *container;

	HASH_FIND_STR(units->containers, id, container);
	return container;
}

/* The run that was on when the other container was started: the last before that. */
static bool was_on(const struct docker_units *units, const struct docker_unit *unit, int64_t when)
{
	const struct docker_unit *other;

	if (unit->started_wall > when)
		return false;
	for (other = units->units; other; other = other->hh.next)
		if (other != unit && !strcmp(other->id, unit->id) && other->started_wall > unit->started_wall &&
		    other->started_wall <= when)
			return false;
	return true;
}

/* The owner is named as whoever made the container did: by its id, the beginning of it, or its name. */
static bool joins(const struct container *container, const struct docker_unit *unit)
{
	return container->joins && (!strncmp(unit->id, container->joins, strlen(container->joins)) ||
				    !strcmp(unit->name, container->joins));
}

static bool shares(const struct docker_units *units, const struct container *container, const struct docker_unit *unit)
{
	return container->runs && container->unit != unit && joins(container, unit) &&
	       was_on(units, unit, container->started_wall);
}

/* One that could not be read yet may share any netns that there was when it was heard of. */
static bool may_share(const struct container *container, const struct docker_unit *unit)
{
	return !container->is_known && unit->started_wall <= container->heard_wall;
}

/* Whether a container uses the netns of a run that is over. */
static bool is_shared(const struct docker_units *units, const struct docker_unit *unit)
{
	const struct container *container;

	for (container = units->containers; container; container = container->hh.next)
		if (may_share(container, unit) || shares(units, container, unit))
			return true;
	return false;
}

/* The unit is as it is known to be: tell it, or that it is gone.  `when`: of what has just changed. */
static int settle_unit(struct docker_units *units, struct docker_unit *unit, int64_t when)
{
	bool lingered = unit->lingers;
	int err = 0;

	unit->lingers = unit->over && !unit->ended && !unit->host_network && !is_kubernetes(unit) && is_shared(units, unit);
	if (lingered && !unit->lingers && units->live)
		unit->finished_wall = when;
	if (unit->over && !unit->lingers && (!unit->container || unit->container->unit != unit)) {
		err = tell_gone(units, unit, unit->finished_wall ? unit->finished_wall : when);
		unit_free(units, unit);
		return err;
	}
	return units->live ? tell_unit(units, unit, false) : 0;
}

/* A container that may share another's netns is not what it was. */
static int settle_owners(struct docker_units *units, int64_t when)
{
	struct docker_unit *unit, *next;
	int err = 0;

	HASH_ITER(hh, units->units, unit, next)
		if (unit->over && unit->lingers && !err)
			err = settle_unit(units, unit, when);
	return err;
}

static int get_unit(struct docker_units *units, struct docker_unit **ret, const struct docker_container *told)
{
	char uid[DOCKER_ID_BYTES + 32];
	struct docker_unit *unit;

	snprintf(uid, sizeof(uid), "%s@%" PRId64, told->id, told->started_wall);
	HASH_FIND_STR(units->units, uid, unit);
	if (!unit) {
		unit = calloc(1, sizeof(*unit) + strlen(uid) + 1);
		if (!unit)
			return -ENOMEM;
		strcpy(unit->uid, uid);
		unit->started_wall = told->started_wall;
		HASH_ADD_STR(units->units, uid, unit);
	}
	*ret = unit;
	return 0;
}

static int set_ips(struct docker_unit *unit, const struct docker_container *told)
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
static int set_netns(struct docker_unit *unit, const char *path)
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

static int set_pod(struct docker_unit *unit, const struct docker_container *told)
{
	int err;

	if (!told->is_sandbox)
		return 0;
	err = replace_text(&unit->pod_namespace, told->pod_namespace);
	if (!err)
		err = replace_text(&unit->pod_name, told->pod_name);
	return err ? err : replace_text(&unit->pod_uid, told->pod_uid);
}

static int set_unit(struct docker_unit *unit, const struct docker_container *told)
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
static int leave_unit(struct docker_units *units, struct container *container, int64_t when)
{
	struct docker_unit *unit = container->unit;

	container->unit = NULL;
	if (!unit)
		return 0;
	unit->container = NULL;
	if (!unit->over)
		unit->finished_wall = when;
	unit->over = true;
	return settle_unit(units, unit, when);
}

static int take_run(struct docker_units *units, struct container *container, const struct docker_container *told)
{
	struct docker_unit *unit, *before = container->unit;
	int err = get_unit(units, &unit, told);

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
		err = settle_unit(units, before, told->started_wall);
	}
	return err ? err : settle_unit(units, unit, wall_now());
}

/* The container as the daemon has just described it. */
int docker_units_take(struct docker_units *units, struct container *container, const struct docker_container *told)
{
	bool was_running = container->runs;
	int64_t when = wall_now();
	int err = 0;

	container->is_known = true;
	container->runs = told->run == DOCKER_RUNNING;
	container->started_wall = told->started_wall;
	free(container->joins);
	container->joins = told->network == DOCKER_JOINS ? strdup(told->joins) : NULL;
	if (told->network == DOCKER_JOINS && !container->joins)
		return -ENOMEM;
	if (told->run == DOCKER_NOT_STARTED || told->is_in_sandbox || told->network == DOCKER_JOINS ||
	    told->network == DOCKER_FOREIGN)
		err = leave_unit(units, container, when);
	else
		err = take_run(units, container, told);
	if (!err && was_running && !container->runs && told->finished_wall)
		when = told->finished_wall;
	return err ? err : settle_owners(units, when);
}

/* ---- containers ---- */

int docker_units_get(struct docker_units *units, struct container **ret, const char *id)
{
	struct container *container = find_container(units, id);

	if (!container) {
		container = calloc(1, sizeof(*container) + strlen(id) + 1);
		if (!container)
			return -ENOMEM;
		strcpy(container->id, id);
		HASH_ADD_STR(units->containers, id, container);
	}
	container->heard_wall = wall_now();
	*ret = container;
	return 0;
}

static void container_free(struct docker_units *units, struct container *container)
{
	HASH_DEL(units->containers, container);
	free(container->joins);
	free(container);
}

/* The daemon has no such container any more. */
int docker_units_remove(struct docker_units *units, struct container *container)
{
	int64_t when = container->ended_wall ? container->ended_wall : wall_now();
	int err = leave_unit(units, container, when);

	container_free(units, container);
	return err ? err : settle_owners(units, when);
}

int docker_units_settle(struct docker_units *units)
{
	struct docker_unit *unit, *next;
	int64_t now = wall_now();
	int err = 0;

	HASH_ITER(hh, units->units, unit, next)
		if (!err)
			err = settle_unit(units, unit, now);
	return err;
}

int docker_units_tell(struct docker_units *units)
{
	struct docker_unit *unit, *next;
	int err = 0;

	HASH_ITER(hh, units->units, unit, next)
		if (!err)
			err = tell_unit(units, unit, true);
	return err;
}

void docker_units_note_event(struct container *container, const struct docker_event *event)
{
	if (event->started)
		container->ended_wall = 0;
	else if (event->ended && !container->ended_wall)
		container->ended_wall = event->time_wall;
}

void docker_units_clear(struct docker_units *units)
{
	struct docker_unit *unit, *next_unit;
	struct container *container, *next;

	HASH_ITER(hh, units->units, unit, next_unit)
		unit_free(units, unit);
	HASH_ITER(hh, units->containers, container, next)
		container_free(units, container);
}
