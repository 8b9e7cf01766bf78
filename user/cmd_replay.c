/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "commands.h"
#include "output.h"
#include "pipeline.h"
#include "recording.h"
#include "say.h"

/*
 * Feeds the pipeline.  A recording without an end (netnsleak was killed, the file is cut) is given one, so
 * that what was found stands in a summary.
 */
static int feed(struct recording_reader *reader, struct pipeline *pipeline)
{
	struct input input = { 0 };
	struct input end = { .kind = INPUT_END };
	int got, err = 0;

	while ((got = recording_read(reader, &input)) > 0 && !err) {
		end.time = input.time > end.time ? input.time : end.time;
		err = pipeline_input(pipeline, &input);
		if (input.kind == INPUT_END)
			return err;
	}
	if (!err && end.time)
		err = pipeline_input(pipeline, &end);
	return err ? err : got;
}

static int replay(const struct options *options, struct recording_reader *reader, struct output *output)
{
	struct pipeline *pipeline = NULL;
	int err = pipeline_new(&pipeline, output_report, output), status;

	if (!err && output->type->begin)
		err = output->type->begin(output->sink, NULL);
	if (!err)
		err = feed(reader, pipeline);
	status = output_status(output);
	pipeline_free(pipeline);
	if (!err || err == -EPIPE)
		return status;
	if (err == -EBADMSG)
		say("%s", recording_reader_error(reader));
	else
		say("cannot replay %s: %s", options->argument, strerror(-err));
	return STATUS_FAILED;
}

int cmd_replay(const struct options *options)
{
	struct recording_reader *reader = NULL;
	struct output output;
	int err = output_open(&output, options, NULL), status = STATUS_FAILED;

	signal(SIGPIPE, SIG_IGN);
	if (err) {
		say("cannot write to %s: %s", options->output ? options->output : "stdout", strerror(-err));
		return STATUS_FAILED;
	}
	err = recording_reader_open(&reader, options->argument);
	if (err)
		say("cannot read %s: %s", options->argument, strerror(-err));
	else
		status = replay(options, reader, &output);
	recording_reader_close(reader);
	output_close(&output);
	return status;
}
