/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop.h"
#include "node.h"
#include "outlet.h"
#include "output.h"
#include "pipeline.h"
#include "recording.h"
#include "refusal.h"
#include "say.h"
#include "source.h"
#include "statefile.h"
#include "tracer.h"
#include "util.h"
#include "version.h"

/* Clocks are slewed all the time; a step beyond this is told to the pipeline. */
#define CLOCK_TOLERANCE (50 * NS_PER_MS)
/* Under lasting overload each census is followed by further loss: do not spend all the time on them. */
#define CENSUS_INTERVAL (1 * NS_PER_S)
/*
 * A pod's first process comes soon after its netns, when CNI is done.  A census is taken for those whose netns nothing
 * has bound so well as their cgroup would; where there is no process yet, again after twice the time, and so on.
 */
#define LOOK_AFTER (5 * NS_PER_S)
#define LOOK_AGE (5 * 60 * NS_PER_S)
/* What is remembered changes with each pod; what was reported is saved at once. */
#define SAVE_INTERVAL (1 * NS_PER_S)
#define RECORD_INTERVAL (1 * NS_PER_S)
/*
 * The kernel wakes us for a record only when all before it were taken.  So what is left in the ring for a moment
 * costs the kernel no further wake-up, which is most of what tracing costs it.  A small ring is left alone for less,
 * 10 ns a byte: a million records a second do not fill it meanwhile.
 */
#define RING_PAUSE_MAX (10 * NS_PER_MS)
#define RING_PAUSE_PER_BYTE 10

struct session {
	const struct options *options;
	struct node node;
	struct loop *loop;
	struct tracer *tracer;
	struct pipeline *pipeline;
	struct output output;
	struct recording_writer *recording;
	struct source **sources;
	size_t source_count;
	struct loop_timer *timer; /* the next deadline of any kind */
	struct loop_timer *duration;
	struct loop_timer *ring_pause;
	bool ring_waits; /* for ring_pause: there are records */
	bool netns_changed; /* for the sources: the kernel told of a netns that comes or goes */
	int signals;

	uint64_t lost;		/* of the tracer's, told so far */
	uint64_t dropped;	/* of the outlet's lines, said so far */
	uint64_t censused_at;	/* when the last census ended */
	uint64_t look_due, look_delay; /* for processes in new netns; 0: nothing to do */
	bool nudges;		/* a source wants to be told of them */
	unsigned census_failures; /* since the last that could be made */
	int input_error;	/* what the pipeline said during a census */
	uint64_t saved_version; /* of what the state file holds */
	uint64_t saved_findings;
	uint64_t save_due, flush_due; /* 0: nothing to do */
	uint64_t tick_due;	/* the pipeline's */
	bool failed;		/* something asked for could not be done: exit status 2 */
	bool state_failed;	/* the last state file could not be written: said */
	bool ready;		/* the ready file is there */
};

/* --- what comes in --- */

static void end_recording(struct session *session, int err)
{
	if (err == -EFBIG)
		say("the recording %s ends here, tracing goes on: it has reached --record-max", session->options->record);
	else
		say("cannot record to %s: %s%s; the recording ends here, tracing goes on", session->options->record,
		    strerror(-err), say_remedy(err));
	recording_writer_close(session->recording);
	session->recording = NULL;
	session->failed |= err != -EFBIG;
}

static void record(struct session *session, const struct input *input)
{
	int err;

	if (!session->recording)
		return;
	err = recording_write(session->recording, input);
	if (!session->flush_due)
		session->flush_due = loop_now() + RECORD_INTERVAL;
	if (err)
		end_recording(session, err);
}

static int session_input(void *ctx, const struct input *input)
{
	struct session *session = ctx;

	record(session, input);
	return pipeline_input(session->pipeline, input);
}

static void look_soon(struct session *session)
{
	uint64_t due = loop_now() + LOOK_AFTER;

	session->look_delay = LOOK_AFTER;
	if (!session->look_due || due < session->look_due)
		session->look_due = due;
}

/* A device goes into a pod's netns while its sandbox is made, and away while it is stopped. */
static bool is_of_sandboxes(const struct nns_hdr *hdr)
{
	return hdr->kind == NNS_NETNS_CREATED || hdr->kind == NNS_NETNS_DYING || hdr->kind == NNS_DEV_MOVED ||
	       hdr->kind == NNS_DEV_UNREGISTERED;
}

static int on_record(void *ctx, const void *bytes, size_t size)
{
	struct session *session = ctx;
	struct input input = { .kind = INPUT_KERNEL, .kernel = { .record = bytes, .size = size } };

	if (size >= sizeof(struct nns_hdr)) {
		input.time = ((const struct nns_hdr *)bytes)->time;
		session->netns_changed |= is_of_sandboxes(bytes);
	}
	if (session->nudges && size == sizeof(struct nns_netns_created) &&
	    ((const struct nns_hdr *)bytes)->kind == NNS_NETNS_CREATED)
		look_soon(session);
	session->input_error = session_input(session, &input);
	return session->input_error;
}

static int take_losses(struct session *session)
{
	uint64_t lost = tracer_lost(session->tracer);
	struct input input = { .kind = INPUT_LOST, .time = loop_now(),
			       .lost = { .count = lost - session->lost } };

	if (lost == session->lost)
		return 0;
	session->lost = lost;
	return session_input(session, &input);
}

static int take_records(struct session *session)
{
	int count = tracer_dispatch(session->tracer, on_record, session);

	return count < 0 ? count : take_losses(session);
}

static int take_clock(struct session *session)
{
	int64_t offset = node_wall_offset(), step = offset - session->node.wall_offset;
	struct input input = { .kind = INPUT_CLOCK, .time = loop_now(), .clock = { .wall_offset = offset } };

	if (step < CLOCK_TOLERANCE && step > -CLOCK_TOLERANCE)
		return 0;
	session->node.wall_offset = offset;
	return session_input(session, &input);
}

/*
 * What the sources say goes in behind what the kernel told before: it may be about a netns made just now.  And
 * they say when in real time, so that a step of the clock must be known first.
 */
static int source_input(void *ctx, const struct input *input)
{
	struct session *session = ctx;
	int err = take_records(session);

	if (!err)
		err = take_clock(session);
	return err ? err : session_input(session, input);
}

static int tick(struct session *session)
{
	struct input input = { .kind = INPUT_TICK, .time = loop_now() };

	return session_input(session, &input);
}

static uint64_t census_interval(const struct session *session)
{
	return CENSUS_INTERVAL << (session->census_failures < 6 ? session->census_failures : 6);
}

/* It could not walk all of the list: the state stays incomplete, and no verdict is given, until one can. */
static int census_failed(struct session *session, int err)
{
	if (!session->census_failures++)
		say("cannot count the kernel's netns: %s; no verdict is given until that works, and it is tried again",
		    err == -ENOSPC ? "there are more than the census has room for (65,536)" :
		    err == -E2BIG  ? "a device has more addresses than the census has room for" :
				     strerror(-err));
	return 0;
}

/* Nothing has said whose it is, or nothing as good as a process of the pod. */
static bool is_bound_weakly(const struct netns *netns)
{
	return netns->phase == NETNS_REFERENCED && !netns->initial && netns->inum &&
	       (!netns->binding || netns->binding->evidence < EVIDENCE_CGROUP);
}

struct nudge {
	uint32_t inum, pid;
};

/* They are noted first: what a source tells may be the end of a netns. */
struct nudges {
	struct nudge *all;
	size_t count, capacity;
};

static int note_nudge(void *ctx, struct netns *netns)
{
	struct nudges *nudges = ctx;

	if (netns->pid && is_bound_weakly(netns) && nudges->count < nudges->capacity)
		nudges->all[nudges->count++] = (struct nudge){ netns->inum, netns->pid };
	return 0;
}

static int nudge_sources(struct session *session)
{
	const struct state *state = pipeline_state(session->pipeline);
	CLEANUP(free_pointer) struct nudge *all = NULL;
	struct nudges nudges = { .capacity = state_counts(state)->live };
	size_t i, j;
	int err = 0;

	if (!session->nudges)
		return 0;
	all = nudges.all = calloc(nudges.capacity + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	state_each(state, note_nudge, &nudges);
	for (i = 0; i < nudges.count && !err; i++)
		for (j = 0; j < session->source_count && !err; j++)
			err = source_nudge(session->sources[j], all[i].inum, all[i].pid);
	return err;
}

/* Records that were written before the census go in before it, so that it is the newest word. */
static int take_census(struct session *session)
{
	int err = take_records(session);

	if (err)
		return err;
	session->input_error = 0;
	err = tracer_census(session->tracer, on_record, session);
	session->censused_at = loop_now();
	if (err < 0)
		return session->input_error ? session->input_error : census_failed(session, err);
	session->census_failures = 0;
	err = nudge_sources(session);
	return err ? err : take_records(session);
}

/* --- after each batch of events --- */

static int settle_census(struct session *session, uint64_t now)
{
	if (!pipeline_wants_census(session->pipeline) || now < session->censused_at + census_interval(session))
		return 0;
	return take_census(session);
}

static int is_worth_a_look(void *ctx, struct netns *netns)
{
	const uint64_t *now = ctx;

	return netns->born && *now < netns->born + LOOK_AGE && !netns->pid && is_bound_weakly(netns);
}

static int settle_look(struct session *session, uint64_t now)
{
	const struct state *state = pipeline_state(session->pipeline);

	if (!session->look_due || now < session->look_due || now < session->censused_at + census_interval(session))
		return 0;
	session->look_due = 0;
	if (!state_each(state, is_worth_a_look, &now))
		return 0;
	session->look_delay *= 2;
	session->look_due = now + session->look_delay;
	return take_census(session);
}

static int tell_sources(struct session *session)
{
	int err = 0;

	for (size_t i = 0; session->netns_changed && !err && i < session->source_count; i++)
		err = source_netns_changed(session->sources[i]);
	session->netns_changed = false;
	return err;
}

static void settle_state(struct session *session, uint64_t now)
{
	const struct statefile_boot boot = { session->node.boot_id, session->node.wall_offset };
	uint64_t version = pipeline_remember_version(session->pipeline);
	int err;

	/* Before the first census what the state file holds is better. */
	if (!session->options->state || version == session->saved_version ||
	    !state_counts(pipeline_state(session->pipeline))->censuses) {
		session->save_due = 0;
		return;
	}
	if (!session->save_due)
		session->save_due = now + SAVE_INTERVAL;
	/* A finding that is out and not remembered would be told again after a crash. */
	if (now < session->save_due && session->output.findings == session->saved_findings)
		return;
	err = statefile_save(session->options->state, &boot, session->pipeline);
	if (err && !session->state_failed)
		say("cannot write the state file %s: %s%s", session->options->state, strerror(-err), say_remedy(err));
	session->failed |= err != 0;
	session->state_failed = err != 0;
	session->saved_version = version;
	session->saved_findings = session->output.findings;
	session->save_due = 0;
}

static void settle_recording(struct session *session, uint64_t now)
{
	int err;

	if (!session->recording || !session->flush_due || now < session->flush_due)
		return;
	session->flush_due = 0;
	err = recording_flush(session->recording);
	if (err)
		end_recording(session, err);
}

static void settle_output(struct session *session)
{
	uint64_t dropped = outlet_dropped(session->output.outlet);

	/* Said less and less often: who does not read the one may not read the other. */
	if (dropped <= 2 * session->dropped)
		return;
	say("the reader of %s is too slow: %" PRIu64 " lines were dropped so far", session->output.name, dropped);
	session->dropped = dropped;
}

static void first_of(uint64_t *first, uint64_t when)
{
	if (when && (!*first || when < *first))
		*first = when;
}

static uint64_t later_of(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static int settle_timer(struct session *session)
{
	uint64_t first = 0;

	session->tick_due = pipeline_deadline(session->pipeline);
	first_of(&first, session->tick_due);
	first_of(&first, session->save_due);
	first_of(&first, session->recording ? session->flush_due : 0);
	if (session->look_due)
		first_of(&first, later_of(session->look_due, session->censused_at + census_interval(session)));
	if (pipeline_wants_census(session->pipeline))
		first_of(&first, session->censused_at + census_interval(session));
	return loop_timer_set(session->timer, first);
}

static int settle(void *ctx, uint32_t events)
{
	struct session *session = ctx;
	struct report_summary summary;
	uint64_t now = loop_now();
	int err = take_clock(session);

	(void)events;
	if (!err)
		err = take_losses(session);
	if (!err)
		err = settle_census(session, now);
	if (!err)
		err = tell_sources(session);
	if (!err)
		err = settle_look(session, now);
	if (err)
		return err;
	settle_state(session, now);
	settle_recording(session, now);
	settle_output(session);
	pipeline_summary(session->pipeline, &summary);
	err = output_settle(&session->output, &summary);
	return err ? err : settle_timer(session);
}

/* --- callbacks of the loop --- */

/* Called once for each wake-up, not as long as there are records: EPOLLET. */
static int on_ring(void *ctx, uint32_t events)
{
	struct session *session = ctx;
	uint64_t pause = session->options->ring_size * RING_PAUSE_PER_BYTE;

	(void)events;
	if (session->ring_waits)
		return 0;
	session->ring_waits = true;
	return loop_timer_set(session->ring_pause, loop_now() + (pause < RING_PAUSE_MAX ? pause : RING_PAUSE_MAX));
}

static int on_ring_pause(void *ctx, uint32_t events)
{
	struct session *session = ctx;

	(void)events;
	session->ring_waits = false;
	return take_records(session);
}

static int on_timer(void *ctx, uint32_t events)
{
	struct session *session = ctx;
	int err = take_records(session);

	(void)events;
	if (err)
		return err;
	return session->tick_due && session->tick_due <= loop_now() ? tick(session) : 0;
}

static int on_duration(void *ctx, uint32_t events)
{
	struct session *session = ctx;

	(void)events;
	loop_stop(session->loop);
	return 0;
}

static int on_signal(void *ctx, uint32_t events)
{
	struct session *session = ctx;
	struct signalfd_siginfo info;
	int err;

	(void)events;
	while (read(session->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGHUP) {
			loop_stop(session->loop);
			continue;
		}
		err = session->options->output ? outlet_reopen(session->output.outlet) : 0;
		if (err)
			say("cannot open %s anew: %s%s; the old file goes on", session->options->output,
			    strerror(-err), say_remedy(err));
	}
	return 0;
}

/* --- start --- */

static int open_signals(struct session *session)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	session->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (session->signals < 0)
		return -errno;
	return loop_add(session->loop, session->signals, EPOLLIN, on_signal, session);
}

static int open_loop(struct session *session)
{
	int err = loop_open(&session->loop);

	if (!err)
		err = loop_timer_open(&session->timer, session->loop, on_timer, session);
	if (!err)
		err = loop_timer_open(&session->duration, session->loop, on_duration, session);
	if (!err)
		err = loop_timer_open(&session->ring_pause, session->loop, on_ring_pause, session);
	if (!err)
		err = open_signals(session);
	if (err)
		say("cannot set up the event loop: %s", strerror(-err));
	return err;
}

static int open_outputs(struct session *session)
{
	const struct options *options = session->options;
	int err = output_open(&session->output, options, session->loop);

	if (err)
		return err;
	err = pipeline_new(&session->pipeline, output_report, &session->output);
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
	int err = tracer_open(&session->tracer, &options);

	if (err) {
		refusal_say("trace", &options, err);
		return err;
	}
	return loop_add(session->loop, tracer_fd(session->tracer), EPOLLIN | EPOLLET, on_ring, session);
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
		},
	};
	const struct statefile_boot boot = { session->node.boot_id, session->node.wall_offset };
	int err = session_input(session, &input);

	if (!sees_all_processes())
		say("this process is not in the node's PID namespace: orphans are not reported; run it on the node, or in a "
		    "pod with hostPID");
	if (err || !options->state)
		return err;
	err = statefile_load(options->state, &boot, session_input, session);
	if (err == -EBADMSG) {
		say("the state file %s is damaged: set aside as %s.bad, starting without it",
		    options->state, options->state);
		return 0;
	}
	if (err)
		say("cannot read the state file %s: %s%s", options->state, strerror(-err), say_remedy(err));
	return err;
}

static struct source_context context_of(struct session *session)
{
	return (struct source_context){ .loop = session->loop, .input = source_input,
					.input_ctx = session, .now = loop_now,
					.node = session->node.name };
}

static void say_account(const struct source *source)
{
	CLEANUP(free_pointer) char *account = source->account ? strdup(source->account) : NULL;
	char *rest = account, *line;

	while (rest && (line = strsep(&rest, "\n")))
		say("pods: %s", line);
}

static int open_source(struct session *session, const char *spec)
{
	struct source_context context = context_of(session);
	struct source *source = NULL;
	int err = source_open(&source, spec, &context);

	if (err) {
		say("cannot use --pods %s: %s; see 'netnsleak trace --help' for the sources", spec,
		    err == -EINVAL ? "no such source, or its argument is missing" : strerror(-err));
		return err;
	}
	session->sources[session->source_count++] = source;
	session->nudges |= source->wants_nudges;
	say_account(source);
	return 0;
}

static int open_paths(struct session *session)
{
	struct source_context context = context_of(session);
	int err = options_open_paths(&session->sources[0], &session->options->netns_dirs, &context);

	if (err)
		say("cannot watch the node's mounts: %s", strerror(-err));
	else
		session->source_count = 1;
	return err;
}

static int open_sources(struct session *session)
{
	const struct option_list *pods = &session->options->pods;
	size_t i;
	int err;

	session->sources = calloc(pods->count + 2, sizeof(*session->sources));
	err = session->sources ? open_paths(session) : -ENOMEM;
	if (!err && !pods->count)
		err = open_source(session, "auto");
	for (i = 0; !err && i < pods->count; i++)
		err = open_source(session, pods->items[i]);
	return err;
}

/* What stands in the netns directories and is no netns: a plain file that was left over, a dead link. */
static void say_stale(const struct option_list *dirs)
{
	static const char *const standard[] = { "/run/netns", "/run/docker/netns" };
	size_t i, count = dirs->count ? dirs->count : ARRAY_SIZE(standard);
	struct checks checks = { 0 };

	for (i = 0; i < count; i++)
		source_paths.check(dirs->count ? dirs->items[i] : standard[i], &checks);
	for (i = 0; i < checks.count; i++)
		if (checks.items[i].answer == CHECK_NO)
			say("%s: %s; %s", checks.items[i].subject, checks.items[i].detail, checks.items[i].remedy);
	checks_free(&checks);
}

static void say_missing_hooks(const struct tracer_hook *hooks, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!hooks[i].function)
			say("this kernel has no hook for: %s; 'netnsleak doctor' says more", hooks[i].purpose);
}

/* "worker-3, Linux 6.12.107: 12 of 12 hooks by fentry; pods from file:/…; 41 netns, 38 bound to pods" */
static int say_header(struct session *session)
{
	struct report_summary summary;
	size_t count, i, fentry = 0, used = 0;
	const struct tracer_hook *hooks = tracer_hooks(session->tracer, &count);
	char text[1024];
	int length;

	for (i = 0; i < count; i++) {
		used += hooks[i].function != NULL;
		fentry += hooks[i].how && hooks[i].how[0] == 'f';
	}
	say_missing_hooks(hooks, count);
	say_stale(&session->options->netns_dirs);
	pipeline_summary(session->pipeline, &summary);
	length = snprintf(text, sizeof(text), "%s, Linux %s: %zu of %zu hooks by %s; pods from ",
			  session->node.name, session->node.uts.release, used, count,
			  fentry == used ? "fentry" : fentry ? "fentry and kprobe" : "kprobe");
	for (i = 1; i < session->source_count && length < (int)sizeof(text); i++)
		length += snprintf(text + length, sizeof(text) - (size_t)length, "%s%s", i > 1 ? ", " : "",
				   session->sources[i]->name);
	if (length < (int)sizeof(text))
		snprintf(text + length, sizeof(text) - (size_t)length,
			 "; %" PRIu64 " netns, %" PRIu64 " bound to pods", summary.state.live,
			 summary.correlate.bound);
	if (summary.correlate.pods_elsewhere && !summary.correlate.pods_here)
		say("all of the %" PRIu64 " pods with a node run on others than %s: is that this node's name? (--node)",
		    summary.correlate.pods_elsewhere, session->node.name);
	return output_begin(&session->output, text);
}

/* Not a device, say. */
static void remove_ready_file(const struct session *session)
{
	struct stat file;

	if (!lstat(session->options->ready_file, &file) && S_ISREG(file.st_mode))
		unlink(session->options->ready_file);
}

static int make_ready_file(struct session *session)
{
	const char *path = session->options->ready_file;
	FILE *file = path ? fopen(path, "we") : NULL;

	if (!path)
		return 0;
	if (file)
		fprintf(file, "%d\n", (int)getpid());
	if (!file || fclose(file)) {
		int err = -errno;

		say("cannot make the ready file %s: %s%s", path, strerror(-err), say_remedy(err));
		return err;
	}
	session->ready = true;
	return 0;
}

static int say_if_fatal(const struct session *session, int err)
{
	if (err && err != -EPIPE && !session->output.failed)
		say("the session ends early: %s", strerror(-err));
	return err;
}

static int start(struct session *session)
{
	int err = open_loop(session);

	/* One that a killed session left says what is not so. */
	if (session->options->ready_file)
		remove_ready_file(session);
	if (!err)
		err = open_outputs(session);
	if (!err)
		err = open_tracer(session);
	if (!err)
		err = begin_session(session);
	if (err)
		return err;
	/* The sources first: a verdict of what an earlier session knew must not be given without them. */
	err = open_sources(session);
	if (!err)
		err = say_if_fatal(session, take_census(session));
	if (!err)
		err = say_if_fatal(session, say_header(session));
	if (!err)
		err = make_ready_file(session);
	if (!err && session->options->duration)
		err = loop_timer_set(session->duration, loop_now() + session->options->duration);
	loop_after(session->loop, settle, session);
	return err ? err : say_if_fatal(session, settle(session, 0));
}

/* --- end --- */

/* err: what the loop ended with.  A reader that went away ends the session in good order. */
static int finish(struct session *session, int err)
{
	struct input input = { .kind = INPUT_END, .time = loop_now() };
	struct report_summary summary;

	if (!err)
		err = say_if_fatal(session, take_records(session));
	output_drain(&session->output);
	if (!err)
		err = say_if_fatal(session, session_input(session, &input));
	else if (err == -EPIPE)
		record(session, &input);
	pipeline_summary(session->pipeline, &summary);
	output_judge(&session->output, &summary);
	if (session->options->state) {
		session->saved_version = UINT64_MAX;
		session->saved_findings = UINT64_MAX;
		settle_state(session, loop_now());
	}
	return err;
}

static void close_all(struct session *session)
{
	while (session->source_count)
		source_close(session->sources[--session->source_count]);
	free(session->sources);
	if (session->ready)
		remove_ready_file(session);
	output_close(&session->output);
	if (session->recording && recording_writer_close(session->recording) < 0) {
		say("cannot finish the recording %s: the disk may be full", session->options->record);
		session->failed = true;
	}
	pipeline_free(session->pipeline);
	tracer_close(session->tracer);
	loop_timer_close(session->timer);
	loop_timer_close(session->duration);
	loop_timer_close(session->ring_pause);
	loop_close(session->loop);
	close_descriptor(&session->signals);
}

int session_run(const struct options *options)
{
	struct session session = { .options = options, .signals = -1 };
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
