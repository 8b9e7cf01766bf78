/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whose a netns is: where the sources disagree, or where what they say leads nowhere. */
#include "audit.h"

#include <string.h>

static void say_disputes(const struct audit_view *view, const struct audit_check *check, struct audit *audit, enum report_kind kind)
{
	for (size_t i = 0; i < view->dispute_count; i++) {
		const struct audit_dispute *dispute = &view->disputes[i];

		if (dispute->kind == kind)
			audit_add(audit, check, audit_by_inum(view, dispute->inum), "%s", dispute->text);
	}
}

AUDIT_CHECK(audit_disputed)
{
	say_disputes(view, check, audit, REPORT_NETNS_CONTRADICTED);
}

AUDIT_CHECK(audit_shared)
{
	say_disputes(view, check, audit, REPORT_NETNS_SHARED);
}

AUDIT_CHECK(audit_in_node)
{
	say_disputes(view, check, audit, REPORT_NETNS_HOST_USED);
}

/* Another sandbox of it may have come since. */
static bool has_netns(const struct audit_view *view, const struct said_binding *said)
{
	for (size_t i = 0; i < view->count; i++) {
		const struct pod *pod = view->netns[i].pod;

		if (pod && !strcmp(pod->name, said->pod_name) && !strcmp(pod->namespace_, said->pod_namespace))
			return true;
	}
	return false;
}

AUDIT_CHECK(audit_sandbox_path)
{
	const struct said_binding *said;

	for (said = view->statements->bindings; said; said = said->hh.next) {
		const struct said_pod *pod = statements_pod(view->statements, said->pod_namespace, said->pod_name);

		if (said->evidence != EVIDENCE_CRI || said->netns_inum || !*said->netns_path || !pod || pod->phase != POD_RUNNING ||
		    pod->host_network || pod->terminating || !audit_is_older(view, said->as_of_wall, view->grace) ||
		    has_netns(view, said) || audit_may_be_mounted(view, said->netns_path))
			continue;
		audit_add(audit, check, NULL,
			  "%.200s has the netns of %.100s/%.253s, which is running, at %.300s, where there is none",
			  said->source, said->pod_namespace, said->pod_name, said->netns_path);
	}
}
