// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Keys from bytes, in whatever pieces they come.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "keys.h"
#include "util.h"

/* All that is complete is taken at once, as it is live. */
static void expect(const char *bytes, size_t length, bool done, const enum key_kind *kinds, size_t count)
{
	struct keys keys = { 0 };
	struct key key;
	size_t found = 0;

	for (size_t i = 0; i < length; i++) {
		keys_add(&keys, bytes[i]);
		while (keys_next(&keys, false, &key)) {
			assert_true(found < count);
			assert_int_equal(key.kind, kinds[found++]);
		}
	}
	while (keys_next(&keys, done, &key)) {
		assert_true(found < count);
		assert_int_equal(key.kind, kinds[found++]);
	}
	assert_int_equal(found, count);
	assert_int_equal(done ? keys.length : 0, 0);
}

#define expect_keys(bytes, done, ...)                                             \
	expect(bytes, sizeof(bytes) - 1, done, (const enum key_kind[]){ __VA_ARGS__ }, \
	       sizeof((const enum key_kind[]){ __VA_ARGS__ }) / sizeof(enum key_kind))

static void named_keys(void **state)
{
	(void)state;
	expect_keys("\033[A\033[B\033OC\033[D", false, KEY_UP, KEY_DOWN, KEY_RIGHT, KEY_LEFT);
	expect_keys("\033[5~\033[6~\033[H\033[4~", false, KEY_PAGE_UP, KEY_PAGE_DOWN, KEY_HOME, KEY_END);
	expect_keys("\r\n\177\b", false, KEY_ENTER, KEY_ENTER, KEY_BACKSPACE, KEY_BACKSPACE);
	/* With a modifier, or of a key that we do not know: one key, and nothing of it is typed. */
	expect_keys("\033[1;5Aq", false, KEY_UNKNOWN, KEY_CHARACTER);
	expect_keys("\033[24~x", false, KEY_UNKNOWN, KEY_CHARACTER);
}

static void escape_is_a_key_of_its_own(void **state)
{
	(void)state;
	expect("\033", 1, false, NULL, 0);
	expect_keys("\033", true, KEY_ESCAPE);
	expect_keys("\033q", false, KEY_ESCAPE, KEY_CHARACTER);
	expect_keys("\033\033[A", false, KEY_ESCAPE, KEY_UP);
	expect_keys("\033[", true, KEY_UNKNOWN);
}

static void characters(void **state)
{
	struct keys keys = { 0 };
	struct key key;

	(void)state;
	expect_keys("a/\003\xc3\xa4", false, KEY_CHARACTER, KEY_CHARACTER, KEY_CHARACTER, KEY_CHARACTER);
	expect("\xe4\xb8", 2, false, NULL, 0);
	expect_keys("\xff" "a", false, KEY_UNKNOWN, KEY_CHARACTER);
	expect_keys("\xe4\xb8", true, KEY_UNKNOWN, KEY_UNKNOWN);
	for (const char *byte = "\xe4\xb8\xad"; *byte; byte++)
		keys_add(&keys, *byte);
	assert_true(keys_next(&keys, false, &key));
	assert_string_equal(key.text, "\xe4\xb8\xad");
}

static void a_key_without_end(void **state)
{
	struct keys keys = { 0 };
	struct key key;

	(void)state;
	keys_add(&keys, '\033');
	keys_add(&keys, '[');
	for (unsigned i = 0; i < 1000; i++) {
		keys_add(&keys, '1');
		while (keys_next(&keys, false, &key))
			;
		assert_true(keys.length <= sizeof(keys.bytes));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(named_keys),
		cmocka_unit_test(escape_is_a_key_of_its_own),
		cmocka_unit_test(characters),
		cmocka_unit_test(a_key_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
