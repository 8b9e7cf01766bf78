/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * CSV: a header, then a row for each line that JSON would have.
 */
#include <errno.h>
#include <stdlib.h>

#include "fields.h"
#include "outlet.h"
#include "sink.h"

struct sink {
	struct outlet *outlet;
	struct fields *fields;
};

/* At once: what is reported comes before begin() where a source is slow. */
static int put_header(const struct sink *sink)
{
	const char *line;
	size_t length;
	int err = fields_csv_header(sink->fields, &line, &length);

	return err ? err : outlet_line(sink->outlet, line, length);
}

static int csv_open(struct sink **ret, const struct sink_options *options)
{
	struct sink *sink = malloc(sizeof(*sink));
	int err;

	if (!sink)
		return -ENOMEM;
	sink->outlet = options->outlet;
	sink->fields = options->fields;
	err = put_header(sink);
	if (err)
		free(sink);
	else
		*ret = sink;
	return err;
}

static int csv_report(struct sink *sink, const struct report *report)
{
	const char *line;
	size_t length;
	int err = fields_csv_row(sink->fields, report, &line, &length);

	return err ? err : outlet_line(sink->outlet, line, length);
}

static void csv_close(struct sink *sink)
{
	free(sink);
}

const struct sink_type sink_csv = {
	.name = "csv",
	.help = "comma-separated values with a header",
	.open = csv_open,
	.report = csv_report,
	.close = csv_close,
};
