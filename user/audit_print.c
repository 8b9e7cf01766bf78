/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "audit_print.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "format.h"
#include "outlet.h"
#include "util.h"

#define LINE_BYTES 2048
#define KINDS_FROM 10 /* findings */

int audit_line(struct outlet *outlet, const char *format, ...)
{
	char line[LINE_BYTES];
	TEXT(safe, 2 * LINE_BYTES);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	text_add_safe(&safe, line);
	text_add(&safe, "\n");
	return outlet_line(outlet, safe.bytes, safe.length);
}

const struct audit_netns *audit_of_entry(const struct audit_view *view, const struct node_entry *entry)
{
	return entry->kind == NODE_ENTRY_NETNS ? audit_by_inum(view, entry->inum) : NULL;
}

bool audit_is_orphaned(const struct audit *audit, const struct audit_netns *netns)
{
	for (size_t i = 0; i < audit->count; i++) {
		const struct audit_finding *finding = &audit->findings[i];

		if (finding->netns == netns->netns && finding->report.severity >= SEVERITY_WARN &&
		    (!strcmp(finding->report.check, "orphan") || !strcmp(finding->report.check, "pod-gone")))
			return true;
	}
	return false;
}

static uint64_t pods_here(const struct audit_view *view)
{
	const struct said_pod *pod;
	uint64_t count = 0;

	for (pod = view->statements->pods; pod; pod = pod->hh.next)
		count += said_pod_is_here(pod, view->node_name) && !said_pod_has_finished(pod);
	return count;
}

void audit_sum(struct audit_result *result)
{
	struct report_audit sum = { .pods = pods_here(result->view), .netns = result->view->count };

	for (size_t i = 0; i < result->view->count; i++) {
		const struct audit_netns *netns = &result->view->netns[i];

		sum.matched += netns->pod && !netns->pod->gone;
		sum.orphaned += audit_is_orphaned(result->audit, netns);
	}
	for (size_t i = 0; i < result->audit->count; i++) {
		enum report_severity severity = result->audit->findings[i].report.severity;

		sum.errors += severity == SEVERITY_ERROR;
		sum.warnings += severity == SEVERITY_WARN;
		sum.notes += severity < SEVERITY_WARN;
	}
	result->sum = sum;
}

/* --- which of them --- */

static struct report make_report(const struct audit_result *result, struct report report)
{
	report.time = result->view->now;
	report.wall = (int64_t)result->view->now + result->wall_offset;
	report.wall_offset = result->wall_offset;
	report.node = result->view->node_name;
	return report;
}

static struct report report_of(const struct audit_result *result, const struct audit_finding *finding)
{
	const struct binding *binding = finding->netns ? finding->netns->binding : NULL;
	const struct pod *pod = binding ? binding->pod : NULL;

	return make_report(result, (struct report){
		.kind = REPORT_AUDIT_FINDING, .netns = finding->netns, .pod = pod, .finding = &finding->report,
		.since = pod && pod->gone && result->view->now > pod->gone_at ? result->view->now - pod->gone_at : 0 });
}

int audit_select(struct audit_result *result, bool worst_first)
{
	static const enum report_severity order[] = { SEVERITY_ERROR, SEVERITY_WARN, SEVERITY_INFO };
	const struct audit *audit = result->audit;
	size_t passes = worst_first ? ARRAY_SIZE(order) : 1;

	result->shown = calloc(audit->count + 1, sizeof(*result->shown));
	if (!result->shown)
		return -ENOMEM;
	for (size_t pass = 0; pass < passes; pass++)
		for (size_t i = 0; i < audit->count; i++)
			if (!worst_first || audit->findings[i].report.severity == order[pass])
				result->shown[result->shown_count++] = report_of(result, &audit->findings[i]);
	return fields_select(result->fields, result->shown, &result->shown_count, sizeof(*result->shown));
}

/* --- for people --- */

static const char *word_of(enum report_severity severity)
{
	return severity == SEVERITY_ERROR ? "ERROR" : severity == SEVERITY_WARN ? "WARN" : "note";
}

static const char *color_of(enum report_severity severity)
{
	return severity == SEVERITY_ERROR ? "\033[31m" : severity == SEVERITY_WARN ? "\033[33m" : "\033[2m";
}

static void add_sources(struct text *text, const struct statements *statements)
{
	bool any = false;

	for (const struct said_source *source = statements->sources; source; source = source->hh.next) {
		if (source->state != SOURCE_SYNCED)
			continue;
		text_printf(text, "%s%.200s", any ? ", " : "pods from ", source->name);
		any = true;
	}
	if (!any)
		text_add(text, "no source knows of pods");
}

static int print_head(struct outlet *outlet, const struct audit_result *result)
{
	TEXT(sources, 512);

	add_sources(&sources, result->view->statements);
	return audit_line(outlet, "%s, Linux %s: %s; %s; %llu netns, %llu of pods that are there", result->view->node_name,
			  result->kernel_release, result->survey->bpf ? "by BPF" : "without BPF, by /proc and netlink",
			  sources.bytes, (unsigned long long)result->sum.netns, (unsigned long long)result->sum.matched);
}

static int print_first_line(struct outlet *outlet, const struct audit_result *result, const struct report_finding *finding)
{
	TEXT(line, 2 * LINE_BYTES);

	if (result->color)
		text_add(&line, color_of(finding->severity));
	text_printf(&line, "%-5s", word_of(finding->severity));
	if (result->color)
		text_add(&line, "\033[0m");
	text_printf(&line, "  %-19s  ", finding->check);
	text_add_safe(&line, finding->evidence);
	text_add(&line, "\n");
	return outlet_line(outlet, line.bytes, line.length);
}

static int print_finding(struct outlet *outlet, const struct audit_result *result, const struct report *report)
{
	const char *name = report->netns ? netns_name(report->netns) : NULL;
	const struct report_finding *finding = report->finding;
	int err = print_first_line(outlet, result, finding);

	/* Which netns, where the sentence does not say. */
	if (!err && report->netns && (!name || !strstr(finding->evidence, name)))
		err = name ? audit_line(outlet, "%28s netns %s, inode %u", "", name, report->netns->inum) :
			     audit_line(outlet, "%28s netns %u", "", report->netns->inum);
	for (size_t i = 0; i < finding->remedy_count && !err; i++) {
		const struct remedy *remedy = &finding->remedies[i];

		err = audit_line(outlet, "%28s %s %s%s%s", "", remedy->safe ? "->" : "or, unsafe:", remedy->command,
				 remedy->command[0] ? "   # " : "", remedy->why);
	}
	return err;
}

/* Of many, how many of each kind: "12 orphan, 3 netns-file". */
static int print_kinds(struct outlet *outlet, const struct audit *audit)
{
	bool any = false;
	TEXT(kinds, LINE_BYTES);

	for (size_t i = 0; i < audit_check_count && audit->count >= KINDS_FROM; i++) {
		size_t count = 0;

		for (size_t j = 0; j < audit->count; j++)
			count += !strcmp(audit->findings[j].report.check, audit_checks[i].id);
		if (!count)
			continue;
		text_printf(&kinds, "%s%zu %s", any ? ", " : "", count, audit_checks[i].id);
		any = true;
	}
	return any ? audit_line(outlet, "%s", kinds.bytes) : 0;
}

static int print_sum(struct outlet *outlet, const struct audit_result *result)
{
	struct report report = { .kind = REPORT_AUDIT_SUMMARY, .audit = &result->sum };
	TEXT(body, REPORT_BODY_LEN);

	int err = result->audit->count ? outlet_line(outlet, "\n", 1) : 0;

	if (!err)
		err = print_kinds(outlet, result->audit);
	report_body(&body, &report);
	return err ? err : audit_line(outlet, "%s", body.bytes);
}

int audit_print_table(struct outlet *outlet, const struct audit_result *result)
{
	int err = print_head(outlet, result);

	for (size_t i = 0; i < result->shown_count && !err; i++)
		err = print_finding(outlet, result, &result->shown[i]);
	return err ? err : print_sum(outlet, result);
}

static const char *accent_of(const void *row)
{
	enum report_severity severity = ((const struct report *)row)->finding->severity;

	return severity == SEVERITY_ERROR ? "31" : severity == SEVERITY_WARN ? "33" : "2";
}

int audit_print_rows(struct outlet *outlet, const struct audit_result *result, bool csv)
{
	const struct fields_rows rows = { .all = result->shown, .count = result->shown_count, .size = sizeof(*result->shown),
					  .colored = result->color, .accent = accent_of };

	return (csv ? fields_print_csv : fields_print_table)(result->fields, outlet, &rows);
}

/* --- JSON --- */

int audit_print_json(struct outlet *outlet, const struct audit_result *result)
{
	const struct report sum = make_report(result, (struct report){ .kind = REPORT_AUDIT_SUMMARY, .audit = &result->sum,
								       .survey = result->survey });
	char line[REPORT_JSON_MAX];
	int err = 0;

	for (size_t i = 0; i < result->shown_count && !err; i++)
		err = outlet_line(outlet, line, report_json(line, &result->shown[i], 0));
	return err ? err : outlet_line(outlet, line, report_json(line, &sum, 0));
}
