/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Output compared with what is kept in tests/golden.  Run from the top of the tree; with UPDATE_GOLDEN set the
 * files are written instead, to be looked at before they are committed.
 */
#ifndef NETNSLEAK_TESTS_GOLDEN_H
#define NETNSLEAK_TESTS_GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "outlet.h"

/* All of a file; the caller frees it.  NULL: it is not there. */
static inline char *read_whole(const char *path)
{
	FILE *file = fopen(path, "r");
	size_t length = 0, got;
	char *text = NULL;

	if (!file)
		return NULL;
	do {
		text = realloc(text, length + 65536 + 1);
		assert_non_null(text);
		got = fread(text + length, 1, 65536, file);
		length += got;
	} while (got);
	fclose(file);
	text[length] = '\0';
	return text;
}

/* Line by line, so that a failure shows one line and not a page. */
static inline void assert_same_text(char *got, char *expected)
{
	char *got_rest = got, *expected_rest = expected;

	for (;;) {
		char *got_line = strsep(&got_rest, "\n"), *expected_line = strsep(&expected_rest, "\n");

		if (!got_line && !expected_line)
			return;
		assert_string_equal(got_line ? got_line : "(end)", expected_line ? expected_line : "(end)");
	}
}

static inline void assert_golden(char *got, const char *name)
{
	char path[256];
	char *expected;

	snprintf(path, sizeof(path), "tests/golden/%s", name);
	if (getenv("UPDATE_GOLDEN")) {
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		fputs(got, file);
		assert_int_equal(fclose(file), 0);
		return;
	}
	expected = read_whole(path);
	if (!expected)
		fail_msg("%s is not there: run from the top of the tree", path);
	assert_same_text(got, expected);
	free(expected);
}

/* An outlet to a file of its own, and what came out of it. */
struct capture {
	char path[64];
	struct outlet *outlet;
};

static inline void capture_open(struct capture *capture)
{
	int fd;

	strcpy(capture->path, "/tmp/netnsleak-test-XXXXXX");
	fd = mkstemp(capture->path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(outlet_open(&capture->outlet, capture->path, NULL), 0);
}

/* The caller frees it. */
static inline char *capture_close(struct capture *capture)
{
	char *text;

	outlet_close(capture->outlet, 0);
	text = read_whole(capture->path);
	assert_non_null(text);
	unlink(capture->path);
	return text;
}

#endif
