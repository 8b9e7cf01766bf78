/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "format.h"
#include "health.h"
#include "util.h"

#define NOW (1000 * NS_PER_S)

static const struct health well = { .now = NOW, .begun = true, .counted = true };

static void expect_ready(struct health health, bool ready, const char *text)
{
	TEXT(why, 256);

	assert_int_equal(health_is_ready(&health, &why), ready);
	assert_string_equal(why.bytes, text);
}

static void expect_alive(struct health health, bool alive, const char *text)
{
	TEXT(why, 256);

	assert_int_equal(health_is_alive(&health, &why), alive);
	assert_string_equal(why.bytes, text);
}

static void readiness(void **state)
{
	struct health health = well;

	(void)state;
	expect_ready(health, true, "ready");
	health.begun = false;
	expect_ready(health, false, "not ready: pod sources have not answered yet");
	health.resyncing = true;
	expect_ready(health, false, "not ready: kernel records were lost, and the next census is not done");
	health.begun = true;
	expect_ready(health, false, "not ready: kernel records were lost, and the next census is not done");
	health.counted = false;
	expect_ready(health, false, "not ready: before the first census");
	health.census_failures = 3;
	expect_ready(health, false, "not ready: the kernel's netns cannot be counted, which failed 3 times in a row");
	health = well;
	health.census_failures = 2;
	expect_ready(health, false, "not ready: the kernel's netns cannot be counted, which failed 2 times in a row");
}

/* What keeps it from being ready is no reason to start it anew. */
static void not_ready_is_alive(void **state)
{
	(void)state;
	expect_alive((struct health){ .now = NOW, .resyncing = true, .census_failures = 9 }, true, "healthy");
}

static void deadlines(void **state)
{
	struct health health = well;

	(void)state;
	expect_alive(health, true, "healthy");
	health.overdue_since = NOW - 30 * NS_PER_S;
	expect_alive(health, true, "healthy");
	health.overdue_since--;
	expect_alive(health, false, "unhealthy: what was due 30s ago has not been done");
	expect_ready(health, true, "ready");
}

static void readers(void **state)
{
	struct health health = well;

	(void)state;
	health.unread_since = NOW - 60 * NS_PER_S;
	expect_alive(health, true, "healthy");
	health.unread_since--;
	expect_alive(health, false, "unhealthy: the reader of the output has taken nothing for 1m00s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readiness),
		cmocka_unit_test(not_ready_is_alive),
		cmocka_unit_test(deadlines),
		cmocka_unit_test(readers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
