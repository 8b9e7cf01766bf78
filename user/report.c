/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "report.h"

#include <string.h>

#include "format.h"
#include "util.h"

const struct report_type report_types[REPORT_KIND_MAX] = {
	[REPORT_NETNS_CREATED] = { "netns.created", "created", REPORT_LIFECYCLE, SEVERITY_INFO },
	[REPORT_CREATE_FAILED] = { "netns.create_failed", "not made", REPORT_LIFECYCLE, SEVERITY_WARN },
	[REPORT_ADDRESS_ADDED] = { "netns.address_added", "addr+", REPORT_DETAIL, SEVERITY_DEBUG },
	[REPORT_ADDRESS_REMOVED] = { "netns.address_removed", "addr-", REPORT_DETAIL, SEVERITY_DEBUG },
	[REPORT_DEVICE_ADDED] = { "netns.device_added", "dev+", REPORT_DETAIL, SEVERITY_DEBUG },
	[REPORT_DEVICE_REMOVED] = { "netns.device_removed", "dev-", REPORT_DETAIL, SEVERITY_DEBUG },
	[REPORT_NETNS_BOUND] = { "netns.bound", "bound", REPORT_LIFECYCLE, SEVERITY_INFO },
	[REPORT_POD_GONE] = { "pod.gone", "gone", REPORT_LIFECYCLE, SEVERITY_INFO },
	[REPORT_NETNS_DYING] = { "netns.dying", "dying", REPORT_LIFECYCLE, SEVERITY_INFO },
	[REPORT_NETNS_FREED] = { "netns.freed", "freed", REPORT_LIFECYCLE, SEVERITY_INFO },
	[REPORT_NETNS_LEAKED] = { "netns.leaked", "leaked", REPORT_FINDING, SEVERITY_WARN },
	[REPORT_NETNS_RECOVERED] = { "netns.recovered", "freed", REPORT_LIFECYCLE, SEVERITY_INFO },
	[REPORT_NETNS_STUCK] = { "netns.stuck", "stuck", REPORT_FINDING, SEVERITY_WARN },
	[REPORT_NETNS_ORPHAN] = { "netns.orphan", "orphan", REPORT_FINDING, SEVERITY_WARN },
	/* An error, not a warning: some packets for a living pod go to a dead netns now. */
	[REPORT_NETNS_IP_CONFLICT] = { "netns.ip_conflict", "conflict", REPORT_FINDING, SEVERITY_ERROR },
	[REPORT_NETNS_CONTRADICTED] = { "netns.contradicted", "disputed", REPORT_FINDING, SEVERITY_WARN },
	[REPORT_NETNS_SHARED] = { "netns.shared", "shared", REPORT_FINDING, SEVERITY_WARN },
	[REPORT_NETNS_HOST_USED] = { "netns.host_used", "in host", REPORT_FINDING, SEVERITY_WARN },
	[REPORT_NETNS_PATH_LOST] = { "netns.path_lost", "no path", REPORT_FINDING, SEVERITY_WARN },
	[REPORT_CNI_CALLED] = { "cni.called", "cni", REPORT_LIFECYCLE, SEVERITY_INFO },
	[REPORT_CNI_FAILED] = { "cni.failed", "cni fail", REPORT_LIFECYCLE, SEVERITY_WARN },
	[REPORT_NETNS_EXPLAINED] = { "netns.explained", "explained", REPORT_TOOL, SEVERITY_INFO },
	[REPORT_AUDIT_FINDING] = { "audit.finding", "found", REPORT_TOOL, SEVERITY_WARN }, /* the severity is its own */
	[REPORT_AUDIT_SUMMARY] = { "audit.summary", "summary", REPORT_TOOL, SEVERITY_INFO },
	[REPORT_TRACE_LOST] = { "trace.lost", "lost", REPORT_TOOL, SEVERITY_WARN },
	[REPORT_TRACE_RESYNCED] = { "trace.resynced", "resynced", REPORT_TOOL, SEVERITY_INFO },
	[REPORT_SOURCE_DOWN] = { "trace.source_down", "down", REPORT_TOOL, SEVERITY_WARN },
	[REPORT_SOURCE_UP] = { "trace.source_up", "up", REPORT_TOOL, SEVERITY_INFO },
	[REPORT_TRACE_SUMMARY] = { "trace.summary", "summary", REPORT_TOOL, SEVERITY_INFO },
};

const char *severity_name(enum report_severity severity)
{
	switch (severity) {
	case SEVERITY_DEBUG:
		return "DEBUG";
	case SEVERITY_INFO:
		return "INFO";
	case SEVERITY_WARN:
		return "WARN";
	case SEVERITY_ERROR:
		break;
	}
	return "ERROR";
}

enum report_severity report_severity(const struct report *report)
{
	return report->finding ? report->finding->severity : report_types[report->kind].severity;
}

const char *netns_name(const struct netns *netns)
{
	const struct netns_path *path = netns->paths ? netns->paths : netns->last_path;
	const char *name;

	if (netns->initial)
		return "init";
	if (!path)
		return NULL;
	name = last_part(path->path);
	return *name ? name : path->path;
}

int64_t netns_made_wall(const struct netns *netns)
{
	int64_t oldest = 0;

	for (const struct netns_path *path = netns->paths; path; path = path->next)
		if (path->made_wall && (!oldest || path->made_wall < oldest))
			oldest = path->made_wall;
	return oldest;
}

bool netns_addr_is_global(const struct netns_addr *addr)
{
	return !(addr->flags & (NNS_ADDR_LOOPBACK | NNS_ADDR_LINK_LOCAL));
}

void report_netns_name(struct text *text, const struct netns *netns)
{
	const char *name = netns_name(netns);

	if (name)
		text_add(text, name);
	else
		text_add_u64(text, netns->inum);
}

static void add_address(struct text *text, uint8_t family, const uint8_t *bytes, uint64_t more)
{
	char buffer[FORMAT_ADDRESS_LEN];

	text_add_bytes(text, buffer, format_address(family, bytes, buffer));
	if (!more)
		return;
	text_add(text, " +");
	text_add_u64(text, more);
}

void report_addresses(struct text *text, const struct ip_address *ips, size_t count)
{
	if (count)
		add_address(text, ips[0].family, ips[0].bytes, count - 1);
}

bool report_netns_addresses(struct text *text, const struct netns *netns)
{
	const struct netns_addr *first = NULL;
	uint64_t more = 0;

	for (uint32_t i = 0; i < netns->addr_count; i++) {
		if (!netns_addr_is_global(&netns->addrs[i]))
			continue;
		more += first != NULL;
		first = first ? first : &netns->addrs[i];
	}
	if (first)
		add_address(text, first->family, first->addr, more);
	return first;
}

void report_pod_name(struct text *text, const struct pod *pod)
{
	/* Kubernetes bounds both parts at 253 bytes, but a source may say anything. */
	if (pod->name && pod->name[0]) {
		text_add_cut(text, pod->namespace_ ? pod->namespace_ : "", 253);
		text_add(text, "/");
		text_add_cut(text, pod->name, 253);
	} else {
		text_add_cut(text, pod->uid ? pod->uid : "", 253);
	}
}

void report_creator(struct text *text, const struct nns_task *creator)
{
	if (!creator->pid)
		return;
	text_add(text, " by ");
	text_add_bytes(text, creator->comm, strnlen(creator->comm, sizeof(creator->comm)));
	text_add(text, " (pid ");
	text_add_u64(text, creator->pid);
	text_add(text, ")");
}

const struct pod *report_conflict_pod(const struct report *report)
{
	if (report->other && report->other->binding)
		return report->other->binding->pod;
	return report->other_pod == report->pod ? NULL : report->other_pod;
}

static void add_separator(struct text *text, size_t start)
{
	if (text->length > start)
		text_add(text, "; ");
}

void report_held_by(struct text *text, const struct netns *netns)
{
	const size_t start = text->length;
	const struct netns_path *path = netns->paths;
	uint64_t more = 0;

	if (netns_holders_are_known(netns)) {
		report_holders(text, netns->holders);
		return;
	}
	if (path) {
		text_add(text, "mount ");
		text_add(text, path->path);
		while ((path = path->next))
			more++;
		if (more)
			text_printf(text, " (and %llu more)", (unsigned long long)more);
	}
	if (netns->references < 0)
		return;
	if (netns->tasks) {
		add_separator(text, start);
		text_add_count(text, netns->tasks, "process", "processes");
	}
	/* One reference beside a mount is that mount's. */
	if (netns->references > 1 || text->length == start) {
		add_separator(text, start);
		text_add_count(text, (uint64_t)netns->references, "reference", "references");
	}
}
