/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* netns that nobody needs any more, and how many there are. */
#include "audit.h"

#include <inttypes.h>
#include <string.h>

#include "format.h"
#include "util.h"

#define LIMIT_WARN 80  /* per cent of user.max_net_namespaces */
#define LIMIT_ERROR 95
#define SURPLUS 10     /* netns more than pods: what today's scripts take for many */

static bool is_empty(const struct audit_netns *netns)
{
	return netns_tasks_are_known(netns->netns) && !netns->netns->tasks;
}

static void add_age(struct text *text, const struct audit_view *view, const struct audit_netns *netns)
{
	char buffer[FORMAT_DURATION_LEN];

	if (!netns->made_wall || netns->made_wall > view->wall_now) {
		text_add(text, "of unknown age");
		return;
	}
	text_add(text, format_duration((uint64_t)(view->wall_now - netns->made_wall), buffer));
	text_add(text, " old");
}

/* --- by identity --- */

static void say_gone(const struct audit_view *view, const struct audit_check *check, struct audit *audit,
		     const struct audit_netns *netns)
{
	const struct pod *pod = netns->pod;
	bool waited = pod_is_overdue(pod, view->now, (uint64_t)view->grace);
	/* When one was deleted shows only in who lists it now; when its containers ended is known, and its netns goes after them. */
	bool ended = pod->gone_reason && !strcmp(pod->gone_reason, "Succeeded");
	bool abandoned = is_empty(netns) && !ended && audit_is_older(view, netns->made_wall, view->orphan_age);
	char gone[FORMAT_DURATION_LEN];
	struct audit_finding *finding;
	TEXT(age, 64);

	add_age(&age, view, netns);
	format_duration(view->now > pod->gone_at ? view->now - pod->gone_at : 0, gone);
	finding = audit_add(audit, check, netns, "%s has been gone for %s (%s, says %.200s); its netns, %s%s, is still referenced",
			    audit_pod_name(pod), gone, pod->gone_reason ? pod->gone_reason : "deleted", pod->gone_source,
			    is_empty(netns) ? "without a process, " : "", age.bytes);
	/* A deletion that has only just been seen may still be under way. */
	if (finding && !waited && !abandoned)
		finding->report.severity = SEVERITY_INFO;
}

AUDIT_CHECK(audit_pod_gone)
{
	if (!view->sources_answer)
		return;
	for (size_t i = 0; i < view->count; i++)
		if (view->netns[i].pod && view->netns[i].pod->gone && !view->netns[i].netns->initial)
			say_gone(view, check, audit, &view->netns[i]);
}

/* --- by the classic rule --- */

/* Docker's overlay networks have netns of their own, in which nobody is: ingress_sbox, lb_..., 1-... */
bool audit_is_dockers_path(const char *path)
{
	static const char directory[] = "/run/docker/netns/";
	const char *name = strstr(path, directory);

	if (!name)
		return false;
	name += sizeof(directory) - 1;
	return !strcmp(name, "ingress_sbox") || !strncmp(name, "lb_", 3) ||
	       (name[strspn(name, "0123456789")] == '-' && name[0] != '-');
}

static bool is_dockers(const struct netns *netns)
{
	for (const struct netns_path *path = netns->paths; path; path = path->next)
		if (audit_is_dockers_path(path->path))
			return true;
	return false;
}

static bool is_orphan(const struct audit_view *view, const struct audit_netns *netns)
{
	return !netns->pod && !netns->netns->initial && is_empty(netns) && !is_dockers(netns->netns) &&
	       audit_is_older(view, netns->made_wall, view->orphan_age);
}

static void add_addresses(struct text *text, const struct audit_netns *netns)
{
	size_t count = 0;

	for (size_t i = 0; netns->look && i < netns->look->addr_count && count < 4; i++) {
		struct ip_address ip = audit_addr_ip(&netns->look->addrs[i]);

		if (!audit_addr_is_global(&netns->look->addrs[i]))
			continue;
		text_add(text, count++ ? ", " : "; addresses ");
		text_add(text, audit_ip_name(&ip));
	}
	if (netns->look && !count)
		text_add(text, "; no address");
}

AUDIT_CHECK(audit_orphan)
{
	for (size_t i = 0; i < view->count && view->sources_answer; i++) {
		const struct audit_netns *netns = &view->netns[i];
		TEXT(age, 64);
		TEXT(addresses, 256);

		if (!is_orphan(view, netns))
			continue;
		add_age(&age, view, netns);
		add_addresses(&addresses, netns);
		audit_add(audit, check, netns, "no pod is known for it, no process is in it, %s%s", age.bytes, addresses.bytes);
	}
}

/* --- how many --- */

/* The node's own was made by nobody; one that is not known to be another's is root's. */
static bool is_charged(const struct audit_netns *netns, uint32_t uid)
{
	return !netns->netns->initial && (netns->look ? netns->look->charged : 0) == uid;
}

/* Until the kernel has freed it, what is dying counts too; whose it was is not known, and it is taken for root's. */
static uint64_t charged_to(const struct audit_view *view, uint32_t uid)
{
	uint64_t count = uid ? 0 : view->dying;

	for (size_t i = 0; i < view->count; i++)
		count += is_charged(&view->netns[i], uid);
	return count;
}

/* The user who is next to the limit, which is each user's. */
static uint32_t greediest(const struct audit_view *view, uint64_t *ret_count)
{
	uint32_t found = 0;

	*ret_count = charged_to(view, 0);
	for (size_t i = 0; i < view->count; i++) {
		uint32_t uid = view->netns[i].look ? view->netns[i].look->charged : 0;
		uint64_t count = uid && uid != found ? charged_to(view, uid) : 0;

		if (count <= *ret_count)
			continue;
		*ret_count = count;
		found = uid;
	}
	return found;
}

/* What is left over of this user's: when does it come to the limit, at the rate at which it came until now? */
static void add_trend(struct text *text, const struct audit_view *view, uint32_t uid)
{
	const uint64_t limit = view->files->max_netns, count = charged_to(view, uid);
	char buffer[FORMAT_DURATION_LEN];
	uint64_t left = 0;
	int64_t first = 0;

	for (size_t i = 0; i < view->count; i++) {
		const struct audit_netns *netns = &view->netns[i];

		if (!netns->made_wall || !is_charged(netns, uid) || !(is_orphan(view, netns) || (netns->pod && netns->pod->gone)))
			continue;
		left++;
		first = !first || netns->made_wall < first ? netns->made_wall : first;
	}
	if (left < 2 || view->wall_now <= first || limit <= count)
		return;
	text_printf(text, "; %" PRIu64 " were left over within %s", left, format_duration((uint64_t)(view->wall_now - first), buffer));
	format_duration((uint64_t)((double)(view->wall_now - first) / (double)left * (double)(limit - count)), buffer);
	text_printf(text, ": at this rate user.max_net_namespaces, %" PRIu64 ", is reached in %s", limit, buffer);
}

AUDIT_CHECK(audit_count_limit)
{
	const uint64_t limit = view->files->max_netns;
	uint64_t count;
	const uint32_t uid = greediest(view, &count);
	struct audit_finding *finding;
	TEXT(who, 32);
	TEXT(more, 256);

	if (!limit || count * 100 < limit * LIMIT_WARN)
		return;
	text_add(&who, uid ? "user " : "root");
	if (uid)
		text_add_u64(&who, uid);
	else if (view->dying)
		text_printf(&more, ", %" PRIu64 " of them dying", view->dying);
	add_trend(&more, view, uid);
	finding = audit_add(audit, check, NULL,
			    "%s has %" PRIu64 " of the %" PRIu64 " netns that user.max_net_namespaces permits each user%s", who.bytes,
			    count, limit, more.bytes);
	if (finding && count * 100 >= limit * LIMIT_ERROR)
		finding->report.severity = SEVERITY_ERROR;
	audit_advise(audit, finding, true, "raises the limit; netns that leak will reach that one too",
		     "sysctl -w user.max_net_namespaces=%" PRIu64, 2 * limit);
}

AUDIT_CHECK(audit_count_pods)
{
	uint64_t empty = 0, pods = 0;
	TEXT(more, 256);

	if (!statements_has(view->statements, NULL) || !view->sources_answer)
		return;
	for (size_t i = 0; i < view->count; i++) {
		const struct audit_netns *netns = &view->netns[i];

		pods += netns->pod && !netns->pod->gone;
		empty += !netns->netns->initial && !(netns->pod && !netns->pod->gone) && is_empty(netns) && netns->netns->paths &&
			 !is_dockers(netns->netns);
	}
	if (empty <= SURPLUS)
		return;
	add_trend(&more, view, 0);
	audit_add(audit, check, NULL,
		  "%" PRIu64 " netns have neither a pod nor a process, beside %" PRIu64 " of pods that are there%s",
		  empty, pods, more.bytes);
}
