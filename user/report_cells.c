/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "report_cells.h"

#include "format.h"
#include "report.h"
#include "util.h"

void report_cell_time(const void *row, struct text *text)
{
	const struct report *report = row;
	char buffer[FORMAT_CLOCK_LEN];

	text_add(text, format_clock(report->wall, buffer));
}

void report_cell_what(const void *row, struct text *text)
{
	const struct report *report = row;

	text_add(text, report_types[report->kind].label);
}

void report_cell_pod(const void *row, struct text *text)
{
	const struct report *report = row;

	if (report->pod)
		report_pod_name(text, report->pod);
}

void report_cell_netns(const void *row, struct text *text)
{
	const struct report *report = row;

	if (report->netns)
		report_netns_name(text, report->netns);
}

void report_cell_address(const void *row, struct text *text)
{
	const struct report *report = row;

	if (report->ip)
		report_addresses(text, report->ip, 1);
	else if ((!report->netns || !report_netns_addresses(text, report->netns)) && report->pod)
		/* A netns that is freed has lost its addresses; its pod's say which they were. */
		report_addresses(text, report->pod->ips, report->pod->ip_count);
}

void report_cell_since(const void *row, struct text *text)
{
	const struct report *report = row;
	char buffer[FORMAT_DURATION_LEN];

	if (report->since)
		text_add(text, format_duration(report->since, buffer));
}

static void note_stuck(struct text *text, const struct netns *netns)
{
	text_add(text, netns->phase == NETNS_CLEANUP ? "kernel, cleaning up" : "kernel, cleanup not begun");
	if (!netns->dev_count)
		return;
	text_add(text, "; ");
	text_add_count(text, netns->dev_count, "device", "devices");
}

static void note_late(struct text *text, const struct report *report)
{
	char buffer[FORMAT_DURATION_LEN];

	text_add(text, "late, after ");
	text_add(text, format_duration(report->since, buffer));
}

static void note_conflict(struct text *text, const struct report *report)
{
	const struct pod *pod = report_conflict_pod(report);

	text_add(text, "also in ");
	report_netns_name(text, report->other);
	if (!pod)
		return;
	text_add(text, " of ");
	report_pod_name(text, pod);
	text_add(text, pod->gone ? ", gone" : "");
}

static void note_bound(struct text *text, const struct binding *binding)
{
	text_add(text, "bound by ");
	text_add(text, evidence_name(binding->evidence));
}

static void note_gone(struct text *text, const struct pod *pod)
{
	text_add(text, pod->gone_reason ? pod->gone_reason : "gone");
	if (!pod->gone_source || !pod->gone_source[0])
		return;
	text_add(text, ", says ");
	text_add(text, pod->gone_source);
}

static void note_path_lost(struct text *text, const struct binding *binding)
{
	text_add(text, binding->path);
	text_add(text, binding->path_leads_to ? " leads to netns " : " leads to none");
	if (binding->path_leads_to)
		text_add_u64(text, binding->path_leads_to);
}

static void note_cause(struct text *text, const struct cause *cause)
{
	if (!cause || !cause_label(cause->kind))
		return;
	text_add(text, "; ");
	text_add(text, cause_label(cause->kind));
}

static void note_call(struct text *text, const struct cni_call *call)
{
	report_call_name(text, call);
	text_add(text, " ");
	report_call_end(text, call);
}

void report_cell_note(const void *row, struct text *text)
{
	const struct report *report = row;

	switch (report->kind) {
	case REPORT_NETNS_LEAKED:
	case REPORT_NETNS_ORPHAN:
		report_held_by(text, report->netns);
		note_cause(text, report->cause);
		break;
	case REPORT_CNI_FAILED:
		note_call(text, report->call);
		break;
	case REPORT_NETNS_STUCK:
		note_stuck(text, report->netns);
		break;
	case REPORT_NETNS_RECOVERED:
		note_late(text, report);
		break;
	case REPORT_NETNS_IP_CONFLICT:
		if (report->other)
			note_conflict(text, report);
		break;
	case REPORT_NETNS_CONTRADICTED:
		text_add(text, report->text ? report->text : "");
		break;
	case REPORT_NETNS_SHARED:
		text_add(text, "with ");
		report_pod_name(text, report->other_pod);
		break;
	case REPORT_NETNS_HOST_USED:
		text_add(text, "without hostNetwork, says ");
		text_add(text, report->source);
		break;
	case REPORT_NETNS_PATH_LOST:
		note_path_lost(text, report->netns->binding);
		break;
	case REPORT_NETNS_BOUND:
		if (report->netns->binding)
			note_bound(text, report->netns->binding);
		break;
	case REPORT_POD_GONE:
		note_gone(text, report->pod);
		break;
	default:
		break;
	}
}

void report_value_time(const void *row, struct text *text)
{
	const struct report *report = row;
	char buffer[FORMAT_TIMESTAMP_LEN];

	text_add_bytes(text, buffer, format_timestamp(report->wall, buffer));
}

void report_value_since(const void *row, struct text *text)
{
	const struct report *report = row;

	if (report->since)
		text_add_seconds(text, report->since);
}

/* --- of an audit --- */

void report_cell_remedy(const void *row, struct text *text)
{
	const struct report *report = row;

	for (size_t i = 0; i < report->finding->remedy_count; i++)
		if (report->finding->remedies[i].safe && report->finding->remedies[i].command[0]) {
			text_add(text, report->finding->remedies[i].command);
			return;
		}
}
