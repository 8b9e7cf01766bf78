/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "output.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "choose.h"
#include "journal.h"
#include "outlet.h"
#include "progress.h"
#include "report_columns.h"
#include "say.h"

/* How long the end of a session waits for a slow reader. */
#define PATIENCE 2000000000ull

static unsigned terminal_width(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 ? 0 : size.ws_col;
}

/* https://no-color.org: any non-empty value. */
bool output_wants_color(const struct options *options)
{
	bool terminal = !options->output && isatty(STDOUT_FILENO);
	const char *no_color = getenv("NO_COLOR");

	if (options->color != COLOR_AUTO)
		return options->color == COLOR_ALWAYS;
	return terminal && !(no_color && *no_color);
}

/* Passes err on. */
static int check(struct output *output, int err)
{
	if (err && err != -EPIPE && !output->failed) {
		output->failed = true;
		say("cannot write to %s: %s%s", output->name, strerror(-err), say_remedy(err));
	}
	return err;
}

int output_open(struct output *ret, const struct options *options, struct loop *loop)
{
	bool terminal = !options->output && isatty(STDOUT_FILENO);
	struct sink_options sink_options = {
		.color = output_wants_color(options),
		.live = terminal && loop,
		.journal = !options->output && journal_is_stdout(),
		.width = terminal ? terminal_width() : 0,
	};
	int err;

	*ret = (struct output){ .type = options->format ? sink_type_by_name(options->format) : &sink_none, .only = options->only,
				.name = options->output ? options->output : "stdout",
				.says_sources = loop != NULL };
	err = choose_fields(&ret->fields, options, &event_fields);
	if (err)
		return err;
	err = ret->type ? outlet_open(&ret->outlet, options->output, loop) : -EINVAL;
	if (err)
		return check(ret, err);
	sink_options.outlet = ret->outlet;
	sink_options.fields = ret->fields;
	return check(ret, ret->type->open(&ret->sink, &sink_options));
}

int output_begin(struct output *output, const char *text)
{
	return output->type->begin ? check(output, output->type->begin(output->sink, text)) : 0;
}

int output_settle(struct output *output, const struct report_summary *summary)
{
	return output->type->settle ? check(output, output->type->settle(output->sink, summary)) : 0;
}

void output_drain(struct output *output)
{
	output->stalled = outlet_drain(output->outlet, PATIENCE) > 0;
}

void output_close(struct output *output)
{
	uint64_t left;

	if (output->sink)
		output->type->close(output->sink);
	left = outlet_close(output->outlet, output->stalled ? 0 : PATIENCE);
	if (left)
		say("the reader of %s does not read: the last %" PRIu64 " lines were dropped", output->name, left);
	fields_close(output->fields);
	*output = (struct output){ 0 };
}

static bool is_of_interest(const struct output *output, const struct report *report)
{
	enum report_class class = report_types[report->kind].class;

	if (output->only == ONLY_ALL || class == REPORT_TOOL)
		return true;
	return class == REPORT_FINDING || report->kind == REPORT_NETNS_RECOVERED ||
	       (output->only == ONLY_LIFECYCLE && class == REPORT_LIFECYCLE);
}

/* 1, 0 or -ENOMEM. */
static int is_wanted(const struct output *output, const struct report *report)
{
	if (!is_of_interest(output, report))
		return 0;
	/* What the tool has to say of itself is no row of a table for people. */
	if (!output->fields || (output->type->for_people && report_types[report->kind].class == REPORT_TOOL))
		return 1;
	return fields_match(output->fields, report);
}

void output_judge(struct output *output, const struct report_summary *summary)
{
	output->incomplete = summary->incomplete;
	output->findings_left = summary->findings_now > 0;
}

int output_report(void *ctx, const struct report *report)
{
	struct output *output = ctx;
	int wanted;

	output->findings += report_types[report->kind].class == REPORT_FINDING;
	if (report->summary)
		output_judge(output, report->summary);
	if (output->says_sources && report->kind == REPORT_SOURCE_DOWN)
		say("pod source %s cannot be used: %s", report->source, report->text);
	if (output->says_sources && report->kind == REPORT_SOURCE_UP && report->text && *report->text)
		say("pod source %s: %s", report->source, report->text);
	wanted = is_wanted(output, report);
	if (wanted <= 0)
		return wanted;
	progress_hide();
	return check(output, output->type->report(output->sink, report));
}

int output_status(const struct output *output)
{
	if (output->findings || output->findings_left)
		return 1;
	return output->incomplete ? 3 : 0;
}
