/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "session.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "confine.h"
#include "exporter.h"
#include "holders.h"
#include "kernel_log.h"
#include "loop.h"
#include "outlet.h"
#include "pipeline.h"
#include "progress.h"
#include "recording.h"
#include "refusal.h"
#include "say.h"
#include "session_private.h"
#include "source.h"
#include "statefile.h"
#include "top_live.h"
#include "tracer.h"
#include "util.h"
#include "version.h"

static int say_if_fatal(const struct session *session, int err)
{
	if (err && err != -EPIPE && !session->output.failed)
		say("the session ends early: %s", strerror(-err));
	return err;
}

/* --- start --- */

static int open_outputs(struct session *session)
{
	const struct options *options = session->options;
	int err = output_open(&session->output, options, session->loop);

	if (err)
		return err;
	err = pipeline_new(&session->pipeline, session_report, session);
	if (!err && options->record) {
		err = recording_writer_open(&session->recording, options->record, options->record_max);
		if (err)
			say("cannot record to %s: %s%s", options->record, strerror(-err), say_remedy(err));
	}
	return err;
}

static int open_tracer(struct session *session)
{
	struct tracer_options options = {
		.attach = (enum tracer_attach)session->options->attach,
		.ring_bytes = (uint32_t)session->options->ring_size,
	};
	int err;

	progress_begin("loading BPF and hooking the kernel's functions");
	err = tracer_open(&session->tracer, &options);
	if (err) {
		refusal_say("trace", &options, err);
		if (session->on_screen)
			say("a recording of another node's session can be looked at here: netnsleak top --replay FILE");
		return err;
	}
	err = sees_all_processes() ? holders_open(&session->holders, tracer_salt(session->tracer)) : 0;
	if (err)
		refusal_say_without("what holds a netns", err);
	return loop_add(session->loop, tracer_fd(session->tracer), EPOLLIN | EPOLLET, session_on_ring, session);
}

/* What it says only confirms what is found without it: a session does without. */
static int open_kernel_log(struct session *session)
{
	int err = kernel_log_open(&session->kernel_log, session->loop, session_source_input, session);

	return err == -ENOMEM ? err : 0;
}

/* On a screen it is only read: a session that runs may be writing it. */
static int read_state(struct session *session, const struct statefile_boot *boot)
{
	const char *path = session->options->state;
	int err = statefile_read(path, boot, session_input, session);

	if (err != -EBADMSG && err != -ENOENT)
		return err;
	say("without the state file %s: %s", path, err == -ENOENT ? strerror(ENOENT) : "it is damaged, or of another version");
	return 0;
}

static int load_state(struct session *session)
{
	const struct statefile_boot boot = { session->node.boot_id, session->node.wall_offset };
	const char *path = session->options->state;
	int err = session->on_screen ? read_state(session, &boot) : statefile_load(path, &boot, session_input, session);

	if (err == -EBADMSG) {
		say("the state file %s is damaged: set aside as %s.bad, starting without it", path, path);
		return 0;
	}
	if (err)
		say("cannot read the state file %s: %s%s", path, strerror(-err), say_remedy(err));
	return err;
}

static int begin_session(struct session *session)
{
	const struct options *options = session->options;
	struct input input = {
		.kind = INPUT_SESSION,
		.time = loop_now(),
		.session = {
			.version = NETNSLEAK_VERSION,
			.node = session->node.name,
			.kernel_release = session->node.uts.release,
			.boot_id = session->node.boot_id,
			.wall_offset = session->node.wall_offset,
			.grace = options->grace,
			.stuck_after = options->stuck_after,
			/* Without it, every netns seems to be without a process. */
			.orphan_age = sees_all_processes() ? options->orphan_age : BOOT_LAST,
			.finds_holders = session->holders != NULL,
			.finds_blockers = true,
			.reads_kernel_log = session->kernel_log != NULL,
			.sees_calls = tracer_sees_calls(session->tracer),
		},
	};
	int err = session_input(session, &input);

	if (!sees_all_processes())
		say("this process is not in the node's PID namespace: orphans are not reported, nor what holds a netns; run it on "
		    "the node, or in a pod with hostPID");
	return err || !options->state ? err : load_state(session);
}

/* For how long a source that has not answered keeps the session from saying that it is ready. */
#define READY_PATIENCE (5 * NS_PER_S)

static int start(struct session *session)
{
	int err = session_open_loop(session);

	/* One that a killed session left says what is not so. */
	if (session->options->ready_file)
		session_remove_ready_file(session);
	if (!err)
		err = open_outputs(session);
	if (!err)
		err = session_open_metrics(session);
	if (!err)
		err = open_tracer(session);
	if (!err)
		err = open_kernel_log(session);
	/* Its thread would keep all capabilities. */
	progress_end();
	if (!err)
		confine_session(session->options, session->on_screen);
	if (!err)
		err = begin_session(session);
	if (err)
		return err;
	progress_begin("opening the sources of pods");
	/* The sources first: a verdict of what an earlier session knew must not be given without them. */
	err = session_open_sources(session);
	if (!err)
		err = session->on_screen ? session_open_screen(session) : 0;
	if (!err)
		err = say_if_fatal(session, session_take_census(session));
	progress_begin("waiting for the sources of pods");
	session->ready_due = loop_now() + READY_PATIENCE;
	if (!err && session->options->duration)
		err = loop_timer_set(session->duration, loop_now() + session->options->duration);
	loop_after(session->loop, session_settle, session);
	return err ? err : say_if_fatal(session, session_settle(session, 0));
}

/* --- end --- */

/* err: what the loop ended with.  A reader that went away ends the session in good order. */
static int finish(struct session *session, int err)
{
	struct input input = { .kind = INPUT_END, .time = loop_now() };
	struct report_summary summary;

	if (!err)
		err = say_if_fatal(session, session_take_records(session));
	if (!err)
		err = say_if_fatal(session, session_take_misses(session));
	/* What was lost at the very end need not leave it with less than full knowledge. */
	if (!err && state_incomplete(pipeline_state(session->pipeline)) && !session->census_failures)
		err = say_if_fatal(session, session_take_census(session));
	pipeline_summary(session->pipeline, &summary);
	if (!err && session->ready_due)
		err = say_if_fatal(session, session_say_header(session, &summary));
	output_drain(&session->output);
	if (!err)
		err = say_if_fatal(session, session_input(session, &input));
	else if (err == -EPIPE)
		session_record(session, &input);
	pipeline_summary(session->pipeline, &summary);
	output_judge(&session->output, &summary);
	if (session->options->state) {
		session->saved_version = UINT64_MAX;
		session->saved_findings = UINT64_MAX;
		session_settle_state(session, loop_now());
	}
	return err;
}

static void close_all(struct session *session)
{
	top_live_close(session->screen);
	while (session->source_count)
		source_close(session->sources[--session->source_count]);
	free(session->sources);
	if (session->ready_file)
		session_remove_ready_file(session);
	exporter_close(session->exporter);
	output_close(&session->output);
	if (session->recording && recording_writer_close(session->recording) < 0) {
		say("cannot finish the recording %s: the disk may be full", session->options->record);
		session->failed = true;
	}
	kernel_log_close(session->kernel_log);
	pipeline_free(session->pipeline);
	blockers_close(&session->blockers);
	holders_close(session->holders);
	tracer_close(session->tracer);
	loop_timer_close(session->timer);
	loop_timer_close(session->duration);
	loop_timer_close(session->ring_pause);
	loop_close(session->loop);
	close_descriptor(&session->signals);
}

static int run(const struct options *options, bool on_screen)
{
	struct session session = { .options = options, .on_screen = on_screen, .signals = -1 };
	int err, status;

	node_init(&session.node, options->node);
	err = start(&session);
	if (!err)
		err = say_if_fatal(&session, loop_run(session.loop));
	if (!err || err == -EPIPE)
		err = finish(&session, err);
	status = output_status(&session.output);
	/* A reader that went away has read what it wanted. */
	if ((err && err != -EPIPE) || session.failed)
		status = 2;
	close_all(&session);
	return status;
}

int session_run(const struct options *options)
{
	return run(options, false);
}

int session_watch(const struct options *options)
{
	return run(options, true);
}
