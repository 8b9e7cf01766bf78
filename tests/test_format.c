/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "format.h"
#include "util.h"

static void durations(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
		{ 0, "0ms" },
		{ 999999999, "999ms" },
		{ 1000000000, "1.0s" },
		{ 9999999999, "9.9s" },
		{ 10 * NS_PER_S, "10s" },
		{ 60 * NS_PER_S - 1, "59s" },
		{ 60 * NS_PER_S, "1m00s" },
		{ 389 * NS_PER_S, "6m29s" },
		{ 3600 * NS_PER_S - 1, "59m59s" },
		{ 3600 * NS_PER_S, "1h00m" },
		{ 86400 * NS_PER_S, "1d00h" },
		{ UINT64_MAX, "213503d23h" },
	};
	char buffer[FORMAT_DURATION_LEN];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(format_duration(cases[i].ns, buffer), cases[i].text);
}

/* Against the C library, over all of the range that ns since 1970 can name. */
static void timestamps(void **state)
{
	char got[FORMAT_TIMESTAMP_LEN], date[64], expected[128];

	(void)state;
	for (int64_t i = -1000; i <= 1000; i++) {
		int64_t wall = i * (INT64_MAX / 1001) + i * 123, fraction = ((wall % NS_PER_S) + NS_PER_S) % NS_PER_S;
		time_t seconds = (wall - fraction) / NS_PER_S;
		struct tm tm;

		gmtime_r(&seconds, &tm);
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(expected, sizeof(expected), "%s.%09dZ", date, (int)fraction);
		assert_int_equal(format_timestamp(wall, got), 30);
		assert_string_equal(got, expected);
	}
	format_timestamp(1709164800ll * NS_PER_S, got);
	assert_string_equal(got, "2024-02-29T00:00:00.000000000Z");
	format_timestamp(-1, got);
	assert_string_equal(got, "1969-12-31T23:59:59.999999999Z");
	assert_string_equal(format_moment(-1, got), "1969-12-31T23:59:59Z");
}

static void local_time(void **state)
{
	char buffer[FORMAT_CLOCK_LEN];

	(void)state;
	setenv("TZ", "UTC-2", 1); /* two hours east */
	tzset();
	assert_string_equal(format_clock(1795255200ll * NS_PER_S, buffer), "12:00:00");
	setenv("TZ", "UTC", 1);
	tzset();
	assert_string_equal(format_clock(1795255200ll * NS_PER_S, buffer), "10:00:00");
}

static void numbers(void **state)
{
	static const uint64_t cases[] = { 0, 9, 10, 4294967295u, 4294967296u, 42949672950u, 9999999999999999999u,
					  UINT64_MAX };
	char digits[21], expected[32];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		digits[format_u64(cases[i], digits)] = '\0';
		snprintf(expected, sizeof(expected), "%llu", (unsigned long long)cases[i]);
		assert_string_equal(digits, expected);
	}
}

static void addresses(void **state)
{
	static const char *const texts[] = { "0.0.0.0", "10.0.1.5", "255.255.255.255", "fd00:10::5", "::1",
					     "fe80::1", "2001:db8::1:0:0:1" };
	char buffer[FORMAT_ADDRESS_LEN];
	uint8_t bytes[16];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		uint8_t family = strchr(texts[i], ':') ? AF_INET6 : AF_INET;

		assert_int_equal(inet_pton(family, texts[i], bytes), 1);
		assert_int_equal(format_address(family, bytes, buffer), strlen(texts[i]));
		assert_string_equal(buffer, texts[i]);
	}
	inet_pton(AF_INET6, "fd00:10::5", bytes);
	assert_int_equal(format_prefix(AF_INET6, bytes, 64, buffer), strlen("fd00:10::5/64"));
	assert_string_equal(buffer, "fd00:10::5/64");
	assert_int_equal(format_address(0, bytes, buffer), 1);
	assert_string_equal(buffer, "?");
}

static void utf8(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		uint32_t code;
	} cases[] = {
		{ "a", 1, 'a' },
		{ "\xc3\xa9", 2, 0xe9 },
		{ "\xe2\x80\xa6", 3, 0x2026 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		{ "\x80", 0, 0 },	  /* a continuation alone */
		{ "\xc3", 0, 0 },	  /* cut short */
		{ "\xe2\x80", 0, 0 },	  /* likewise */
		{ "\xc3(", 0, 0 },	  /* no continuation */
		{ "\xc0\xaf", 0, 0 },	  /* overlong */
		{ "\xe0\x80\xaf", 0, 0 }, /* likewise */
		{ "\xf0\x80\x80\xaf", 0, 0 },
		{ "\xed\xa0\x80", 0, 0 }, /* a surrogate */
		{ "\xf4\x90\x80\x80", 0, 0 }, /* beyond Unicode */
		{ "\xff", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint32_t code = 0;

		assert_int_equal(utf8_decode(cases[i].bytes, strlen(cases[i].bytes), &code), cases[i].size);
		assert_int_equal(code, cases[i].code);
	}
}

static void safe_for_terminals(void **state)
{
	TEXT(text, 256);

	(void)state;
	text_add_safe(&text, "a\x1b[2Jb\xc3\xa9\x7f\xc2\x9b\xe2\x80\xae\xff\n");
	assert_string_equal(text.bytes, "a\\x1b[2Jb\xc3\xa9\\x7f\\xc2\\x9b\\xe2\\x80\\xae\\xff\\x0a");
}

static void bounded(void **state)
{
	TEXT(text, 16);

	(void)state;
	text_add(&text, "0123456789\xc3\xa9");
	assert_string_equal(text.bytes, "0123456789\xc3\xa9"); /* 12 bytes, the ellipsis' room left */
	text_add(&text, "x");
	assert_string_equal(text.bytes, "0123456789\xc3\xa9\xe2\x80\xa6");
	assert_true(text.cut);
	text_add(&text, "more");
	assert_string_equal(text.bytes, "0123456789\xc3\xa9\xe2\x80\xa6");
	text_reset(&text);
	text_add(&text, "0123456789a\xc3\xa9"); /* 13: the last character does not go in half */
	assert_string_equal(text.bytes, "0123456789a\xe2\x80\xa6");
	text_reset(&text);
	text_add_cut(&text, "a\xc3\xa9z", 2);
	assert_string_equal(text.bytes, "a\xe2\x80\xa6");
	text_reset(&text);
	text_add_bytes(&text, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", 16);
	assert_true(text.length > 8 && text.length < 16); /* no UTF-8: no reason to drop it all */
}

static void columns(void **state)
{
	static const struct {
		const char *piece;
		size_t width;
		enum text_cut where;
		const char *text;
		size_t used;
	} cases[] = {
		{ "abcdef", 6, TEXT_CUT_END, "abcdef", 6 },
		{ "abcdef", 5, TEXT_CUT_END, "abcd\u2026", 5 },
		{ "abcdef", 5, TEXT_CUT_MIDDLE, "ab\u2026ef", 5 },
		{ "abcdef", 4, TEXT_CUT_MIDDLE, "a\u2026ef", 4 },
		{ "abcdef", 1, TEXT_CUT_MIDDLE, "\u2026", 1 },
		{ "abcdef", 0, TEXT_CUT_END, "", 0 },
		{ "\u6f22\u5b57\u6f22\u5b57", 8, TEXT_CUT_END, "\u6f22\u5b57\u6f22\u5b57", 8 },
		{ "\u6f22\u5b57\u6f22\u5b57", 7, TEXT_CUT_END, "\u6f22\u5b57\u6f22\u2026", 7 },
		{ "\u6f22\u5b57\u6f22\u5b57", 6, TEXT_CUT_END, "\u6f22\u5b57\u2026", 5 }, /* no half of a wide one */
		{ "\u6f22\u5b57\u6f22\u5b57", 6, TEXT_CUT_MIDDLE, "\u6f22\u2026\u5b57", 5 },
	};

	(void)state;
	assert_non_null(setlocale(LC_CTYPE, "C.UTF-8"));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		TEXT(text, 64);

		assert_int_equal(text_add_columns(&text, cases[i].piece, cases[i].width, cases[i].where),
				 cases[i].used);
		assert_string_equal(text.bytes, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations), cmocka_unit_test(timestamps), cmocka_unit_test(local_time),
		cmocka_unit_test(numbers),   cmocka_unit_test(addresses),  cmocka_unit_test(utf8),
		cmocka_unit_test(safe_for_terminals), cmocka_unit_test(bounded), cmocka_unit_test(columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
