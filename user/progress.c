/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "progress.h"

#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "format.h"
#include "util.h"

#define PATIENCE NS_PER_S
#define EVERY (200 * NS_PER_MS)
#define CLEAR_LINE "\r\033[K"
#define WHAT_BYTES 256

static struct {
	pthread_mutex_t lock;
	pthread_cond_t change;
	pthread_t thread;
	bool running, ending, silent; /* but for ending the main thread's */
	char drawn[WHAT_BYTES + 64]; /* what stands there; "": nothing */
	int64_t quiet_until; /* CLOCK_MONOTONIC, ns */
	char what[WHAT_BYTES];
} progress = { .lock = PTHREAD_MUTEX_INITIALIZER };

static atomic_bool active; /* there may be a line to take away */
static _Atomic uint64_t done_now, done_all;

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return timespec_to_ns(&time);
}

static bool can_draw(void)
{
	const char *term = getenv("TERM");

	return !progress.silent && isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb");
}

static unsigned columns(void)
{
	struct winsize size;

	/* A full last column would wrap. */
	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col < 2 ? 79 : size.ws_col - 1u;
}

/* Whole, or not at all: there is nobody to tell. */
static void put(const char *bytes, size_t length)
{
	ssize_t written = write(STDERR_FILENO, bytes, length);

	(void)written;
}

static void draw(void)
{
	uint64_t all = atomic_load(&done_all), done = atomic_load(&done_now);
	TEXT(line, WHAT_BYTES + 64);
	TEXT(drawn, 4 * (WHAT_BYTES + 64));

	text_add_safe(&line, progress.what);
	if (all)
		text_printf(&line, ": %u%%", (unsigned)(done >= all ? 100 : (double)done * 100 / (double)all));
	else
		text_add(&line, " …");
	if (!strcmp(line.bytes, progress.drawn))
		return;
	text_add(&drawn, CLEAR_LINE);
	text_add_columns(&drawn, line.bytes, columns(), TEXT_CUT_END);
	put(drawn.bytes, drawn.length);
	memcpy(progress.drawn, line.bytes, line.length + 1);
}

static void clear(void)
{
	if (*progress.drawn)
		put(CLEAR_LINE, sizeof(CLEAR_LINE) - 1);
	progress.drawn[0] = '\0';
}

static void *run(void *ctx)
{
	(void)ctx;
	pthread_mutex_lock(&progress.lock);
	while (!progress.ending) {
		int64_t next = progress.quiet_until;
		struct timespec until;

		if (now() >= next) {
			draw();
			next = now() + EVERY;
		}
		until = (struct timespec){ .tv_sec = next / NS_PER_S, .tv_nsec = next % NS_PER_S };
		pthread_cond_timedwait(&progress.change, &progress.lock, &until);
	}
	clear();
	pthread_mutex_unlock(&progress.lock);
	return NULL;
}

/* Signals are the main thread's. */
static void start(void)
{
	pthread_condattr_t monotonic;
	sigset_t all, before;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&progress.change, &monotonic);
	pthread_condattr_destroy(&monotonic);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	progress.ending = false;
	progress.running = !pthread_create(&progress.thread, NULL, run, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	atomic_store(&active, progress.running);
}

void progress_begin(const char *format, ...)
{
	va_list arguments;

	if (!can_draw())
		return;
	pthread_mutex_lock(&progress.lock);
	va_start(arguments, format);
	vsnprintf(progress.what, sizeof(progress.what), format, arguments);
	va_end(arguments);
	progress_at(0, 0);
	/* What follows at once is said when what went before would have been. */
	if (!progress.running)
		progress.quiet_until = now() + PATIENCE;
	pthread_mutex_unlock(&progress.lock);
	if (!progress.running)
		start();
}

void progress_at(uint64_t done, uint64_t total)
{
	atomic_store_explicit(&done_now, done, memory_order_relaxed);
	atomic_store_explicit(&done_all, total, memory_order_relaxed);
}

void progress_hide(void)
{
	if (!atomic_load_explicit(&active, memory_order_relaxed))
		return;
	pthread_mutex_lock(&progress.lock);
	clear();
	progress.quiet_until = now() + PATIENCE;
	pthread_mutex_unlock(&progress.lock);
}

void progress_end(void)
{
	if (!progress.running)
		return;
	pthread_mutex_lock(&progress.lock);
	progress.ending = true;
	pthread_cond_signal(&progress.change);
	pthread_mutex_unlock(&progress.lock);
	pthread_join(progress.thread, NULL);
	pthread_cond_destroy(&progress.change);
	progress.running = false;
	atomic_store(&active, false);
}

void progress_silence(bool silent)
{
	progress_end();
	progress.silent = silent;
}
