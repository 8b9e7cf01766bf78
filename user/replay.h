/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A recording, fed through a pipeline of its own: what replay and report share.  Says on stderr what is wrong with it.
 */
#ifndef NETNSLEAK_REPLAY_H
#define NETNSLEAK_REPLAY_H

#include <stdbool.h>

#include "input.h"
#include "pipeline.h"
#include "report.h"

struct recording_reader;

struct replay {
	const char *name; /* of the recording, "-": stdin */
	struct recording_reader *reader;
	struct pipeline *pipeline;
	input_fn tap; /* is shown each input before the pipeline has it; NULL: none */
	void *tap_ctx;
	uint64_t fed;	/* inputs, so far */
	uint64_t limit; /* replay_feed() stops when there are so many; 0: it does not */
	bool ended; /* the recording holds the end of its session */
	bool any;   /* it holds anything at all */
};

/* Said; negative errno. */
int replay_open(struct replay *ret, const char *name, report_fn fn, void *ctx);
void replay_close(struct replay *replay);

/*
 * Feeds the pipeline.  A recording without an end (netnsleak was killed, the file is cut) is given one, so
 * that what was found stands in a summary.  Negative errno, not said: what the pipeline, and so report_fn, returned.
 */
int replay_feed(struct replay *replay);
/* Says what replay_feed() returned, where that is the recording's fault. */
void replay_say_error(const struct replay *replay, int err);

enum replay_end {
	REPLAY_WHOLE,
	REPLAY_BOUND,	/* recorded up to --record-max */
	REPLAY_CUT,	/* without an end */
	REPLAY_DAMAGED, /* or no recording at all */
};
/* What the recording has to say of itself, once all of it that is whole was read. */
enum replay_end replay_say_end(const struct replay *replay);

#endif
