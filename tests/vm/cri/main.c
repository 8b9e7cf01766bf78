/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <cjson/cJSON.h>
#include <errno.h>
#include <limits.h>
#include <runtime.pb-c.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "config.h"
#include "json_parse.h"
#include "util.h"

static const char usage[] =
	"Makes and deletes pod sandboxes through a container runtime's CRI, as the kubelet does.\n"
	"\n"
	"    cri run --namespace NS --name NAME --uid UID [--attempt N] [--host-network]   prints the sandbox's ID\n"
	"    cri start SANDBOX NAME COMMAND [ARG...]    starts a container in it (image: busybox), prints its ID\n"
	"    cri stop SANDBOX                           kills its tasks, takes its network down (CNI DEL)\n"
	"    cri rm SANDBOX                             removes it\n"
	"    cri list                                   one JSON object a line for each sandbox\n"
	"    cri status SANDBOX                         all that the runtime says of it, as JSON; .netns, .ips and .pid on top\n"
	"    cri version                                is anyone there?\n"
	"    cri events                                 what becomes of containers, as it happens, one JSON object a line\n"
	"\n"
	"Exit status: 0, or 1 where the runtime refused or did not answer (the reason is on stderr).\n";

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static int print_json(const cJSON *json, char *(*print)(const cJSON *json))
{
	CLEANUP(free_pointer) char *text = print(json);

	if (!text)
		return refuse("no memory");
	puts(text);
	return 0;
}

/* ---- making ---- */

static int read_options(struct pod *pod, char **arguments)
{
	for (; *arguments; arguments++) {
		const char *name = *arguments + (strncmp(*arguments, "--", 2) ? 0 : 2);
		char **value = !strcmp(name, "namespace") ? &pod->namespace_ : !strcmp(name, "name") ? &pod->name :
			       !strcmp(name, "uid") ? &pod->uid : NULL;
		bool attempt = !strcmp(name, "attempt");
		char *end = NULL;

		if (!strcmp(name, "host-network")) {
			pod->host_network = true;
			continue;
		}
		if (!value && !attempt)
			return refuse("unknown option %s (see cri --help)", name);
		if (!*++arguments)
			return refuse("--%s needs a value", name);
		if (value)
			*value = *arguments;
		else
			pod->attempt = strtoul(*arguments, &end, 10);
		if (end && (end == *arguments || *end))
			return refuse("--attempt %s: not a number", *arguments);
	}
	return 0;
}

static int run(struct runtime *runtime, char **arguments)
{
	static char usual[] = "default";
	struct pod pod = { .namespace_ = usual };
	CLEANUP(sandbox_config_free) struct sandbox_config config = { 0 };
	CLEANUP(free_message) Runtime__RunPodSandboxResponse *answer = NULL;
	Runtime__RunPodSandboxRequest request = RUNTIME__RUN_POD_SANDBOX_REQUEST__INIT;
	int err = read_options(&pod, arguments);

	if (err)
		return err;
	if (!pod.name || !pod.uid)
		return refuse("run needs --name and --uid");
	if (sandbox_config_init(&config, &pod) < 0)
		return refuse("no memory");
	request.config = &config.message;
	err = runtime_call(runtime, "RunPodSandbox", &request.base, &runtime__run_pod_sandbox_response__descriptor, &answer);
	if (!err)
		puts(answer->pod_sandbox_id);
	return err;
}

/* ---- looking ---- */

/* *ret has all that is read of it: its status, with metadata. */
static int status_of(struct runtime *runtime, char *sandbox, Runtime__PodSandboxStatusResponse **ret)
{
	CLEANUP(free_message) Runtime__PodSandboxStatusResponse *answer = NULL;
	Runtime__PodSandboxStatusRequest request;
	int err;

	runtime__pod_sandbox_status_request__init(&request);
	request.pod_sandbox_id = sandbox;
	request.verbose = true;
	err = runtime_call(runtime, "PodSandboxStatus", &request.base, &runtime__pod_sandbox_status_response__descriptor,
			   &answer);
	if (err)
		return err;
	if (!answer->status || !answer->status->metadata)
		return refuse("PodSandboxStatus: it does not say whose it is");
	*ret = TAKE_PTR(answer);
	return 0;
}

static bool has_host_network(const Runtime__PodSandboxStatus *status)
{
	const Runtime__LinuxPodSandboxStatus *of_linux = status->linux_status;

	return of_linux && of_linux->namespaces && of_linux->namespaces->options &&
	       of_linux->namespaces->options->network == RUNTIME__NAMESPACE_MODE__NODE;
}

/* What PodSandboxStatus and PodSandbox have in common. */
static cJSON *describe(const char *id, const Runtime__PodSandboxMetadata *metadata, Runtime__PodSandboxState state,
		       int64_t created_at)
{
	cJSON *json = cJSON_CreateObject();
	char created[32];

	snprintf(created, sizeof(created), "%lld", (long long)created_at);
	cJSON_AddStringToObject(json, "id", id);
	cJSON_AddStringToObject(json, "namespace", metadata ? metadata->namespace_ : "");
	cJSON_AddStringToObject(json, "name", metadata ? metadata->name : "");
	cJSON_AddStringToObject(json, "uid", metadata ? metadata->uid : "");
	cJSON_AddNumberToObject(json, "attempt", metadata ? metadata->attempt : 0);
	cJSON_AddStringToObject(json, "state", state == RUNTIME__POD_SANDBOX_STATE__SANDBOX_READY ? "ready" : "not-ready");
	cJSON_AddStringToObject(json, "created_at", created);
	return json;
}

/* While the sandbox has a task its OCI spec says; afterwards only the runtime's own record does. */
static const char *netns_path(const cJSON *info)
{
	const cJSON *spaces = member(member(member(info, "runtimeSpec"), "linux"), "namespaces"), *space;
	const char *path;

	cJSON_ArrayForEach(space, spaces) {
		const char *type = cJSON_GetStringValue(member(space, "type"));

		path = cJSON_GetStringValue(member(space, "path"));
		if (type && path && *path && !strcmp(type, "network"))
			return path;
	}
	path = cJSON_GetStringValue(member(member(member(info, "sandboxMetadata"), "Metadata"), "NetNSPath"));
	return path && *path ? path : NULL;
}

static void add_ip(cJSON *ips, const char *ip)
{
	if (*ip)
		cJSON_AddItemToArray(ips, cJSON_CreateString(ip));
}

static cJSON *describe_ips(const Runtime__PodSandboxNetworkStatus *network)
{
	cJSON *ips = cJSON_CreateArray();

	if (!network)
		return ips;
	add_ip(ips, network->ip);
	for (size_t i = 0; i < network->n_additional_ips; i++)
		add_ip(ips, network->additional_ips[i]->ip);
	return ips;
}

/* What a runtime says when it is to be verbose: JSON of its own. */
static const char *info_of(const Runtime__PodSandboxStatusResponse *answer)
{
	for (size_t i = 0; i < answer->n_info; i++)
		if (!strcmp(answer->info[i]->key, "info"))
			return answer->info[i]->value;
	return "{}";
}

static int print_status(const Runtime__PodSandboxStatusResponse *answer)
{
	const Runtime__PodSandboxStatus *status = answer->status;
	const char *said = info_of(answer), *path;
	CLEANUP(free_json) cJSON *info = cJSON_ParseWithOpts(said, NULL, true);
	CLEANUP(free_json) cJSON *json = describe(status->id, status->metadata, status->state, status->created_at);
	const cJSON *pid = member(info, "pid");

	if (!info)
		return refuse("PodSandboxStatus: its info is no JSON");
	path = netns_path(info);
	cJSON_AddItemToObject(json, "netns", path ? cJSON_CreateString(path) : cJSON_CreateNull());
	cJSON_AddItemToObject(json, "ips", describe_ips(status->network));
	cJSON_AddItemToObject(json, "pid", pid ? cJSON_Duplicate(pid, true) : cJSON_CreateNull());
	cJSON_AddBoolToObject(json, "host_network", has_host_network(status));
	/* As it came: it has numbers that a double does not hold. */
	cJSON_AddRawToObject(json, "info", said);
	return print_json(json, cJSON_Print);
}

static int status(struct runtime *runtime, char **arguments)
{
	CLEANUP(free_message) Runtime__PodSandboxStatusResponse *answer = NULL;
	int err = status_of(runtime, arguments[0], &answer);

	return err ? err : print_status(answer);
}

static int list(struct runtime *runtime, char **arguments)
{
	CLEANUP(free_message) Runtime__ListPodSandboxResponse *answer = NULL;
	Runtime__Nothing request = RUNTIME__NOTHING__INIT;
	int err = runtime_call(runtime, "ListPodSandbox", &request.base, &runtime__list_pod_sandbox_response__descriptor,
			       &answer);

	(void)arguments;
	for (size_t i = 0; !err && i < answer->n_items; i++) {
		const Runtime__PodSandbox *item = answer->items[i];
		CLEANUP(free_json) cJSON *json = describe(item->id, item->metadata, item->state, item->created_at);

		err = print_json(json, cJSON_PrintUnformatted);
	}
	return err;
}

static int version(struct runtime *runtime, char **arguments)
{
	static char of_api[] = "v1";
	CLEANUP(free_message) Runtime__VersionResponse *answer = NULL;
	Runtime__VersionRequest request;
	int err;

	(void)arguments;
	runtime__version_request__init(&request);
	request.version = of_api;
	err = runtime_call(runtime, "Version", &request.base, &runtime__version_response__descriptor, &answer);
	if (!err)
		printf("%s %s\n", answer->runtime_name, answer->runtime_version);
	return err;
}

static int print_event(const ProtobufCMessage *message)
{
	static const char *const kinds[] = { "created", "started", "stopped", "deleted" };
	const Runtime__ContainerEventResponse *event = (const void *)message;
	CLEANUP(free_json) cJSON *json = cJSON_CreateObject();
	unsigned int kind = event->container_event_type;
	int err;

	if (kind >= ARRAY_SIZE(kinds))
		return refuse("GetContainerEvents: there is no event %u", kind);
	cJSON_AddStringToObject(json, "container", event->container_id);
	cJSON_AddStringToObject(json, "event", kinds[kind]);
	err = print_json(json, cJSON_PrintUnformatted);
	fflush(stdout);
	return err;
}

static int events(struct runtime *runtime, char **arguments)
{
	Runtime__Nothing request = RUNTIME__NOTHING__INIT;

	(void)arguments;
	return runtime_stream(runtime, "GetContainerEvents", &request.base, &runtime__container_event_response__descriptor,
			      print_event);
}

/* ---- containers ---- */

static int create_container(struct runtime *runtime, const Runtime__PodSandboxStatus *sandbox, char **arguments,
			    Runtime__CreateContainerResponse **ret)
{
	const Runtime__PodSandboxMetadata *metadata = sandbox->metadata;
	const struct pod pod = { metadata->namespace_, metadata->name, metadata->uid, metadata->attempt,
				 has_host_network(sandbox) };
	CLEANUP(sandbox_config_free) struct sandbox_config config = { 0 };
	CLEANUP(container_config_free) struct container_config container = { 0 };
	Runtime__CreateContainerRequest request;

	if (sandbox_config_init(&config, &pod) < 0 ||
	    container_config_init(&container, &pod, arguments[1], arguments + 2) < 0)
		return refuse("no memory");
	runtime__create_container_request__init(&request);
	request.pod_sandbox_id = arguments[0];
	request.config = &container.message;
	request.sandbox_config = &config.message;
	return runtime_call(runtime, "CreateContainer", &request.base, &runtime__create_container_response__descriptor, ret);
}

static int start(struct runtime *runtime, char **arguments)
{
	CLEANUP(free_message) Runtime__PodSandboxStatusResponse *sandbox = NULL;
	CLEANUP(free_message) Runtime__CreateContainerResponse *container = NULL;
	CLEANUP(free_message) Runtime__Nothing *answer = NULL;
	Runtime__StartContainerRequest request;
	int err = status_of(runtime, arguments[0], &sandbox);

	if (err)
		return err;
	err = create_container(runtime, sandbox->status, arguments, &container);
	if (err)
		return err;
	runtime__start_container_request__init(&request);
	request.container_id = container->container_id;
	err = runtime_call(runtime, "StartContainer", &request.base, &runtime__nothing__descriptor, &answer);
	if (!err)
		puts(container->container_id);
	return err;
}

/* ---- deleting ---- */

static int of_sandbox(struct runtime *runtime, const char *method, char *sandbox)
{
	CLEANUP(free_message) Runtime__Nothing *answer = NULL;
	Runtime__SandboxRequest request;

	runtime__sandbox_request__init(&request);
	request.pod_sandbox_id = sandbox;
	return runtime_call(runtime, method, &request.base, &runtime__nothing__descriptor, &answer);
}

static int stop(struct runtime *runtime, char **arguments)
{
	return of_sandbox(runtime, "StopPodSandbox", arguments[0]);
}

static int rm(struct runtime *runtime, char **arguments)
{
	return of_sandbox(runtime, "RemovePodSandbox", arguments[0]);
}

/* ---- the command line ---- */

static const struct command {
	const char *name;
	int least, most; /* arguments */
	int (*run)(struct runtime *runtime, char **arguments);
} commands[] = {
	{ "run", 0, INT_MAX, run }, { "start", 2, INT_MAX, start }, { "stop", 1, 1, stop }, { "rm", 1, 1, rm },
	{ "list", 0, 0, list }, { "status", 1, 1, status }, { "version", 0, 0, version }, { "events", 0, 0, events },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int run_command(const struct command *command, int count, char **arguments)
{
	struct runtime *runtime;
	int err;

	if (count < command->least || count > command->most)
		return refuse("wrong arguments for %s (see cri --help)", command->name);
	if (runtime_open(&runtime) < 0)
		return refuse("no memory");
	err = command->run(runtime, arguments);
	runtime_close(runtime);
	return err;
}

int main(int argc, char **argv)
{
	const struct command *command = find_command(argv[1]);
	bool help = !command && argc > 1 && !strcmp(argv[1], "--help");

	if (!command) {
		fputs(usage, help ? stdout : stderr);
		return !help;
	}
	if (run_command(command, argc - 2, argv + 2) < 0)
		return 1;
	return fflush(stdout) && refuse("cannot write: %s", strerror(errno)) ? 1 : 0;
}
