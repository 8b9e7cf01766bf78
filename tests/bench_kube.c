// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * bench_kube SPEC BODY: what the source kube costs, with the pipeline behind it, against tests/fault_server.py; to be run
 * by tests/bench/kube, which has it at the other end of stdin and stdout.
 *
 * When the first listing (of BODY bytes) is in: "kube_list_cpu_ms", "kube_list_memory_ratio" (the growth of the peak by
 * BODY), "kube_list_pods", "kube_list_peak_kib".  Then each line on stdin begins a stretch, and the next ends it:
 *   events NAME    "NAME_cpu_percent" of the stretch's time, and "NAME_count" of pods told
 *   gone NAME      "NAME_cpu_us", the median from a wake-up to the pod marked gone, and "NAME_count"
 *   idle NAME      "NAME_wakeups"
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

#include "loop.h"
#include "pipeline.h"
#include "source.h"
#include "util.h"

#define MOST_GONE 100000

struct bench {
	struct loop *loop;
	struct pipeline *pipeline;
	double body, cpu_began, memory_began;
	char what[16], name[48]; /* of the stretch */
	double began, stretch_cpu;
	uint64_t pods, gone, wakeups;
	double woken; /* CPU time when the batch that is under way could begin at the earliest */
	double *took; /* of each pod gone */
};

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu(void)
{
	return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

/* Bytes. */
static double peak(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_maxrss * 1024;
}

static int ignore_report(void *ctx, const struct report *report)
{
	(void)ctx;
	(void)report;
	return 0;
}

static int take_input(void *ctx, const struct input *input)
{
	struct bench *bench = ctx;
	int err = pipeline_input(bench->pipeline, input);

	bench->pods += input->kind == INPUT_POD;
	if (input->kind == INPUT_POD_GONE && bench->gone < MOST_GONE)
		bench->took[bench->gone++] = cpu() - bench->woken;
	if (input->kind == INPUT_SOURCE && input->source.state == SOURCE_DOWN)
		fprintf(stderr, "bench_kube: %s\n", input->source.detail);
	if (input->kind == INPUT_SOURCE && input->source.state == SOURCE_SYNCED) {
		printf("kube_list_cpu_ms %.1f\nkube_list_memory_ratio %.3f\n", (cpu() - bench->cpu_began) * 1e3,
		       (peak() - bench->memory_began) / bench->body);
		printf("kube_list_pods %llu\nkube_list_peak_kib %.0f\n", (unsigned long long)bench->pods,
		       (peak() - bench->memory_began) / 1024);
		fflush(stdout);
	}
	return err;
}

static int compare(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return *a < *b ? -1 : *a > *b;
}

static void end_stretch(struct bench *bench)
{
	if (!strcmp(bench->what, "events"))
		printf("%s_cpu_percent %.3f\n%s_count %llu\n", bench->name,
		       100 * (cpu() - bench->stretch_cpu) / (seconds(CLOCK_MONOTONIC) - bench->began), bench->name,
		       (unsigned long long)bench->pods);
	if (!strcmp(bench->what, "gone") && bench->gone) {
		qsort(bench->took, bench->gone, sizeof(bench->took[0]), compare);
		printf("%s_cpu_us %.1f\n%s_cpu_us_p99 %.1f\n%s_count %llu\n", bench->name,
		       bench->took[bench->gone / 2] * 1e6, bench->name, bench->took[bench->gone * 99 / 100] * 1e6,
		       bench->name, (unsigned long long)bench->gone);
	}
	if (!strcmp(bench->what, "idle"))
		printf("%s_wakeups %llu\n", bench->name, (unsigned long long)bench->wakeups); /* but this command's */
	bench->what[0] = '\0';
	bench->pods = bench->gone = 0;
	bench->wakeups = (uint64_t)-1; /* the command's own is yet to come */
	bench->began = seconds(CLOCK_MONOTONIC);
	bench->stretch_cpu = cpu();
	fflush(stdout);
}

static int on_command(void *ctx, uint32_t events)
{
	struct bench *bench = ctx;
	char text[128];
	ssize_t length = read(STDIN_FILENO, text, sizeof(text) - 1);

	(void)events;
	end_stretch(bench);
	if (length <= 0) {
		loop_stop(bench->loop);
		return 0;
	}
	text[length] = '\0';
	return sscanf(text, "%15s %47s", bench->what, bench->name) == 2 ? 0 : -EPROTO;
}

static int settle(void *ctx, uint32_t events)
{
	struct bench *bench = ctx;

	(void)events;
	bench->wakeups++;
	bench->woken = cpu();
	return 0;
}

int main(int argc, char **argv)
{
	struct bench bench = { .body = argc == 3 ? atof(argv[2]) : 0, .took = calloc(MOST_GONE, sizeof(double)) };
	struct source_context context = { .input = take_input, .input_ctx = &bench, .now = loop_now, .node = "worker-3" };
	struct input session = { .kind = INPUT_SESSION, .session = { .version = "bench", .node = "worker-3",
				 .kernel_release = "", .boot_id = "", .grace = 60 * NS_PER_S,
				 .stuck_after = 60 * NS_PER_S, .orphan_age = 3600 * NS_PER_S } };
	struct source *source = NULL;
	int err;

	if (!bench.body || !bench.took || loop_open(&bench.loop) || pipeline_new(&bench.pipeline, ignore_report, NULL))
		return 2;
	context.loop = bench.loop;
	session.time = loop_now();
	session.session.wall_offset = wall_now() - (int64_t)loop_now();
	pipeline_input(bench.pipeline, &session);
	loop_after(bench.loop, settle, &bench);
	err = loop_add(bench.loop, STDIN_FILENO, EPOLLIN, on_command, &bench);
	if (!err)
		err = source_open(&source, argv[1], &context);
	bench.cpu_began = cpu();
	bench.memory_began = peak();
	if (!err)
		err = loop_run(bench.loop);
	if (err)
		fprintf(stderr, "bench_kube: %s\n", strerror(-err));
	source_close(source);
	pipeline_free(bench.pipeline);
	loop_close(bench.loop);
	free(bench.took);
	return err ? 1 : 0;
}
