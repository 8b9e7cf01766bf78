/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <signal.h>

#include "commands.h"
#include "output.h"
#include "replay.h"

/* Once all of it that is whole was read: 0, or the exit status. */
static int end_status(struct replay *replay, struct output *output)
{
	switch (replay_say_end(replay)) {
	case REPLAY_BOUND:
		output->incomplete = true;
		return 0;
	case REPLAY_WHOLE:
		return 0;
	default:
		return STATUS_FAILED;
	}
}

static int run(struct replay *replay, struct output *output)
{
	int err = output_begin(output, NULL), status;

	if (!err)
		err = replay_feed(replay);
	if (err && err != -EPIPE && !output->failed)
		replay_say_error(replay, err);
	if (err && err != -EPIPE)
		return STATUS_FAILED;
	status = err ? 0 : end_status(replay, output);
	return status ? status : output_status(output);
}

int cmd_replay(const struct options *options)
{
	struct output output = { 0 };
	struct replay replay;
	int status = STATUS_FAILED;

	signal(SIGPIPE, SIG_IGN);
	if (replay_open(&replay, options->argument, output_report, &output))
		return STATUS_FAILED;
	if (!output_open(&output, options, NULL))
		status = run(&replay, &output);
	replay_close(&replay);
	output_close(&output);
	return status;
}
