// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What explain says that a netns is: a leak only where a session would have found one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "explain.h"
#include "format.h"
#include "util.h"

static struct pod pod;
static struct binding binding = { .pod = &pod };
static struct netns netns;
static struct explanation explanation;

/* Gone at 10 s, let go of at 20 s, with a grace of 60 s. */
static int setup(void **state)
{
	(void)state;
	pod = (struct pod){ .gone = true, .gone_at = 10 * NS_PER_S, .released_at = 20 * NS_PER_S };
	netns = (struct netns){ .phase = NETNS_REFERENCED, .binding = &binding };
	explanation = (struct explanation){ .netns = &netns, .now = 100 * NS_PER_S, .grace = 60 * NS_PER_S };
	return 0;
}

static void expect(bool leaked, const char *words)
{
	TEXT(text, 512);

	explain_verdict(&text, &explanation);
	assert_string_equal(text.bytes, words);
	assert_int_equal(explain_is_leaked(&explanation), leaked);
}

static void a_leak(void **state)
{
	(void)state;
	expect(true, "leaked: its pod has been gone for 1m30s");
	netns.phase = NETNS_DYING;
	netns.dying_at = 95 * NS_PER_S;
	expect(false, "waits for the kernel to clean it up, for 5.0s");
}

static void within_the_grace(void **state)
{
	(void)state;
	explanation.now = 80 * NS_PER_S;
	expect(false, "its pod has only just gone, 1m10s ago");
	pod.gone = false;
	expect(false, "in use: its pod is there");
}

static void a_source_is_silent(void **state)
{
	(void)state;
	explanation.undecided = true;
	expect(false, "undecided: its pod has been gone for 1m30s, but a source that may know better does not answer");
	netns.binding = NULL;
	expect(false, "no known pod's, but not all sources answer; no process is in it");
}

static void no_pod(void **state)
{
	(void)state;
	netns.binding = NULL;
	expect(false, "no known pod's, and no process is in it");
	netns.tasks = 1;
	expect(false, "in use, by processes of no known pod");
	netns.initial = true;
	expect(false, "the node's own");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_leak, setup),
		cmocka_unit_test_setup(within_the_grace, setup),
		cmocka_unit_test_setup(a_source_is_silent, setup),
		cmocka_unit_test_setup(no_pod, setup),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
