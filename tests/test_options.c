/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "util.h"

#define S 1000000000ull

static void durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{ "0", 0 },		{ "90", 90 * S },	     { "90s", 90 * S },	   { "500ms", S / 2 },
		{ "7us", 7000 },	{ "1ns", 1 },		     { "10m", 600 * S },   { "1h30m", 5400 * S },
		{ "2d", 172800 * S },	{ "1s500ms", 1500000000ull }, { "1m1m", 120 * S }, { "0d", 0 },
		{ "9223372036", 9223372036 * S },		     { "9223372036854775807ns", INT64_MAX },
	};
	static const char *const bad[] = { "", "s", "-1", "+1", " 1", "1 ", "1x", "1.5s", "1h30", "90S", "1m-1s", "0x10",
					   "9223372036854775808ns", "9223372037", "106752d", "18446744073709551616",
					   "9223372036854775807ns1ns", "99999999999999999999d", "nan", "1e3", "s1" };
	uint64_t ns;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(duration_parse(&ns, good[i].text), 0);
		assert_int_equal(ns, good[i].ns);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		ns = 42;
		if (duration_parse(&ns, bad[i]) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(ns, 42);
	}
}

static void sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "0", 0 },		   { "1", 1 },		       { "64K", 65536 },      { "64k", 65536 },
		{ "1M", 1 << 20 },	   { "1MiB", 1 << 20 },	       { "1MB", 1 << 20 },    { "3G", 3ull << 30 },
		{ "2T", 2ull << 40 },	   { "8388607T", 8388607ull << 40 }, { "9223372036854775807", INT64_MAX },
	};
	static const char *const bad[] = { "", "K", "-1", "1.5M", "1KK", "1B", "1P", "8388608T", "1 M", "1Mi", "0x1000",
					   "9223372036854775808", "18446744073709551616", "1MBx" };
	uint64_t bytes;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_int_equal(size_parse(&bytes, good[i].text), 0);
		assert_int_equal(bytes, good[i].bytes);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		bytes = 42;
		if (size_parse(&bytes, bad[i]) != -EINVAL)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(bytes, 42);
	}
}

/* --- command lines --- */

static char said[4096];

/* With stderr in said[]. */
static int parse(struct options *ret, enum command command, char **argv)
{
	FILE *file = tmpfile();
	int kept = dup(STDERR_FILENO), argc = 0, err;
	size_t length;

	assert_non_null(file);
	while (argv[argc])
		argc++;
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	err = options_parse(ret, command, argc, argv);
	fflush(stderr);
	dup2(kept, STDERR_FILENO);
	close(kept);
	rewind(file);
	length = fread(said, 1, sizeof(said) - 1, file);
	said[length] = '\0';
	fclose(file);
	return err;
}

#define LINE(...) ((char *[]){ (char[]){ "netnsleak" }, __VA_ARGS__, NULL })
#define WORD(text) ((char[]){ text })

#define refused(command, message, ...) refused_at(command, message, LINE(__VA_ARGS__), __FILE__, __LINE__)
static void refused_at(enum command command, const char *message, char **argv, const char *file, int line)
{
	struct options options;

	if (parse(&options, command, argv) != -EINVAL || strcmp(said, message)) {
		print_error("expected: %ssaid:     %s", message, said);
		_fail(file, line);
	}
	options_free(&options);
}

static void standards(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(parse(&options, COMMAND_TRACE, (char *[]){ WORD("trace"), NULL }), 0);
	assert_string_equal(said, "");
	assert_string_equal(options.format, "table");
	assert_null(options.output);
	assert_int_equal(options.only, ONLY_ALL);
	assert_int_equal(options.color, COLOR_AUTO);
	assert_int_equal(options.attach, 0);
	assert_int_equal(options.pods.count, 0);
	assert_int_equal(options.netns_dirs.count, 0);
	assert_null(options.record);
	assert_null(options.state);
	assert_null(options.ready_file);
	assert_null(options.metrics);
	assert_null(options.node);
	assert_int_equal(options.record_max, 1ull << 30);
	assert_int_equal(options.ring_size, 1 << 20);
	assert_int_equal(options.duration, 0);
	assert_int_equal(options.grace, 60 * S);
	assert_int_equal(options.stuck_after, 60 * S);
	assert_int_equal(options.orphan_age, 3600 * S);
	options_free(&options);
	/* Of several of one name, each command's own. */
	assert_int_equal(parse(&options, COMMAND_REPORT, (char *[]){ WORD("report"), WORD("file"), NULL }), 0);
	assert_string_equal(options.format, "html");
	assert_string_equal(options.argument, "file");
	options_free(&options);
	assert_int_equal(parse(&options, COMMAND_AUDIT, (char *[]){ WORD("audit"), NULL }), 0);
	assert_string_equal(options.format, "table");
	options_free(&options);
}

static void values(void **state)
{
	struct options options;

	(void)state;
	assert_int_equal(parse(&options, COMMAND_TRACE,
			       LINE(WORD("-ojson"), WORD("--pods"), WORD("file:/a"), WORD("--pods=cni"),
				    WORD("--netns-dir"), WORD("/n"), WORD("--duration"), WORD("2s"), WORD("--grace=0"),
				    WORD("--stuck-after"), WORD("1m"), WORD("--orphan-age"), WORD("1d"), WORD("--only"),
				    WORD("findings"), WORD("--color"), WORD("never"), WORD("--attach"), WORD("kprobe"),
				    WORD("--record"), WORD("r"), WORD("--record-max"), WORD("64K"), WORD("--ring-size"),
				    WORD("4K"), WORD("--state"), WORD("s"), WORD("--ready-file"), WORD("f"),
				    WORD("--node"), WORD("n"), WORD("--output"), WORD("o"), WORD("--metrics"), WORD("9477"))),
			 0);
	assert_string_equal(said, "");
	assert_string_equal(options.format, "json");
	assert_int_equal(options.pods.count, 2);
	assert_string_equal(options.pods.items[0], "file:/a");
	assert_string_equal(options.pods.items[1], "cni");
	assert_int_equal(options.netns_dirs.count, 1);
	assert_string_equal(options.netns_dirs.items[0], "/n");
	assert_int_equal(options.duration, 2 * S);
	assert_int_equal(options.grace, 0);
	assert_int_equal(options.stuck_after, 60 * S);
	assert_int_equal(options.orphan_age, 86400 * S);
	assert_int_equal(options.only, ONLY_FINDINGS);
	assert_int_equal(options.color, COLOR_NEVER);
	assert_int_equal(options.attach, 2);
	assert_string_equal(options.record, "r");
	assert_int_equal(options.record_max, 65536);
	assert_int_equal(options.ring_size, 4096);
	assert_string_equal(options.state, "s");
	assert_string_equal(options.ready_file, "f");
	assert_string_equal(options.node, "n");
	assert_string_equal(options.output, "o");
	assert_string_equal(options.metrics, "9477");
	options_free(&options);
	/* The last one counts. */
	assert_int_equal(parse(&options, COMMAND_TRACE, LINE(WORD("--grace=1"), WORD("--grace=2"))), 0);
	assert_int_equal(options.grace, 2 * S);
	options_free(&options);
	assert_int_equal(parse(&options, COMMAND_REPLAY, LINE(WORD("file"), WORD("-o"), WORD("json"))), 0);
	assert_string_equal(options.argument, "file");
	options_free(&options);
	assert_int_equal(parse(&options, COMMAND_REPLAY, LINE(WORD("--"), WORD("-o"))), 0);
	assert_string_equal(options.argument, "-o");
	options_free(&options);
}

#define SEE(command) "; see 'netnsleak " command " --help'\n"

static void refusals(void **state)
{
	(void)state;
	refused(COMMAND_TRACE, "netnsleak: no such option: --nonsense" SEE("trace"), WORD("--nonsense"));
	refused(COMMAND_TRACE, "netnsleak: no such option: --nonsense=1" SEE("trace"), WORD("--nonsense=1"));
	refused(COMMAND_TRACE, "netnsleak: no such option: --help=1" SEE("trace"), WORD("--help=1"));
	refused(COMMAND_TRACE, "netnsleak: no such option: -z" SEE("trace"), WORD("-z"));
	refused(COMMAND_TRACE, "netnsleak: no such option: -z" SEE("trace"), WORD("-zq"));
	refused(COMMAND_LIST, "netnsleak: no such option: --grace" SEE("list"), WORD("--grace"), WORD("1s"));
	refused(COMMAND_DOCTOR, "netnsleak: no such option: -o" SEE("doctor"), WORD("-o"), WORD("json"));
	refused(COMMAND_REPLAY, "netnsleak: no such option: --pods=cni" SEE("replay"), WORD("--pods=cni"));
	refused(COMMAND_TRACE, "netnsleak: a value is missing: --grace" SEE("trace"), WORD("--grace"));
	refused(COMMAND_TRACE, "netnsleak: a value is missing: -o" SEE("trace"), WORD("-o"));
	refused(COMMAND_TRACE, "netnsleak: one argument too many: x" SEE("trace"), WORD("x"));
	refused(COMMAND_REPLAY, "netnsleak: one argument too many: b" SEE("replay"), WORD("a"), WORD("b"));
	refused(COMMAND_REPLAY, "netnsleak: replay wants the recording's FILE" SEE("replay"), WORD("-ojson"));
	refused(COMMAND_REPORT, "netnsleak: report wants the recording's FILE" SEE("report"), WORD("-ohtml"));
	refused(COMMAND_REPORT, "netnsleak: --format wants html, not 'json'" SEE("report"), WORD("-ojson"));
	refused(COMMAND_REPORT, "netnsleak: no such option: --only=all" SEE("report"), WORD("--only=all"));
	refused(COMMAND_TRACE, "netnsleak: --format wants json|table|wide|csv|otlp-json, not 'xml'" SEE("trace"), WORD("-oxml"));
	refused(COMMAND_TRACE, "netnsleak: --format wants json|table|wide|csv|otlp-json, not ''" SEE("trace"), WORD("--format="));
	refused(COMMAND_TRACE, "netnsleak: --format wants json|table|wide|csv|otlp-json, not 'jso'" SEE("trace"), WORD("-ojso"));
	refused(COMMAND_TRACE, "netnsleak: --only wants all|lifecycle|findings, not 'none'" SEE("trace"),
		WORD("--only=none"));
	refused(COMMAND_LIST, "netnsleak: --color wants auto|always|never, not 'yes'" SEE("list"), WORD("--color=yes"));
	refused(COMMAND_TRACE, "netnsleak: --attach wants auto|fentry|kprobe, not 'auto|fentry'" SEE("trace"),
		WORD("--attach=auto|fentry"));
	refused(COMMAND_TRACE, "netnsleak: --metrics wants [ADDR:]PORT|unix:PATH, not 'localhost:9477'" SEE("trace"),
		WORD("--metrics=localhost:9477"));
	refused(COMMAND_TRACE, "netnsleak: --grace wants TIME, not 'soon'" SEE("trace"), WORD("--grace=soon"));
	refused(COMMAND_TRACE, "netnsleak: --duration wants a TIME above 0, not '0s'" SEE("trace"),
		WORD("--duration=0s"));
	refused(COMMAND_TRACE, "netnsleak: --stuck-after wants a TIME above 0, not '0'" SEE("trace"),
		WORD("--stuck-after=0"));
	refused(COMMAND_TRACE, "netnsleak: --orphan-age wants a TIME above 0, not '0'" SEE("trace"),
		WORD("--orphan-age=0"));
	refused(COMMAND_TRACE, "netnsleak: --record-max wants SIZE, not 'big'" SEE("trace"), WORD("--record-max=big"));
	refused(COMMAND_TRACE, "netnsleak: --record-max wants 64K or more, not '65535'" SEE("trace"),
		WORD("--record-max=65535"));
	refused(COMMAND_TRACE, "netnsleak: --ring-size wants a power of two from 4K to 1G, not '5000'" SEE("trace"),
		WORD("--ring-size=5000"));
	refused(COMMAND_TRACE, "netnsleak: --ring-size wants a power of two from 4K to 1G, not '2K'" SEE("trace"),
		WORD("--ring-size=2K"));
	refused(COMMAND_TRACE, "netnsleak: --ring-size wants a power of two from 4K to 1G, not '0'" SEE("trace"),
		WORD("--ring-size=0"));
	refused(COMMAND_TRACE, "netnsleak: --ring-size wants a power of two from 4K to 1G, not '8G'" SEE("trace"),
		WORD("--ring-size=8G"));
	/* A value as long as can be does not make the message as long. */
	refused(COMMAND_TRACE, "netnsleak: --grace wants TIME, not 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'" SEE("trace"),
		WORD("--grace=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations), cmocka_unit_test(sizes),	 cmocka_unit_test(standards),
		cmocka_unit_test(values),    cmocka_unit_test(refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
