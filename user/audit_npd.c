/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One line for node-problem-detector, which cuts it at 80 bytes and knows three answers: by the exit status 0 for no
 * problem, 1 for a problem, 2 for what could not be told.
 */
#include "audit_print.h"

#include "format.h"
#include "outlet.h"

#define LINE_MAX_BYTES 79 /* and a newline */
#define ELLIPSIS_BYTES 3

static const struct report_finding *worst(const struct audit *audit)
{
	const struct report_finding *found = NULL;

	for (size_t i = 0; i < audit->count; i++)
		if (!found || audit->findings[i].report.severity > found->severity)
			found = &audit->findings[i].report;
	return found;
}

static void add_findings(struct text *text, const struct audit_result *result)
{
	const struct report_finding *finding = worst(result->audit);

	if (result->sum.errors)
		text_add_count(text, result->sum.errors, "error", "errors");
	if (result->sum.errors && result->sum.warnings)
		text_add(text, ", ");
	if (result->sum.warnings)
		text_add_count(text, result->sum.warnings, "warning", "warnings");
	text_add(text, ": ");
	text_add(text, finding->check);
	text_add(text, ": ");
	text_add_safe(text, finding->evidence);
}

int audit_npd_status(const struct report_audit *sum)
{
	return sum->errors + sum->warnings ? 1 : sum->incomplete ? 2 : 0;
}

void audit_npd_line(struct text *line, const struct audit_result *result)
{
	TEXT(words, 4096);

	switch (audit_npd_status(&result->sum)) {
	case 0:
		text_printf(&words, "nothing found in %llu netns, %llu of pods that are there",
			    (unsigned long long)result->sum.netns, (unsigned long long)result->sum.matched);
		break;
	case 1:
		add_findings(&words, result);
		break;
	default:
		text_add(&words, "nothing found, but not all was seen");
		if (result->survey->unseen[0]) {
			text_add(&words, ": ");
			text_add_safe(&words, result->survey->unseen[0]);
		}
	}
	text_add_cut(line, words.bytes, LINE_MAX_BYTES - ELLIPSIS_BYTES);
	text_add(line, "\n");
}

int audit_print_npd(struct outlet *outlet, const struct audit_result *result)
{
	TEXT(line, 2 * LINE_MAX_BYTES);

	audit_npd_line(&line, result);
	return outlet_line(outlet, line.bytes, line.length);
}
