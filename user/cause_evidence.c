/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sentences of evidence, and when it was that they tell of.
 */
#include "cause_private.h"

#include <inttypes.h>

#include "report.h"

struct text search_next_evidence(struct search *search)
{
	static char nowhere[CAUSE_EVIDENCE_LEN];
	struct cause *cause = search->cause;
	char *bytes = cause->count < CAUSE_EVIDENCE_MAX ? cause->evidence[cause->count++] : nowhere;

	bytes[0] = '\0';
	return (struct text){ .bytes = bytes, .capacity = CAUSE_EVIDENCE_LEN };
}

void search_add_evidence(struct search *search, const char *sentence)
{
	struct text text = search_next_evidence(search);

	text_add(&text, sentence);
}

/* " since 2026-11-21T14:02:11Z" */
static void add_moment(struct text *text, const struct search *search, const char *word, uint64_t then)
{
	char buffer[FORMAT_TIMESTAMP_LEN];

	text_add(text, word);
	text_add(text, format_moment((int64_t)then + *search->wall_offset, buffer));
}

void search_add_ago(struct text *text, const struct search *search, uint64_t then)
{
	char buffer[FORMAT_DURATION_LEN];

	if (search->wall_offset) {
		add_moment(text, search, ", at ", then);
		return;
	}
	text_add(text, ", ");
	text_add(text, format_duration(search->now > then ? search->now - then : 0, buffer));
	text_add(text, " before this");
}

static void add_running(struct text *text, const struct search *search, uint64_t then)
{
	char buffer[FORMAT_DURATION_LEN];

	text_add(text, " has been running");
	if (search->wall_offset) {
		add_moment(text, search, " since ", then);
		return;
	}
	text_add(text, " for ");
	text_add(text, format_duration(search->now > then ? search->now - then : 0, buffer));
}

void search_add_ended_call(struct search *search, const struct cni_call *call)
{
	struct text text = search_next_evidence(search);

	report_call_name(&text, call);
	text_add(&text, " ");
	report_call_end(&text, call);
	search_add_ago(&text, search, call->ended);
}

void search_add_running_call(struct search *search, const struct cni_call *call)
{
	struct text text = search_next_evidence(search);

	report_call_name(&text, call);
	text_printf(&text, " (pid %" PRIu32 ")", call->pid);
	add_running(&text, search, call->started);
}

void search_add_told(struct search *search)
{
	search_add_evidence(search, search->container->cause_evidence);
	search_add_evidence(search, "as the tracing session saw it that kept the state file");
}
