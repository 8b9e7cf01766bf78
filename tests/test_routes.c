// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Routes and rules in words, and as the kernel tells them of the netns that this runs in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format.h"
#include "routes_ask.h"
#include "util.h"

static struct ip_address ip(const char *text)
{
	struct ip_address address;

	assert_int_equal(ip_address_parse(&address, text, false), 0);
	return address;
}

static void routes_in_words(void **state)
{
	const struct {
		struct route route;
		const char *device, *text;
	} cases[] = {
		{ { RTN_UNICAST, 0, { .family = AF_INET }, ip("10.0.1.1"), 2, 0, RT_TABLE_MAIN, 0 }, "eth0",
		  "default via 10.0.1.1 dev eth0" },
		{ { RTN_UNICAST, 24, ip("10.0.1.0"), { 0 }, 2, 0, RT_TABLE_MAIN, 100 }, "", "10.0.1.0/24 dev 2 metric 100" },
		{ { RTN_UNREACHABLE, 128, ip("fd00::1"), { 0 }, 0, 0, 200, 0 }, "", "unreachable fd00::1 table 200" },
		{ { RTN_UNICAST, 0, { .family = AF_INET6 }, ip("fe80::1"), 3, 3, RT_TABLE_MAIN, 0 }, "eth1",
		  "default via fe80::1 dev eth1 and 2 more hops" },
		{ { 99, 8, ip("10.0.0.0"), { 0 }, 0, 0, RT_TABLE_MAIN, 0 }, "", "other 10.0.0.0/8" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		TEXT(words, 256);

		route_describe(&words, &cases[i].route, cases[i].device);
		assert_string_equal(words.bytes, cases[i].text);
	}
}

static void rules_in_words(void **state)
{
	const struct {
		struct route_rule rule;
		const char *text;
	} cases[] = {
		{ { AF_INET, FR_ACT_TO_TBL, 32, 0, ip("10.0.1.5"), { 0 }, 100, 200, 0, "", "" }, "100: from 10.0.1.5 lookup 200" },
		{ { AF_INET, FR_ACT_TO_TBL, 0, 16, { 0 }, ip("10.1.0.0"), 7, RT_TABLE_MAIN, 16, "eth0", "eth1" },
		  "7: from all to 10.1.0.0/16 fwmark 0x10 iif eth0 oif eth1 lookup main" },
		{ { AF_INET6, FR_ACT_UNREACHABLE, 0, 0, { 0 }, { 0 }, 9, 0, 0, "", "" }, "9: from all unreachable (IPv6)" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		TEXT(words, 256);

		route_rule_describe(&words, &cases[i].rule);
		assert_string_equal(words.bytes, cases[i].text);
	}
}

static ino_t own_netns(void)
{
	struct stat file;

	assert_int_equal(stat("/proc/thread-self/ns/net", &file), 0);
	return file.st_ino;
}

/* Who may not even enter its own netns is told so; else nothing stays open, and nobody has moved. */
static void asked(void **state)
{
	static struct routes routes;
	const ino_t before = own_netns();
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), next;

	(void)state;
	assert_true(fd >= 0);
	routes_ask(&routes, fd);
	assert_true(routes.err <= 0);
	assert_int_equal(own_netns(), before);
	next = dup(fd);
	assert_int_equal(next, fd + 1);
	close(next);
	close(fd);
	routes_ask(&routes, -1);
	assert_true(routes.err < 0);
	assert_int_equal(routes.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_in_words),
		cmocka_unit_test(rules_in_words),
		cmocka_unit_test(asked),
	};

	return cmocka_run_group_tests_name("routes", tests, NULL, NULL);
}
