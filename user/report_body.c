/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One sentence for each kind of report.
 */
#include "report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "format.h"
#include "util.h"

#define PATH_SHOWN 256 /* bytes of a path or a foreign text within a sentence */

static void add_duration(struct text *text, uint64_t ns)
{
	char buffer[FORMAT_DURATION_LEN];

	if (ns < 10 * NS_PER_S || ns >= 120 * NS_PER_S) {
		text_add(text, format_duration(ns, buffer));
		return;
	}
	text_add_u64(text, ns / NS_PER_S);
	text_add(text, " s");
}

static void add_netns(struct text *text, const struct netns *netns)
{
	const char *name = netns->initial ? NULL : netns_name(netns);

	if (netns->initial) {
		text_add(text, "the node's own netns");
	} else if (name) {
		text_add(text, "netns ");
		text_add_cut(text, name, PATH_SHOWN);
	} else {
		text_add(text, "netns ");
		text_add_u64(text, netns->inum);
		if (netns->cookie) {
			text_add(text, " (cookie ");
			text_add_u64(text, netns->cookie);
			text_add(text, ")");
		}
	}
}

static void add_subject(struct text *text, const struct report *report)
{
	add_netns(text, report->netns);
	if (report->pod) {
		text_add(text, " of pod ");
		report_pod_name(text, report->pod);
	}
}

/* "the pod's deletion", or "the pod's end" where its containers only finished. */
static void add_pod_end(struct text *text, const struct pod *pod)
{
	bool deleted = !pod || !pod->gone_reason || !strcmp(pod->gone_reason, "deleted");

	text_add(text, deleted ? "the pod's deletion" : "the pod's end");
}

static void add_holding(struct text *text, const struct netns *netns)
{
	if (netns->references >= 0) {
		text_add(text, "it still has ");
		text_add_count(text, (uint64_t)netns->references, "reference", "references");
	} else {
		text_add(text, "it is still referenced");
	}
	if (netns_holders_are_known(netns)) {
		text_add(text, ": ");
		report_holders(text, netns->holders);
		return;
	}
	if (netns->references >= 0 && netns->tasks) {
		text_add(text, "; ");
		text_add_count(text, netns->tasks, "process is in it", "processes are in it");
	}
	if (netns->paths) {
		text_add(text, "; mounted at ");
		text_add_cut(text, netns->paths->path, PATH_SHOWN);
		if (netns->paths->next)
			text_add(text, " and elsewhere");
	}
}

static void body_created(struct text *text, const struct report *report)
{
	add_subject(text, report);
	if (report->netns->preexisting) {
		text_add(text, report->netns->born ? " was found by the census; an earlier session saw it created"
						   : " was found by the census; its creation was not seen");
		report_creator(text, &report->netns->creator);
		return;
	}
	text_add(text, " was created");
	report_creator(text, &report->netns->creator);
}

static void body_create_failed(struct text *text, const struct report *report)
{
	text_add(text, "no netns was created");
	report_creator(text, report->task);
	text_add(text, ": ");
	text_add(text, strerrordesc_np(-report->error) ?: "unknown error");
	/* By far the likeliest reason. */
	if (report->error == -ENOSPC)
		text_add(text, " (is user.max_net_namespaces reached?)");
}

static void body_address(struct text *text, const struct report *report)
{
	const struct netns_addr *addr = report->addr;
	const struct netns_dev *dev = netns_dev_by_index(report->netns, addr->ifindex);
	bool added = report->kind == REPORT_ADDRESS_ADDED;
	char buffer[FORMAT_ADDRESS_LEN];

	text_add(text, "address ");
	text_add_bytes(text, buffer, format_prefix(addr->family, addr->addr, addr->prefixlen, buffer));
	text_add(text, added ? " was added to " : " was removed from ");
	if (dev) {
		text_add_bytes(text, dev->name, strnlen(dev->name, sizeof(dev->name)));
	} else {
		text_add(text, "interface ");
		text_add_u64(text, addr->ifindex);
	}
	text_add(text, " in ");
	add_subject(text, report);
}

static void body_device(struct text *text, const struct report *report)
{
	const struct netns_dev *dev = report->dev;

	text_add(text, "device ");
	text_add_bytes(text, dev->name, strnlen(dev->name, sizeof(dev->name)));
	if (dev->link_kind[0]) {
		text_add(text, " (");
		text_add_bytes(text, dev->link_kind, strnlen(dev->link_kind, sizeof(dev->link_kind)));
		if (dev->peer_ifindex) {
			text_add(text, ", peer interface ");
			text_add_u64(text, dev->peer_ifindex);
		}
		text_add(text, ")");
	}
	text_add(text, report->kind == REPORT_DEVICE_ADDED ? " was added to " : " was removed from ");
	add_subject(text, report);
}

static void body_bound(struct text *text, const struct report *report)
{
	const struct binding *binding = report->netns->binding;

	add_netns(text, report->netns);
	text_add(text, " is bound to pod ");
	if (report->pod)
		report_pod_name(text, report->pod);
	if (!binding)
		return;
	text_add(text, " by evidence ");
	text_add(text, evidence_name(binding->evidence));
	if (binding->source && binding->source[0]) {
		text_add(text, " from ");
		text_add_cut(text, binding->source, PATH_SHOWN);
	}
}

static void body_gone(struct text *text, const struct report *report)
{
	const struct pod *pod = report->pod;

	text_add(text, "pod ");
	report_pod_name(text, pod);
	text_add(text, " is gone");
	if (pod->gone_reason) {
		text_add(text, " (");
		text_add(text, pod->gone_reason);
		text_add(text, ")");
	}
	if (pod->gone_source && pod->gone_source[0]) {
		text_add(text, ", says ");
		text_add_cut(text, pod->gone_source, PATH_SHOWN);
	}
	if (report->netns) {
		text_add(text, "; ");
		add_netns(text, report->netns);
		text_add(text, " is to be freed now");
	}
}

static void body_dying(struct text *text, const struct report *report)
{
	add_subject(text, report);
	text_add(text, " lost its last reference and waits for the kernel to clean it up");
}

static void body_freed(struct text *text, const struct report *report)
{
	add_subject(text, report);
	text_add(text, report->kind == REPORT_NETNS_RECOVERED ? ", reported as leaked, was freed after all"
							      : " was freed");
	if (!report->since)
		return;
	text_add(text, report->kind == REPORT_NETNS_RECOVERED ? ", " : " ");
	add_duration(text, report->since);
	text_add(text, " after ");
	add_pod_end(text, report->pod);
}

static void body_leaked(struct text *text, const struct report *report)
{
	add_subject(text, report);
	text_add(text, " was not freed within ");
	add_duration(text, report->since);
	text_add(text, " of ");
	add_pod_end(text, report->pod);
	text_add(text, ": ");
	add_holding(text, report->netns);
}

static void body_stuck(struct text *text, const struct report *report)
{
	const struct netns *netns = report->netns;

	add_subject(text, report);
	text_add(text, " lost its last reference ");
	add_duration(text, report->since);
	text_add(text, " ago and is still not freed: ");
	report_teardown(text, netns);
	if (netns->dev_count) {
		text_add(text, "; ");
		text_add_count(text, netns->dev_count, "device is still in it", "devices are still in it");
	}
	if (report->count) {
		text_add(text, "; ");
		text_add_count(text, report->count, "netns waits behind it", "netns wait behind it");
	}
}

static void body_orphan(struct text *text, const struct report *report)
{
	const struct netns *netns = report->netns;

	add_netns(text, netns);
	text_add(text, netns->born ? ", made " : ", at least ");
	add_duration(text, report->since);
	text_add(text, netns->born ? " ago" : " old");
	if (netns->born)
		report_creator(text, &netns->creator);
	text_add(text, ", is no known pod's and no process is in it: ");
	add_holding(text, netns);
}

/* One of two netns with one address; its pod, where that is not the one whose address it is. */
static void add_sharer(struct text *text, const struct netns *netns, const struct pod *owner)
{
	const struct pod *pod = netns->binding ? netns->binding->pod : NULL;

	add_netns(text, netns);
	if (!pod || pod == owner)
		return;
	text_add(text, " of pod ");
	report_pod_name(text, pod);
	text_add(text, pod->gone ? ", which is gone" : "");
}

static void body_conflict(struct text *text, const struct report *report)
{
	const struct pod *owner = report->other_pod;
	char buffer[FORMAT_ADDRESS_LEN];

	text_add(text, "address ");
	text_add_bytes(text, buffer, format_address(report->ip->family, report->ip->bytes, buffer));
	if (owner) {
		text_add(text, " of pod ");
		report_pod_name(text, owner);
	}
	text_add(text, " is in two netns: ");
	add_sharer(text, report->netns, owner);
	if (!report->other)
		return;
	text_add(text, report->netns->binding && report->netns->binding->pod->gone ? ", and " : " and ");
	add_sharer(text, report->other, owner);
}

static void body_contradicted(struct text *text, const struct report *report)
{
	add_netns(text, report->netns);
	if (report->pod) {
		text_add(text, " is bound to pod ");
		report_pod_name(text, report->pod);
		text_add(text, ", but ");
	} else {
		text_add(text, ": ");
	}
	if (report->text && report->text[0]) {
		text_add_cut(text, report->text, 2 * PATH_SHOWN);
	} else {
		text_add_cut(text, report->source ? report->source : "another source", PATH_SHOWN);
		text_add(text, " says otherwise");
	}
}

static void body_shared(struct text *text, const struct report *report)
{
	add_netns(text, report->netns);
	text_add(text, " is that of two pods, ");
	if (report->pod) {
		report_pod_name(text, report->pod);
		text_add(text, " and ");
	}
	report_pod_name(text, report->other_pod);
	text_add(text, ", says ");
	text_add_cut(text, report->source, PATH_SHOWN);
}

static void body_host_used(struct text *text, const struct report *report)
{
	text_add(text, report->pod ? "pod " : "a pod");
	if (report->pod)
		report_pod_name(text, report->pod);
	text_add(text, " is in the node's own netns, says ");
	text_add_cut(text, report->source, PATH_SHOWN);
	text_add(text, ", though it does not ask for the host's network");
}

static void body_path_lost(struct text *text, const struct report *report)
{
	const struct binding *binding = report->netns->binding;

	add_subject(text, report);
	text_add(text, " is still referenced, but ");
	text_add_cut(text, binding->path, PATH_SHOWN);
	text_add(text, ", where ");
	text_add_cut(text, binding->source ? binding->source : "a source", PATH_SHOWN);
	text_add(text, " had it, ");
	if (binding->path_leads_to) {
		text_add(text, "has led to netns ");
		text_add_u64(text, binding->path_leads_to);
	} else {
		text_add(text, "has led to none");
	}
	text_add(text, " for ");
	add_duration(text, report->since);
}

static void body_explained(struct text *text, const struct report *report)
{
	add_subject(text, report);
	text_add(text, ": ");
	text_add(text, report->text);
}

static void body_audit_finding(struct text *text, const struct report *report)
{
	if (report->netns) {
		add_subject(text, report);
		text_add(text, ": ");
	}
	text_add(text, report->finding->title);
	text_add(text, ": ");
	text_add_cut(text, report->finding->evidence, 2 * PATH_SHOWN);
}

static void body_audit_summary(struct text *text, const struct report *report)
{
	const struct report_audit *audit = report->audit;

	text_add_count(text, audit->errors, "error", "errors");
	text_add(text, ", ");
	text_add_count(text, audit->warnings, "warning", "warnings");
	text_add(text, ", ");
	text_add_count(text, audit->notes, "note", "notes");
	text_printf(text, "; %" PRIu64 " netns, %" PRIu64 " of pods that are there", audit->netns, audit->matched);
	text_add(text, audit->incomplete ? "; incomplete: there may be more than was found" : "");
}

static void body_lost(struct text *text, const struct report *report)
{
	text_add_count(text, report->count, "kernel record was", "kernel records were");
	text_add(text, " lost; a new census is asked for, and until it is done no verdict is given");
}

static void body_resynced(struct text *text, const struct report *report)
{
	text_add(text, "what is known agrees with the kernel again: the census counted ");
	text_add_u64(text, report->count);
	text_add(text, " netns");
}

static void body_source(struct text *text, const struct report *report)
{
	bool down = report->kind == REPORT_SOURCE_DOWN;

	text_add(text, "pod source ");
	text_add_cut(text, report->source ? report->source : "", PATH_SHOWN);
	text_add(text, down ? " cannot be used" : " is in use");
	if (report->text && report->text[0]) { /* why, or a warning */
		text_add(text, ": ");
		text_add_cut(text, report->text, 2 * PATH_SHOWN);
	}
}

static void add_if_any(struct text *text, uint64_t count, const char *one, const char *many)
{
	if (!count)
		return;
	text_add(text, ", ");
	text_add_count(text, count, one, many);
}

static void body_summary(struct text *text, const struct report *report)
{
	const struct report_summary *summary = report->summary;

	text_add_u64(text, summary->leaked);
	text_add(text, " leaked");
	if (summary->leaked_now && summary->leaked_now != summary->leaked)
		text_printf(text, " (%" PRIu64 " still there)", summary->leaked_now);
	text_printf(text, ", %" PRIu64 " recovered", summary->recovered);
	add_if_any(text, summary->stuck, "stuck", "stuck");
	add_if_any(text, summary->orphans, "orphan", "orphans");
	add_if_any(text, summary->conflicts, "address conflict", "address conflicts");
	text_printf(text, ", %" PRIu64 " netns watched, ", summary->state.live);
	if (summary->queued) {
		text_add_count(text, summary->queued, "waits", "wait");
		text_add(text, " for the kernel to clean up (the oldest for ");
		add_duration(text, summary->dying_longest);
		text_add(text, "), ");
	}
	text_add_count(text, summary->state.lost, "record", "records");
	text_add(text, " lost");
	if (summary->incomplete)
		text_add(text, "; incomplete: there may be more than was found");
}

/* What holds it has been said: of that cause nothing more. */
static void add_cause(struct text *text, const struct report *report)
{
	if (!report->cause || !report->cause->count || !cause_label(report->cause->kind))
		return;
	text_add(text, "; cause: ");
	text_add(text, report->cause->evidence[0]);
}

void report_body(struct text *text, const struct report *report)
{
	static void (*const bodies[REPORT_KIND_MAX])(struct text *, const struct report *) = {
		[REPORT_NETNS_CREATED] = body_created,
		[REPORT_CREATE_FAILED] = body_create_failed,
		[REPORT_ADDRESS_ADDED] = body_address,
		[REPORT_ADDRESS_REMOVED] = body_address,
		[REPORT_DEVICE_ADDED] = body_device,
		[REPORT_DEVICE_REMOVED] = body_device,
		[REPORT_NETNS_BOUND] = body_bound,
		[REPORT_POD_GONE] = body_gone,
		[REPORT_NETNS_DYING] = body_dying,
		[REPORT_NETNS_FREED] = body_freed,
		[REPORT_NETNS_LEAKED] = body_leaked,
		[REPORT_NETNS_RECOVERED] = body_freed,
		[REPORT_NETNS_STUCK] = body_stuck,
		[REPORT_NETNS_ORPHAN] = body_orphan,
		[REPORT_NETNS_IP_CONFLICT] = body_conflict,
		[REPORT_NETNS_CONTRADICTED] = body_contradicted,
		[REPORT_NETNS_SHARED] = body_shared,
		[REPORT_NETNS_HOST_USED] = body_host_used,
		[REPORT_NETNS_PATH_LOST] = body_path_lost,
		[REPORT_CNI_CALLED] = report_call,
		[REPORT_CNI_FAILED] = report_call,
		[REPORT_NETNS_EXPLAINED] = body_explained,
		[REPORT_AUDIT_FINDING] = body_audit_finding,
		[REPORT_AUDIT_SUMMARY] = body_audit_summary,
		[REPORT_TRACE_LOST] = body_lost,
		[REPORT_TRACE_RESYNCED] = body_resynced,
		[REPORT_SOURCE_DOWN] = body_source,
		[REPORT_SOURCE_UP] = body_source,
		[REPORT_TRACE_SUMMARY] = body_summary,
	};

	bodies[report->kind](text, report);
	add_cause(text, report);
}
