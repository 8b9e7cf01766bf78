// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who holds a netns, in words: mounts that read the same are told once, of many the first, and what nobody accounts for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "format.h"
#include "report.h"
#include "state.h"
#include "util.h"

static struct netns_holder mount(const char *path, uint32_t mntns, uint32_t flags)
{
	static char comm[] = "proxy", paths[8][16];
	static unsigned int next;
	char *what = paths[next++ % ARRAY_SIZE(paths)];

	snprintf(what, sizeof(paths[0]), "%s", path);
	return (struct netns_holder){ .kind = HOLDER_MOUNT, .mntns_inum = mntns, .flags = flags, .pid = 7, .comm = comm, .what = what };
}

static void expect(struct netns_holder *all, uint32_t count, struct input_holders sum, const char *words)
{
	struct netns_holders holders = { .sum = sum, .all = all, .count = count };
	TEXT(text, 1024);

	report_holders(&text, &holders);
	assert_string_equal(text.bytes, words);
}

static void test_mounts_once(void **state)
{
	struct netns_holder all[] = {
		mount("/run/netns/a", 1, HOLDER_NODE | HOLDER_COVERED), mount("/run/netns/b", 1, HOLDER_NODE),
		mount("/run/netns/a", 1, HOLDER_NODE | HOLDER_SEEN), mount("/run/netns/a", 2, 0), mount("/run/netns/a", 2, 0),
		mount("/run/netns/a", 2, HOLDER_COVERED),
	};

	(void)state;
	expect(all, ARRAY_SIZE(all), (struct input_holders){ .found = ARRAY_SIZE(all) },
	       "mount /run/netns/a (2 times); mount /run/netns/b; mount /run/netns/a, private to proxy (pid 7) (3 times)");
	expect(all, 3, (struct input_holders){ .found = 3 }, "mount /run/netns/a (2 times); mount /run/netns/b");
}

static void test_first_of_many(void **state)
{
	struct netns_holder all[] = {
		mount("/a", 1, HOLDER_NODE), mount("/b", 1, HOLDER_NODE), mount("/c", 1, HOLDER_NODE), mount("/d", 1, HOLDER_NODE),
		mount("/b", 1, HOLDER_NODE),
	};

	(void)state;
	expect(all, ARRAY_SIZE(all), (struct input_holders){ .found = ARRAY_SIZE(all) }, "mount /a; mount /b (2 times); mount /c and 1 more");
	/* More were found than are kept. */
	expect(all, 4, (struct input_holders){ .found = 9 }, "mount /a; mount /b; mount /c and 6 more");
}

static void test_the_rest(void **state)
{
	struct netns_holder all[] = { mount("/a", 1, HOLDER_NODE) };

	(void)state;
	expect(all, 1, (struct input_holders){ .found = 1, .unexplained = 2, .sockets_unseen = 1 },
	       "mount /a; 1 socket without a descriptor; 2 references of the kernel");
	expect(NULL, 0, (struct input_holders){ .unexplained = 1 }, "1 reference of the kernel");
	expect(NULL, 0, (struct input_holders){ 0 }, "what holds it was gone when it was looked for");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mounts_once),
		cmocka_unit_test(test_first_of_many),
		cmocka_unit_test(test_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
