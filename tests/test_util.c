/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "util.h"

static void addresses(void **state)
{
	static const struct {
		const char *text;
		bool prefix;
		const char *is; /* NULL: refused */
	} cases[] = {
		{ "10.0.1.5", false, "10.0.1.5" },
		{ "10.0.1.5/24", true, "10.0.1.5" },
		{ "10.0.1.5", true, "10.0.1.5" },
		{ "10.0.1.5/24", false, NULL },
		{ "10.0.1.5/33", true, NULL },
		{ "10.0.1.5/", true, NULL },
		{ "10.0.1.5/-1", true, NULL },
		{ "10.0.1.5/24x", true, NULL },
		{ "10.0.1.256", false, NULL },
		{ "fd00::5", false, "fd00::5" },
		{ "fd00::5/128", true, "fd00::5" },
		{ "fd00::5/129", true, NULL },
		{ "::ffff:10.0.1.5", false, "10.0.1.5" },
		{ "fe80::1%eth0", false, NULL },
		{ "", false, NULL },
		{ "/24", true, NULL },
		{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[INET6_ADDRSTRLEN];
		struct ip_address ip;
		int err = ip_address_parse(&ip, cases[i].text, cases[i].prefix);

		if (!cases[i].is) {
			assert_int_equal(err, -EINVAL);
			continue;
		}
		assert_int_equal(err, 0);
		assert_string_equal(inet_ntop(ip.family, ip.bytes, text, sizeof(text)), cases[i].is);
	}
}

static void times(void **state)
{
	static const struct {
		const char *text;
		int64_t ns; /* -1: refused */
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2026-11-21T14:02:11Z", 1795269731000000000 },
		{ "2026-11-21T14:02:11.5Z", 1795269731500000000 },
		{ "2026-11-21T14:02:11.0041827319Z", 1795269731004182731 },
		{ "2026-11-21T16:02:11+02:00", 1795269731000000000 },
		{ "2026-11-21T08:32:11-05:30", 1795269731000000000 },
		{ "0001-01-01T00:00:00Z", -1 },
		{ "2026-11-21T14:02:11", -1 },
		{ "2026-11-21 14:02:11Z", -1 },
		{ "2026-11-21T14:02:11.Z", -1 },
		{ "2026-13-21T14:02:11Z", -1 },
		{ "2026-11-21T14:02:11Zx", -1 },
		{ "2026-11-21T14:02:11+0200", -1 },
		{ "", -1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		int64_t ns = -1;

		assert_int_equal(rfc3339_parse(&ns, cases[i].text), cases[i].ns < 0 ? -EINVAL : 0);
		assert_true(ns == cases[i].ns);
	}
}

static void printable(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} cases[] = {
		{ "", true },
		{ "shop/cart-7c49", true },
		{ "gr\xc3\xbc\xc3\x9f", true },
		{ "\xe2\x82\xac", true },
		{ "\xf0\x9f\x90\xa7", true },
		{ "a\nb", false },
		{ "\x1b[31m", false },
		{ "\x7f", false },
		{ "\xc2\x9b", false },
		{ "\xc0\xaf", false },
		{ "\xe0\x80\xaf", false },
		{ "\xed\xa0\x80", false },
		{ "\xf4\x90\x80\x80", false },
		{ "\xe2\x82", false },
		{ "\xff", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(text_is_printable(cases[i].text, strlen(cases[i].text)), cases[i].is);
	assert_false(text_is_printable("a\0b", 3));
	assert_true(text_is_ascii("shop/cart ~"));
	assert_true(text_is_ascii(""));
	assert_false(text_is_ascii("gr\xc3\xbc"));
	assert_false(text_is_ascii("a\tb"));
	assert_false(text_is_ascii("a\x7f"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(times),
		cmocka_unit_test(printable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
