/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "replay.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "progress.h"
#include "recording.h"
#include "say.h"

int replay_open(struct replay *ret, const char *name, report_fn fn, void *ctx)
{
	int err;

	*ret = (struct replay){ .name = name };
	err = recording_reader_open(&ret->reader, name);
	if (err) {
		say("cannot read %s: %s%s", name, strerror(-err), say_remedy(err));
		return err;
	}
	err = pipeline_new(&ret->pipeline, fn, ctx);
	if (err) {
		replay_say_error(ret, err);
		replay_close(ret);
	}
	return err;
}

void replay_close(struct replay *replay)
{
	pipeline_free(replay->pipeline);
	recording_reader_close(replay->reader);
	*replay = (struct replay){ 0 };
}

static int feed_one(struct replay *replay, const struct input *input)
{
	int err;

	replay->fed++;
	err = replay->tap ? replay->tap(replay->tap_ctx, input) : 0;
	return err ? err : pipeline_input(replay->pipeline, input);
}

static bool is_enough(const struct replay *replay)
{
	return replay->limit && replay->fed >= replay->limit;
}

/* Every so many inputs it says how far it is. */
#define STRIDE 4096

static void tell_progress(const struct replay *replay)
{
	uint64_t done, size;

	recording_reader_progress(replay->reader, &done, &size);
	progress_at(done, size);
}

int replay_feed(struct replay *replay)
{
	struct input input = { 0 };
	struct input end = { .kind = INPUT_END };
	uint64_t count = 0;
	int err = 0;

	progress_begin("reading %s", strcmp(replay->name, "-") ? replay->name : "stdin");

	while (!err && !replay->ended && !is_enough(replay) && recording_read(replay->reader, &input) > 0) {
		end.time = input.time > end.time ? input.time : end.time;
		replay->ended = input.kind == INPUT_END;
		replay->any = true;
		if (++count % STRIDE == 0)
			tell_progress(replay);
		err = feed_one(replay, &input);
	}
	if (!err && !replay->ended && !is_enough(replay) && end.time)
		err = feed_one(replay, &end);
	progress_end();
	return err;
}

void replay_say_error(const struct replay *replay, int err)
{
	if (err == -EBADMSG)
		say("%s: not the recording of one session from its beginning: record it anew", replay->name);
	else
		say("cannot replay %s: %s", replay->name, strerror(-err));
}

enum replay_end replay_say_end(const struct replay *replay)
{
	uint64_t skipped = recording_reader_skipped(replay->reader);

	if (skipped)
		say("%s: %" PRIu64 " records of a kind that this netnsleak does not know were left out", replay->name, skipped);
	if (*recording_reader_error(replay->reader)) {
		say("%s", recording_reader_error(replay->reader));
		return REPLAY_DAMAGED;
	}
	if (replay->ended)
		return REPLAY_WHOLE;
	if (recording_reader_cut(replay->reader)) {
		say("%s: recorded up to --record-max: what came later is not in it", replay->name);
		return REPLAY_BOUND;
	}
	say("%s: ends before its session did: netnsleak was killed, had no room to record, or the file was cut; what "
	    "stood in it was read", replay->name);
	return REPLAY_CUT;
}
