/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What node-problem-detector is told: a line that it does not have to cut, and a status.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "audit_print.h"
#include "format.h"
#include "util.h"

static const char *const all_seen[] = { NULL };

struct story {
	struct report_audit sum;
	struct audit_finding findings[3];
	size_t count;
	const char *unseen[2];
	int status;
	const char *line;
};

static struct audit_finding finding(enum report_severity severity, const char *check, const char *evidence)
{
	return (struct audit_finding){ .report = { .check = check, .severity = severity, .evidence = evidence } };
}

static void told(struct story *story)
{
	const struct audit audit = { .findings = story->findings, .count = story->count };
	const struct report_survey survey = { .unseen = story->unseen[0] ? story->unseen : all_seen };
	const struct audit_result result = { .audit = &audit, .survey = &survey, .sum = story->sum };
	TEXT(line, 256);

	audit_npd_line(&line, &result);
	assert_string_equal(line.bytes, story->line);
	assert_in_range(line.length, 2, 80);
	assert_int_equal(audit_npd_status(&story->sum), story->status);
}

static void healthy(void **state)
{
	struct story quiet = { .sum = { .netns = 41, .matched = 38 }, .status = 0,
			       .line = "nothing found in 41 netns, 38 of pods that are there\n" };
	struct story noted = {
		.sum = { .netns = 1, .notes = 1 }, .count = 1, .status = 0,
		.line = "nothing found in 1 netns, 0 of pods that are there\n",
		.findings = { finding(SEVERITY_INFO, "mount-double", "mounted at two places") },
	};

	(void)state;
	told(&quiet);
	told(&noted);
}

static void problems(void **state)
{
	struct story leak = {
		.sum = { .warnings = 1 }, .count = 1, .status = 1,
		.line = "1 warning: pod-gone: shop/cart has been gone for 2h00m\n",
		.findings = { finding(SEVERITY_WARN, "pod-gone", "shop/cart has been gone for 2h00m") },
	};
	/* The worst is named, and what was not seen takes nothing away from what was. */
	struct story many = {
		.sum = { .errors = 1, .warnings = 2, .incomplete = true }, .count = 3, .unseen = { "the kernel log" }, .status = 1,
		.line = "1 error, 2 warnings: address-duplicate: 10.0.1.5 is on two\n",
		.findings = { finding(SEVERITY_WARN, "pod-gone", "shop/cart"),
			      finding(SEVERITY_ERROR, "address-duplicate", "10.0.1.5 is on two"),
			      finding(SEVERITY_WARN, "orphan", "nobody's") },
	};

	(void)state;
	told(&leak);
	told(&many);
}

static void unknown(void **state)
{
	struct story dark = { .sum = { .incomplete = true }, .unseen = { "the kernel log" }, .status = 2,
			      .line = "nothing found, but not all was seen: the kernel log\n" };
	struct story silent = { .sum = { .incomplete = true }, .status = 2, .line = "nothing found, but not all was seen\n" };

	(void)state;
	told(&dark);
	told(&silent);
}

/* Characters are whole where it is cut, and none speaks to a terminal. */
static void cut(void **state)
{
	struct story longer = {
		.sum = { .warnings = 1 }, .count = 1, .status = 1,
		.line = "1 warning: orphan: \u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
			"\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u2026\n",
		.findings = { finding(SEVERITY_WARN, "orphan",
				      "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
				      "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4") },
	};
	struct story hostile = {
		.sum = { .errors = 1 }, .count = 1, .status = 1, .line = "1 error: sandbox-path: \\x1b[31m\\x0a\n",
		.findings = { finding(SEVERITY_ERROR, "sandbox-path", "\033[31m\n") },
	};

	(void)state;
	told(&longer);
	told(&hostile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(healthy), cmocka_unit_test(problems), cmocka_unit_test(unknown), cmocka_unit_test(cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
