/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "commands.h"
#include "output.h"
#include "pipeline.h"
#include "recording.h"
#include "say.h"

struct replay {
	struct recording_reader *reader;
	struct pipeline *pipeline;
	struct output output;
	bool ended; /* the recording holds the end of its session */
};

/*
 * Feeds the pipeline.  A recording without an end (netnsleak was killed, the file is cut) is given one, so
 * that what was found stands in a summary.
 */
static int feed(struct replay *replay)
{
	struct input input = { 0 };
	struct input end = { .kind = INPUT_END };
	int got, err = 0;

	while (!err && !replay->ended && (got = recording_read(replay->reader, &input)) > 0) {
		end.time = input.time > end.time ? input.time : end.time;
		replay->ended = input.kind == INPUT_END;
		err = pipeline_input(replay->pipeline, &input);
	}
	if (!err && !replay->ended && end.time)
		err = pipeline_input(replay->pipeline, &end);
	return err;
}

/* What the recording has to say of itself, once all of it that is whole was read: 0, or the exit status. */
static int say_how_it_ends(struct replay *replay, const char *name)
{
	uint64_t skipped = recording_reader_skipped(replay->reader);

	if (skipped)
		say("%s: %" PRIu64 " records of a kind that this netnsleak does not know were left out", name, skipped);
	if (*recording_reader_error(replay->reader)) {
		say("%s", recording_reader_error(replay->reader));
		return STATUS_FAILED;
	}
	if (replay->ended)
		return 0;
	if (recording_reader_cut(replay->reader)) {
		say("%s: recorded up to --record-max: what came later is not in it", name);
		replay->output.incomplete = true;
		return 0;
	}
	say("%s: ends before its session did: netnsleak was killed, had no room to record, or the file was cut; what "
	    "stood in it was read", name);
	return STATUS_FAILED;
}

static int run(struct replay *replay, const char *name)
{
	int err = output_begin(&replay->output, NULL), status;

	if (!err)
		err = feed(replay);
	if (err == -EBADMSG)
		say("%s: not the recording of one session from its beginning: record it anew", name);
	else if (err && err != -EPIPE && !replay->output.failed)
		say("cannot replay %s: %s", name, strerror(-err));
	if (err && err != -EPIPE)
		return STATUS_FAILED;
	status = err ? 0 : say_how_it_ends(replay, name);
	return status ? status : output_status(&replay->output);
}

int cmd_replay(const struct options *options)
{
	struct replay replay = { 0 };
	int err, status = STATUS_FAILED;

	signal(SIGPIPE, SIG_IGN);
	err = recording_reader_open(&replay.reader, options->argument);
	if (err) {
		say("cannot read %s: %s%s", options->argument, strerror(-err), say_remedy(err));
		return STATUS_FAILED;
	}
	err = output_open(&replay.output, options, NULL);
	if (!err) {
		err = pipeline_new(&replay.pipeline, output_report, &replay.output);
		if (err)
			say("cannot replay %s: %s", options->argument, strerror(-err));
	}
	if (!err)
		status = run(&replay, options->argument);
	pipeline_free(replay.pipeline);
	recording_reader_close(replay.reader);
	output_close(&replay.output);
	return status;
}
