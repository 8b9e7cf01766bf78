/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "outlet.h"

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

int output_open(struct output *ret, const struct options *options, struct loop *loop)
{
	bool terminal = !options->output && isatty(STDOUT_FILENO);
	struct sink_options sink_options = {
		.color = output_wants_color(options),
		.live = terminal && loop,
		.width = terminal ? terminal_width() : 0,
	};
	int err;

	*ret = (struct output){ .type = sink_type_by_name(options->format), .only = options->only };
	if (!ret->type)
		return -EINVAL;
	err = outlet_open(&ret->outlet, options->output, loop);
	if (err)
		return err;
	sink_options.outlet = ret->outlet;
	err = ret->type->open(&ret->sink, &sink_options);
	if (err)
		outlet_close(ret->outlet, 0);
	return err;
}

void output_close(struct output *output)
{
	if (output->sink)
		output->type->close(output->sink);
	outlet_close(output->outlet, PATIENCE);
	*output = (struct output){ 0 };
}

static bool is_wanted(const struct output *output, const struct report *report)
{
	enum report_class class = report_types[report->kind].class;

	if (output->only == ONLY_ALL || class == REPORT_TOOL)
		return true;
	return class == REPORT_FINDING || report->kind == REPORT_NETNS_RECOVERED ||
	       (output->only == ONLY_LIFECYCLE && class == REPORT_LIFECYCLE);
}

int output_report(void *ctx, const struct report *report)
{
	struct output *output = ctx;

	output->findings += report_types[report->kind].class == REPORT_FINDING;
	if (report->summary) {
		output->incomplete = report->summary->incomplete;
		output->leaks_left = report->summary->leaked_now > 0;
	}
	return is_wanted(output, report) ? output->type->report(output->sink, report) : 0;
}

int output_status(const struct output *output)
{
	if (output->findings || output->leaks_left)
		return 1;
	return output->incomplete ? 3 : 0;
}
