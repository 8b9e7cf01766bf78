/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A sink with its outlet, as the command line asks for them, and what they were given: the exit status comes
 * from here.  trace and replay share it.
 */
#ifndef NETNSLEAK_OUTPUT_H
#define NETNSLEAK_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "report.h"
#include "sink.h"

struct fields;
struct loop;

struct output {
	const struct sink_type *type;
	struct sink *sink;
	struct outlet *outlet;
	struct fields *fields; /* that were asked for; NULL: all is as ever */
	const char *name;   /* where it goes to, for messages */
	bool failed;	    /* it could not be written, and that was said */
	bool stalled;	    /* its reader did not read when it was waited for */
	int only;	    /* enum option_only */
	uint64_t findings;  /* reports of class REPORT_FINDING */
	bool incomplete;    /* as the summary said */
	bool findings_left;    /* what an earlier session reported is still there */
	bool says_sources;     /* live: trouble with a source is said on stderr too */
};

/*
 * These say on stderr what cannot be opened or written.  Negative errno; -EPIPE, the reader's leave, is no failure
 * and not said.
 */
/* loop NULL: writes may block. */
int output_open(struct output *ret, const struct options *options, struct loop *loop);
int output_begin(struct output *output, const char *text);
/* A report_fn with the output as its context. */
int output_report(void *output, const struct report *report);
int output_settle(struct output *output, const struct report_summary *summary);
/* Before the last line, so that there is room for it: waits a little for a slow reader. */
void output_drain(struct output *output);
void output_close(struct output *output);

/* --color, NO_COLOR, and whether stdout is a terminal. */
bool output_wants_color(const struct options *options);

/* Takes what the exit status depends on; a summary that is reported does so by itself. */
void output_judge(struct output *output, const struct report_summary *summary);

/* 0, 1 or 3 of the documented exit statuses. */
int output_status(const struct output *output);

#endif
