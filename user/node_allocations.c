/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What CNI plugins keep on the node of the containers that they serve.
 *
 *   host-local  /var/lib/cni/networks/NETWORK/ADDRESS has the container's id, and since 0.8 on a second line the
 *		 interface's name; beside them stand "lock" and "last_reserved_ip.0"
 *   aws-node    /run/aws-node/ipam.json: {"version":"vpc-cni-ipam/1","allocations":[{"networkName","containerID","ifName",
 *		 "ipv4","ipv6","metadata":{"k8sPodNamespace","k8sPodName"}}]}
 *   Cilium      /run/cilium/state/ID/ep_config.json: {"dockerID","IPv4","IPv6","IfName","K8sPodName","K8sNamespace"}; before
 *		 1.16 the same in base64, in a comment of ep_config.h behind "CILIUM_BASE64_VERSION:"
 *   Calico      /run/calico/endpoint-status/NAME: {"ifaceName","mac","ipv4Nets":["10.0.1.5/32"],"ipv6Nets"}
 */
#include "node_files_private.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_parse.h"
#include "util.h"

#define MOST_BYTES (4u << 20)

/* "" where there is none, or it is not fit to be shown. */
static const char *text_of(const cJSON *object, const char *key)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));

	return text && strlen(text) <= 253 && text_is_ascii(text) ? text : "";
}

static struct node_allocation *add(struct node_files *files, enum node_allocation_kind kind, const char *file,
				   const struct stat *stat)
{
	struct node_allocation *allocation = node_files_add((void **)&files->allocations, &files->allocation_count,
							    &files->allocation_capacity, sizeof(*allocation));

	if (!allocation)
		return NULL;
	allocation->kind = kind;
	allocation->made_wall = timespec_to_ns(&stat->st_mtim);
	if (replace_text(&allocation->file, file) || replace_text(&allocation->network, "") ||
	    replace_text(&allocation->container_id, "") || replace_text(&allocation->device, "") ||
	    replace_text(&allocation->pod_namespace, "") || replace_text(&allocation->pod_name, ""))
		return NULL;
	return allocation;
}

static void take_ip(struct node_allocation *allocation, const char *text)
{
	if (!allocation->ip.family && *text && ip_address_parse(&allocation->ip, text, true))
		allocation->ip.family = 0;
}

/* --- host-local --- */

struct networks {
	struct node_files *files;
	const char *network;
};

static int take_address_file(void *ctx, const char *directory, const char *name)
{
	const struct networks *networks = ctx;
	CLEANUP(free_pointer) char *text = NULL;
	char path[NODE_PATH_BYTES];
	struct node_allocation *allocation;
	struct ip_address ip;
	struct stat stat;
	char *line, *rest;
	int err;

	if (ip_address_parse(&ip, name, false) || snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return 0;
	err = node_files_text(networks->files, path, 4096, &text, &stat);
	if (err || !text)
		return err;
	line = strtok_r(text, "\r\n", &rest);
	if (line && !text_is_ascii(line))
		return node_files_note(networks->files, path, -EBADMSG);
	allocation = add(networks->files, ALLOCATION_HOST_LOCAL, path, &stat);
	if (!allocation || replace_text(&allocation->network, networks->network) ||
	    replace_text(&allocation->container_id, line ? line : ""))
		return -ENOMEM;
	allocation->ip = ip;
	line = line ? strtok_r(NULL, "\r\n", &rest) : NULL;
	return line && text_is_ascii(line) ? replace_text(&allocation->device, line) : 0;
}

static int take_network(void *ctx, const char *directory, const char *name)
{
	struct networks networks = { .files = ctx, .network = name };
	char path[NODE_PATH_BYTES];

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return 0;
	return node_files_each(networks.files, path, take_address_file, &networks);
}

/* --- aws-node --- */

static int read_aws(struct node_files *files, const char *path)
{
	CLEANUP(free_pointer) char *text = NULL;
	CLEANUP(free_json) cJSON *json = NULL;
	const cJSON *entry, *metadata;
	struct stat stat;
	int err = node_files_text(files, path, MOST_BYTES, &text, &stat);

	if (err || !text)
		return err;
	json = cJSON_Parse(text);
	if (!cJSON_IsObject(json))
		return node_files_note(files, path, -EBADMSG);
	cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(json, "allocations")) {
		struct node_allocation *allocation = add(files, ALLOCATION_AWS, path, &stat);

		metadata = cJSON_GetObjectItemCaseSensitive(entry, "metadata");
		if (!allocation || replace_text(&allocation->network, text_of(entry, "networkName")) ||
		    replace_text(&allocation->container_id, text_of(entry, "containerID")) ||
		    replace_text(&allocation->device, text_of(entry, "ifName")) ||
		    replace_text(&allocation->pod_namespace, text_of(metadata, "k8sPodNamespace")) ||
		    replace_text(&allocation->pod_name, text_of(metadata, "k8sPodName")))
			return -ENOMEM;
		take_ip(allocation, text_of(entry, "ipv4"));
		take_ip(allocation, text_of(entry, "ipv6"));
	}
	return 0;
}

/* --- Cilium --- */

static int base64_digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)(found - digits) : -1;
}

/* Up to the first character that is none, in place. */
static void base64_decode(char *text)
{
	unsigned int bits = 0, count = 0;
	char *out = text;

	for (const char *at = text; base64_digit(*at) >= 0; at++) {
		bits = bits << 6 | (unsigned int)base64_digit(*at);
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		*out++ = (char)(bits >> count);
		bits &= (1u << count) - 1;
	}
	*out = '\0';
}

/* What an endpoint was kept as: in a file of its own, or in a comment of the header that its program was made with. */
static cJSON *parse_cilium(char *text)
{
	char *start = strstr(text, "CILIUM_BASE64_");

	if (!start)
		return cJSON_Parse(text);
	start = strchr(start, ':');
	if (!start)
		return NULL;
	base64_decode(start + 1);
	return cJSON_Parse(start + 1);
}

static int take_cilium(void *ctx, const char *directory, const char *name)
{
	static const char *const names[] = { "ep_config.json", "ep_config.h" };
	struct node_files *files = ctx;
	CLEANUP(free_pointer) char *text = NULL;
	CLEANUP(free_json) cJSON *json = NULL;
	struct node_allocation *allocation;
	char path[NODE_PATH_BYTES];
	struct stat stat;
	int err = 0;

	/* "1234_next" is being made. */
	if (name[strspn(name, "0123456789")])
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(names) && !text && !err; i++)
		if (snprintf(path, sizeof(path), "%s/%s/%s", directory, name, names[i]) < (int)sizeof(path))
			err = node_files_text(files, path, MOST_BYTES, &text, &stat);
	if (err || !text)
		return err;
	json = parse_cilium(text);
	if (!cJSON_IsObject(json))
		return node_files_note(files, path, -EBADMSG);
	/* The node's own endpoints are no pod's. */
	if (!*text_of(json, "K8sPodName"))
		return 0;
	allocation = add(files, ALLOCATION_CILIUM, path, &stat);
	if (!allocation || replace_text(&allocation->container_id, text_of(json, "dockerID")) ||
	    replace_text(&allocation->device, text_of(json, "IfName")) ||
	    replace_text(&allocation->pod_namespace, text_of(json, "K8sNamespace")) ||
	    replace_text(&allocation->pod_name, text_of(json, "K8sPodName")))
		return -ENOMEM;
	take_ip(allocation, text_of(json, "IPv4"));
	take_ip(allocation, text_of(json, "IPv6"));
	return 0;
}

/* --- Calico --- */

static int take_calico(void *ctx, const char *directory, const char *name)
{
	CLEANUP(free_pointer) char *text = NULL;
	CLEANUP(free_json) cJSON *json = NULL;
	struct node_allocation *allocation;
	struct node_files *files = ctx;
	char path[NODE_PATH_BYTES];
	const char *ip;
	struct stat stat;
	int err;

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return 0;
	err = node_files_text(files, path, MOST_BYTES, &text, &stat);
	if (err || !text)
		return err;
	json = cJSON_Parse(text);
	if (!*text_of(json, "ifaceName"))
		return node_files_note(files, path, -EBADMSG);
	allocation = add(files, ALLOCATION_CALICO, path, &stat);
	if (!allocation || replace_text(&allocation->device, text_of(json, "ifaceName")))
		return -ENOMEM;
	ip = cJSON_GetStringValue(cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, "ipv4Nets"), 0));
	take_ip(allocation, ip ? ip : "");
	return 0;
}

int node_files_read_allocations(struct node_files *files, const char *root)
{
	char path[NODE_PATH_BYTES];
	int err;

	snprintf(path, sizeof(path), "%.2000s/var/lib/cni/networks", root);
	err = node_files_each(files, path, take_network, files);
	snprintf(path, sizeof(path), "%.2000s/run/aws-node/ipam.json", root);
	if (!err)
		err = read_aws(files, path);
	snprintf(path, sizeof(path), "%.2000s/run/cilium/state", root);
	if (!err)
		err = node_files_each(files, path, take_cilium, files);
	snprintf(path, sizeof(path), "%.2000s/run/calico/endpoint-status", root);
	return err ? err : node_files_each(files, path, take_calico, files);
}
