/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One JSON object a line: tools/schema/netnsleak-1.schema.json says what may stand in it; or the same as OTLP has it.
 */
#include <errno.h>
#include <stdlib.h>

#include "otlp_json.h"
#include "outlet.h"
#include "sink.h"

#define PRIORITY_LENGTH 3 /* "<4>" */

struct sink {
	struct outlet *outlet;
	bool journal;
	char line[PRIORITY_LENGTH + OTLP_JSON_MAX(REPORT_JSON_MAX)];
};

static int json_open_sink(struct sink **ret, const struct sink_options *options)
{
	struct sink *sink = malloc(sizeof(*sink));

	if (!sink)
		return -ENOMEM;
	sink->outlet = options->outlet;
	sink->journal = options->journal;
	*ret = sink;
	return 0;
}

static int json_nothing_to_begin(struct sink *sink, const char *text)
{
	(void)sink;
	(void)text;
	return 0;
}

/* Those of syslog(3). */
static char priority_of(const struct report *report)
{
	switch (report_severity(report)) {
	case SEVERITY_DEBUG:
		return '7';
	case SEVERITY_INFO:
		return '6';
	case SEVERITY_WARN:
		return '4';
	case SEVERITY_ERROR:
		break;
	}
	return '3';
}

/* Returns where the line goes on. */
static char *begin_line(struct sink *sink, const struct report *report)
{
	if (!sink->journal)
		return sink->line;
	sink->line[0] = '<';
	sink->line[1] = priority_of(report);
	sink->line[2] = '>';
	return sink->line + PRIORITY_LENGTH;
}

static int json_report(struct sink *sink, const struct report *report)
{
	char *json = begin_line(sink, report), *end;

	end = json + report_json(json, report, outlet_dropped(sink->outlet));
	return outlet_line(sink->outlet, sink->line, (size_t)(end - sink->line));
}

static int otlp_report(struct sink *sink, const struct report *report)
{
	char json[REPORT_JSON_MAX], *line = begin_line(sink, report), *end;
	size_t length = report_json(json, report, outlet_dropped(sink->outlet));

	end = line + otlp_json(line, json, length, report->wall);
	return outlet_line(sink->outlet, sink->line, (size_t)(end - sink->line));
}

static int json_nothing_to_settle(struct sink *sink, const struct report_summary *summary)
{
	(void)sink;
	(void)summary;
	return 0;
}

static void json_close(struct sink *sink)
{
	free(sink);
}

const struct sink_type sink_json = {
	.name = "json",
	.help = "one JSON object a line",
	.open = json_open_sink,
	.begin = json_nothing_to_begin,
	.report = json_report,
	.settle = json_nothing_to_settle,
	.close = json_close,
};

const struct sink_type sink_otlp_json = {
	.name = "otlp-json",
	.help = "likewise, each the logs data of OTLP",
	.open = json_open_sink,
	.begin = json_nothing_to_begin,
	.report = otlp_report,
	.settle = json_nothing_to_settle,
	.close = json_close,
};
