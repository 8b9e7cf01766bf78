/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "golden.h"

#include <locale.h>
#include <time.h>

#include "format.h"
#include "report_fixtures.h"
#include "sink.h"

static int utc(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

/* What a sink with these options writes of one report of each kind. */
static char *write_all(struct sink_options options, bool settle)
{
	struct capture capture;
	struct sink *sink;
	struct fixture f;

	fixture_init(&f);
	capture_open(&capture);
	options.outlet = capture.outlet;
	assert_int_equal(sink_type_by_name("table")->open(&sink, &options), 0);
	assert_int_equal(sink_table.begin(sink, "worker-3, Linux 6.12.107: 41 netns"), 0);
	for (int kind = 0; kind < REPORT_KIND_MAX; kind++) {
		struct report report = fixture_report(&f, (enum report_kind)kind);

		assert_int_equal(sink_table.report(sink, &report), 0);
		if (settle)
			assert_int_equal(sink_table.settle(sink, &f.summary), 0);
	}
	sink_table.close(sink);
	fixture_done(&f);
	return capture_close(&capture);
}

/* No terminal: a line for each finding, nothing cut, no colour. */
static void to_a_file(void **state)
{
	char *text = write_all((struct sink_options){ 0 }, true);

	(void)state;
	assert_null(strchr(text, '\033'));
	assert_null(strchr(text, '\r'));
	assert_golden(text, "table-file.txt");
	free(text);
}

static void narrow_terminal(void **state)
{
	char *text = write_all((struct sink_options){ .live = true, .width = 80 }, false);

	(void)state;
	assert_golden(text, "table-80.txt");
	free(text);
}

static void wide_terminal_in_colour(void **state)
{
	char *text = write_all((struct sink_options){ .live = true, .width = 160, .color = true }, true);

	(void)state;
	assert_golden(text, "table-160-colour.txt");
	free(text);
}

/* At any width no row is wider than the screen. */
static void fits_the_screen(void **state)
{
	(void)state;
	for (unsigned width = 65; width < 200; width++) {
		char *text = write_all((struct sink_options){ .live = true, .width = width }, false), *rest = text;
		unsigned rows = 0;

		for (char *line; (line = strsep(&rest, "\n"));) {
			if (strncmp(line, "10:00:00", 8))
				continue; /* what follows below may be wrapped, to keep paths whole */
			if (strstr(line, " lost ") || strstr(line, " resynced ") || strstr(line, " down ") ||
			    strstr(line, " up "))
				continue; /* sentences: the terminal wraps them */
			rows++;
			if (text_width(line, strlen(line)) > width)
				fail_msg("wider than %u: %s", width, line);
		}
		assert_true(rows == 13);
		free(text);
	}
}

/* What is there already when the trace begins does not fill the screen; without a terminal only findings do. */
static void quiet_start(void **state)
{
	static const enum report_kind kinds[] = { REPORT_NETNS_CREATED, REPORT_ADDRESS_ADDED, REPORT_NETNS_BOUND,
						  REPORT_SOURCE_UP };
	struct sink_options options = { .live = true, .width = 80 };
	struct capture capture;
	struct sink *sink;
	struct fixture f;
	char *text;

	(void)state;
	fixture_init(&f);
	f.netns.preexisting = true;
	capture_open(&capture);
	options.outlet = capture.outlet;
	assert_int_equal(sink_table.open(&sink, &options), 0);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct report report = fixture_report(&f, kinds[i]);

		assert_int_equal(sink_table.report(sink, &report), 0);
	}
	sink_table.close(sink);
	text = capture_close(&capture);
	assert_string_equal(text, "");
	free(text);
	fixture_done(&f);
}

/* What others named cannot steer the terminal. */
static void hostile_names(void **state)
{
	static char name[] = "x\x1b[2J\r\n\xff\xe2\x80\xae";
	struct sink_options options = { .live = true, .width = 100 };
	struct netns_path *path = fixture_path("/run/netns/\x1b]0;y\x07", NULL);
	struct capture capture;
	struct report report;
	struct sink *sink;
	struct fixture f;
	char *text;

	(void)state;
	fixture_init(&f);
	capture_open(&capture);
	options.outlet = capture.outlet;
	assert_int_equal(sink_table.open(&sink, &options), 0);
	f.pod.name = name;
	report = fixture_report(&f, REPORT_NETNS_LEAKED);
	f.netns.paths = path;
	assert_int_equal(sink_table.report(sink, &report), 0);
	report = fixture_report(&f, REPORT_SOURCE_DOWN);
	report.text = name;
	assert_int_equal(sink_table.report(sink, &report), 0);
	sink_table.close(sink);
	text = capture_close(&capture);
	assert_string_equal(text, "10:00:00 leaked   shop/x\\x1b[2\u2026\\xe2\\x80\\xae \\x1b]0;y\\x07  10.0.1.5 +1     1m00s\n"
				  "         mount /run/netns/\\x1b]0;y\\x07; 1 process; 2 references; CNI DEL failed\n"
				  "10:00:00 down     pod source file:/var/lib/pods.json cannot be used: "
				  "x\\x1b[2J\\x0d\\x0a\\xff\\xe2\\x80\\xae\n");
	free(text);
	free(path);
	fixture_done(&f);
}

/* A path that does not fit goes below, whole; one of no sense does not fill the screen. */
static void paths_kept_whole(void **state)
{
	struct sink_options options = { .live = true, .width = 80 };
	char longest[4096];
	struct netns_path *path;
	struct capture capture;
	struct report report;
	struct sink *sink;
	struct fixture f;
	char *text;

	(void)state;
	memset(longest, 'p', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	path = fixture_path(longest, NULL);
	fixture_init(&f);
	capture_open(&capture);
	options.outlet = capture.outlet;
	assert_int_equal(sink_table.open(&sink, &options), 0);
	report = fixture_report(&f, REPORT_NETNS_LEAKED);
	assert_int_equal(sink_table.report(sink, &report), 0);
	f.netns.paths = path;
	assert_int_equal(sink_table.report(sink, &report), 0);
	sink_table.close(sink);
	text = capture_close(&capture);
	assert_non_null(strstr(text, "\n         mount /run/netns/cni-04b1c5aa-c3dc-db34-9c4f-3c27796f4201 (and 1 more); "
				     "1 process; 2 references; CNI DEL failed\n"));
	assert_non_null(strstr(text, "p; 1 process; 2 references; CNI DEL failed\n"));
	assert_true(strlen(text) < 4 * 80 + 300);
	free(text);
	free(path);
	fixture_done(&f);
}

static void status_line(void **state)
{
	struct sink_options options = { .live = true, .width = 40 };
	struct report report;
	struct capture capture;
	struct sink *sink;
	struct fixture f;
	char *text;

	(void)state;
	fixture_init(&f);
	capture_open(&capture);
	options.outlet = capture.outlet;
	assert_int_equal(sink_table.open(&sink, &options), 0);
	assert_int_equal(sink_table.settle(sink, &f.summary), 0);
	assert_int_equal(sink_table.settle(sink, &f.summary), 0); /* the same: not drawn again */
	report = fixture_report(&f, REPORT_TRACE_SUMMARY);
	assert_int_equal(sink_table.report(sink, &report), 0);
	f.summary.incomplete = true;
	options.width = 0;
	assert_int_equal(sink_table.settle(sink, &f.summary), 0);
	sink_table.close(sink);
	text = capture_close(&capture);
	assert_string_equal(text, "\r\033[K41 netns, 38 bound to pods, 2 leaked, \u2026"
				  "\r\033[K3 leaked (2 still there), 1 recovered, 41 netns watched, "
				  "1 waits for the kernel to clean up (the oldest for 75 s), 0 records lost\n"
				  "\r\033[K41 netns, 38 bound to pods, 2 leaked, \u2026"
				  "\r\033[K");
	free(text);
	fixture_done(&f);
}

/* What a mount's reference is, and when there is nothing to say but the number. */
static void held_by(void **state)
{
	struct fixture f;
	TEXT(text, 256);

	(void)state;
	fixture_init(&f);
	report_held_by(&text, &f.netns);
	assert_string_equal(text.bytes, "mount /run/netns/cni-04b1c5aa-c3dc-db34-9c4f-3c27796f4201 (and 1 more); "
					"1 process; 2 references");
	text_reset(&text);
	report_held_by(&text, &f.other);
	assert_string_equal(text.bytes, "mount /run/netns/cni-77aa0000-1111-2222-3333-444455556666");
	text_reset(&text);
	f.other.paths = NULL;
	report_held_by(&text, &f.other);
	assert_string_equal(text.bytes, "1 reference");
	text_reset(&text);
	report_held_by(&text, &f.bare);
	assert_string_equal(text.bytes, "");
	fixture_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(to_a_file),	   cmocka_unit_test(narrow_terminal),
		cmocka_unit_test(wide_terminal_in_colour), cmocka_unit_test(fits_the_screen),
		cmocka_unit_test(quiet_start), cmocka_unit_test(hostile_names), cmocka_unit_test(paths_kept_whole), cmocka_unit_test(status_line),
		cmocka_unit_test(held_by),
	};

	return cmocka_run_group_tests(tests, utc, NULL);
}
