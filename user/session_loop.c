/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What wakes the session.
 */
#include "session_private.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "loop.h"
#include "outlet.h"
#include "say.h"
#include "util.h"

/*
 * The kernel wakes us for a record only when all before it were taken.  So what is left in the ring for a moment
 * costs the kernel no further wake-up, which is most of what tracing costs it.  A small ring is left alone for less,
 * 10 ns a byte: a million records a second do not fill it meanwhile.
 */
#define RING_PAUSE_MAX (10 * NS_PER_MS)
#define RING_PAUSE_PER_BYTE 10

/* Called once for each wake-up, not as long as there are records: EPOLLET. */
int session_on_ring(void *ctx, uint32_t events)
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
	return session_take_records(session);
}

static int on_timer(void *ctx, uint32_t events)
{
	struct session *session = ctx;
	int err = session_take_records(session);

	(void)events;
	if (err)
		return err;
	return session->tick_due && session->tick_due <= loop_now() ? session_tick(session) : 0;
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
		/* A terminal that hangs up ends what it shows. */
		if (info.ssi_signo != SIGHUP || session->screen) {
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

/* --- set up --- */

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

int session_open_loop(struct session *session)
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
