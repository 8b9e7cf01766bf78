/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the Docker Engine API (1.24 and later), and Podman's that is compatible with it, say in JSON: of the daemon
 * (GET /version), of one container (GET /containers/ID/json) and of what happens (GET /events).
 *
 * Strict where a verdict hangs on it, as pod_json.h is: what is read wrong makes a container seem gone.
 */
#ifndef NETNSLEAK_DOCKER_JSON_H
#define NETNSLEAK_DOCKER_JSON_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input.h"
#include "pod_json.h"

#define DOCKER_ID_BYTES 64
#define DOCKER_MOST_IPS 32

/* Lower-case hexadecimal: fit to stand in a URL. */
bool docker_is_id(const char *text);

enum docker_run {
	DOCKER_NOT_STARTED, /* created, or made ready to run again: no run has begun yet */
	DOCKER_RUNNING,	    /* or paused, or in a state that we do not know: it has its netns */
	DOCKER_OVER,	    /* exited, dead, waiting to be restarted: the daemon has given its netns up */
};

enum docker_network {
	DOCKER_OWN_NETNS,
	DOCKER_HOST,	/* the node's */
	DOCKER_JOINS,	/* another container's, which owns it: `joins` */
	DOCKER_FOREIGN, /* one that the daemon was given (Podman's "ns:PATH") and leaves to whoever made it */
};

struct docker_container {
	cJSON *json;	  /* owned: the texts are in it */
	const char *id;
	const char *name; /* without the slash before it */
	enum docker_run run;
	enum docker_network network;
	const char *joins;	/* id, or name, of the netns's owner; else "" */
	const char *netns_path; /* as the daemon sees it; "": none */
	/* Of the last run: when it began, 0: it never did; how it ended. */
	int64_t started_wall, finished_wall;
	bool failed;
	struct ip_address ips[DOCKER_MOST_IPS];
	size_t ip_count;

	/* Kubernetes made it, through cri-dockerd: as a pod's sandbox, whose netns it owns, or as a container in one. */
	bool is_sandbox, is_in_sandbox;
	const char *pod_namespace, *pod_name, *pod_uid; /* of a sandbox; else "" */
};

struct docker_event {
	char id[DOCKER_ID_BYTES + 1];
	bool started;
	bool ended;	   /* the container died or was removed, at this moment */
	int64_t time_wall; /* 0: it does not say */
};

struct docker_version {
	char product[32]; /* "20.10.24" */
	unsigned int api; /* 41 of 1.41: what both sides speak */
};

/* Each: -EBADMSG, and reason says why; -ENOMEM. */
int docker_container_parse(struct docker_container *ret, const char *text, size_t length,
			   char reason[static POD_REASON_BYTES]);
void docker_container_clear(struct docker_container *container);
int docker_version_parse(struct docker_version *ret, const char *text, size_t length,
			 char reason[static POD_REASON_BYTES]);
/* An entry of GET /containers/json: its id. */
int docker_entry_parse(char ret_id[static DOCKER_ID_BYTES + 1], const char *text, size_t length,
		       char reason[static POD_REASON_BYTES]);
/* 1: it changes nothing that matters here. */
int docker_event_parse(struct docker_event *ret, const char *text, size_t length,
		       char reason[static POD_REASON_BYTES]);

#endif
