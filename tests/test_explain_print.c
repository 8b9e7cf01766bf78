// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What `explain` prints, whole: of a netns with all that there can be, and of one of which nothing is known; and its accounts. */
#include "golden.h"

#include <time.h>

#include "explain.h"
#include "report_fixtures.h"

static char *printed(const struct explanation *explanation)
{
	char *words = NULL;
	size_t length;
	FILE *file = open_memstream(&words, &length);

	assert_non_null(file);
	assert_int_equal(explain_print(file, explanation), 0);
	fclose(file);
	return words;
}

static struct explanation explanation_of(struct fixture *f)
{
	return (struct explanation){
		.netns = &f->netns,
		.remedies = &fixture_remedies,
		.cause = &fixture_cause,
		.peers = &f->peer,
		.peer_count = 1,
		.routes = &f->routes,
		.now = 1000 * SECOND,
		.grace = 60 * SECOND,
		.wall_offset = FIXTURE_WALL_OFFSET,
	};
}

static void all_there_is(void **state)
{
	static char python[] = "python3", mount[] = "/run/debug-netns/x", socket[] = "tcp 10.0.1.5:80 listening", none[] = "",
		    cgroup[] = "/kubepods/pod1/c1";
	struct netns_holder all[] = {
		{ .kind = HOLDER_MOUNT, .flags = HOLDER_NODE, .comm = none, .what = mount, .cgroup = none },
		{ .kind = HOLDER_SOCKET, .pid = 12, .tid = 12, .fd = 3, .comm = python, .what = socket, .cgroup = cgroup },
		{ .kind = HOLDER_TASK, .pid = 12, .tid = 12, .comm = python, .what = none, .cgroup = cgroup },
	};
	struct netns_holders holders = { .sum = { .counted = 3, .nsfs = 1, .nsproxies = 1, .sockets = 1, .found = 3 },
					 .all = all, .count = 3 };
	struct explanation explanation;
	struct fixture f;
	char *text;

	(void)state;
	fixture_init(&f);
	explanation = explanation_of(&f);
	f.netns.holders = &holders;
	f.pod.gone = true;
	f.paths->made_wall = (int64_t)(901 * SECOND) + FIXTURE_WALL_OFFSET;
	text = printed(&explanation);
	assert_golden(text, "explain.txt");
	free(text);
	fixture_done(&f);
}

static void waits_for_the_kernel(void **state)
{
	static const struct cause cause = { .kind = CAUSE_TEARDOWN_STUCK };
	struct explanation explanation;
	struct fixture f;
	char *text;

	(void)state;
	fixture_init(&f);
	explanation = explanation_of(&f);
	explanation.cause = &cause;
	explanation.netns = &f.bare;
	explanation.routes = NULL;
	explanation.peer_count = 0;
	f.bare.phase = NETNS_DYING;
	f.bare.dying_at = 990 * SECOND;
	f.bare.references = 0;
	f.bare.teardown = &f.teardown;
	f.teardown.leaving_count = 0;
	text = printed(&explanation);
	assert_golden(text, "explain-dying.txt");
	free(text);
	fixture_done(&f);
}

static void without_bpf(void **state)
{
	struct netns_holders holders = { .sum = { .counted = HOLDERS_NOT_COUNTED } };
	static const struct cause cause = { .kind = CAUSE_UNKNOWN, .evidence = { "nothing was found that holds it" }, .count = 1 };
	static const struct remedies none = { .count = 0 };
	struct explanation explanation;
	struct fixture f;
	char *text;

	(void)state;
	fixture_init(&f);
	explanation = explanation_of(&f);
	explanation.cause = &cause;
	explanation.netns = &f.bare;
	explanation.remedies = &none;
	explanation.routes = NULL;
	explanation.peer_count = 0;
	explanation.survey = &fixture_survey;
	f.bare.phase = NETNS_REFERENCED;
	f.bare.references = -1;
	f.bare.holders = &holders;
	text = printed(&explanation);
	assert_golden(text, "explain-without-bpf.txt");
	free(text);
	fixture_done(&f);
}

/* What is to take it down may be about to: what it did not do is not known yet. */
static void within_the_grace(void **state)
{
	static const struct {
		uint64_t released;
		const char *cause;
	} rows[] = {
		{ 988, "\ncause       too early to say: what takes it down may be at it, and has 48s left\n" },
		{ 900, "\ncause       cni-del-failed: " },
	};
	struct explanation explanation;
	struct fixture f;
	char *text;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		fixture_init(&f);
		explanation = explanation_of(&f);
		f.pod.gone = true;
		f.pod.gone_at = f.pod.released_at = rows[i].released * SECOND;
		text = printed(&explanation);
		assert_non_null(strstr(text, rows[i].cause));
		assert_int_equal(!!strstr(text, "too early"), !explain_cause(&explanation));
		free(text);
		fixture_done(&f);
	}
}

/* What the references are, where they do not simply add up. */
static void accounting(void **state)
{
	static const struct {
		struct input_holders sum;
		const char *line;
	} rows[] = {
		{ { .counted = 3, .nsfs = 1, .unexplained = 2 }, "references  3 = 1 of its file + 2 unexplained\n" },
		{ { .counted = 3, .nsfs = 1, .unexplained = 2, .sockets_unseen = -1 },
		  "references  3 = 1 of its file + 2 unexplained: the kernel's own, or of sockets in flight or files of /proc/PID/net: these "
		  "cannot be told apart here\n" },
		{ { .counted = 1, .nsfs = 1, .sockets_unseen = -1 }, "references  1 = 1 of its file + 0 unexplained\n" },
		{ { .counted = 1, .nsproxies = 2, .unexplained = -1 },
		  "references  1 = 2 of processes + -1 unexplained: some went while they were counted\n" },
		{ { .counted = HOLDERS_UNKNOWN }, "references  none any more: it was freed while it was looked at\n" },
	};
	static const struct cause cause = { .kind = CAUSE_UNKNOWN };
	static const struct remedies none = { .count = 0 };
	struct explanation explanation;
	struct fixture f;

	(void)state;
	fixture_init(&f);
	explanation = explanation_of(&f);
	explanation.cause = &cause;
	explanation.netns = &f.bare;
	explanation.remedies = &none;
	f.bare.phase = NETNS_REFERENCED;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct netns_holders holders = { .sum = rows[i].sum };
		char *text;

		f.bare.holders = &holders;
		text = printed(&explanation);
		if (!strstr(text, rows[i].line))
			fail_msg("not %s in %s", rows[i].line, text);
		free(text);
	}
	f.bare.holders = NULL;
	fixture_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_there_is), cmocka_unit_test(waits_for_the_kernel),
					    cmocka_unit_test(without_bpf), cmocka_unit_test(within_the_grace),
					    cmocka_unit_test(accounting) };

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("explain_print", tests, NULL, NULL);
}
