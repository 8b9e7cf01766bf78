/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "report_columns.h"

#include "report.h"
#include "report_cells.h"
#include "util.h"

/* An attribute of JSON.  tests/fields-check holds each against the schema. */
#define ATTRIBUTE(head, width_, type_, flags_, field_, alias_, help_)                                    \
	{                                                                                                \
		.name = head, .help = help_, .width = width_, .flags = TABLE_ATTRIBUTE | (flags_),       \
		.field = field_, .alias = alias_, .type = type_                                          \
	}
/* What only a table has. */
#define WORD(head, width_, type_, flags_, field_, alias_, cell_, value_, help_)                          \
	{                                                                                                \
		.name = head, .help = help_, .width = width_, .flags = flags_, .field = field_,          \
		.alias = alias_, .type = type_, .cell = cell_, .value = value_                           \
	}

#define EXTRA TABLE_EXTRA
#define IN_CSV (TABLE_EXTRA | TABLE_CSV)
#define WIDE (TABLE_WIDE | TABLE_CSV)

static const struct table_column events[] = {
	/* Those that are always shown are 80 columns with gaps of one, without the last. */
	WORD("TIME", 8, TABLE_TIME, 0, "time", NULL, report_cell_time, report_value_time, "when it happened, local time"),
	ATTRIBUTE("TIMESTAMP", 30, TABLE_TIME, IN_CSV, "timestamp", NULL, "when it happened, UTC"),
	ATTRIBUTE("SEVERITY", 0, TABLE_TEXT, IN_CSV, "severity_text", "severity", "severity in words"),
	WORD("WHAT", 8, TABLE_TEXT, TABLE_ACCENT, "what", NULL, report_cell_what, NULL, "what happened"),
	ATTRIBUTE("EVENT", 21, TABLE_TEXT, IN_CSV, "event_name", "event", "what happened, as JSON has it"),
	ATTRIBUTE("NODE", 12, TABLE_TEXT, IN_CSV, "k8s.node.name", "node", "the node"),
	ATTRIBUTE("NAMESPACE", 12, TABLE_TEXT, IN_CSV, "k8s.namespace.name", "namespace", "Kubernetes namespace of the pod"),
	ATTRIBUTE("POD NAME", 25, TABLE_TEXT, IN_CSV, "k8s.pod.name", NULL, "name of the pod"),
	WORD("POD", 25, TABLE_TEXT, TABLE_CUT_MIDDLE, "pod", NULL, report_cell_pod, NULL, "namespace and name of the pod"),
	ATTRIBUTE("POD UID", 36, TABLE_TEXT, WIDE, "k8s.pod.uid", "uid", "uid of the pod"),
	WORD("NETNS", 13, TABLE_TEXT, 0, "netns", NULL, report_cell_netns, NULL, "the netns: last part of its path, or its inode number"),
	ATTRIBUTE("ID", 6, TABLE_TEXT, IN_CSV, "netns.id", "id", "identity of the netns: never used twice"),
	ATTRIBUTE("INUM", 10, TABLE_NUMBER, WIDE | TABLE_RIGHT, "netns.inum", "inum", "its inode number"),
	ATTRIBUTE("COOKIE", 6, TABLE_NUMBER, WIDE, "netns.cookie", "cookie", "its cookie (Linux 5.12 and later)"),
	ATTRIBUTE("STATE", 10, TABLE_TEXT, WIDE, "netns.state", "state", "referenced, dying, in cleanup, freed"),
	ATTRIBUTE("PATH", 20, TABLE_TEXT, IN_CSV, "netns.path", "path", "where it is mounted: the first path"),
	WORD("ADDRESS", 15, TABLE_TEXT, TABLE_CUT_MIDDLE, "address", NULL, report_cell_address, NULL, "its first address, how many more"),
	ATTRIBUTE("ADDRESSES", 15, TABLE_TEXT, IN_CSV, "netns.addresses", "addresses", "all that others reach it by"),
	ATTRIBUTE("AGE", 6, TABLE_SECONDS, WIDE, "netns.age_seconds", "age", "how long ago it was created"),
	WORD("SINCE", 6, TABLE_SECONDS, 0, "since", NULL, report_cell_since, report_value_since,
	     "since the pod went, or the netns lost its last reference"),
	ATTRIBUTE("GONE", 6, TABLE_SECONDS, IN_CSV, "pod.gone_seconds", "gone", "for how long the pod has been gone"),
	ATTRIBUTE("GONE AT", 30, TABLE_TIME, IN_CSV, "pod.gone_at", NULL, "when the pod was gone"),
	ATTRIBUTE("REFS", 0, TABLE_NUMBER, WIDE | TABLE_RIGHT, "netns.references", "refs", "references that keep it"),
	ATTRIBUTE("TASKS", 0, TABLE_NUMBER, WIDE | TABLE_RIGHT, "netns.tasks", "tasks", "processes in it"),
	ATTRIBUTE("BOUND BY", 0, TABLE_TEXT, IN_CSV, "netns.binding", "binding", "evidence that binds it to its pod"),
	ATTRIBUTE("CAUSE", 15, TABLE_TEXT, WIDE, "netns.cause", "cause", "why it is still there"),
	WORD("HELD BY", 0, TABLE_TEXT, TABLE_CUT_MIDDLE, "held-by", NULL, report_cell_note, NULL, "what is known to hold it"),

	ATTRIBUTE("POD IPS", 15, TABLE_TEXT, EXTRA, "k8s.pod.ips", NULL, "addresses of the pod, as its source said"),
	ATTRIBUTE("CONTAINER", 12, TABLE_TEXT, EXTRA, "container.id", "container", "the pod's sandbox container"),
	ATTRIBUTE("PATHS", 20, TABLE_TEXT, EXTRA, "netns.paths", "paths", "where it is mounted: all paths"),
	ATTRIBUTE("CREATED", 30, TABLE_TIME, EXTRA, "netns.created_at", "created", "when it was created"),
	ATTRIBUTE("CREATOR", 15, TABLE_TEXT, EXTRA, "netns.creator.comm", "creator", "name of the process that created it"),
	ATTRIBUTE("CREATOR PID", 0, TABLE_NUMBER, EXTRA | TABLE_RIGHT, "netns.creator.pid", NULL, "number of that process"),
	ATTRIBUTE("UNEXPLAINED", 0, TABLE_NUMBER, EXTRA | TABLE_RIGHT, "netns.held_by.unexplained", "unexplained", "references of the kernel's own"),
	ATTRIBUTE("HOLDERS", 0, TABLE_NUMBER, EXTRA | TABLE_RIGHT, "netns.holder_count", "holders", "how many mounts, processes and descriptors hold it"),
	ATTRIBUTE("EVIDENCE", 20, TABLE_TEXT, EXTRA, "netns.cause_evidence", "evidence", "what that rests on"),
	ATTRIBUTE("BOUND SOURCE", 0, TABLE_TEXT, EXTRA, "netns.binding_source", NULL, "the source of that"),
	ATTRIBUTE("GONE REASON", 0, TABLE_TEXT, EXTRA, "pod.gone_reason", NULL, "deleted, or the pod's last phase"),
	ATTRIBUTE("GONE SOURCE", 0, TABLE_TEXT, EXTRA, "pod.gone_source", NULL, "the source that said so"),
	ATTRIBUTE("DYING", 6, TABLE_SECONDS, EXTRA, "netns.dying_seconds", "dying", "how long ago its last reference went"),
	ATTRIBUTE("QUEUED", 6, TABLE_SECONDS, EXTRA, "netns.teardown.queued_seconds", "queued", "how long the kernel let it wait"),
	ATTRIBUTE("CLEANUP", 7, TABLE_SECONDS, EXTRA, "netns.teardown.cleanup_seconds", "cleanup", "how long the kernel took to clean it up"),
	ATTRIBUTE("CONFLICT", 15, TABLE_TEXT, EXTRA, "netns.conflict.ip", "conflict", "the address that two netns have"),
	ATTRIBUTE("IP", 15, TABLE_TEXT, EXTRA, "netns.address.ip", "ip", "the address that came or went"),
	ATTRIBUTE("DEVICE", 10, TABLE_TEXT, EXTRA, "netns.device.name", "device", "the device that came or went"),
	ATTRIBUTE("KIND", 6, TABLE_TEXT, EXTRA, "netns.device.kind", "kind", "its kind"),
	ATTRIBUTE("CNI", 0, TABLE_TEXT, EXTRA, "cni.command", NULL, "of a call of a CNI plugin: ADD, DEL, ..."),
	ATTRIBUTE("PLUGIN", 10, TABLE_TEXT, EXTRA, "cni.plugin", "plugin", "the plugin that the runtime called"),
	ATTRIBUTE("STATUS", 0, TABLE_NUMBER, EXTRA | TABLE_RIGHT, "cni.exit_status", NULL, "its exit status"),
	ATTRIBUTE("TOOK", 6, TABLE_SECONDS, EXTRA, "cni.duration_seconds", NULL, "for how long it ran"),
	ATTRIBUTE("SOURCE", 15, TABLE_TEXT, EXTRA, "trace.source", "source", "the source of pods that this is about"),
	ATTRIBUTE("LOST", 0, TABLE_NUMBER, EXTRA | TABLE_RIGHT, "trace.lost_records", "lost", "kernel records lost"),
	ATTRIBUTE("BODY", 0, TABLE_TEXT, IN_CSV, "body", NULL, "all of it in a sentence"),
};

static const struct table_column findings[] = {
	ATTRIBUTE("TIMESTAMP", 0, TABLE_TIME, IN_CSV, "timestamp", NULL, "when the audit was, UTC"),
	ATTRIBUTE("SEVERITY", 0, TABLE_TEXT, TABLE_ACCENT | TABLE_CSV, "severity_text", "severity", "ERROR, WARN, or INFO: no finding for the exit status"),
	ATTRIBUTE("CHECK", 0, TABLE_TEXT, TABLE_CSV, "audit.check", "check", "what has found it"),
	ATTRIBUTE("NODE", 0, TABLE_TEXT, IN_CSV, "k8s.node.name", "node", "the node"),
	ATTRIBUTE("NAMESPACE", 0, TABLE_TEXT, IN_CSV, "k8s.namespace.name", "namespace", "Kubernetes namespace of the pod"),
	ATTRIBUTE("POD NAME", 0, TABLE_TEXT, IN_CSV, "k8s.pod.name", NULL, "name of the pod"),
	WORD("POD", 0, TABLE_TEXT, 0, "pod", NULL, report_cell_pod, NULL, "namespace and name of the pod"),
	ATTRIBUTE("POD UID", 0, TABLE_TEXT, IN_CSV, "k8s.pod.uid", "uid", "uid of the pod"),
	WORD("NETNS", 0, TABLE_TEXT, 0, "netns", NULL, report_cell_netns, NULL, "the netns: last part of its path, or its inode number"),
	ATTRIBUTE("ID", 0, TABLE_TEXT, IN_CSV, "netns.id", "id", "identity of the netns: never used twice"),
	ATTRIBUTE("INUM", 0, TABLE_NUMBER, TABLE_CSV | TABLE_RIGHT, "netns.inum", "inum", "its inode number"),
	ATTRIBUTE("PATH", 0, TABLE_TEXT, IN_CSV, "netns.path", "path", "where it is mounted: the first path"),
	ATTRIBUTE("ADDRESSES", 0, TABLE_TEXT, IN_CSV, "netns.addresses", "addresses", "all that others reach it by"),
	ATTRIBUTE("GONE", 0, TABLE_SECONDS, TABLE_CSV, "pod.gone_seconds", "gone", "for how long the pod has been gone"),
	ATTRIBUTE("CAUSE", 0, TABLE_TEXT, TABLE_CSV, "netns.cause", "cause", "why it is still there"),
	WORD("TO DO", 0, TABLE_TEXT, 0, "remedy", NULL, report_cell_remedy, NULL, "the first command that takes nothing away from what runs"),
	ATTRIBUTE("FOUND", 0, TABLE_TEXT, TABLE_CSV, "audit.evidence", "evidence", "what was found, in a sentence"),

	ATTRIBUTE("SEVERITY", 0, TABLE_NUMBER, EXTRA | TABLE_RIGHT, "severity_number", NULL, "17 ERROR, 13 WARN, 9 INFO"),
	ATTRIBUTE("TITLE", 0, TABLE_TEXT, EXTRA, "audit.title", "title", "what the check looks for"),
	ATTRIBUTE("CONTAINER", 0, TABLE_TEXT, EXTRA, "container.id", "container", "the pod's sandbox container"),
	ATTRIBUTE("COOKIE", 0, TABLE_NUMBER, EXTRA | TABLE_RIGHT, "netns.cookie", "cookie", "its cookie (Linux 5.12 and later)"),
	ATTRIBUTE("PATHS", 0, TABLE_TEXT, EXTRA, "netns.paths", "paths", "where it is mounted: all paths"),
	ATTRIBUTE("AGE", 0, TABLE_SECONDS, EXTRA, "netns.age_seconds", "age", "how long ago it was created, where that was seen"),
	ATTRIBUTE("REFS", 0, TABLE_NUMBER, EXTRA | TABLE_RIGHT, "netns.references", "refs", "references that keep it"),
	ATTRIBUTE("TASKS", 0, TABLE_NUMBER, EXTRA | TABLE_RIGHT, "netns.tasks", "tasks", "processes in it"),
	ATTRIBUTE("HOLDERS", 0, TABLE_NUMBER, EXTRA | TABLE_RIGHT, "netns.holder_count", "holders", "how many mounts, processes and descriptors hold it"),
	ATTRIBUTE("BOUND BY", 0, TABLE_TEXT, EXTRA, "netns.binding", "binding", "evidence that binds it to its pod"),
	ATTRIBUTE("GONE AT", 0, TABLE_TIME, EXTRA, "pod.gone_at", NULL, "when the pod was gone"),
	ATTRIBUTE("BODY", 0, TABLE_TEXT, EXTRA, "body", NULL, "all of it in a sentence"),
};

static size_t spell(const void *row, char *bytes, size_t capacity)
{
	return report_json_whole(bytes, capacity, row);
}

const struct fields_kind event_fields = { events, ARRAY_SIZE(events), spell };
const struct fields_kind finding_fields = { findings, ARRAY_SIZE(findings), spell };
