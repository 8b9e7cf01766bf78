/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the files of a session share.  Negative ends the session, unless it says otherwise; where that is not said
 * already, session_run() says it.
 */
#ifndef NETNSLEAK_SESSION_PRIVATE_H
#define NETNSLEAK_SESSION_PRIVATE_H

#include "blockers.h"
#include "metrics.h"
#include "node.h"
#include "output.h"
#include "session.h"
#include "tracer.h"

struct session {
	const struct options *options;
	struct node node;
	struct loop *loop;
	struct tracer *tracer;
	struct holders *holders; /* NULL: they cannot be looked for, which was said */
	struct blockers blockers;
	struct kernel_log *kernel_log; /* NULL: it cannot be read */
	struct pipeline *pipeline;
	struct output output;
	struct metrics metrics;
	struct top_live *screen; /* of `netnsleak top`; NULL: there is none, or not yet */
	bool on_screen; /* there is to be one */
	struct exporter *exporter; /* of --metrics; NULL: it was not asked for */
	struct recording_writer *recording;
	struct source **sources;
	size_t source_count;
	struct loop_timer *timer; /* the next deadline of any kind */
	struct loop_timer *duration;
	struct loop_timer *ring_pause;
	bool ring_waits; /* for ring_pause: there are records */
	bool netns_changed; /* for the sources: the kernel told of a netns that comes or goes */
	int signals;

	struct input_lost lost; /* of the tracer's, told so far */
	struct tracer_missed missed; /* as of missed_asked */
	uint64_t missed_asked;
	uint64_t dropped;	/* of the outlet's lines, said so far */
	uint64_t began;		/* when its screen was opened */
	uint64_t censused_at;	/* when the last census ended */
	uint64_t look_due, look_delay; /* for processes in new netns; 0: nothing to do */
	bool nudges;		/* a source wants to be told of them */
	unsigned census_failures; /* since the last that could be made */
	int input_error;	/* what the pipeline said during a census */
	uint64_t saved_version; /* of what the state file holds */
	uint64_t saved_findings;
	uint64_t save_due, flush_due; /* 0: nothing to do */
	uint64_t tick_due;	/* the pipeline's */
	uint64_t ready_due;	/* when to say so at the latest; 0: it is said */
	uint64_t timer_due, overdue_since; /* the timer's, and since when that was found to have passed; 0: it has not */
	bool begun;		/* it was said that it is ready */
	bool failed;		/* something asked for could not be done: exit status 2 */
	bool state_failed;	/* the last state file could not be written: said */
	bool ready_file;	/* it is there */
};

/* --- what comes in --- */

/* Into the recording, where there is one, and the pipeline. */
int session_input(void *ctx, const struct input *input);
void session_record(struct session *session, const struct input *input);
void session_end_recording(struct session *session, int err);
/* What the kernel has told so far. */
int session_take_records(struct session *session);
int session_take_losses(struct session *session);
int session_take_misses(struct session *session);
/* A step of the clock, should there have been one. */
int session_take_clock(struct session *session);
/* An input_fn for the sources. */
int session_source_input(void *ctx, const struct input *input);
int session_tick(struct session *session);
int session_take_census(struct session *session);
/* No more often than this, ns. */
uint64_t session_census_interval(const struct session *session);

/* --- what wakes it --- */

/* These say what goes wrong. */
int session_open_loop(struct session *session);
int session_open_sources(struct session *session);
/* A loop_fn for the tracer. */
int session_on_ring(void *ctx, uint32_t events);
/* A loop_fn: what is due after each batch of events. */
int session_settle(void *ctx, uint32_t events);
/* To the state file, where it would be another, and it is time for that. */
void session_settle_state(struct session *session, uint64_t now);

/* --- what is measured --- */

/* A report_fn with the session as its context: to the metrics and the output. */
int session_report(void *ctx, const struct report *report);
/* Where --metrics asks for it; says what goes wrong. */
int session_open_metrics(struct session *session);

/* --- on a screen --- */

/* Says what goes wrong. */
int session_open_screen(struct session *session);

/* --- ready --- */

int session_settle_ready(struct session *session, const struct report_summary *summary, uint64_t now);
int session_say_header(struct session *session, const struct report_summary *summary);
void session_remove_ready_file(const struct session *session);

#endif
