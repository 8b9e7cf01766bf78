/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What --metrics tells of the session.
 */
#include "session_private.h"

#include "exporter.h"
#include "loop.h"
#include "outlet.h"
#include "pipeline.h"
#include "say.h"
#include "top_live.h"

int session_report(void *ctx, const struct report *report)
{
	struct session *session = ctx;

	int err;

	metrics_count(&session->metrics, report);
	err = output_report(&session->output, report);
	return err || !session->screen ? err : top_live_report(session->screen, report);
}

/* What the kernel has told so far is to be in what is told, and so that it can be read at all is asked each time. */
static int before(void *ctx)
{
	struct session *session = ctx;
	int err = session_take_records(session);

	return err ? err : session_take_clock(session);
}

static void facts(void *ctx, struct exporter_facts *ret)
{
	const struct session *session = ctx;

	*ret = (struct exporter_facts){
		.health = {
			.now = loop_now(),
			.begun = session->begun,
			.census_failures = session->census_failures,
			.overdue_since = session->overdue_since,
			.unread_since = outlet_unread_since(session->output.outlet),
		},
		.wall_offset = session->node.wall_offset,
		.lines_dropped = outlet_dropped(session->output.outlet),
	};
}

int session_open_metrics(struct session *session)
{
	const char *address = session->options->metrics;
	const struct exporter_options options = {
		.address = address,
		.loop = session->loop,
		.pipeline = session->pipeline,
		.metrics = &session->metrics,
		.before = before,
		.facts = facts,
		.ctx = session,
	};
	int err = address ? exporter_open(&session->exporter, &options) : 0;

	if (err)
		say("cannot listen for --metrics %s: %s", address, exporter_strerror(address, err));
	else if (address)
		say("metrics, healthz and readyz are at %s", exporter_name(session->exporter));
	return err;
}
