/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "loop.h"
#include "output.h"
#include "replay.h"
#include "say.h"
#include "session.h"
#include "terminal.h"
#include "top_live.h"
#include "util.h"

/* A recording on the screen: it is fed up to one of its moments, at which something was reported. */
struct playback {
	const char *name;
	struct replay replay;
	struct output output;
	struct loop *loop;
	struct top_live *live; /* NULL: the moments are being looked for */
	uint64_t *moments; /* owned: how many inputs were fed then; the last is the end */
	size_t count, capacity, at;
	/* as of the last input that was fed */
	uint64_t now;
	int64_t wall_offset;
	/* of its session */
	char *node, *kernel; /* owned */
	uint64_t grace, began;
};

/* --- what is fed --- */

static int add_moment(struct playback *playback, uint64_t fed)
{
	uint64_t *longer;

	if (playback->count && playback->moments[playback->count - 1] == fed)
		return 0;
	if (playback->count == playback->capacity) {
		playback->capacity = playback->capacity ? 2 * playback->capacity : 64;
		longer = reallocarray(playback->moments, playback->capacity, sizeof(*longer));
		if (!longer)
			return -ENOMEM;
		playback->moments = longer;
	}
	playback->moments[playback->count++] = fed;
	return 0;
}

static int on_report(void *ctx, const struct report *report)
{
	struct playback *playback = ctx;
	const enum report_class class = report_types[report->kind].class;
	int err;

	if (playback->live)
		return top_live_report(playback->live, report);
	err = output_report(&playback->output, report);
	if (err || (class != REPORT_FINDING && class != REPORT_LIFECYCLE))
		return err;
	return add_moment(playback, playback->replay.fed);
}

static int on_input(void *ctx, const struct input *input)
{
	struct playback *playback = ctx;
	int err = 0;

	if (input->time > playback->now && input->time <= BOOT_LAST)
		playback->now = input->time;
	if (input->kind == INPUT_CLOCK)
		playback->wall_offset = input->clock.wall_offset;
	if (input->kind != INPUT_SESSION)
		return 0;
	playback->wall_offset = input->session.wall_offset;
	playback->grace = input->session.grace < INT64_MAX ? input->session.grace : INT64_MAX;
	playback->began = playback->now;
	err = replace_text(&playback->kernel, input->session.kernel_release);
	return err ? err : replace_text(&playback->node, input->session.node);
}

static int rewind_to_begin(struct playback *playback)
{
	replay_close(&playback->replay);
	playback->now = 0;
	if (replay_open(&playback->replay, playback->name, on_report, playback))
		return -EIO;
	playback->replay.tap = on_input;
	playback->replay.tap_ctx = playback;
	return 0;
}

/* All of it, once, for its moments.  False: there is nothing to show. */
static bool find_moments(struct playback *playback, enum replay_end *ret_end)
{
	int err = replay_feed(&playback->replay);

	if (!err)
		err = add_moment(playback, playback->replay.fed);
	if (err) {
		replay_say_error(&playback->replay, err);
		return false;
	}
	*ret_end = replay_say_end(&playback->replay);
	playback->output.incomplete |= *ret_end == REPLAY_BOUND;
	return playback->replay.any;
}

/* --- what is shown --- */

static int go(struct playback *playback, size_t at)
{
	int err = 0;

	if (at < playback->at || !playback->replay.fed) {
		top_live_forget_reports(playback->live);
		err = rewind_to_begin(playback);
	}
	if (err)
		return err;
	playback->at = at;
	playback->replay.limit = playback->moments[at];
	return replay_feed(&playback->replay);
}

static int step(void *ctx, enum top_action action)
{
	struct playback *playback = ctx;
	const size_t last = playback->count - 1, at = playback->at;

	switch (action) {
	case TOP_DO_BACK:
		return at ? go(playback, at - 1) : 0;
	case TOP_DO_FORWARD:
		return at < last ? go(playback, at + 1) : 0;
	case TOP_DO_FIRST:
		return go(playback, 0);
	default:
		return go(playback, last);
	}
}

static const struct pipeline *pipeline_of(void *ctx)
{
	return ((struct playback *)ctx)->replay.pipeline;
}

static void facts_of(void *ctx, struct top_facts *ret)
{
	const struct playback *playback = ctx;

	ret->now = playback->now;
	ret->began = playback->began;
	ret->wall_offset = playback->wall_offset;
	ret->moment = playback->at + 1;
	ret->moments = playback->count;
}

static int settle(void *ctx, uint32_t events)
{
	(void)events;
	return top_live_settle(((struct playback *)ctx)->live);
}

static int show(struct playback *playback, const struct options *options)
{
	const struct top_live_options live = {
		.loop = playback->loop,
		.outlet = playback->output.outlet,
		.node = playback->node ? playback->node : "",
		.kernel = playback->kernel ? playback->kernel : "",
		.recording = last_part(playback->name),
		.grace = playback->grace,
		.color = output_wants_color(options),
		.pipeline = pipeline_of,
		.facts = facts_of,
		.step = step,
		.ctx = playback,
	};
	int err = rewind_to_begin(playback);

	if (!err)
		err = top_live_open(&playback->live, &live);
	if (!err)
		err = go(playback, playback->count - 1);
	loop_after(playback->loop, settle, playback);
	if (!err)
		err = settle(playback, 0);
	if (!err)
		err = loop_run(playback->loop);
	top_live_close(playback->live);
	playback->live = NULL;
	/* The terminal went away. */
	if (err == -EPIPE)
		return 0;
	if (err)
		say("cannot show %s: %s", playback->name, strerror(-err));
	return err;
}

static int run(struct playback *playback, const struct options *options)
{
	int err = loop_open(&playback->loop);
	enum replay_end end;

	if (!err)
		err = output_open(&playback->output, options, playback->loop);
	if (err)
		return STATUS_FAILED;
	playback->output.says_sources = false;
	playback->replay.tap = on_input;
	playback->replay.tap_ctx = playback;
	if (!find_moments(playback, &end) || show(playback, options) || end == REPLAY_DAMAGED || end == REPLAY_CUT)
		return STATUS_FAILED;
	return output_status(&playback->output);
}

static int show_recording(const struct options *options)
{
	struct playback playback = { .name = options->replay };
	int status = STATUS_FAILED;

	if (!strcmp(options->replay, "-")) {
		say("top --replay wants a FILE: it goes through it more than once");
		return STATUS_FAILED;
	}
	if (!replay_open(&playback.replay, playback.name, on_report, &playback))
		status = run(&playback, options);
	replay_close(&playback.replay);
	output_close(&playback.output);
	loop_close(playback.loop);
	free(playback.moments);
	free(playback.node);
	free(playback.kernel);
	return status;
}

int cmd_top(const struct options *options)
{
	switch (terminal_check()) {
	case -ENOTTY:
		say("top wants a terminal, and stdout is none: use 'netnsleak %s' for a file or a pipe", options->replay ? "replay" : "trace");
		return STATUS_FAILED;
	case -ENOTSUP:
		say("top wants a terminal that can place its cursor, and TERM says otherwise: set TERM, or use 'netnsleak %s'",
		    options->replay ? "replay" : "trace");
		return STATUS_FAILED;
	}
	if (options->replay && (options->pods.count || options->record || options->state)) {
		say("--replay shows what was recorded, and takes neither --pods, --state nor --record");
		return STATUS_FAILED;
	}
	return options->replay ? show_recording(options) : session_watch(options);
}
