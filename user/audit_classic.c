/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The lines that today's scripts print, for who reads those: about the files of the netns directories, in the same words.
 * What they match is better matched: by identity first, and by address where that is all.
 */
#include "audit_print.h"

#include <inttypes.h>
#include <string.h>

#include "format.h"
#include "outlet.h"
#include "util.h"

static int64_t age_of(const struct audit_view *view, int64_t made_wall)
{
	return made_wall && made_wall < view->wall_now ? (view->wall_now - made_wall) / NS_PER_S : 0;
}

static void add_ips(struct text *text, const struct audit_netns *netns)
{
	bool any = false;

	for (size_t i = 0; netns->look && i < netns->look->addr_count; i++) {
		struct ip_address ip = audit_addr_ip(&netns->look->addrs[i]);

		if (!audit_addr_is_global(&netns->look->addrs[i]))
			continue;
		text_add(text, any ? " " : "");
		text_add(text, audit_ip_name(&ip));
		any = true;
	}
	text_add(text, any ? "" : "none");
}

static int print_entry(struct outlet *outlet, const struct audit_result *result, const struct node_entry *entry)
{
	const struct audit_netns *netns = audit_of_entry(result->view, entry);
	TEXT(processes, 32);

	if (!netns && entry->kind == NODE_ENTRY_NETNS)
		return audit_line(outlet, "[INFO] %s: not looked at (it came or went meanwhile, or is no network namespace)", entry->name);
	if (!netns)
		return audit_line(outlet, "[WARN] %s: not a network namespace (%s)", entry->name,
				  entry->kind == NODE_ENTRY_DEAD_LINK ? "dead link" : "stale file");
	if (netns_tasks_are_known(netns->netns))
		text_add_u64(&processes, netns->netns->tasks);
	else
		text_add(&processes, "unknown");
	if (netns->pod && !netns->pod->gone)
		return audit_line(outlet, "[OK] %s -> %s (processes: %s)", entry->name, audit_pod_name(netns->pod),
				  processes.bytes);
	if (netns->netns->initial)
		return audit_line(outlet, "[OK] %s -> the node itself (processes: %s)", entry->name, processes.bytes);
	return audit_line(outlet, "[%s] %s: no matching pod (processes: %s, age: %" PRId64 "s)",
			  audit_is_orphaned(result->audit, netns) ? "WARN" : "INFO", entry->name, processes.bytes,
			  age_of(result->view, entry->made_wall));
}

static bool is_orphaned_entry(const struct audit_result *result, const struct node_entry *entry)
{
	const struct audit_netns *netns = audit_of_entry(result->view, entry);

	return netns && audit_is_orphaned(result->audit, netns);
}

static int print_orphans(struct outlet *outlet, const struct audit_result *result, size_t count)
{
	const struct node_files *files = result->view->files;
	int err;

	if (!count)
		return audit_line(outlet, "[OK] No orphaned network namespaces found");
	err = audit_line(outlet,
			 "[ISSUE] Found %zu orphaned network namespace(s) (no matching pod, safe to delete after verification)", count);
	for (size_t i = 0; i < files->entry_count && !err; i++) {
		const struct audit_netns *netns = audit_of_entry(result->view, &files->entries[i]);
		TEXT(ips, 512);

		if (!is_orphaned_entry(result, &files->entries[i]))
			continue;
		add_ips(&ips, netns);
		err = audit_line(outlet, "  - %s (IPs: %s, age: %" PRId64 "s, processes: %u)", files->entries[i].name, ips.bytes,
				 age_of(result->view, files->entries[i].made_wall), netns->netns->tasks);
	}
	return err;
}

/* What is not told of above. */
static int print_others(struct outlet *outlet, const struct audit_result *result)
{
	int err = 0;

	for (size_t i = 0; i < result->audit->count && !err; i++) {
		const struct report_finding *finding = &result->audit->findings[i].report;

		if (strcmp(finding->check, "orphan"))
			err = audit_line(outlet, "[%s] %s: %s", finding->severity >= SEVERITY_WARN ? "ISSUE" : "INFO",
					 finding->check,
					 finding->evidence);
	}
	for (size_t i = 0; result->survey->unseen[i] && !err; i++)
		err = audit_line(outlet, "[WARN] Not seen: %s", result->survey->unseen[i]);
	return err;
}

int audit_print_classic(struct outlet *outlet, const struct audit_result *result)
{
	const struct node_files *files = result->view->files;
	size_t matched = 0, orphaned = 0;
	int err = audit_line(outlet, "[INFO] Found %zu network namespace(s) on node", files->entry_count);

	for (size_t i = 0; i < files->entry_count && !err; i++) {
		const struct audit_netns *netns = audit_of_entry(result->view, &files->entries[i]);

		matched += netns && netns->pod && !netns->pod->gone;
		orphaned += is_orphaned_entry(result, &files->entries[i]);
		err = print_entry(outlet, result, &files->entries[i]);
	}
	if (!err)
		err = audit_line(outlet,
				 "[INFO] Namespace matching summary: Matched to pods: %zu, Orphaned (safe to delete): %zu", matched,
				 orphaned);
	if (!err)
		err = print_orphans(outlet, result, orphaned);
	return err ? err : print_others(outlet, result);
}
