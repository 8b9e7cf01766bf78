/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cri.h"

#include <cjson/cJSON.h>
#include <cri.pb-c.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "json_parse.h"
#include "util.h"

/* Of empty messages, two bytes each, a short list could hold millions. */
#define MOST_MEMORY (64u << 20)
/* RFC 1123: a subdomain, as namespaces and pods are named. */
#define NAME_BYTES 253
#define UID_BYTES 128
#define PATH_BYTES 4096

/* ---- bounded unpacking ---- */

struct budget {
	ProtobufCAllocator allocator;
	size_t left;
};

static void *budget_take(void *data, size_t size)
{
	struct budget *budget = data;

	if (size > budget->left)
		return NULL;
	budget->left -= size;
	return malloc(size);
}

static void budget_free(void *data, void *pointer)
{
	(void)data;
	free(pointer);
}

static void *unpack(const ProtobufCMessageDescriptor *type, const uint8_t *bytes, size_t size)
{
	struct budget budget = { .allocator = { .alloc = budget_take, .free = budget_free, .allocator_data = &budget },
				 .left = MOST_MEMORY };

	return protobuf_c_message_unpack(type, &budget.allocator, size, bytes);
}

static void free_message(void *variable)
{
	ProtobufCMessage *message = *(ProtobufCMessage **)variable;

	if (message)
		protobuf_c_message_free_unpacked(message, NULL);
}

/* ---- requests ---- */

size_t cri_version_request(uint8_t request[static CRI_REQUEST_BYTES])
{
	Cri__VersionRequest message;
	char version[] = "v1";

	cri__version_request__init(&message);
	message.version = version;
	return cri__version_request__pack(&message, request);
}

size_t cri_status_request(uint8_t request[static CRI_REQUEST_BYTES], const char *id)
{
	Cri__PodSandboxStatusRequest message;
	char copy[CRI_ID_BYTES];

	cri__pod_sandbox_status_request__init(&message);
	snprintf(copy, sizeof(copy), "%s", id);
	message.pod_sandbox_id = copy;
	message.verbose = true;
	return cri__pod_sandbox_status_request__pack(&message, request);
}

/* ---- answers ---- */

static void copy_text(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text_is_ascii(text) ? text : "?");
}

int cri_version_read(struct cri_version *ret, const uint8_t *bytes, size_t size)
{
	CLEANUP(free_message) Cri__VersionResponse *message = unpack(&cri__version_response__descriptor, bytes, size);

	if (!message)
		return -EBADMSG;
	copy_text(ret->name, sizeof(ret->name), message->runtime_name);
	copy_text(ret->version, sizeof(ret->version), message->runtime_version);
	return 0;
}

static bool is_name(const char *text, size_t most)
{
	return strlen(text) <= most && text_is_ascii(text);
}

static bool is_sound(const Cri__PodSandbox *item)
{
	const Cri__Metadata *pod = item->metadata;

	return *item->id && is_name(item->id, CRI_ID_BYTES - 1) &&
	       (!pod || (is_name(pod->uid, UID_BYTES) && is_name(pod->namespace_, NAME_BYTES) &&
			 is_name(pod->name, NAME_BYTES)));
}

int cri_list_read(const uint8_t *bytes, size_t size, cri_sandbox_fn fn, void *ctx, size_t *ret_bad)
{
	CLEANUP(free_message) Cri__ListPodSandboxResponse *list =
		unpack(&cri__list_pod_sandbox_response__descriptor, bytes, size);
	int err = 0;

	if (!list)
		return -EBADMSG;
	*ret_bad = 0;
	for (size_t i = 0; i < list->n_items && !err; i++) {
		const Cri__PodSandbox *item = list->items[i];
		const Cri__Metadata *pod = item->metadata;
		struct cri_sandbox sandbox = {
			.id = item->id, .pod_uid = pod ? pod->uid : "", .pod_namespace = pod ? pod->namespace_ : "",
			.pod_name = pod ? pod->name : "", .created_wall = item->created_at,
			.ready = item->state == CRI__STATE__READY,
		};

		if (is_sound(item))
			err = fn(ctx, &sandbox);
		else
			(*ret_bad)++;
	}
	return err;
}

static const cJSON *member(const cJSON *object, const char *key)
{
	return cJSON_GetObjectItemCaseSensitive(object, key);
}

static const char *spec_path(const cJSON *info)
{
	const cJSON *spaces = member(member(member(info, "runtimeSpec"), "linux"), "namespaces"), *space;

	cJSON_ArrayForEach(space, spaces) {
		const char *type = cJSON_GetStringValue(member(space, "type"));
		const char *path = cJSON_GetStringValue(member(space, "path"));

		if (type && path && *path && !strcmp(type, "network"))
			return path;
	}
	return NULL;
}

int cri_netns_path(char **ret, const char *info)
{
	CLEANUP(free_json) cJSON *json = cJSON_ParseWithOpts(info, NULL, true);
	const char *path = spec_path(json);
	char *copy;

	if (!cJSON_IsObject(json))
		return -EBADMSG;
	if (!path)
		path = cJSON_GetStringValue(member(member(member(json, "sandboxMetadata"), "Metadata"), "NetNSPath"));
	if (path && (strlen(path) >= PATH_BYTES || !text_is_printable(path, strlen(path))))
		return -EBADMSG;
	copy = strdup(path ? path : "");
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	return 0;
}

static void add_ip(struct cri_status *status, const char *text)
{
	if (status->ip_count < CRI_MOST_IPS && !ip_address_parse(&status->ips[status->ip_count], text, false))
		status->ip_count++;
}

static bool has_host_network(const Cri__PodSandboxStatus *status)
{
	const Cri__Linux *lin = status->linux_status;

	return lin && lin->namespaces && lin->namespaces->options &&
	       lin->namespaces->options->network == CRI__NAMESPACE_MODE__NODE;
}

static int read_info(struct cri_status *ret, const Cri__PodSandboxStatusResponse *message)
{
	for (size_t i = 0; i < message->n_info; i++)
		if (!strcmp(message->info[i]->key, "info"))
			return cri_netns_path(&ret->netns_path, message->info[i]->value);
	ret->netns_path = strdup("");
	return ret->netns_path ? 0 : -ENOMEM;
}

int cri_status_read(struct cri_status *ret, const uint8_t *bytes, size_t size, const char **ret_reason)
{
	CLEANUP(free_message) Cri__PodSandboxStatusResponse *message =
		unpack(&cri__pod_sandbox_status_response__descriptor, bytes, size);
	struct cri_status read = { .ip_count = 0 };
	const Cri__Network *network;
	int err;

	*ret_reason = "its status cannot be unpacked";
	if (!message || !message->status)
		return -EBADMSG;
	*ret_reason = "the info in its status is not as containerd and CRI-O write it";
	err = read_info(&read, message);
	if (err)
		return err;
	read.host_network = has_host_network(message->status);
	network = message->status->network;
	if (network) {
		add_ip(&read, network->ip);
		for (size_t i = 0; i < network->n_additional_ips; i++)
			add_ip(&read, network->additional_ips[i]->ip);
	}
	*ret = read;
	return 0;
}
