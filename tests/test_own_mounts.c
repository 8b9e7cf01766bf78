/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which of our own mounts are none to speak of: a /proc of files, whose inode numbers are those of the mount namespaces.
 */
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

#include "own_mounts.h"
#include "util.h"

/*
 * 21 goes with the node's, as its parent 24 is a slave, and 25, which is deleted, and 26, which is no slave itself; 22 and 23 are
 * below a private one, the latter a slave that stays; 24 is no netns.
 */
#define TABLE                                                               \
	"20 1 0:1 / / ro - overlay overlay rw\n"                            \
	"21 24 0:4 net:[101] /run/netns/a ro master:5 - nsfs nsfs rw\n"     \
	"22 20 0:4 net:[102] /b rw - nsfs nsfs rw\n"                        \
	"23 20 0:4 net:[103] /master:1 rw shared:7 master:9 - nsfs nsfs rw\n" \
	"24 20 0:5 / /run/netns ro master:5 - tmpfs tmpfs rw\n"             \
	"25 24 0:4 net:[105] /run/netns/c//deleted rw shared:8 master:6 - nsfs nsfs rw\n" \
	"26 24 0:4 net:[106] /run/netns/d rw shared:10 - nsfs nsfs rw\n"

static char proc[64];

static const char *in_proc(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", proc, name);
	return path;
}

static void write_text(const char *name, const char *text)
{
	FILE *file = fopen(in_proc(name), "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static uint32_t number_of(const char *name)
{
	struct stat file;

	assert_int_equal(stat(in_proc(name), &file), 0);
	return (uint32_t)file.st_ino;
}

static int make_proc(void **state)
{
	static const char *const directories[] = { "1", "1/ns", "self", "self/ns" };

	(void)state;
	strcpy(proc, "/tmp/own-mounts-XXXXXX");
	if (!mkdtemp(proc))
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(directories); i++)
		if (mkdir(in_proc(directories[i]), 0755) < 0)
			return -1;
	return 0;
}

static int remove_proc(void **state)
{
	static const char *const names[] = { "1/ns/mnt", "1/ns", "1", "self/ns/mnt", "self/ns", "self/mountinfo", "self", "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		remove(in_proc(names[i]));
	return access(proc, F_OK) == 0 ? -1 : 0;
}

static void of_a_pod(void **state)
{
	struct own_mounts own;
	uint32_t mine;

	(void)state;
	write_text("1/ns/mnt", "");
	write_text("self/ns/mnt", "");
	write_text("self/mountinfo", TABLE);
	mine = number_of("self/ns/mnt");
	assert_int_equal(own_mounts_read(&own, proc), 0);
	assert_int_equal(own.count, 3);
	assert_true(own_mounts_have(&own, mine, 26));
	assert_true(own_mounts_have(&own, mine, 21));
	assert_true(own_mounts_have(&own, mine, 25));
	assert_false(own_mounts_have(&own, mine, 22));
	assert_false(own_mounts_have(&own, mine, 23));
	assert_false(own_mounts_have(&own, mine, 24));
	/* The numbers are those of one mount namespace. */
	assert_false(own_mounts_have(&own, number_of("1/ns/mnt"), 21));
	own_mounts_free(&own);
}

static void of_the_node(void **state)
{
	struct own_mounts own;
	char target[128];

	(void)state;
	write_text("1/ns/mnt", "");
	snprintf(target, sizeof(target), "%s", in_proc("1/ns/mnt"));
	assert_int_equal(link(target, in_proc("self/ns/mnt")), 0);
	write_text("self/mountinfo", TABLE);
	assert_int_equal(own_mounts_read(&own, proc), 0);
	assert_int_equal(own.count, 0);
	assert_false(own_mounts_have(&own, number_of("self/ns/mnt"), 21));
	own_mounts_free(&own);
}

/* Without the privilege to ask, all is told. */
static void of_who_cannot_tell(void **state)
{
	struct own_mounts own;

	(void)state;
	write_text("self/ns/mnt", "");
	write_text("self/mountinfo", TABLE);
	assert_int_equal(own_mounts_read(&own, proc), 0);
	assert_int_equal(own.count, 0);
	own_mounts_free(&own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(of_a_pod, make_proc, remove_proc),
		cmocka_unit_test_setup_teardown(of_the_node, make_proc, remove_proc),
		cmocka_unit_test_setup_teardown(of_who_cannot_tell, make_proc, remove_proc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
