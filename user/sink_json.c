/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One JSON object a line: tools/schema/netnsleak-1.schema.json says what may stand in it.
 */
#include <errno.h>
#include <stdlib.h>

#include "outlet.h"
#include "sink.h"

struct sink {
	struct outlet *outlet;
};

static int json_open_sink(struct sink **ret, const struct sink_options *options)
{
	struct sink *sink = malloc(sizeof(*sink));

	if (!sink)
		return -ENOMEM;
	sink->outlet = options->outlet;
	*ret = sink;
	return 0;
}

static int json_nothing_to_begin(struct sink *sink, const char *text)
{
	(void)sink;
	(void)text;
	return 0;
}

static int json_report(struct sink *sink, const struct report *report)
{
	char line[REPORT_JSON_MAX];

	return outlet_line(sink->outlet, line, report_json(line, report, outlet_dropped(sink->outlet)));
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
