/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many JSON lines a second one core makes.
 *
 * usage: bench_sink_json [SECONDS [FILE]]
 *
 * Prints three figures, each over SECONDS (1): lines made in memory, and lines written through the sink and the
 * outlet to FILE (/dev/null), as JSON and as OTLP's JSON.  The mix is one of each kind that concerns a netns.
 */
#include <stdio.h>
#include <time.h>

#include "outlet.h"
#include "report_fixtures.h"
#include "sink.h"

/* CPU time: what else runs on the machine does not count. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int run(double seconds, const char *what, int (*line)(void *ctx, const struct report *report), void *ctx)
{
	struct fixture f;
	struct report report;
	double start = now(), end;
	unsigned long lines = 0;
	int err = 0;

	fixture_init(&f);
	do {
		for (int kind = 0; kind < REPORT_TRACE_LOST && !err; kind++) {
			report = fixture_report(&f, (enum report_kind)kind);
			for (int i = 0; i < 64 && !err; i++, lines++)
				err = line(ctx, &report);
		}
		end = now();
	} while (!err && end - start < seconds);
	fixture_done(&f);
	printf("%s: %.0f lines/s of CPU time\n", what, (double)lines / (end - start));
	return err;
}

static int in_memory(void *ctx, const struct report *report)
{
	char line[REPORT_JSON_MAX];

	*(size_t *)ctx += report_json(line, report, 0);
	return 0;
}

static int through_sink(void *ctx, const struct report *report)
{
	return sink_json.report(ctx, report);
}

static int through_otlp_sink(void *ctx, const struct report *report)
{
	return sink_otlp_json.report(ctx, report);
}

int main(int argc, char **argv)
{
	double seconds = argc > 1 ? atof(argv[1]) : 1;
	struct sink_options options = { 0 };
	struct sink *sink;
	size_t bytes = 0;
	int err;

	run(seconds, "in memory", in_memory, &bytes);
	if (outlet_open(&options.outlet, argc > 2 ? argv[2] : "/dev/null", NULL) < 0)
		return 2;
	if (sink_json.open(&sink, &options) < 0)
		return 2;
	err = run(seconds, "written", through_sink, sink) || run(seconds, "written as otlp", through_otlp_sink, sink);
	sink_json.close(sink);
	outlet_close(options.outlet, 0);
	return err || !bytes ? 2 : 0;
}
