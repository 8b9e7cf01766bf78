/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Each kind of report as a line of JSON: a common head, then the groups of attributes that the kind has.
 */
#include <string.h>
#include <sys/socket.h>

#include "format.h"
#include "report.h"
#include "report_attributes.h"

/* Groups of attributes about the subject; the tables of `names.` in the schema say the same. */
enum {
	NETNS = 1,    /* who it is and how it does */
	LIFE = 2,     /* birth, creator, references: more than an address or device event needs */
	BINDING = 4,  /* its pod, and how that is known */
	POD_GONE = 8, /* when the pod went */
	END = 16,     /* the way of its dying */
	LISTS = 32,   /* addresses and paths: last, for they take what room there is */
	HOLDERS = 64, /* what holds it, where that was looked for */
};

static void add_pod(struct json_line *line, const struct pod *pod)
{
	if (pod->namespace_ && pod->namespace_[0])
		json_text(line, JSON_KEY("k8s.namespace.name"), pod->namespace_, CAP_NAME);
	if (pod->name && pod->name[0])
		json_text(line, JSON_KEY("k8s.pod.name"), pod->name, CAP_NAME);
	if (pod->uid && pod->uid[0])
		json_text(line, JSON_KEY("k8s.pod.uid"), pod->uid, CAP_ID);
}

static void add_binding(struct json_line *line, const struct report *report)
{
	const struct binding *binding = report->netns ? report->netns->binding : NULL;
	const char *evidence;

	if (report->pod)
		add_pod(line, report->pod);
	if (!binding)
		return;
	if (binding->container_id && binding->container_id[0])
		json_text(line, JSON_KEY("container.id"), binding->container_id, CAP_ID);
	evidence = evidence_name(binding->evidence);
	json_plain(line, JSON_KEY("netns.binding"), evidence, strlen(evidence));
	if (binding->source && binding->source[0])
		json_text(line, JSON_KEY("netns.binding_source"), binding->source, CAP_SOURCE);
}

static void add_pod_gone(struct json_line *line, const struct report *report)
{
	const struct pod *pod = report->pod;

	if (!pod || !pod->gone)
		return;
	json_time(line, JSON_KEY("pod.gone_at"), (int64_t)pod->gone_at + report->wall_offset);
	if (report->since || report->kind == REPORT_NETNS_LEAKED)
		json_seconds(line, JSON_KEY("pod.gone_seconds"), report->since);
	if (pod->gone_source && pod->gone_source[0])
		json_text(line, JSON_KEY("pod.gone_source"), pod->gone_source, CAP_SOURCE);
	if (pod->gone_reason)
		json_text(line, JSON_KEY("pod.gone_reason"), pod->gone_reason, CAP_ID);
}

static void add_pod_ips(struct json_line *line, const struct pod *pod)
{
	size_t opened;

	if (!pod->ip_count || !json_open(line, JSON_KEY("k8s.pod.ips"), &opened))
		return;
	for (size_t i = 0; i < pod->ip_count; i++) {
		char buffer[FORMAT_ADDRESS_LEN];

		json_plain(line, JSON_ELEMENT, buffer,
			   format_address(pod->ips[i].family, pod->ips[i].bytes, buffer));
	}
	json_close_array(line, opened);
}

static const char *road_name(uint32_t road)
{
	switch (road) {
	case NNS_ROAD_PUT_NET:
		return "put_net";
	case NNS_ROAD_NETNS_PUT:
		return "netns_put";
	default:
		return "unseen";
	}
}

static void add_end(struct json_line *line, const struct report *report)
{
	const struct netns *netns = report->netns;
	const char *road = road_name(netns->dying_road);

	if (netns->dying_at) {
		json_time(line, JSON_KEY("netns.dying_at"), (int64_t)netns->dying_at + report->wall_offset);
		json_plain(line, JSON_KEY("netns.dying_road"), road, strlen(road));
	}
	if (netns->cleanup_at)
		json_time(line, JSON_KEY("netns.cleanup_at"), (int64_t)netns->cleanup_at + report->wall_offset);
	if (report->kind != REPORT_NETNS_DYING)
		attributes_teardown_times(line, netns, report->time);
}

static void add_scope(struct json_line *line, uint8_t scope)
{
	/* RT_SCOPE_* by the names that ip(8) gives them; others are an administrator's own. */
	const char *name = scope == 0 ? "global" : scope == 200 ? "site" : scope == 253 ? "link" :
			   scope == 254 ? "host" : scope == 255 ? "nowhere" : NULL;

	if (name)
		json_plain(line, JSON_KEY("netns.address.scope"), name, strlen(name));
	else
		json_u64_text(line, JSON_KEY("netns.address.scope"), scope);
}

static void add_address(struct json_line *line, const struct report *report)
{
	const struct netns_addr *addr = report->addr;
	const struct netns_dev *dev = netns_dev_by_index(report->netns, addr->ifindex);
	char buffer[FORMAT_ADDRESS_LEN];

	json_plain(line, JSON_KEY("netns.address.ip"), buffer, format_address(addr->family, addr->addr, buffer));
	json_u64(line, JSON_KEY("netns.address.prefix_length"), addr->prefixlen);
	json_plain(line, JSON_KEY("netns.address.family"), addr->family == AF_INET ? "ipv4" : "ipv6", 4);
	add_scope(line, addr->scope);
	json_bool(line, JSON_KEY("netns.address.loopback"), addr->flags & NNS_ADDR_LOOPBACK);
	json_bool(line, JSON_KEY("netns.address.link_local"), addr->flags & NNS_ADDR_LINK_LOCAL);
	json_u64(line, JSON_KEY("netns.device.ifindex"), addr->ifindex);
	if (dev)
		json_text_bytes(line, JSON_KEY("netns.device.name"), dev->name, strnlen(dev->name, sizeof(dev->name)),
				CAP_ID);
}

static void add_device(struct json_line *line, const struct report *report)
{
	const struct netns_dev *dev = report->dev;
	char id[NETNS_ID_LEN];

	json_u64(line, JSON_KEY("netns.device.ifindex"), dev->ifindex);
	json_text_bytes(line, JSON_KEY("netns.device.name"), dev->name, strnlen(dev->name, sizeof(dev->name)), CAP_ID);
	if (dev->link_kind[0])
		json_text_bytes(line, JSON_KEY("netns.device.kind"), dev->link_kind,
				strnlen(dev->link_kind, sizeof(dev->link_kind)), CAP_ID);
	json_bool(line, JSON_KEY("netns.device.loopback"), dev->flags & NNS_DEV_LOOPBACK);
	json_bool(line, JSON_KEY("netns.device.up"), dev->flags & NNS_DEV_UP);
	if (!dev->peer_ifindex)
		return;
	json_u64(line, JSON_KEY("netns.device.peer_ifindex"), dev->peer_ifindex);
	if (!report->other)
		return;
	netns_id(report->other, id, sizeof(id));
	json_plain(line, JSON_KEY("netns.device.peer_netns"), id, strlen(id));
}

static void add_conflict(struct json_line *line, const struct report *report)
{
	const struct netns *other = report->other;
	const struct pod *pod = report_conflict_pod(report);
	char buffer[FORMAT_ADDRESS_LEN];

	json_plain(line, JSON_KEY("netns.conflict.ip"), buffer,
		   format_address(report->ip->family, report->ip->bytes, buffer));
	if (!other)
		return;
	netns_id(other, buffer, sizeof(buffer));
	json_plain(line, JSON_KEY("netns.conflict.id"), buffer, strlen(buffer));
	if (other->inum)
		json_u64(line, JSON_KEY("netns.conflict.inum"), other->inum);
	if (other->paths)
		json_text(line, JSON_KEY("netns.conflict.path"), other->paths->path, CAP_SOURCE);
	if (!pod)
		return;
	if (pod->namespace_ && pod->namespace_[0])
		json_text(line, JSON_KEY("netns.conflict.pod.namespace"), pod->namespace_, CAP_ID);
	if (pod->name && pod->name[0])
		json_text(line, JSON_KEY("netns.conflict.pod.name"), pod->name, CAP_ID);
	if (pod->uid && pod->uid[0])
		json_text(line, JSON_KEY("netns.conflict.pod.uid"), pod->uid, CAP_ID);
	json_bool(line, JSON_KEY("netns.conflict.pod.gone"), pod->gone);
}

static void add_contradiction(struct json_line *line, const struct report *report)
{
	if (report->source && report->source[0])
		json_text(line, JSON_KEY("netns.contradiction.source"), report->source, CAP_SOURCE);
	if (report->text && report->text[0])
		json_text(line, JSON_KEY("netns.contradiction.text"), report->text, CAP_TEXT);
}

static void add_shared(struct json_line *line, const struct report *report)
{
	const struct pod *pod = report->other_pod;

	json_text(line, JSON_KEY("netns.shared.source"), report->source, CAP_SOURCE);
	if (pod->namespace_ && pod->namespace_[0])
		json_text(line, JSON_KEY("netns.shared.pod.namespace"), pod->namespace_, CAP_ID);
	if (pod->name && pod->name[0])
		json_text(line, JSON_KEY("netns.shared.pod.name"), pod->name, CAP_ID);
	json_text(line, JSON_KEY("netns.shared.pod.uid"), pod->uid, CAP_ID);
}

static void add_host_used(struct json_line *line, const struct report *report)
{
	json_text(line, JSON_KEY("netns.host.source"), report->source, CAP_SOURCE);
}

static void add_path_lost(struct json_line *line, const struct report *report)
{
	const struct binding *binding = report->netns->binding;

	json_text(line, JSON_KEY("netns.lost.path"), binding->path, CAP_TEXT);
	if (binding->path_leads_to)
		json_u64(line, JSON_KEY("netns.lost.inum"), binding->path_leads_to);
	json_seconds(line, JSON_KEY("netns.lost.seconds"), report->since);
}

static bool add_remedy(struct json_line *line, const struct remedy *remedy)
{
	struct json_element element;

	if (!json_open_element(line, &element))
		return false;
	json_bool(line, JSON_KEY("safe"), remedy->safe);
	if (remedy->command[0])
		json_text(line, JSON_KEY("command"), remedy->command, JSON_NO_CAP);
	json_text(line, JSON_KEY("why"), remedy->why, JSON_NO_CAP);
	return json_close_element(line, &element);
}

static void add_remedies(struct json_line *line, const struct remedy *remedies, size_t count)
{
	size_t opened;

	if (!json_open(line, JSON_KEY("netns.remedies"), &opened))
		return;
	for (size_t i = 0; i < count; i++)
		if (!add_remedy(line, &remedies[i])) {
			line->full = true;
			break;
		}
	json_close_array(line, opened);
}

static void add_explained(struct json_line *line, const struct report *report)
{
	if (netns_is_dying(report->netns)) {
		attributes_teardown_times(line, report->netns, report->time);
		attributes_teardown(line, report->netns, report->wall_offset);
	}
	attributes_devices(line, report->netns);
	attributes_peers(line, report);
	if (report->routes)
		attributes_routes(line, report->netns, report->routes);
	if (report->remedies)
		add_remedies(line, report->remedies->all, report->remedies->count);
}

static void add_audit_finding(struct json_line *line, const struct report *report)
{
	const struct report_finding *finding = report->finding;

	json_plain(line, JSON_KEY("audit.check"), finding->check, strlen(finding->check));
	json_text(line, JSON_KEY("audit.title"), finding->title, CAP_TEXT);
	json_text(line, JSON_KEY("audit.evidence"), finding->evidence, CAP_TEXT);
	if (finding->cause)
		attributes_cause(line, finding->cause);
	if (finding->remedy_count)
		add_remedies(line, finding->remedies, finding->remedy_count);
}

static void add_audit_summary(struct json_line *line, const struct report *report)
{
	const struct report_audit *audit = report->audit;

	json_u64(line, JSON_KEY("audit.netns"), audit->netns);
	json_u64(line, JSON_KEY("audit.pods"), audit->pods);
	json_u64(line, JSON_KEY("audit.matched"), audit->matched);
	json_u64(line, JSON_KEY("audit.orphaned"), audit->orphaned);
	json_u64(line, JSON_KEY("audit.errors"), audit->errors);
	json_u64(line, JSON_KEY("audit.warnings"), audit->warnings);
	json_u64(line, JSON_KEY("audit.notes"), audit->notes);
	json_bool(line, JSON_KEY("audit.incomplete"), audit->incomplete);
}

static void add_create_failed(struct json_line *line, const struct report *report)
{
	const char *name = strerrorname_np(-report->error) ?: "_OTHER";

	attributes_creator(line, report->task);
	json_plain(line, JSON_KEY("error.type"), name, strlen(name));
}

static void add_stuck(struct json_line *line, const struct report *report)
{
	json_seconds(line, JSON_KEY("netns.dying_seconds"), report->since);
	json_u64(line, JSON_KEY("netns.device_count"), report->netns->dev_count);
	json_u64(line, JSON_KEY("netns.teardown.waiting"), report->count);
	attributes_kernel_log(line, report->netns, report->reads_kernel_log);
	attributes_teardown(line, report->netns, report->wall_offset);
}

static void add_lost(struct json_line *line, const struct report *report)
{
	json_u64(line, JSON_KEY("trace.lost_records"), report->count);
}

static void add_resynced(struct json_line *line, const struct report *report)
{
	json_u64(line, JSON_KEY("trace.netns"), report->count);
}

static void add_source(struct json_line *line, const struct report *report)
{
	json_text(line, JSON_KEY("trace.source"), report->source ? report->source : "", CAP_SOURCE);
	if (report->kind == REPORT_SOURCE_DOWN)
		json_text(line, JSON_KEY("trace.reason"), report->text ? report->text : "", CAP_TEXT);
}

static void add_summary(struct json_line *line, const struct report *report)
{
	const struct report_summary *summary = report->summary;
	const struct state_counts *state = &summary->state;
	const struct correlate_counts *correlate = &summary->correlate;

	json_u64(line, JSON_KEY("trace.leaked"), summary->leaked);
	json_u64(line, JSON_KEY("trace.leaked_now"), summary->leaked_now);
	json_u64(line, JSON_KEY("trace.recovered"), summary->recovered);
	json_u64(line, JSON_KEY("trace.stuck"), summary->stuck);
	json_u64(line, JSON_KEY("trace.orphans"), summary->orphans);
	json_u64(line, JSON_KEY("trace.ip_conflicts"), summary->conflicts);
	json_bool(line, JSON_KEY("trace.incomplete"), summary->incomplete);
	json_u64(line, JSON_KEY("trace.netns"), state->live);
	json_u64(line, JSON_KEY("trace.netns_dying"), state->dying);
	json_u64(line, JSON_KEY("trace.netns_queued"), summary->queued);
	json_seconds(line, JSON_KEY("trace.netns_dying_seconds"), summary->dying_longest);
	json_u64(line, JSON_KEY("trace.netns_created"), state->created);
	json_u64(line, JSON_KEY("trace.netns_failed"), state->failed);
	json_u64(line, JSON_KEY("trace.netns_freed"), state->freed);
	json_u64(line, JSON_KEY("trace.netns_vanished"), state->vanished);
	json_u64(line, JSON_KEY("trace.records"), state->records);
	json_u64(line, JSON_KEY("trace.lost_records"), state->lost);
	json_u64(line, JSON_KEY("trace.gaps"), state->gaps);
	json_u64(line, JSON_KEY("trace.bad_records"), state->bad);
	json_u64(line, JSON_KEY("trace.censuses"), state->censuses);
	json_u64(line, JSON_KEY("trace.pods"), correlate->pods);
	json_u64(line, JSON_KEY("trace.pods_here"), correlate->pods_here);
	json_u64(line, JSON_KEY("trace.pods_gone"), correlate->pods_gone);
	json_u64(line, JSON_KEY("trace.bound"), correlate->bound);
	json_u64(line, JSON_KEY("trace.sources"), correlate->sources);
	json_u64(line, JSON_KEY("trace.sources_up"), correlate->sources_up);
}

struct spelling {
	unsigned groups;
	void (*own)(struct json_line *line, const struct report *report);
};

#define SUBJECT (NETNS | LIFE | BINDING | LISTS)

static const struct spelling spellings[REPORT_KIND_MAX] = {
	[REPORT_NETNS_CREATED] = { SUBJECT, NULL },
	[REPORT_CREATE_FAILED] = { 0, add_create_failed },
	[REPORT_ADDRESS_ADDED] = { NETNS | BINDING, add_address },
	[REPORT_ADDRESS_REMOVED] = { NETNS | BINDING, add_address },
	[REPORT_DEVICE_ADDED] = { NETNS | BINDING, add_device },
	[REPORT_DEVICE_REMOVED] = { NETNS | BINDING, add_device },
	[REPORT_NETNS_BOUND] = { SUBJECT, NULL },
	[REPORT_POD_GONE] = { SUBJECT | POD_GONE, NULL },
	[REPORT_NETNS_DYING] = { SUBJECT | POD_GONE | END, NULL },
	[REPORT_NETNS_FREED] = { SUBJECT | POD_GONE | END, NULL },
	[REPORT_NETNS_LEAKED] = { SUBJECT | POD_GONE | HOLDERS, NULL },
	[REPORT_NETNS_RECOVERED] = { SUBJECT | POD_GONE | END, NULL },
	[REPORT_NETNS_STUCK] = { SUBJECT | END, add_stuck },
	[REPORT_NETNS_ORPHAN] = { SUBJECT | HOLDERS, NULL },
	[REPORT_NETNS_IP_CONFLICT] = { SUBJECT, add_conflict },
	[REPORT_NETNS_CONTRADICTED] = { SUBJECT, add_contradiction },
	[REPORT_NETNS_SHARED] = { SUBJECT, add_shared },
	[REPORT_NETNS_HOST_USED] = { SUBJECT, add_host_used },
	[REPORT_NETNS_PATH_LOST] = { SUBJECT | HOLDERS, add_path_lost },
	[REPORT_CNI_CALLED] = { NETNS, attributes_call },
	[REPORT_CNI_FAILED] = { NETNS, attributes_call },
	[REPORT_NETNS_EXPLAINED] = { SUBJECT | POD_GONE | HOLDERS, add_explained },
	[REPORT_AUDIT_FINDING] = { SUBJECT | POD_GONE | HOLDERS, add_audit_finding },
	[REPORT_AUDIT_SUMMARY] = { 0, add_audit_summary },
	[REPORT_TRACE_LOST] = { 0, add_lost },
	[REPORT_TRACE_RESYNCED] = { 0, add_resynced },
	[REPORT_SOURCE_DOWN] = { 0, add_source },
	[REPORT_SOURCE_UP] = { 0, add_source },
	[REPORT_TRACE_SUMMARY] = { 0, add_summary },
};

static void add_netns(struct json_line *line, const struct report *report, unsigned groups)
{
	const struct netns *netns = report->netns;

	if (groups & NETNS) {
		attributes_identity(line, netns);
		attributes_state(line, netns);
	}
	if (groups & LIFE) {
		attributes_life(line, netns, report->time, report->wall_offset);
		/* Once it is dying, what the last census counted is history. */
		if (!(groups & END))
			attributes_counts(line, netns);
		if (groups & HOLDERS && netns_references_are_counted(netns))
			attributes_references(line, netns->holders);
		attributes_creator(line, &netns->creator);
		if (netns->creator_inum)
			json_u64(line, JSON_KEY("netns.creator.netns_inum"), netns->creator_inum);
	}
	if (groups & END)
		add_end(line, report);
	if (groups & NETNS)
		attributes_path(line, netns);
}

static size_t spell(char *bytes, size_t size, const struct report *report, uint64_t dropped, bool tight)
{
	const struct spelling *spelling = &spellings[report->kind];
	TEXT(body, REPORT_BODY_LEN);
	struct json_line line;

	json_begin(&line, bytes, size, tight);
	attributes_head(&line, report->wall, report_types[report->kind].event_name, report_severity(report));
	report_body(&body, report);
	json_text_bytes(&line, JSON_KEY("body"), body.bytes, body.length, CAP_BODY);
	attributes_node(&line, report->node);
	attributes_survey(&line, report->survey);
	if (spelling->groups & BINDING)
		add_binding(&line, report);
	if (report->netns)
		add_netns(&line, report, spelling->groups);
	if (spelling->groups & POD_GONE)
		add_pod_gone(&line, report);
	if (report->cause)
		attributes_cause(&line, report->cause);
	if (spelling->own)
		spelling->own(&line, report);
	if (report->kind == REPORT_TRACE_SUMMARY)
		json_u64(&line, JSON_KEY("trace.dropped_lines"), dropped);
	/* A netns that is freed has lost its addresses: then the pod's say which they were. */
	if (report->pod && spelling->groups & LISTS)
		add_pod_ips(&line, report->pod);
	if (report->netns && spelling->groups & LISTS) {
		attributes_addresses(&line, report->netns);
		attributes_paths(&line, report->netns);
	}
	if (report->netns && spelling->groups & HOLDERS && netns_holders_are_known(report->netns))
		attributes_holders(&line, report->netns->holders);
	/* Where whole texts take too much room, begin again with texts cut. */
	return line.full && !tight ? 0 : json_end(&line);
}

size_t report_json(char line[REPORT_JSON_MAX], const struct report *report, uint64_t dropped)
{
	size_t length = spell(line, REPORT_JSON_MAX, report, dropped, false);

	return length ? length : spell(line, REPORT_JSON_MAX, report, dropped, true);
}

size_t report_json_whole(char *line, size_t size, const struct report *report)
{
	return spell(line, size, report, 0, false);
}
