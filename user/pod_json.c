/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "pod_json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "json_parse.h"
#include "util.h"

#define NAME_BYTES 253 /* of a name or uid in Kubernetes: a DNS subdomain, RFC 1123 */
#define MOST_IPS 64    /* a pod has one of each family; Multus may add some */

#define MIRROR_ANNOTATION "kubernetes.io/config.mirror"
#define HASH_ANNOTATION "kubernetes.io/config.hash"
#define SOURCE_ANNOTATION "kubernetes.io/config.source"
#define MULTUS_ANNOTATION "k8s.v1.cni.cncf.io/network-status"

static const struct json_keep annotations_keep[] = {
	{ MIRROR_ANNOTATION, NULL }, { HASH_ANNOTATION, NULL }, { SOURCE_ANNOTATION, NULL }, { MULTUS_ANNOTATION, NULL },
	{ NULL, NULL },
};

static const struct json_keep metadata_keep[] = {
	{ "name", NULL },	     { "namespace", NULL },	    { "uid", NULL },
	{ "resourceVersion", NULL }, { "deletionTimestamp", NULL }, { "annotations", annotations_keep },
	{ NULL, NULL },
};

static const struct json_keep spec_keep[] = { { "nodeName", NULL }, { "hostNetwork", NULL }, { NULL, NULL } };

static const struct json_keep terminated_keep[] = { { "finishedAt", NULL }, { NULL, NULL } };
static const struct json_keep state_keep[] = { { "running", NULL }, { "terminated", terminated_keep }, { NULL, NULL } };
static const struct json_keep container_keep[] = { { "state", state_keep }, { NULL, NULL } };

static const struct json_keep status_keep[] = {
	{ "phase", NULL },  { "podIP", NULL }, { "podIPs", NULL }, { "containerStatuses", container_keep },
	{ NULL, NULL },
};

const struct json_keep pod_json_keep[] = {
	{ "kind", NULL },	   { "code", NULL },	      { "metadata", metadata_keep },
	{ "spec", spec_keep }, { "status", status_keep }, { NULL, NULL },
};

struct addresses {
	struct ip_address ips[MOST_IPS];
	size_t count;
};

int json_bad(char reason[static POD_REASON_BYTES], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason, POD_REASON_BYTES, format, arguments);
	va_end(arguments);
	return -EBADMSG;
}

static const char *type_name(int type)
{
	switch (type) {
	case cJSON_String:
		return "text";
	case cJSON_Object:
		return "an object";
	case cJSON_Array:
		return "a list";
	case cJSON_Number:
		return "a number";
	default:
		return "true or false";
	}
}

int json_member(const cJSON **ret, const cJSON *object, const char *key, int type, char reason[static POD_REASON_BYTES])
{
	const cJSON *found = NULL, *child;

	if (object)
		cJSON_ArrayForEach(child, object) {
			if (strcmp(child->string, key))
				continue;
			if (found)
				return json_bad(reason, "\"%s\" comes twice", key);
			found = child;
		}
	if (found && cJSON_IsNull(found))
		found = NULL;
	if (found && (type == cJSON_True ? !cJSON_IsBool(found) : (found->type & 0xff) != type))
		return json_bad(reason, "\"%s\" is not %s", key, type_name(type));
	*ret = found;
	return 0;
}

/* A name or uid; "" where there is none. */
static int name_member(const char **ret, const cJSON *object, const char *key, char *reason)
{
	const cJSON *member;
	int err = json_member(&member, object, key, cJSON_String, reason);

	if (err)
		return err;
	*ret = member ? member->valuestring : "";
	if (strlen(*ret) > NAME_BYTES)
		return json_bad(reason, "\"%s\" is longer than %d bytes", key, NAME_BYTES);
	if (!text_is_ascii(*ret))
		return json_bad(reason, "\"%s\" has characters that no name in Kubernetes has", key);
	return 0;
}

static int needed_name(const char **ret, const cJSON *object, const char *key, char *reason)
{
	int err = name_member(ret, object, key, reason);

	if (!err && !**ret)
		return json_bad(reason, "it has no metadata.%s", key);
	return err;
}

int json_flag(bool *ret, const cJSON *object, const char *key, char reason[static POD_REASON_BYTES])
{
	const cJSON *member;
	int err = json_member(&member, object, key, cJSON_True, reason);

	if (!err)
		*ret = member && cJSON_IsTrue(member);
	return err;
}

static int add_address(struct addresses *addresses, const char *text, char *reason)
{
	struct ip_address ip;

	if (!*text) /* not assigned yet */
		return 0;
	if (ip_address_parse(&ip, text, false))
		return json_bad(reason, "\"%.40s\" is no address", text_is_ascii(text) ? text : "?");
	for (size_t i = 0; i < addresses->count; i++)
		if (ip_address_equal(&addresses->ips[i], &ip))
			return 0;
	if (addresses->count == MOST_IPS)
		return json_bad(reason, "it has more than %d addresses", MOST_IPS);
	addresses->ips[addresses->count++] = ip;
	return 0;
}

static int read_pod_ips(struct addresses *addresses, const cJSON *status, char *reason)
{
	const cJSON *list, *entry, *ip;
	int err = json_member(&list, status, "podIPs", cJSON_Array, reason);

	if (!err)
		err = json_member(&ip, status, "podIP", cJSON_String, reason);
	if (!err && ip)
		err = add_address(addresses, ip->valuestring, reason);
	cJSON_ArrayForEach(entry, list) {
		if (err)
			return err;
		if (!cJSON_IsObject(entry))
			return json_bad(reason, "\"podIPs\" has an entry that is not an object");
		err = json_member(&ip, entry, "ip", cJSON_String, reason);
		if (!err && ip)
			err = add_address(addresses, ip->valuestring, reason);
	}
	return err;
}

/* The addresses of further networks.  Multus writes them, not Kubernetes: what is wrong there is skipped. */
static void read_multus_ips(struct addresses *addresses, const cJSON *annotation)
{
	CLEANUP(free_json) cJSON *list = annotation ? cJSON_Parse(annotation->valuestring) : NULL;
	char reason[POD_REASON_BYTES];
	const cJSON *network, *ip;

	if (!cJSON_IsArray(list))
		return;
	cJSON_ArrayForEach(network, list)
		cJSON_ArrayForEach(ip, cJSON_GetObjectItemCaseSensitive(network, "ips"))
			if (cJSON_IsString(ip))
				add_address(addresses, ip->valuestring, reason);
}

/*
 * The API server's copy of a static pod has a uid of its own, while the kubelet, the runtime and the cgroups
 * use the one that the kubelet derived from the manifest.
 */
static int read_annotations(struct pod_json *read, struct addresses *addresses, const cJSON *metadata, char *reason)
{
	struct input_pod *pod = &read->pod;
	const cJSON *annotations, *multus;
	const char *mirror, *hash, *source;
	int err = json_member(&annotations, metadata, "annotations", cJSON_Object, reason);

	if (!err)
		err = name_member(&mirror, annotations, MIRROR_ANNOTATION, reason);
	if (!err)
		err = name_member(&hash, annotations, HASH_ANNOTATION, reason);
	if (!err)
		err = name_member(&source, annotations, SOURCE_ANNOTATION, reason);
	if (!err)
		err = json_member(&multus, annotations, MULTUS_ANNOTATION, cJSON_String, reason);
	if (err)
		return err;
	read->from_api = !strcmp(source, "api");
	pod->alias_uid = *mirror ? mirror : hash;
	if (!strcmp(pod->alias_uid, pod->uid))
		pod->alias_uid = "";
	read_multus_ips(addresses, multus);
	return 0;
}

static int read_metadata(struct pod_json *read, struct addresses *addresses, const cJSON *metadata, char *reason)
{
	struct input_pod *pod = &read->pod;
	const cJSON *deleted;
	int err;

	if (!metadata)
		return json_bad(reason, "it has no metadata");
	err = needed_name(&pod->name, metadata, "name", reason);
	if (!err)
		err = needed_name(&pod->namespace_, metadata, "namespace", reason);
	if (!err)
		err = needed_name(&pod->uid, metadata, "uid", reason);
	if (!err)
		err = json_member(&deleted, metadata, "deletionTimestamp", cJSON_String, reason);
	if (err)
		return err;
	pod->terminating = deleted != NULL;
	return read_annotations(read, addresses, metadata, reason);
}

static enum pod_phase phase_of(const cJSON *phase)
{
	static const char *const names[] = {
		[POD_PENDING] = "Pending", [POD_RUNNING] = "Running",
		[POD_SUCCEEDED] = "Succeeded", [POD_FAILED] = "Failed",
	};

	for (unsigned int i = POD_PENDING; phase && i < ARRAY_SIZE(names); i++)
		if (!strcmp(phase->valuestring, names[i]))
			return (enum pod_phase)i;
	return POD_PHASE_UNKNOWN;
}

/* When the last container ended; 0 where that cannot be told.  An evicted pod is Failed before its containers end. */
static int read_finished(int64_t *ret, bool *ret_running, const cJSON *status, char *reason)
{
	const cJSON *list, *entry, *state, *running, *terminated, *at = NULL;
	int err = json_member(&list, status, "containerStatuses", cJSON_Array, reason);
	int64_t latest = 0, time;
	bool known = true;

	if (err)
		return err;
	cJSON_ArrayForEach(entry, list) {
		if (!cJSON_IsObject(entry))
			return json_bad(reason, "\"containerStatuses\" has an entry that is not an object");
		err = json_member(&state, entry, "state", cJSON_Object, reason);
		if (!err)
			err = json_member(&running, state, "running", cJSON_Object, reason);
		if (!err)
			err = json_member(&terminated, state, "terminated", cJSON_Object, reason);
		if (!err)
			err = json_member(&at, terminated, "finishedAt", cJSON_String, reason);
		if (err)
			return err;
		*ret_running |= running != NULL;
		if (!at || rfc3339_parse(&time, at->valuestring) < 0)
			known = false; /* it may be running yet */
		else if (time > latest)
			latest = time;
	}
	*ret = known ? latest : 0;
	return 0;
}

static int read_status(struct input_pod *pod, struct addresses *addresses, const cJSON *status, char *reason)
{
	bool running = false;
	const cJSON *phase;
	int err = json_member(&phase, status, "phase", cJSON_String, reason);

	if (err)
		return err;
	pod->phase = phase_of(phase);
	err = read_pod_ips(addresses, status, reason);
	if (!err && (pod->phase == POD_SUCCEEDED || pod->phase == POD_FAILED))
		err = read_finished(&pod->finished_wall, &running, status, reason);
	if (running)
		pod->phase = POD_RUNNING;
	return err;
}

static int read_pod(struct pod_json *read, struct addresses *addresses, const cJSON *json, char *reason)
{
	struct input_pod *pod = &read->pod;
	const cJSON *kind, *metadata, *spec, *status;
	int err = json_member(&kind, json, "kind", cJSON_String, reason);

	if (!err && kind && strcmp(kind->valuestring, "Pod"))
		return json_bad(reason, "it is no Pod");
	if (!err)
		err = json_member(&metadata, json, "metadata", cJSON_Object, reason);
	if (!err)
		err = json_member(&spec, json, "spec", cJSON_Object, reason);
	if (!err)
		err = json_member(&status, json, "status", cJSON_Object, reason);
	if (!err)
		err = read_status(pod, addresses, status, reason);
	if (!err)
		err = read_metadata(read, addresses, metadata, reason);
	if (!err)
		err = name_member(&pod->node, spec, "nodeName", reason);
	if (!err)
		err = json_flag(&pod->host_network, spec, "hostNetwork", reason);
	return err;
}

static const char *pack_text(char **at, const char *text)
{
	const char *start = *at;

	*at = stpcpy(*at, text) + 1;
	return start;
}

/* One allocation: the struct, the addresses, the texts. */
static int pack(struct pod_json **ret, const struct pod_json *read, const struct addresses *addresses)
{
	const struct input_pod *pod = &read->pod;
	size_t ips = addresses->count * sizeof(addresses->ips[0]);
	size_t texts = strlen(pod->uid) + strlen(pod->alias_uid) + strlen(pod->namespace_) + strlen(pod->name) +
		       strlen(pod->node) + 5;
	struct pod_json *packed = malloc(sizeof(*packed) + ips + texts);
	char *at = (char *)(packed + 1);

	if (!packed)
		return -ENOMEM;
	*packed = *read;
	packed->pod.ips = memcpy(at, addresses->ips, ips);
	packed->pod.ip_count = addresses->count;
	at += ips;
	packed->pod.source = "";
	packed->pod.uid = pack_text(&at, pod->uid);
	packed->pod.alias_uid = pack_text(&at, pod->alias_uid);
	packed->pod.namespace_ = pack_text(&at, pod->namespace_);
	packed->pod.name = pack_text(&at, pod->name);
	packed->pod.node = pack_text(&at, pod->node);
	*ret = packed;
	return 0;
}

int pod_json_read(struct pod_json **ret, const cJSON *object, char reason[static POD_REASON_BYTES])
{
	struct pod_json read = { .pod = { .alias_uid = "" } };
	struct addresses addresses = { .count = 0 };
	int err = read_pod(&read, &addresses, object, reason);

	return err ? err : pack(ret, &read, &addresses);
}

int pod_json_parse(struct pod_json **ret, const char *text, size_t length, char reason[static POD_REASON_BYTES])
{
	CLEANUP(free_json) cJSON *json = cJSON_ParseWithLength(text, length);

	if (!json) /* json_items let it pass, so it is memory, or a limit of cJSON's */
		return json_bad(reason, "it cannot be parsed");
	return pod_json_read(ret, json, reason);
}
