/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The line on stderr, with a terminal of our own in its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "progress.h"
#include "util.h"

#define CLEAR "\r\033[K"

static int master = -1, saved = -1;
static uint64_t quiet_since;

static void begin_terminal(unsigned short columns)
{
	struct winsize size = { .ws_row = 24, .ws_col = columns };
	int slave;

	assert_int_equal(openpty(&master, &slave, NULL, NULL, &size), 0);
	saved = dup(STDERR_FILENO);
	dup2(slave, STDERR_FILENO);
	close(slave);
}

static void end_terminal(void)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(master);
}

/* These bytes come next, within a minute. */
static void comes(const char *expected)
{
	char got[512] = "";
	size_t length = 0;
	struct pollfd ready = { .fd = master, .events = POLLIN };

	while (length < strlen(expected) && poll(&ready, 1, 60000) == 1) {
		ssize_t part = read(master, got + length, strlen(expected) - length);

		assert_true(part > 0);
		length += (size_t)part;
	}
	assert_string_equal(got, expected);
}

/* As above, but not within a second from `quiet_since` on: of what is seen later than that nobody knows whether it came too soon. */
static void comes_late(const char *expected)
{
	comes(expected);
	assert_true(loop_now() - quiet_since >= NS_PER_S);
}

static void nothing_comes(int ms)
{
	struct pollfd ready = { .fd = master, .events = POLLIN };

	assert_int_equal(poll(&ready, 1, ms), 0);
}

static void drawn_anew(void **state)
{
	(void)state;
	begin_terminal(80);
	quiet_since = loop_now();
	progress_begin("reading %s", "leak\033.nns");
	progress_at(50, 200);
	comes_late(CLEAR "reading leak\\x1b.nns: 25%");
	progress_at(300, 200);
	comes(CLEAR "reading leak\\x1b.nns: 100%");
	progress_begin("making the page");
	comes(CLEAR "making the page \342\200\246");
	/* Somebody else writes: it goes, and comes again where there is time for it. */
	quiet_since = loop_now();
	progress_hide();
	comes(CLEAR);
	comes_late(CLEAR "making the page \342\200\246");
	progress_end();
	comes(CLEAR);
	/* Once more from the start. */
	progress_end();
	progress_hide();
	progress_begin("again");
	progress_end();
	nothing_comes(0);
	end_terminal();
}

static void narrow(void **state)
{
	(void)state;
	begin_terminal(12);
	progress_begin("reading a recording");
	comes(CLEAR "reading a \342\200\246");
	progress_end();
	comes(CLEAR);
	end_terminal();
}

static void nowhere(void **state)
{
	(void)state;
	begin_terminal(80);
	setenv("TERM", "dumb", 1);
	progress_begin("reading");
	nothing_comes(1300);
	progress_end();
	nothing_comes(0);
	setenv("TERM", "xterm", 1);
	end_terminal();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drawn_anew),
		cmocka_unit_test(narrow),
		cmocka_unit_test(nowhere),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	setenv("TERM", "xterm", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
