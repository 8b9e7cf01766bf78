/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The files that today's scripts leave behind, for what reads them:
 *
 *   node_netns_list.txt	a name a line
 *   node_netns_details.json	[{"name", "interface_count", "ip_count" (of IPv4), "mtime" (s), "active", "process_count",
 *				  "ips": {"ipv4": [], "ipv6": []}, "completeness": {"eth0_state", "route_count", "default_route"}}],
 *				  null for what could not be seen
 *   node_pod_ip_map.txt	"10.0.1.5 shop/cart Running", of the pods of all nodes that a source told of
 *   node_pod_ipv6_map.txt	"fd00::5 shop/cart"
 */
#include "audit_print.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <linux/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"
#include "whole_file.h"

static int write_file(const char *directory, const char *name, const char *text)
{
	struct whole_file file;
	char path[PATH_MAX];
	int err;

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	err = whole_file_open(&file, path, 0666);
	if (err)
		return err;
	fputs(text, file.stream);
	return whole_file_close(&file, 0);
}

/* --- netns --- */

static int write_list(const char *directory, const char *name, const struct audit_result *result)
{
	const struct node_files *files = result->view->files;
	CLEANUP(free_pointer) char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return -ENOMEM;
	for (size_t i = 0; i < files->entry_count; i++)
		fprintf(stream, "%s\n", files->entries[i].name);
	if (fclose(stream) == EOF)
		return -ENOMEM;
	return write_file(directory, name, text);
}

static void add_ips(cJSON *object, const struct look *look, uint8_t family, const char *key)
{
	cJSON *array = cJSON_AddArrayToObject(object, key);

	for (size_t i = 0; look && array && i < look->addr_count; i++) {
		struct ip_address ip = audit_addr_ip(&look->addrs[i]);

		if (ip.family == family && audit_addr_is_global(&look->addrs[i]))
			cJSON_AddItemToArray(array, cJSON_CreateString(audit_ip_name(&ip)));
	}
}

static size_t count_ipv4(const struct look *look)
{
	size_t count = 0;

	for (size_t i = 0; look && i < look->addr_count; i++)
		count += look->addrs[i].family == AF_INET;
	return count;
}

static const char *eth0_state(const struct look *look)
{
	for (size_t i = 0; i < look->dev_count; i++)
		if (!strcmp(look->devs[i].name, "eth0"))
			return look->devs[i].flags & IFF_UP ? "UP" : "DOWN";
	return "missing";
}

/* Who takes what was not seen for none takes it for an orphan. */
static void add_count(cJSON *object, const char *key, bool known, double count)
{
	if (known)
		cJSON_AddNumberToObject(object, key, count);
	else
		cJSON_AddNullToObject(object, key);
}

static void add_entry(cJSON *array, const struct audit_view *view, const struct node_entry *entry)
{
	const struct audit_netns *netns = audit_of_entry(view, entry);
	const struct look *look = netns ? netns->look : NULL;
	cJSON *object = cJSON_CreateObject(), *ips, *completeness;
	const bool is_netns = entry->kind == NODE_ENTRY_NETNS;

	cJSON_AddItemToArray(array, object);
	cJSON_AddStringToObject(object, "name", entry->name);
	add_count(object, "interface_count", look || !is_netns, look ? (double)look->dev_count : 0);
	add_count(object, "ip_count", look || !is_netns, (double)count_ipv4(look));
	cJSON_AddNumberToObject(object, "mtime", (double)(entry->made_wall / NS_PER_S));
	add_count(object, "active", netns || !is_netns, netns ? 1 : 0);
	add_count(object, "process_count", !is_netns || (netns && netns_tasks_are_known(netns->netns)), netns ? netns->netns->tasks : 0);
	ips = cJSON_AddObjectToObject(object, "ips");
	add_ips(ips, look, AF_INET, "ipv4");
	add_ips(ips, look, AF_INET6, "ipv6");
	if (!look)
		return;
	completeness = cJSON_AddObjectToObject(object, "completeness");
	cJSON_AddStringToObject(completeness, "eth0_state", eth0_state(look));
	cJSON_AddNumberToObject(completeness, "route_count", look->routes);
	cJSON_AddStringToObject(completeness, "default_route", look->default4 || look->default6 ? "default" : "");
}

static int write_details(const char *directory, const char *name, const struct audit_result *result)
{
	const struct node_files *files = result->view->files;
	CLEANUP(free_pointer) char *text = NULL;
	cJSON *array = cJSON_CreateArray();

	for (size_t i = 0; array && i < files->entry_count; i++)
		add_entry(array, result->view, &files->entries[i]);
	text = array ? cJSON_Print(array) : NULL;
	cJSON_Delete(array);
	return text ? write_file(directory, name, text) : -ENOMEM;
}

/* --- pods --- */

static int by_text(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static const char *phase_name(enum pod_phase phase)
{
	static const char *const names[] = { "Unknown", "Pending", "Running", "Succeeded", "Failed" };

	return names[phase];
}

struct lines {
	char **all; /* owned, as each */
	size_t count, capacity;
};

static int lines_add(struct lines *lines, const struct said_pod *pod, const struct ip_address *ip)
{
	char **slot, *line;

	if (lines->count == lines->capacity) {
		size_t capacity = lines->capacity ? 2 * lines->capacity : 64;

		slot = reallocarray(lines->all, capacity, sizeof(*slot));
		if (!slot)
			return -ENOMEM;
		lines->all = slot;
		lines->capacity = capacity;
	}
	if (asprintf(&line, ip->family == AF_INET ? "%s %s/%s %s" : "%s %s/%s", audit_ip_name(ip), pod->namespace_, pod->name,
		     phase_name(pod->phase)) < 0)
		return -ENOMEM;
	lines->all[lines->count++] = line;
	return 0;
}

static int collect(struct lines *lines, const struct statements *statements, uint8_t family)
{
	const struct said_pod *pod;
	int err = 0;

	for (pod = statements->pods; pod; pod = pod->hh.next)
		for (size_t i = 0; i < pod->ip_count && !err; i++)
			if (pod->ips[i].family == family && pod->phase != POD_FAILED && !pod->terminating && *pod->name)
				err = lines_add(lines, pod, &pod->ips[i]);
	if (lines->count)
		qsort(lines->all, lines->count, sizeof(*lines->all), by_text);
	return err;
}

static int write_map(const char *directory, const char *name, const struct audit_result *result, uint8_t family)
{
	CLEANUP(free_pointer) char *text = NULL;
	struct lines lines = { 0 };
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	int err = stream ? collect(&lines, result->view->statements, family) : -ENOMEM;

	/* Two sources may tell of one pod. */
	for (size_t i = 0; i < lines.count && stream; i++)
		if (!i || strcmp(lines.all[i - 1], lines.all[i]))
			fprintf(stream, "%s\n", lines.all[i]);
	if (stream && fclose(stream) == EOF && !err)
		err = -ENOMEM;
	for (size_t i = 0; i < lines.count; i++)
		free(lines.all[i]);
	free(lines.all);
	return err ? err : write_file(directory, name, text);
}

static int write_ipv4_map(const char *directory, const char *name, const struct audit_result *result)
{
	return write_map(directory, name, result, AF_INET);
}

static int write_ipv6_map(const char *directory, const char *name, const struct audit_result *result)
{
	return write_map(directory, name, result, AF_INET6);
}

static const struct {
	const char *name;
	int (*write)(const char *directory, const char *name, const struct audit_result *result);
} outputs[] = {
	{ "node_netns_list.txt", write_list },
	{ "node_netns_details.json", write_details },
	{ "node_pod_ip_map.txt", write_ipv4_map },
	{ "node_pod_ipv6_map.txt", write_ipv6_map },
};

int audit_write_files(const char *directory, const struct audit_result *result, const char **ret_file)
{
	int err = mkdir(directory, 0755) < 0 && errno != EEXIST ? -errno : 0;

	*ret_file = "";
	for (size_t i = 0; i < ARRAY_SIZE(outputs) && !err; i++) {
		*ret_file = outputs[i].name;
		err = outputs[i].write(directory, outputs[i].name, result);
	}
	return err;
}
