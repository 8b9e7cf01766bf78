// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What stands in a grid, and that no more is drawn than has changed.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "grid.h"

static struct grid old, new;

static int setup(void **state)
{
	(void)state;
	return grid_resize(&old, 3, 10) || grid_resize(&new, 3, 10);
}

static int teardown(void **state)
{
	(void)state;
	grid_free(&old);
	grid_free(&new);
	return 0;
}

static void expect_diff(const struct grid *from, const char *bytes)
{
	char room[16384] = "";
	struct text text = { .bytes = room, .capacity = sizeof(room) };

	assert_true(grid_diff_room(&new) < sizeof(room));
	grid_diff(from, &new, true, &text);
	assert_string_equal(text.bytes, bytes);
}

static void only_what_differs(void **state)
{
	(void)state;
	grid_put(&old, 1, 2, 8, GRID_PLAIN, "age 1s", TEXT_CUT_END);
	grid_put(&new, 1, 2, 8, GRID_PLAIN, "age 1s", TEXT_CUT_END);
	expect_diff(&old, "");
	grid_put(&new, 1, 2, 8, GRID_PLAIN, "age 2s", TEXT_CUT_END);
	expect_diff(&old, "\033[2;7H\033[0m2\033[0m");
	grid_put(&new, 1, 2, 8, GRID_BAD, "age 1s", TEXT_CUT_END);
	expect_diff(&old, "\033[2;3H\033[0;1;31mage 1s\033[0m");
}

static void all_of_it_for_a_screen_that_is_not_known(void **state)
{
	(void)state;
	grid_put(&new, 0, 0, 1, GRID_PLAIN, "x", TEXT_CUT_END);
	expect_diff(NULL, "\033[1;1H\033[0mx         \033[2;1H          \033[3;1H          \033[0m");
	assert_int_equal(grid_resize(&old, 2, 10), 0);
	expect_diff(&old, "\033[1;1H\033[0mx         \033[2;1H          \033[3;1H          \033[0m");
}

/* Columns are counted as the terminal counts them, and where it may count otherwise the cursor is placed again. */
static void wide_and_combining_characters(void **state)
{
	(void)state;
	assert_int_equal(grid_put(&new, 0, 0, 10, GRID_PLAIN, "\u4e2d\u6587", TEXT_CUT_END), 4);
	assert_int_equal(grid_put(&new, 1, 0, 10, GRID_PLAIN, "e\u0301x", TEXT_CUT_END), 2);
	expect_diff(&old, "\033[1;1H\033[0m\u4e2d\033[1;3H\u6587\033[2;1He\u0301\033[2;2Hx\033[0m");
	/* One that does not fit as a whole is left out. */
	assert_int_equal(grid_put(&new, 2, 0, 4, GRID_PLAIN, "a\u4e2d\u6587", TEXT_CUT_END), 4);
	assert_int_equal(grid_put(&new, 2, 9, 5, GRID_PLAIN, "\u4e2d", TEXT_CUT_END), 1);
}

static void nothing_beyond_its_edge(void **state)
{
	(void)state;
	assert_int_equal(grid_put(&new, 0, 8, 10, GRID_PLAIN, "abc", TEXT_CUT_END), 2);
	expect_diff(&old, "\033[1;9H\033[0ma\u2026\033[0m");
	assert_int_equal(grid_put(&new, 3, 0, 10, GRID_PLAIN, "abc", TEXT_CUT_END), 0);
	assert_int_equal(grid_put(&new, 0, 10, 10, GRID_PLAIN, "abc", TEXT_CUT_END), 0);
}

static void without_colours(void **state)
{
	char room[1024] = "";
	struct text text = { .bytes = room, .capacity = sizeof(room) };

	(void)state;
	grid_put(&new, 0, 0, 1, GRID_WARN, "w", TEXT_CUT_END);
	grid_put(&new, 0, 1, 1, GRID_BAD, "b", TEXT_CUT_END);
	grid_put(&new, 0, 2, 1, GRID_WARN | GRID_SELECTED, "s", TEXT_CUT_END);
	grid_diff(&old, &new, false, &text);
	assert_string_equal(text.bytes, "\033[1;1H\033[0mw\033[0;1mb\033[0;7ms\033[0m");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_what_differs, setup, teardown),
		cmocka_unit_test_setup_teardown(all_of_it_for_a_screen_that_is_not_known, setup, teardown),
		cmocka_unit_test_setup_teardown(wide_and_combining_characters, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_beyond_its_edge, setup, teardown),
		cmocka_unit_test_setup_teardown(without_colours, setup, teardown),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
