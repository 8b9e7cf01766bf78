// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * metrics_server ADDRESS RECORDING: the pipeline, loop and exporter of a session, without a kernel: what comes in is the
 * recording, when a line on stdin says so, and what only a session knows is what such a line says.
 *
 *   census             feed until one more census is done
 *   loss               feed until records were lost
 *   rest               feed all that is left
 *   begun              the session has said that it is
 *   failures N         so many censuses have failed
 *   overdue N          a deadline was not kept for N s; 0: all are
 *   unread N           the reader of the output has taken nothing for N s; 0: it has taken all
 *   dropped N          lines of output
 *   unreadable         what the kernel told cannot be read
 *
 * On stdout: where it listens, then "done" for each.  It ends with stdin, or by itself where the loop ends with an error.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "exporter.h"
#include "loop.h"
#include "recording.h"
#include "syscalls.h"
#include "util.h"

struct program {
	struct loop *loop;
	struct recording_reader *reader;
	struct pipeline *pipeline;
	struct metrics metrics;
	struct exporter *exporter;
	struct exporter_facts facts;
	bool unreadable;
};

/* A machine that was started just now has nothing that is overdue for hours. */
static uint64_t now(void)
{
	return loop_now() + 86400 * NS_PER_S;
}

static int on_report(void *ctx, const struct report *report)
{
	struct program *program = ctx;

	metrics_count(&program->metrics, report);
	return 0;
}

static int before(void *ctx)
{
	const struct program *program = ctx;

	return program->unreadable ? -EIO : 0;
}

static void facts(void *ctx, struct exporter_facts *ret)
{
	const struct program *program = ctx;

	*ret = program->facts;
	ret->health.now = now();
}

/* --- what it is told --- */

static bool is_enough(const struct program *program, const char *until, uint64_t censuses)
{
	const struct state *state = pipeline_state(program->pipeline);

	if (!strcmp(until, "census"))
		return state_counts(state)->censuses > censuses;
	return !strcmp(until, "loss") && state_incomplete(state) && state_counts(state)->censuses;
}

static int feed(struct program *program, const char *until)
{
	const uint64_t censuses = state_counts(pipeline_state(program->pipeline))->censuses;
	struct input input;
	int got, err = 0;

	do {
		got = recording_read(program->reader, &input);
		if (got <= 0)
			break;
		if (input.kind == INPUT_SESSION)
			program->facts.wall_offset = input.session.wall_offset;
		if (input.kind == INPUT_CLOCK)
			program->facts.wall_offset = input.clock.wall_offset;
		err = pipeline_input(program->pipeline, &input);
	} while (!err && !is_enough(program, until, censuses));
	if (got < 0 || err)
		return got < 0 ? got : err;
	return strcmp(until, "rest") && !got ? -ENODATA : 0;
}

static int obey(struct program *program, const char *word, uint64_t number)
{
	struct health *health = &program->facts.health;

	if (!strcmp(word, "begun"))
		health->begun = true;
	else if (!strcmp(word, "failures"))
		health->census_failures = (unsigned)number;
	else if (!strcmp(word, "overdue"))
		health->overdue_since = number ? now() - number * NS_PER_S : 0;
	else if (!strcmp(word, "unread"))
		health->unread_since = number ? now() - number * NS_PER_S : 0;
	else if (!strcmp(word, "dropped"))
		program->facts.lines_dropped = number;
	else if (!strcmp(word, "unreadable"))
		program->unreadable = true;
	else
		return feed(program, word);
	return 0;
}

static int on_stdin(void *ctx, uint32_t events)
{
	struct program *program = ctx;
	char line[64], word[16];
	uint64_t number = 0;
	int err;

	(void)events;
	if (!fgets(line, sizeof(line), stdin) || sscanf(line, "%15s %" SCNu64, word, &number) < 1) {
		loop_stop(program->loop);
		return 0;
	}
	err = obey(program, word, number);
	puts("done");
	return err;
}

/* --- */

static int start(struct program *program, const char *address, const char *recording)
{
	const struct exporter_options options = {
		.address = address,
		.loop = program->loop,
		.pipeline = program->pipeline,
		.metrics = &program->metrics,
		.before = before,
		.facts = facts,
		.ctx = program,
	};
	int err = recording_reader_open(&program->reader, recording);

	if (err) {
		fprintf(stderr, "%s: %s\n", recording, strerror(-err));
		return err;
	}
	err = exporter_open(&program->exporter, &options);
	if (err)
		fprintf(stderr, "%s: %s\n", address, exporter_strerror(address, err));
	else
		puts(exporter_name(program->exporter));
	return err;
}

int main(int argc, char **argv)
{
	struct program program = { 0 };
	int err;

	if (argc != 3)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdin, NULL, _IONBF, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (loop_open(&program.loop) || pipeline_new(&program.pipeline, on_report, &program))
		return 2;
	err = start(&program, argv[1], argv[2]);
	/* As the session's is. */
	if (!err)
		err = syscalls_limit(PRIVILEGE_RUN);
	if (!err)
		err = loop_add(program.loop, 0, EPOLLIN, on_stdin, &program);
	if (!err)
		err = loop_run(program.loop);
	if (err)
		fprintf(stderr, "ends with: %s\n", strerror(-err));
	exporter_close(program.exporter);
	recording_reader_close(program.reader);
	pipeline_free(program.pipeline);
	loop_close(program.loop);
	return err ? 1 : 0;
}
