// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is said of an error of libbpf: one line, whether libbpf said nothing, something or very much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "format.h"
#include "refusal.h"

static void expect(const char *complaint, const char *words)
{
	TEXT(text, 1024);

	refusal_reason(&text, -EPERM, complaint);
	assert_string_equal(text.bytes, words);
}

static void reason(void **state)
{
	(void)state;
	expect("", "Operation not permitted");
	expect("\n \n", "Operation not permitted");
	expect("libbpf: no\n", "Operation not permitted: libbpf: no");
	expect("\nlibbpf: no\n\n  libbpf: never", "Operation not permitted: libbpf: no; libbpf: never");
}

/* Its end says why. */
static void of_much_the_end(void **state)
{
	char complaint[2000];
	TEXT(text, 1024);

	(void)state;
	memset(complaint, 'x', sizeof(complaint));
	strcpy(complaint + sizeof(complaint) - 10, "y\nthe end");
	refusal_reason(&text, -EPERM, complaint);
	assert_int_equal(text.length, strlen("Operation not permitted: ") + 320 + 1);
	assert_string_equal(text.bytes + text.length - 11, "xy; the end");
	assert_false(text.cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(reason), cmocka_unit_test(of_much_the_end) };

	return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}
