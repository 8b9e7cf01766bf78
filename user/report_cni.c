/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls of CNI plugins, and the cause of a finding, in words and as attributes.
 */
#include <string.h>
#include <sys/wait.h>

#include "format.h"
#include "report.h"
#include "report_attributes.h"

#define TEXT_SHOWN 128

/* --- words --- */

static void add_status_words(struct text *text, const struct cni_call *call)
{
	if (!call->status)
		text_add(text, "ended well");
	else if (WIFSIGNALED(call->status))
		text_printf(text, "was killed by signal %d", WTERMSIG(call->status));
	else
		text_printf(text, "exited with status %d", WEXITSTATUS(call->status));
}

void report_call_end(struct text *text, const struct cni_call *call)
{
	const struct cni_call *blamed = cni_call_blamed(call);
	char buffer[FORMAT_DURATION_LEN];

	add_status_words(text, call);
	text_add(text, " after ");
	text_add(text, format_duration(call->ended - call->started, buffer));
	if (blamed == call || !cni_call_failed(call))
		return;
	text_add(text, "; within it ");
	text_add_cut(text, cni_call_plugin(blamed), TEXT_SHOWN);
	text_add(text, " ");
	add_status_words(text, blamed);
}

void report_call_name(struct text *text, const struct cni_call *call)
{
	text_add(text, "CNI ");
	text_add(text, call->command_name);
	text_add(text, " of plugin ");
	text_add_cut(text, cni_call_plugin(call), TEXT_SHOWN);
	if (call->ifname[0]) {
		text_add(text, " for ");
		text_add(text, call->ifname);
	}
}

void report_call(struct text *text, const struct report *report)
{
	const struct cni_call *call = report->call;

	report_call_name(text, call);
	if (*call->pod_name) {
		text_add(text, " of pod ");
		text_add_cut(text, call->pod_namespace, 253);
		text_add(text, *call->pod_namespace ? "/" : "");
		text_add_cut(text, call->pod_name, 253);
	} else if (*call->container_id) {
		text_add(text, " of container ");
		text_add_cut(text, call->container_id, TEXT_SHOWN);
	}
	text_add(text, " ");
	report_call_end(text, call);
	if (call->leads == CNI_PATH_MISSING || call->leads == CNI_PATH_PLAIN) {
		text_add(text, "; ");
		text_add_cut(text, call->netns_path, 256);
		text_add(text, call->leads == CNI_PATH_MISSING ? " was gone when it ran" : " was no netns when it ran");
	}
}

/* --- attributes --- */

static void add_plain(struct json_line *line, const char *key, size_t key_length, const char *text)
{
	json_plain(line, key, key_length, text, strlen(text));
}

static void add_text(struct json_line *line, const char *key, size_t key_length, const char *text, size_t cap)
{
	if (*text)
		json_text(line, key, key_length, text, cap);
}

static const char *leads_name(enum cni_path leads)
{
	static const char *const names[] = {
		[CNI_PATH_UNKNOWN] = "unknown", [CNI_PATH_NETNS] = "netns",   [CNI_PATH_UNNAMED] = "unnamed",
		[CNI_PATH_MISSING] = "missing", [CNI_PATH_PLAIN] = "plain",
	};

	return names[leads];
}

/* False: there was no room for all of it, and nothing of it stays. */
static bool add_part(struct json_line *line, const struct cni_call *part)
{
	struct json_element element;

	if (!json_open_element(line, &element))
		return false;
	json_text(line, JSON_KEY("plugin"), cni_call_plugin(part), CAP_ID);
	json_seconds(line, JSON_KEY("duration_seconds"), part->ended - part->started);
	if (WIFSIGNALED(part->status))
		json_u64(line, JSON_KEY("signal"), (uint64_t)WTERMSIG(part->status));
	else
		json_u64(line, JSON_KEY("exit_status"), (uint64_t)WEXITSTATUS(part->status));
	return json_close_element(line, &element);
}

/* As they began, each before what it called. */
static bool add_parts(struct json_line *line, const struct cni_call *call)
{
	for (const struct cni_call *part = call->parts; part; part = part->next)
		if ((part->is_plugin && !add_part(line, part)) || !add_parts(line, part))
			return false;
	return true;
}

static bool has_plugins(const struct cni_call *call)
{
	for (const struct cni_call *part = call->parts; part; part = part->next)
		if (part->is_plugin || has_plugins(part))
			return true;
	return false;
}

static void add_status(struct json_line *line, const struct cni_call *call)
{
	const struct cni_call *blamed = cni_call_blamed(call);

	json_seconds(line, JSON_KEY("cni.duration_seconds"), call->ended - call->started);
	if (WIFSIGNALED(call->status))
		json_u64(line, JSON_KEY("cni.signal"), (uint64_t)WTERMSIG(call->status));
	else
		json_u64(line, JSON_KEY("cni.exit_status"), (uint64_t)WEXITSTATUS(call->status));
	if (cni_call_failed(call))
		json_text(line, JSON_KEY("cni.failed_plugin"), cni_call_plugin(blamed), CAP_ID);
}

void attributes_call(struct json_line *line, const struct report *report)
{
	const struct cni_call *call = report->call;
	size_t opened;

	add_text(line, JSON_KEY("k8s.namespace.name"), call->pod_namespace, CAP_NAME);
	add_text(line, JSON_KEY("k8s.pod.name"), call->pod_name, CAP_NAME);
	add_text(line, JSON_KEY("k8s.pod.uid"), call->pod_uid, CAP_ID);
	add_text(line, JSON_KEY("container.id"), call->container_id, CAP_ID);
	json_text(line, JSON_KEY("cni.command"), call->command_name, CAP_ID);
	json_text(line, JSON_KEY("cni.plugin"), cni_call_plugin(call), CAP_ID);
	add_status(line, call);
	add_plain(line, JSON_KEY("cni.netns_found"), leads_name(call->leads));
	if (call->inum)
		json_u64(line, JSON_KEY("cni.netns_inum"), call->inum);
	add_text(line, JSON_KEY("cni.ifname"), call->ifname, CAP_ID);
	add_text(line, JSON_KEY("cni.netns_path"), call->netns_path, CAP_SOURCE);
	json_u64(line, JSON_KEY("cni.pid"), call->pid);
	json_u64(line, JSON_KEY("cni.parent.pid"), call->parent_pid);
	add_text(line, JSON_KEY("cni.parent.comm"), call->parent_comm, CAP_ID);
	if (!has_plugins(call) || !json_open(line, JSON_KEY("cni.delegates"), &opened))
		return;
	if (!add_parts(line, call))
		line->full = true;
	json_close_array(line, opened);
}

void attributes_cause(struct json_line *line, const struct cause *cause)
{
	size_t opened;

	add_plain(line, JSON_KEY("netns.cause"), cause_name(cause->kind));
	if (!cause->count || !json_open(line, JSON_KEY("netns.cause_evidence"), &opened))
		return;
	for (size_t i = 0; i < cause->count; i++)
		json_text(line, JSON_ELEMENT, cause->evidence[i], CAP_SOURCE);
	json_close_array(line, opened);
}
