/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>

#include "loop.h"
#include "util.h"

static struct loop *loop;

static int setup(void **state)
{
	(void)state;
	return loop_open(&loop);
}

static int teardown(void **state)
{
	(void)state;
	loop_close(loop);
	return 0;
}

struct pair {
	int fds[2][2]; /* two pipes */
	int calls;
};

/* Whichever of the two is called first removes both, itself included, and the other is never called. */
static int remove_both(void *ctx, uint32_t events)
{
	struct pair *pair = ctx;

	assert_true(events & EPOLLIN);
	pair->calls++;
	loop_remove(loop, pair->fds[0][0]);
	loop_remove(loop, pair->fds[1][0]);
	loop_stop(loop);
	return 0;
}

static void remove_in_callback(void **state)
{
	struct pair pair = { .calls = 0 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe2(pair.fds[i], O_CLOEXEC), 0);
		assert_int_equal(write(pair.fds[i][1], "x", 1), 1);
		assert_int_equal(loop_add(loop, pair.fds[i][0], EPOLLIN, remove_both, &pair), 0);
		assert_int_equal(loop_add(loop, pair.fds[i][0], EPOLLIN, remove_both, &pair), -EEXIST);
	}
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(pair.calls, 1);
	assert_int_equal(loop_modify(loop, pair.fds[0][0], EPOLLIN), -ENOENT);
	for (int i = 0; i < 2; i++) {
		close(pair.fds[i][0]);
		close(pair.fds[i][1]);
	}
}

static int fails(void *ctx, uint32_t events)
{
	(void)ctx;
	(void)events;
	return -EPROTO;
}

static void error_ends_the_loop(void **state)
{
	int fds[2];
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	close(fds[1]);
	assert_int_equal(loop_add(loop, fds[0], EPOLLIN, fails, NULL), 0);
	assert_int_equal(loop_run(loop), -EPROTO);
	loop_remove(loop, fds[0]);
	close(fds[0]);
	assert_int_equal(loop_add(loop, file, EPOLLIN, fails, NULL), -EPERM);
	assert_int_equal(loop_add(loop, -1, EPOLLIN, fails, NULL), -EBADF);
	close(file);
}

struct clockwork {
	struct loop_timer *timer;
	uint64_t fired;
	int calls;
};

static int tick(void *ctx, uint32_t events)
{
	struct clockwork *clockwork = ctx;

	assert_int_equal(events, 0);
	clockwork->fired = loop_now();
	if (++clockwork->calls < 3)
		return loop_timer_set(clockwork->timer, 1); /* in the past: at once */
	loop_timer_close(clockwork->timer);
	clockwork->timer = NULL;
	loop_stop(loop);
	return 0;
}

static int never(void *ctx, uint32_t events)
{
	(void)ctx;
	(void)events;
	fail_msg("a timer that is not set has fired");
	return 0;
}

static void timers(void **state)
{
	struct clockwork clockwork = { .calls = 0 };
	struct loop_timer *unset, *far;
	uint64_t when = loop_now() + 20 * NS_PER_MS;

	(void)state;
	assert_int_equal(loop_timer_open(&clockwork.timer, loop, tick, &clockwork), 0);
	assert_int_equal(loop_timer_open(&unset, loop, never, NULL), 0);
	assert_int_equal(loop_timer_open(&far, loop, never, NULL), 0);
	assert_int_equal(loop_timer_set(unset, 1), 0);
	assert_int_equal(loop_timer_set(unset, 0), 0);
	assert_int_equal(loop_timer_set(far, UINT64_MAX), 0);
	assert_int_equal(loop_timer_set(clockwork.timer, when), 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(clockwork.calls, 3);
	assert_true(clockwork.fired >= when);
	assert_null(clockwork.timer);
	loop_timer_close(unset);
	loop_timer_close(far);
	loop_timer_close(NULL);
}

/* A stop that comes before the loop runs is not lost. */
static void stop_first(void **state)
{
	(void)state;
	loop_stop(loop);
	assert_int_equal(loop_run(loop), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(remove_in_callback, setup, teardown),
		cmocka_unit_test_setup_teardown(error_ends_the_loop, setup, teardown),
		cmocka_unit_test_setup_teardown(timers, setup, teardown),
		cmocka_unit_test_setup_teardown(stop_first, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
