/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "docker_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json_parse.h"
#include "util.h"

#define NAME_BYTES 512 /* cri-dockerd joins the names of pod, container and namespace, the uid and more to one of 433 */
/* What we speak: 1.24 has all that is read here, and Docker 29 takes nothing below 1.44. */
#define API_LEAST 24u
#define API_WANTED 44u

/* A name; "" where there is none. */
static int name_member(const char **ret, const cJSON *object, const char *key, char *reason)
{
	const cJSON *member;
	int err = json_member(&member, object, key, cJSON_String, reason);

	if (err)
		return err;
	*ret = member ? member->valuestring : "";
	if (strlen(*ret) > NAME_BYTES || !text_is_ascii(*ret))
		return json_bad(reason, "\"%s\" is no name", key);
	return 0;
}

/* The daemon writes year 1 for never: 0. */
static int time_member(int64_t *ret, const cJSON *object, const char *key, char *reason)
{
	const cJSON *member;
	int err = json_member(&member, object, key, cJSON_String, reason);

	if (err)
		return err;
	*ret = 0;
	if (!member || !*member->valuestring || !strncmp(member->valuestring, "0001-", 5))
		return 0;
	return rfc3339_parse(ret, member->valuestring) < 0 ? json_bad(reason, "\"%s\" is no time", key) : 0;
}

bool docker_is_id(const char *text)
{
	size_t length = strlen(text);

	return length && length <= DOCKER_ID_BYTES && strspn(text, "0123456789abcdef") == length;
}

static int id_member(const char **ret, const cJSON *object, const char *key, char *reason)
{
	const cJSON *member;
	int err = json_member(&member, object, key, cJSON_String, reason);

	if (err)
		return err;
	if (!member || !docker_is_id(member->valuestring))
		return json_bad(reason, "it has no \"%s\" that names a container", key);
	*ret = member->valuestring;
	return 0;
}

/* ---- a container ---- */

static bool is_one_of(const char *status, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(status, list[i]))
			return true;
	return false;
}

/*
 * Only what is known to be over is over: a state that some later daemon invents must not make a container seem gone.
 * While it waits to be restarted, Docker says that it is running as well.  podman init gives one that has run a new
 * netns before it is started: that is not the run before's.
 */
static enum docker_run run_of(const char *status, bool restarting, int64_t started)
{
	static const char *const over[] = { "exited", "stopped", "dead", "removing", "restarting" };
	static const char *const waiting[] = { "created", "configured", "initialized" };

	if (!started || is_one_of(status, waiting, ARRAY_SIZE(waiting)))
		return DOCKER_NOT_STARTED;
	if (is_one_of(status, over, ARRAY_SIZE(over)))
		return DOCKER_OVER;
	return restarting ? DOCKER_OVER : DOCKER_RUNNING;
}

static int read_state(struct docker_container *container, const cJSON *json, char *reason)
{
	const cJSON *state, *code;
	const char *status;
	bool restarting;
	int err = json_member(&state, json, "State", cJSON_Object, reason);

	if (err)
		return err;
	if (!state)
		return json_bad(reason, "it has no \"State\"");
	err = name_member(&status, state, "Status", reason);
	if (!err)
		err = json_flag(&restarting, state, "Restarting", reason);
	if (!err)
		err = time_member(&container->started_wall, state, "StartedAt", reason);
	if (!err)
		err = time_member(&container->finished_wall, state, "FinishedAt", reason);
	if (!err)
		err = json_member(&code, state, "ExitCode", cJSON_Number, reason);
	if (err)
		return err;
	if (!*status)
		return json_bad(reason, "its State has no \"Status\"");
	container->failed = code && code->valuedouble != 0;
	container->run = run_of(status, restarting, container->started_wall);
	/* A container that was started again has the end of the run before. */
	if (container->run != DOCKER_OVER || container->finished_wall < container->started_wall)
		container->finished_wall = 0;
	return 0;
}

static int read_network_mode(struct docker_container *container, const cJSON *json, char *reason)
{
	static const char joins[] = "container:", foreign[] = "ns:";
	const cJSON *config;
	const char *mode;
	int err = json_member(&config, json, "HostConfig", cJSON_Object, reason);

	if (!err)
		err = name_member(&mode, config, "NetworkMode", reason);
	if (err)
		return err;
	if (!*mode)
		return json_bad(reason, "it has no HostConfig.NetworkMode");
	container->joins = "";
	if (!strcmp(mode, "host")) {
		container->network = DOCKER_HOST;
	} else if (!strncmp(mode, joins, sizeof(joins) - 1)) {
		container->network = DOCKER_JOINS;
		container->joins = mode + sizeof(joins) - 1;
	} else if (!strncmp(mode, foreign, sizeof(foreign) - 1)) {
		container->network = DOCKER_FOREIGN;
	}
	return 0;
}

/* An address; "" is none yet. */
static int add_address(struct docker_container *container, const cJSON *object, const char *key, char *reason)
{
	const cJSON *member;
	struct ip_address ip;
	int err = json_member(&member, object, key, cJSON_String, reason);

	if (err || !member || !*member->valuestring)
		return err;
	if (ip_address_parse(&ip, member->valuestring, false))
		return json_bad(reason, "\"%s\" is no address", key);
	for (size_t i = 0; i < container->ip_count; i++)
		if (ip_address_equal(&container->ips[i], &ip))
			return 0;
	if (container->ip_count == DOCKER_MOST_IPS)
		return json_bad(reason, "it has more than %d addresses", DOCKER_MOST_IPS);
	container->ips[container->ip_count++] = ip;
	return 0;
}

static int add_addresses(struct docker_container *container, const cJSON *network, char *reason)
{
	int err = add_address(container, network, "IPAddress", reason);

	return err ? err : add_address(container, network, "GlobalIPv6Address", reason);
}

static int read_network(struct docker_container *container, const cJSON *json, char *reason)
{
	const cJSON *settings, *key, *networks, *network;
	int err = json_member(&settings, json, "NetworkSettings", cJSON_Object, reason);

	if (!err)
		err = json_member(&key, settings, "SandboxKey", cJSON_String, reason);
	if (!err)
		err = json_member(&networks, settings, "Networks", cJSON_Object, reason);
	if (err)
		return err;
	if (key && *key->valuestring && (*key->valuestring != '/' || strlen(key->valuestring) >= 4096 ||
					 !text_is_printable(key->valuestring, strlen(key->valuestring))))
		return json_bad(reason, "its NetworkSettings.SandboxKey is no path");
	container->netns_path = key ? key->valuestring : "";
	/* Podman repeats the owner's addresses with those who share its netns. */
	if (container->network != DOCKER_OWN_NETNS)
		return 0;
	err = add_addresses(container, settings, reason);
	cJSON_ArrayForEach(network, networks) {
		if (err)
			return err;
		if (!cJSON_IsNull(network))
			err = cJSON_IsObject(network) ? add_addresses(container, network, reason) :
							json_bad(reason, "\"Networks\" has an entry that is not an object");
	}
	return err;
}

/* The labels that cri-dockerd sets.  Who sets some of them by hand has made a plain container. */
static int read_labels(struct docker_container *container, const cJSON *json, char *reason)
{
	const cJSON *config, *labels;
	const char *type, *name, *namespace_, *uid;
	int err = json_member(&config, json, "Config", cJSON_Object, reason);

	container->pod_name = container->pod_namespace = container->pod_uid = "";
	if (!err)
		err = json_member(&labels, config, "Labels", cJSON_Object, reason);
	if (!err)
		err = json_member(&config, labels, "io.kubernetes.docker.type", cJSON_String, reason);
	if (err || !config)
		return err;
	type = config->valuestring;
	err = name_member(&name, labels, "io.kubernetes.pod.name", reason);
	if (!err)
		err = name_member(&namespace_, labels, "io.kubernetes.pod.namespace", reason);
	if (!err)
		err = name_member(&uid, labels, "io.kubernetes.pod.uid", reason);
	if (err || !*name || !*namespace_ || !*uid)
		return err;
	container->is_in_sandbox = !strcmp(type, "container");
	container->is_sandbox = !strcmp(type, "podsandbox");
	if (!container->is_sandbox)
		return 0;
	container->pod_name = name;
	container->pod_namespace = namespace_;
	container->pod_uid = uid;
	return 0;
}

static int read_container(struct docker_container *container, char *reason)
{
	const cJSON *json = container->json;
	int err = id_member(&container->id, json, "Id", reason);

	if (!err)
		err = name_member(&container->name, json, "Name", reason);
	if (err)
		return err;
	container->name += *container->name == '/';
	if (!*container->name)
		return json_bad(reason, "it has no name");
	err = read_state(container, json, reason);
	if (!err)
		err = read_network_mode(container, json, reason);
	if (!err)
		err = read_network(container, json, reason);
	return err ? err : read_labels(container, json, reason);
}

int docker_container_parse(struct docker_container *ret, const char *text, size_t length,
			   char reason[static POD_REASON_BYTES])
{
	struct docker_container container = { .json = NULL };
	int err = json_parse(&container.json, text, length, reason, POD_REASON_BYTES);

	if (!err)
		err = read_container(&container, reason);
	if (err) {
		docker_container_clear(&container);
		return err;
	}
	*ret = container;
	return 0;
}

void docker_container_clear(struct docker_container *container)
{
	cJSON_Delete(container->json);
	container->json = NULL;
}

/* ---- the rest ---- */

/* "1.41" */
static int api_member(unsigned int *ret, const cJSON *json, const char *key, unsigned int missing, char *reason)
{
	const char *text;
	int end = 0, err = name_member(&text, json, key, reason);

	if (err)
		return err;
	*ret = missing;
	if (!*text)
		return 0;
	if (sscanf(text, "1.%3u%n", ret, &end) != 1 || text[end])
		return json_bad(reason, "\"%s\" is %.20s, not 1.something", key, text);
	return 0;
}

int docker_version_parse(struct docker_version *ret, const char *text, size_t length,
			 char reason[static POD_REASON_BYTES])
{
	CLEANUP(free_json) cJSON *json = NULL;
	unsigned int newest, least;
	const char *product;
	int err = json_parse(&json, text, length, reason, POD_REASON_BYTES);

	if (!err)
		err = name_member(&product, json, "Version", reason);
	if (!err)
		err = api_member(&newest, json, "ApiVersion", 0, reason);
	if (!err)
		err = api_member(&least, json, "MinAPIVersion", 0, reason);
	if (err)
		return err;
	if (newest < API_LEAST)
		return json_bad(reason, "it speaks API 1.%u, and netnsleak none before 1.%u", newest, API_LEAST);
	ret->api = newest < API_WANTED ? newest : least > API_WANTED ? least : API_WANTED;
	snprintf(ret->product, sizeof(ret->product), "%s", product);
	return 0;
}

int docker_entry_parse(char ret_id[static DOCKER_ID_BYTES + 1], const char *text, size_t length,
		       char reason[static POD_REASON_BYTES])
{
	CLEANUP(free_json) cJSON *json = cJSON_ParseWithLength(text, length);
	const char *id;
	int err;

	if (!json)
		return json_bad(reason, "it cannot be parsed");
	err = id_member(&id, json, "Id", reason);
	if (!err)
		strcpy(ret_id, id);
	return err;
}

/* What may change a container's netns, its owner's life or its name.  Podman says died, remove and cleanup. */
static bool matters(const char *action, struct docker_event *event)
{
	static const struct {
		const char *action;
		bool started, ended;
	} known[] = {
		{ "start", true, false },   { "restart", false, false }, { "die", false, true },
		{ "died", false, true },    { "destroy", false, true },	 { "remove", false, true },
		{ "cleanup", false, false }, { "rename", false, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strcmp(action, known[i].action))
			continue;
		event->started = known[i].started;
		event->ended = known[i].ended;
		return true;
	}
	return false;
}

static int read_event(struct docker_event *event, const cJSON *json, char *reason)
{
	const cJSON *type, *action, *actor, *nanoseconds;
	const char *id;
	int err = json_member(&type, json, "Type", cJSON_String, reason);

	if (!err)
		err = json_member(&action, json, "Action", cJSON_String, reason);
	if (!err)
		err = json_member(&actor, json, "Actor", cJSON_Object, reason);
	if (!err)
		err = json_member(&nanoseconds, json, "timeNano", cJSON_Number, reason);
	if (err)
		return err;
	if (!type || !action)
		return json_bad(reason, "an event without \"Type\" or \"Action\"");
	if (strcmp(type->valuestring, "container") || !matters(action->valuestring, event))
		return 1;
	err = id_member(&id, actor, "ID", reason);
	if (err)
		return err;
	strcpy(event->id, id);
	/* A double has it to a quarter of a microsecond. */
	event->time_wall = nanoseconds && nanoseconds->valuedouble > 0 && nanoseconds->valuedouble < 9e18 ?
				   (int64_t)nanoseconds->valuedouble :
				   0;
	return 0;
}

int docker_event_parse(struct docker_event *ret, const char *text, size_t length,
		       char reason[static POD_REASON_BYTES])
{
	CLEANUP(free_json) cJSON *json = NULL;
	struct docker_event event = { .id = "" };
	int err = json_parse(&json, text, length, reason, POD_REASON_BYTES);

	if (!err)
		err = read_event(&event, json, reason);
	if (!err)
		*ret = event;
	return err;
}
