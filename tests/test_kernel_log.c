// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the kernel's log says of a netns that cannot be freed, and of all else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel_log.h"

static void waits(void **state)
{
	struct kernel_log_wait wait;

	(void)state;
	assert_true(kernel_log_parse(&wait, "0,1234,15972294,-;unregister_netdevice: waiting for eth0 to become free. Usage count = 2\n"));
	assert_string_equal(wait.device, "eth0");
	assert_int_equal(wait.usage, 2);
	assert_int_equal(wait.time, 15972294000);
	/* As 5.10 has it, with a continuation, and with a name that a device may have. */
	assert_true(kernel_log_parse(&wait, "0,9,15972294,-,caller=T7;unregister_netdevice: waiting for a;b=1 to become free. Usage count = -1\n SUBSYSTEM=net\n"));
	assert_string_equal(wait.device, "a;b=1");
	assert_int_equal(wait.usage, -1);
}

static void all_else(void **state)
{
	static const char *const records[] = {
		"",
		"6,1,2,-",
		"6,1,2,-;",
		"6,1,2,-;unregister_netdevice: waiting for eth0 to become free.",
		"6,1,2,-;unregister_netdevice: waiting for eth0",
		"6,1,2,-;x unregister_netdevice: waiting for eth0 to become free. Usage count = 2",
		"unregister_netdevice: waiting for eth0 to become free. Usage count = 2",
	};
	struct kernel_log_wait wait;

	(void)state;
	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		assert_false(kernel_log_parse(&wait, records[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(waits), cmocka_unit_test(all_else) };

	return cmocka_run_group_tests_name("kernel_log", tests, NULL, NULL);
}
