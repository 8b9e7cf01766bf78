/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "checks.h"

static void grow_and_refuse(void **state)
{
	struct checks checks = { 0 };
	char subject[200];

	(void)state;
	assert_null(checks_refusal(&checks));
	for (int i = 0; i < 100; i++) {
		struct check *check;

		snprintf(subject, sizeof(subject), "subject %d", i);
		check = checks_add(&checks, "hook", i == 70 ? CHECK_UNKNOWN : i < 50 ? CHECK_YES : CHECK_NO, i >= 70,
				   subject);
		assert_non_null(check);
		assert_string_equal(check->detail, "");
		assert_string_equal(check->remedy, "");
	}
	assert_int_equal(checks.count, 100);
	/* 50 to 69 are not required, 70 is unknown: 71 is the first. */
	assert_string_equal(checks_refusal(&checks)->subject, "subject 71");

	memset(subject, 'x', sizeof(subject) - 1);
	subject[sizeof(subject) - 1] = '\0';
	assert_int_equal(strlen(checks_add(&checks, "hook", CHECK_NO, false, subject)->subject), 95);
	checks_free(&checks);
	assert_int_equal(checks.count, 0);
}

static void explain(void **state)
{
	struct check check = { .remedy = "an old one" };
	char text[1000];

	(void)state;
	check_explain(&check, "no such socket");
	assert_string_equal(check.detail, "no such socket");
	assert_string_equal(check.remedy, "");
	check_explain(&check, "no such socket; make one; or two");
	assert_string_equal(check.detail, "no such socket");
	assert_string_equal(check.remedy, "make one; or two");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	memcpy(text + 400, "; ", 2);
	check_explain(&check, text);
	assert_int_equal(strlen(check.detail), sizeof(check.detail) - 1);
	assert_int_equal(strlen(check.remedy), 250);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(check_answer_name(CHECK_NO), "no");
	assert_string_equal(check_answer_name(CHECK_YES), "yes");
	assert_string_equal(check_answer_name(CHECK_UNKNOWN), "could not tell");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grow_and_refuse),
		cmocka_unit_test(explain),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
