/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Packet filter rules, name servers, the kernel log. */
#include "audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "util.h"

#define SIBLINGS 4	    /* fewer say nothing of what is usual */
#define RULES_FACTOR 4	    /* so many times as many, and */
#define RULES_MORE 40	    /* so many more */
#define RULES_FEW 10	    /* where siblings have as many, to have none is odd */
#define LOG_NOW (60 * NS_PER_S) /* a line that is repeated every 10 s, and was told within this, is of now */

/* --- rules --- */

static int by_number(const void *left, const void *right)
{
	const int64_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

static bool is_sibling(const struct audit_view *view, const struct audit_netns *netns)
{
	return netns->look && netns->look->rules >= 0 && audit_is_pods(view, netns);
}

/* The median of the rules of pods; -1: there are too few. */
static int64_t usual_rules(const struct audit_view *view, struct audit *audit)
{
	CLEANUP(free_pointer) int64_t *rules = calloc(view->count + 1, sizeof(*rules));
	size_t count = 0;

	if (!rules) {
		audit->err = -ENOMEM;
		return -1;
	}
	for (size_t i = 0; i < view->count; i++)
		if (is_sibling(view, &view->netns[i]))
			rules[count++] = view->netns[i].look->rules;
	if (count < SIBLINGS)
		return -1;
	qsort(rules, count, sizeof(*rules), by_number);
	return rules[count / 2];
}

AUDIT_CHECK(audit_rules)
{
	int64_t usual = usual_rules(view, audit);

	for (size_t i = 0; i < view->count && usual >= 0; i++) {
		const struct audit_netns *netns = &view->netns[i];
		int64_t rules = netns->look ? netns->look->rules : 0;

		if (!is_sibling(view, netns) || !((rules > usual * RULES_FACTOR && rules > usual + RULES_MORE) || (!rules &&
														   usual >= RULES_FEW)))
			continue;
		audit_add(audit, check, netns,
			  "%" PRId64 " packet filter rules, where pods of this node mostly have %" PRId64, rules, usual);
	}
}

/* --- name servers --- */

AUDIT_CHECK(audit_resolv)
{
	for (size_t i = 0; i < view->files->resolv_count; i++) {
		const struct node_resolv *resolv = &view->files->resolvs[i];
		const struct said_binding *said = statements_container(view->statements, EVIDENCE_CRI, resolv->container_id);
		const struct audit_netns *netns = said ? audit_by_inum(view, said->netns_inum) : NULL;

		if (!netns || !audit_is_pods(view, netns) || (resolv->exists && !resolv->empty))
			continue;
		audit_add(audit, check, netns, "%.300s %s: %s cannot resolve names", resolv->path,
			  resolv->exists ? "names no server" : "is missing", audit_pod_name(netns->pod));
	}
}

/* --- the kernel log --- */

AUDIT_CHECK(audit_kernel_log)
{
	for (size_t i = 0; i < view->log->count; i++) {
		const struct kernel_line *line = &view->log->lines[i];
		uint64_t ago = view->now > line->time ? view->now - line->time : 0;
		char buffer[FORMAT_DURATION_LEN];
		struct audit_finding *finding =
			audit_add(audit, check, NULL, "%.300s (%" PRIu32 " times, the last %s ago)", line->text, line->count,
				  format_duration(ago, buffer));

		/* What is over is worth a look, and no more. */
		if (finding && !(line->blocked && ago < LOG_NOW))
			finding->report.severity = SEVERITY_INFO;
	}
}
