/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One call: what the kernel tells of its program, its arguments and its environment.
 */
#include "cni_calls_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

static const struct {
	const char *name;
	enum cni_command command;
} commands[] = {
	{ "ADD", CNI_ADD }, { "DEL", CNI_DEL }, { "CHECK", CNI_CHECK }, { "GC", CNI_GC }, { "STATUS", CNI_STATUS },
};

static enum cni_command command_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return commands[i].command;
	return CNI_OTHER;
}

const char *cni_call_plugin(const struct cni_call *call)
{
	return last_part(call->program);
}

/* The last plugin within it that failed, and within that; NULL: none did. */
static const struct cni_call *failed_part(const struct cni_call *call)
{
	const struct cni_call *failed = NULL;

	for (const struct cni_call *part = call->parts; part; part = part->next) {
		const struct cni_call *inner = !part->is_plugin || cni_call_failed(part) ? failed_part(part) : NULL;

		if (inner)
			failed = inner;
		else if (part->is_plugin && cni_call_failed(part))
			failed = part;
	}
	return failed;
}

const struct cni_call *cni_call_blamed(const struct cni_call *call)
{
	const struct cni_call *failed = failed_part(call);

	return failed ? failed : call;
}

void cni_call_free(struct cni_call *call)
{
	struct cni_call *part;

	if (!call)
		return;
	while ((part = call->parts)) {
		call->parts = part->next;
		cni_call_free(part);
	}
	free(call->program);
	free(call->container_id);
	free(call->netns_path);
	free(call->search_path);
	free(call->pod_namespace);
	free(call->pod_name);
	free(call->pod_uid);
	free(call);
}

/* A record of the kernel's is as it is; what a recording holds need not end its texts. */
struct nns_cni_exec cni_exec_terminated(const struct nns_cni_exec *record)
{
	struct nns_cni_exec exec = *record;

	exec.parent_comm[sizeof(exec.parent_comm) - 1] = '\0';
	exec.command[sizeof(exec.command) - 1] = '\0';
	exec.ifname[sizeof(exec.ifname) - 1] = '\0';
	exec.container_id[sizeof(exec.container_id) - 1] = '\0';
	exec.netns_path[sizeof(exec.netns_path) - 1] = '\0';
	exec.program[sizeof(exec.program) - 1] = '\0';
	exec.search_path[sizeof(exec.search_path) - 1] = '\0';
	exec.args[sizeof(exec.args) - 1] = '\0';
	return exec;
}

/* What of a text was perhaps cut: its last byte stands in the last of its field. */
static bool may_be_cut(const struct nns_cni_exec *exec, const char *end, const char *field, size_t size)
{
	return exec->flags & NNS_CNI_CUT && end == field + size - 1;
}

/* A name or a uid; others are no pod's. */
static bool is_name(const char *text)
{
	return strlen(text) <= 253 && text_is_ascii(text);
}

/* The value of a key in "A=1;B=2"; "" where there is none that names something, or where it may have been cut. */
static char *value_of(const struct nns_cni_exec *exec, const char *key)
{
	const size_t length = strlen(key);
	const char *at = exec->args, *end;
	char *value = NULL;

	for (; *at && !value; at = *end ? end + 1 : end) {
		end = strchrnul(at, ';');
		if (strncmp(at, key, length) || at[length] != '=')
			continue;
		if (may_be_cut(exec, end, exec->args, sizeof(exec->args)))
			break;
		value = strndup(at + length + 1, (size_t)(end - at) - length - 1);
		if (!value)
			return NULL;
	}
	if (value && is_name(value))
		return value;
	free(value);
	return strdup("");
}

static const char *const pod_keys[] = { "K8S_POD_NAMESPACE", "K8S_POD_NAME", "K8S_POD_UID" };

int cni_exec_keep_pod(struct nns_cni_exec *exec)
{
	const struct nns_cni_exec whole = cni_exec_terminated(exec);
	size_t length = 0;

	memset(exec->args, 0, sizeof(exec->args));
	for (size_t i = 0; i < ARRAY_SIZE(pod_keys); i++) {
		CLEANUP(free_pointer) char *value = value_of(&whole, pod_keys[i]);

		if (!value)
			return -ENOMEM;
		/* There is room for all: each was a part of it. */
		if (*value)
			length += (size_t)snprintf(exec->args + length, sizeof(exec->args) - length, "%s%s=%s", length ? ";" : "",
						   pod_keys[i], value);
	}
	return 0;
}

/* Two that begin alike are not to be taken for one. */
static const char *container_id_of(const struct nns_cni_exec *exec)
{
	const char *id = exec->container_id;

	return may_be_cut(exec, id + strlen(id), id, sizeof(exec->container_id)) ? "" : id;
}

struct cni_call *cni_call_new(const struct nns_cni_exec *exec)
{
	struct cni_call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	call->pid = exec->pid;
	call->parent_pid = exec->parent_pid;
	call->started = exec->started < BOOT_LAST ? exec->started : BOOT_LAST;
	call->command = command_of(exec->command);
	call->is_cut = exec->flags & NNS_CNI_CUT;
	call->leads = exec->netns_path[0] ? CNI_PATH_UNKNOWN : CNI_PATH_UNNAMED;
	memcpy(call->command_name, exec->command, sizeof(call->command_name));
	memcpy(call->ifname, exec->ifname, sizeof(call->ifname));
	memcpy(call->parent_comm, exec->parent_comm, sizeof(call->parent_comm));
	call->program = strdup(exec->program);
	call->container_id = strdup(container_id_of(exec));
	call->netns_path = strdup(exec->netns_path);
	call->search_path = strdup(exec->search_path);
	call->pod_namespace = value_of(exec, pod_keys[0]);
	call->pod_name = value_of(exec, pod_keys[1]);
	call->pod_uid = value_of(exec, pod_keys[2]);
	if (call->program && call->container_id && call->netns_path && call->search_path && call->pod_namespace &&
	    call->pod_name && call->pod_uid)
		return call;
	cni_call_free(call);
	return NULL;
}
