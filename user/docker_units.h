/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The containers of a daemon, Docker or Podman, and what is told of them as the daemon describes them.
 *
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
 */
#ifndef NETNSLEAK_DOCKER_UNITS_H
#define NETNSLEAK_DOCKER_UNITS_H

#include <uthash.h>

#include "docker_json.h"
#include "source.h"

struct docker_unit;

struct container {
	UT_hash_handle hh;
	bool is_known;		  /* was described once */
	int64_t heard_wall;	  /* of last: a run of it that is not known yet began before */
	struct docker_unit *unit; /* its last run, where that is one */
	char *joins;		  /* whose netns it shares, or NULL */
	bool runs;
	int64_t started_wall;
	int64_t ended_wall; /* by the first event after it was started: see docker_units_note_event() */

	/* For whoever asks the daemon about it (docker_daemon.c). */
	struct container *next_due; /* of those to be asked for */
	bool is_due, is_asked;
	bool is_pending; /* the listing under way waits for it */
	bool is_unreadable;
	uint64_t listing; /* number of the last listing that had it */
	char id[];
};

struct docker_units {
	struct source *source;	/* in whose name it is told */
	const char *namespace_; /* of the containers, see pods.h */
	bool live;		/* what is new goes out as it comes; else it waits for docker_units_tell() */
	struct container *containers;
	struct docker_unit *units;
};

/* Finds or makes it.  -ENOMEM. */
int docker_units_get(struct docker_units *units, struct container **ret, const char *id);
/* The container is as the daemon has just described it, or the daemon has it no more: then it is freed. */
int docker_units_take(struct docker_units *units, struct container *container, const struct docker_container *told);
int docker_units_remove(struct docker_units *units, struct container *container);
void docker_units_note_event(struct container *container, const struct docker_event *event);

/* All were described or removed: which runs are over is known.  Then: all that there is. */
int docker_units_settle(struct docker_units *units);
int docker_units_tell(struct docker_units *units);

void docker_units_clear(struct docker_units *units); /* says nothing */

#endif
