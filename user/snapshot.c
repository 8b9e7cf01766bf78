/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "announce.h"
#include "kernel_log.h"
#include "loop.h"
#include "mounts_seen.h"
#include "nudges.h"
#include "options.h"
#include "progress.h"
#include "say.h"
#include "source.h"
#include "statefile.h"
#include "teardown.h"
#include "util.h"
#include "version.h"

#define PATIENCE (5 * NS_PER_S)
/* The kernel says what it waits for again and again, every ten seconds unless told otherwise. */
#define LOG_AGE (30 * NS_PER_S)

static int on_report(void *ctx, const struct report *report)
{
	struct snapshot *snapshot = ctx;

	if (report->kind == REPORT_SOURCE_DOWN)
		say("pod source %s cannot be used: %s", report->source, report->text);
	if (report->kind == REPORT_SOURCE_UP && report->text && *report->text)
		say("pod source %s: %s", report->source, report->text);
	return snapshot->audience ? snapshot->audience(snapshot->audience_ctx, report) : 0;
}

static int on_input(void *ctx, const struct input *input)
{
	struct snapshot *snapshot = ctx;

	int err = pipeline_input(snapshot->pipeline, input);

	return err || !snapshot->witness ? err : snapshot->witness(snapshot->witness_ctx, input);
}

static int on_record(void *ctx, const void *bytes, size_t size)
{
	struct input input = { .kind = INPUT_KERNEL, .time = loop_now(), .kernel = { .record = bytes, .size = size } };

	if (size >= sizeof(struct nns_hdr))
		input.time = ((const struct nns_hdr *)bytes)->time;
	return on_input(ctx, &input);
}

/* What a session has known of pods that are gone since. */
static int remember(struct snapshot *snapshot, const char *path)
{
	const struct statefile_boot boot = { snapshot->node.boot_id, snapshot->node.wall_offset };
	int err = statefile_read(path, &boot, on_input, snapshot);

	if (err)
		say("cannot read the state file %s: %s%s", path, err == -EBADMSG ? "it is damaged" : strerror(-err), say_remedy(err));
	return err;
}

static int begin(struct snapshot *snapshot, const struct options *options)
{
	struct input input = {
		.kind = INPUT_SESSION,
		.time = loop_now(),
		.session = {
			.version = NETNSLEAK_VERSION,
			.node = snapshot->node.name,
			.kernel_release = snapshot->node.uts.release,
			.boot_id = snapshot->node.boot_id,
			.wall_offset = snapshot->node.wall_offset,
			.grace = options->grace,
			.stuck_after = 60 * NS_PER_S,
			.orphan_age = BOOT_LAST,
		},
	};
	int err = pipeline_new(&snapshot->pipeline, on_report, snapshot);

	if (!err)
		err = on_input(snapshot, &input);
	return err || !options->state ? err : remember(snapshot, options->state);
}

static int open_source(struct snapshot *snapshot, const char *spec)
{
	struct source_context context = { .loop = snapshot->loop, .input = on_input, .input_ctx = snapshot,
					  .now = loop_now, .node = snapshot->node.name };
	struct source *source = NULL;
	int err = source_open(&source, spec, &context);

	if (err) {
		say("cannot use --pods %s: %s", spec,
		    err == -EINVAL ? "no such source, or its argument is missing" : source_strerror(err));
		return err;
	}
	snapshot->sources[snapshot->source_count++] = source;
	return 0;
}

static int open_sources(struct snapshot *snapshot, const struct options *options)
{
	struct source_context context = { .loop = snapshot->loop, .input = on_input, .input_ctx = snapshot,
					  .now = loop_now };
	int err;

	snapshot->sources = calloc(options->pods.count + 2, sizeof(*snapshot->sources));
	if (!snapshot->sources)
		return -ENOMEM;
	err = options_open_paths(&snapshot->sources[0], &options->netns_dirs, &context);
	if (err)
		return err;
	snapshot->source_count = 1;
	if (!options->pods.count)
		return open_source(snapshot, "auto");
	for (size_t i = 0; i < options->pods.count && !err; i++)
		err = open_source(snapshot, options->pods.items[i]);
	return err;
}

static uint64_t pending(const struct snapshot *snapshot)
{
	struct report_summary summary;

	pipeline_summary(snapshot->pipeline, &summary);
	return summary.correlate.sources_pending;
}

/* After each batch of events. */
static int stop_when_all_answered(void *ctx, uint32_t events)
{
	struct snapshot *snapshot = ctx;

	(void)events;
	if (!pending(snapshot))
		loop_stop(snapshot->loop);
	return 0;
}

static int lose_patience(void *ctx, uint32_t events)
{
	struct snapshot *snapshot = ctx;

	(void)events;
	snapshot->incomplete = true;
	loop_stop(snapshot->loop);
	return 0;
}

static int wait_for_sources(struct snapshot *snapshot)
{
	struct loop_timer *timer = NULL;
	int err;

	if (!pending(snapshot))
		return 0;
	progress_begin("waiting for the sources of pods");
	err = loop_timer_open(&timer, snapshot->loop, lose_patience, snapshot);
	if (!err)
		err = loop_timer_set(timer, loop_now() + PATIENCE);
	loop_after(snapshot->loop, stop_when_all_answered, snapshot);
	if (!err)
		err = loop_run(snapshot->loop);
	loop_timer_close(timer);
	if (snapshot->incomplete)
		say("not all pod sources have answered within 5 s: what they know is missing");
	return err;
}

static int look(struct snapshot *snapshot)
{
	const struct state *state = pipeline_state(snapshot->pipeline);
	int err = survey_census(&snapshot->survey, on_record, snapshot);
	struct report_summary summary;

	pipeline_summary(snapshot->pipeline, &summary);
	announce_wrong_node(&snapshot->node, &summary);
	return err ? err : nudges_give(state, snapshot->sources, snapshot->source_count);
}

int snapshot_take(struct snapshot *ret, const struct options *options, const char *command)
{
	int err;

	node_init(&ret->node, options->node);
	err = survey_open(&ret->survey, command, options->bpf != BPF_NEVER);
	if (err)
		return err;
	err = loop_open(&ret->loop);
	if (!err)
		err = begin(ret, options);
	if (!err)
		err = open_sources(ret, options);
	if (!err)
		err = wait_for_sources(ret);
	return err ? err : look(ret);
}

void snapshot_close(struct snapshot *snapshot)
{
	while (snapshot->source_count)
		source_close(snapshot->sources[--snapshot->source_count]);
	free(snapshot->sources);
	pipeline_free(snapshot->pipeline);
	survey_close(&snapshot->survey);
	loop_close(snapshot->loop);
}

static int note_node(void *ctx, struct netns *netns)
{
	*(uint64_t *)ctx = netns->handle;
	return netns->initial;
}

int snapshot_find_holders(struct snapshot *snapshot, const struct netns *const *netns, size_t count)
{
	uint64_t node = 0;
	int err;

	state_each(pipeline_state(snapshot->pipeline), note_node, &node);
	err = survey_find_holders(&snapshot->survey, netns, count, node, on_input, snapshot);
	for (size_t i = 0; i < count; i++)
		mounts_seen(netns[i], snapshot->survey.tracer);
	return err;
}

static int tell_log(struct snapshot *snapshot)
{
	struct kernel_log_wait wait;
	struct timespec now;
	uint64_t since;

	clock_gettime(CLOCK_MONOTONIC, &now);
	since = (uint64_t)timespec_to_ns(&now);
	since = since > LOG_AGE ? since - LOG_AGE : 0;
	if (!kernel_log_last(&wait, since))
		return 0;
	return on_input(snapshot, &(struct input){ .kind = INPUT_KERNEL_LOG, .time = loop_now(),
						   .kernel_log = { .device = wait.device, .usage = wait.usage } });
}

int snapshot_look_at_teardown(struct snapshot *snapshot, const struct netns *netns)
{
	char function[SYMBOL_BYTES] = "";
	struct teardown *teardown = NULL;
	int err;

	if (!netns_is_dying(netns) || !snapshot->survey.tracer)
		return 0;
	if (teardown_open(&teardown, 0) || teardown_function(teardown, function))
		function[0] = '\0';
	teardown_close(teardown);
	err = on_input(snapshot, &(struct input){ .kind = INPUT_TEARDOWN, .time = loop_now(),
						  .teardown = { .netns = netns->handle, .function = function } });
	return err ? err : tell_log(snapshot);
}
