// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What top shows of a pipeline, on screens of several sizes, and what its keys do.
 */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "feed.h"
#include "top.h"
#include "util.h"

#define NOW (180 * SECOND)

static struct feed feed;
static struct top top;
static struct grid grid;
static struct top_facts facts;

/* --- the node: netns 1 its own, 2 leaked, 3 in use, 4 within its grace, 5 dying, 6 and 7 nobody's --- */

static void path(unsigned inum, const char *name)
{
	feed_input(&feed, (struct input){ .kind = INPUT_PATH, .path = { .path = name, .inum = inum, .present = true } });
}

static void hold(void)
{
	const struct input_holders sum = { .netns = 2, .counted = 2, .nsfs = 1, .sockets = 1, .found = 2 };

	feed_input(&feed, (struct input){ .kind = INPUT_HOLDERS, .holders = sum });
	feed_input(&feed, (struct input){ .kind = INPUT_HOLDER, .holder = { .netns = 2, .kind = HOLDER_MOUNT, .comm = "", .cgroup = "",
				.what = "/run/netns/cni-04b1c5aa", .flags = HOLDER_NODE } });
	feed_input(&feed, (struct input){ .kind = INPUT_HOLDER, .holder = { .netns = 2, .kind = HOLDER_SOCKET, .comm = "agent", .pid = 991,
				.tid = 991, .fd = 7, .what = "netlink route", .cgroup = "" } });
}

static void make_node(void)
{
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL }, { 7, 1, 0, NULL });
	feed.now = 10;
	feed_listing(&feed, "cart", "web", "till", NULL);
	for (unsigned n = 2; n <= 6; n++)
		feed_created(&feed, n);
	path(1002, "/run/netns/cni-04b1c5aa");
	path(1006, "/run/netns/evil\033[2J\nname");
	path(1007, "/run/netns/\u540d\u524d\u7a7a\u9593");
	feed_binding(&feed, "cart", 1002, 11);
	feed_binding(&feed, "web", 1003, 11);
	feed_binding(&feed, "till", 1004, 11);
	feed_addr(&feed, NNS_ADDR_ADDED, 3, "10.0.1.7");
	feed.now = 100;
	feed_listing(&feed, "web", "till", NULL);
	feed_until(&feed, 160);
	hold();
	census(&feed, { 1, 5, 90, NULL }, { 2, 2, 0, NULL }, { 3, 3, 2, "10.0.1.7" }, { 4, 1, 0, NULL }, { 5, 1, 0, NULL },
	       { 6, 1, 0, NULL }, { 7, 1, 0, NULL });
	feed.now = 170;
	feed_listing(&feed, "web", NULL);
	feed_end(&feed, NNS_NETNS_DYING, 5);
}

static void refresh(void)
{
	facts.summary = feed.summary;
	pipeline_summary(feed.pipeline, &facts.summary);
	assert_int_equal(top_collect(&top, feed.pipeline, &facts, 60 * SECOND), 0);
}

static int setup(void **state)
{
	(void)state;
	make_node();
	facts = (struct top_facts){ .node = "worker-3", .kernel = "6.12.107", .now = NOW, .began = SECOND, .sources_down = "",
				    .created = 5, .freed = 2, .wall_offset = (int64_t)(FEED_EPOCH * SECOND) };
	top_init(&top, true, true);
	refresh();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	top_free(&top);
	grid_free(&grid);
	feed_close(&feed);
	return 0;
}

/* --- what is seen --- */

/* A row as a terminal shows it, without the blanks at its end. */
static void row_text(unsigned row, struct text *text)
{
	text_reset(text);
	for (unsigned column = 0; column < grid.columns; column++) {
		const struct grid_cell *cell = &grid.cells[row * grid.columns + column];

		if (cell->length != GRID_COVERED)
			text_add_bytes(text, cell->length ? cell->bytes : " ", cell->length ? cell->length : 1);
	}
	while (text->length && text->bytes[text->length - 1] == ' ')
		text->bytes[--text->length] = '\0';
}

static void draw(unsigned rows, unsigned columns)
{
	assert_int_equal(grid_resize(&grid, rows, columns), 0);
	top_draw(&top, &facts, &grid);
}

static void expect_row(unsigned row, const char *expected)
{
	TEXT(text, 4096);

	row_text(row, &text);
	assert_string_equal(text.bytes, expected);
}

#define expect_rows(...) expect_all((const char *const[]){ __VA_ARGS__, NULL })

/* From the first on; what follows is empty up to the last, which is not looked at. */
static void expect_all(const char *const *rows)
{
	unsigned row = 0;

	for (; rows[row]; row++)
		expect_row(row, rows[row]);
	for (; row + 1 < grid.rows; row++)
		expect_row(row, "");
}

static void press(const char *letters)
{
	for (; *letters; letters++) {
		struct key key = { .kind = KEY_CHARACTER, .text = { *letters } };

		top_key(&top, &key);
	}
}

static enum top_action press_key(enum key_kind kind)
{
	struct key key = { .kind = kind };

	return top_key(&top, &key);
}

/* The netns that are shown, in order. */
static void expect_order(const char *handles)
{
	TEXT(text, 256);

	for (size_t i = 0; i < top.shown_count; i++)
		text_printf(&text, "%s%u", i ? " " : "", (unsigned)top.shown[i]->handle);
	assert_string_equal(text.bytes, handles);
}

/* --- screens --- */

static void a_usual_screen(void **state)
{
	(void)state;
	draw(24, 80);
	expect_rows("worker-3, Linux 6.12.107                                      13:49:40, up 2m59s",
		    "7 netns: 1 leaked, 1 in its grace, 1 dying, 2 no pod, 1 in use, 1 the node's",
		    "last minute: 5 created, 2 freed; 21 events, 0 lost; 1 of 1 sources up",
		    "STATE↓       SINCE    AGE POD       REFS # HELD BY                    CAUSE",
		    "leaked       1m20s  2m50s shop/cart    2 2 mount /run/netns/cni-04b1… mount-left",
		    "in its grace   10s  2m50s shop/till    1   1 reference",
		    "dying          10s  2m50s              1   the kernel has not begun …",
		    "no pod             >2m59s              1   mount /run/netns/名前空間",
		    "no pod              2m50s              1   mount /run/netns/evil\\x1b…",
		    "in use              2m50s shop/web     3   2 processes; 3 references",
		    "the node's                             5");
	expect_row(23, "q quit  ? help  Enter explain  / filter  < > sort  p pause");
}

static void a_wide_screen(void **state)
{
	(void)state;
	draw(50, 200);
	expect_row(3, "STATE↓        SINCE     AGE  POD        NETNS                ADDRESS   REFS  #  HELD BY"
		      "                                                                    CAUSE");
	expect_row(4, "leaked        1m20s   2m50s  shop/cart  cni-04b1c5aa                      2  2  "
		      "mount /run/netns/cni-04b1c5aa; agent (pid 991) fd 7, socket netlink route  mount-left");
	expect_row(8, "no pod                2m50s             evil\\x1b[2J\\x0aname               1     "
		      "mount /run/netns/evil\\x1b[2J\\x0aname");
	expect_row(9, "in use                2m50s  shop/web   1003                 10.0.1.7     3     2 processes; 3 references");
	expect_row(11, "");
}

static void a_tiny_screen(void **state)
{
	(void)state;
	draw(5, 20);
	expect_rows("7 netns: 1 leaked, …", "STATE↓   POD       #", "leaked   shop/cart 2", "in its … shop/till");
	expect_row(4, "q quit  ? … 1-2 of 7");
	for (unsigned rows = 0; rows < 6; rows++)
		for (unsigned columns = 0; columns < 30; columns++) {
			top.mode = columns % 2 ? TOP_MODE_HELP : TOP_MODE_TABLE;
			draw(rows, columns);
		}
}

static void nothing_to_show(void **state)
{
	(void)state;
	top_rows_free(&top.rows);
	top.shown_count = 0;
	draw(24, 80);
	expect_row(1, "0 netns");
	expect_row(4, "");
	assert_int_equal(press_key(KEY_DOWN), TOP_DO_DRAW);
	draw(24, 80);
}

/* --- keys --- */

static void sorting(void **state)
{
	(void)state;
	expect_order("2 4 5 7 6 3 1");
	press("r");
	expect_order("1 3 6 7 5 4 2");
	press("r>");
	assert_int_equal(top.by, TOP_SINCE);
	expect_order("2 4 5 7 6 3 1");
	press("r");
	/* The shortest first, what has none among them; what is alike stays in the usual order. */
	expect_order("7 6 3 1 4 5 2");
	press(">");
	assert_int_equal(top.by, TOP_AGE);
	expect_order("7 2 4 5 6 3 1");
	press(">");
	assert_int_equal(top.by, TOP_POD);
	expect_order("2 4 3 5 7 6 1");
	press("r");
	expect_order("3 4 2 5 7 6 1");
	press("<<<<");
	assert_int_equal(top.by, TOP_CAUSE);
	expect_order("2 4 5 7 6 3 1");
	draw(24, 80);
	expect_row(3, "STATE        SINCE    AGE POD       REFS # HELD BY                    CAUSE↓");
}

static void a_filter(void **state)
{
	(void)state;
	press("/SHOP/C");
	expect_order("2");
	draw(24, 80);
	expect_row(23, "show only what has: SHOP/C_                            Enter keep, Esc take back");
	press_key(KEY_BACKSPACE);
	expect_order("2 4 3");
	press_key(KEY_ENTER);
	draw(24, 80);
	expect_row(23, "with \"SHOP/\": 3 of 7, Esc: all  q quit  ? help  Enter explain  / filter  < > so…");
	/* New ones are filtered too, and taking back goes to what was before. */
	refresh();
	expect_order("2 4 3");
	press("/xyz");
	expect_order("");
	assert_int_equal(press_key(KEY_ENTER), TOP_DO_DRAW);
	assert_int_equal(press_key(KEY_ENTER), TOP_DO_NOTHING); /* none is selected */
	press("/");
	press_key(KEY_ESCAPE);
	expect_order("");
	press_key(KEY_ESCAPE);
	expect_order("2 4 5 7 6 3 1");
	/* What is typed may be anything. */
	press("/");
	for (unsigned i = 0; i < 1000; i++)
		press("x");
	assert_int_equal(strlen(top.filter), TOP_FILTER_LEN - 1);
	for (unsigned i = 0; i < 1000; i++)
		press_key(KEY_BACKSPACE);
	expect_order("2 4 5 7 6 3 1");
}

static void the_selection_stays_with_its_netns(void **state)
{
	(void)state;
	assert_int_equal(top.selected, 2);
	press("r");
	assert_int_equal(top.selected, 1); /* the first, as none was chosen */
	press("r");
	press_key(KEY_DOWN);
	assert_int_equal(top.selected, 4);
	press("r");
	assert_int_equal(top.selected, 4);
	press_key(KEY_END);
	assert_int_equal(top.selected, 2);
	press_key(KEY_UP);
	press_key(KEY_UP);
	assert_int_equal(top.selected, 5);
	/* It is freed: the next that stands there. */
	feed_end(&feed, NNS_NETNS_CLEANUP, 5);
	feed_end(&feed, NNS_NETNS_FREED, 5);
	refresh();
	expect_order("1 3 6 7 4 2");
	assert_int_equal(top.selected, 4);
	assert_int_equal(press_key(KEY_ENTER), TOP_DO_EXPLAIN);
}

static void scrolling(void **state)
{
	(void)state;
	draw(7, 80);
	expect_row(6, "q quit  ? help  Enter explain  / filter  < > sort  p pause              1-4 of 7");
	press_key(KEY_PAGE_DOWN);
	press_key(KEY_DOWN);
	draw(7, 80);
	expect_row(2, "in its grace   10s  2m50s shop/till    1   1 reference");
	expect_row(6, "q quit  ? help  Enter explain  / filter  < > sort  p pause              2-5 of 7");
	press_key(KEY_END);
	draw(24, 80);
	expect_row(4, "leaked       1m20s  2m50s shop/cart    2 2 mount /run/netns/cni-04b1… mount-left");
}

static void a_pause(void **state)
{
	(void)state;
	press("p");
	feed_freed(&feed, 4);
	refresh();
	expect_order("2 4 5 7 6 3 1");
	draw(24, 80);
	expect_row(0, "worker-3, Linux 6.12.107                              13:49:40, up 2m59s, PAUSED");
	press("p");
	refresh();
	expect_order("2 5 7 6 3 1");
}

static void a_text(void **state)
{
	(void)state;
	top_show(&top, TOP_MODE_EXPLAIN, "explain shop/cart", strdup("verdict     leaked: its pod is gone\n\n"
		 "held by     mount /run/netns/a-long-name-of-a-netns and what else there is to say\nlast\n"));
	draw(5, 40);
	expect_rows("explain shop/cart     13:49:40, up 2m59s", "verdict     leaked: its pod is gone", "",
		    "held by     mount /run/netns/a-long-name");
	expect_row(4, "Esc back  up, down, PgUp, PgDn… 1-3 of 6");
	press_key(KEY_END);
	draw(5, 40);
	expect_rows("explain shop/cart     13:49:40, up 2m59s", "            -of-a-netns and what else",
		    "            there is to say", "last");
	assert_int_equal(press_key(KEY_CHARACTER), TOP_DO_NOTHING);
	press("q");
	assert_int_equal(top.mode, TOP_MODE_TABLE);
	assert_int_equal(top_key(&top, &(struct key){ KEY_CHARACTER, "q" }), TOP_DO_QUIT);
	press("?");
	draw(24, 80);
	expect_row(1, "up, down    select a netns (also k and j); PgUp, PgDn, Home and End go further");
	assert_int_equal(top_key(&top, &(struct key){ KEY_CHARACTER, "\003" }), TOP_DO_QUIT);
}

static void messages(void **state)
{
	struct report report = { .kind = REPORT_NETNS_CREATED, .time = 175 * SECOND, .wall = (FEED_EPOCH + 175) * SECOND };

	(void)state;
	assert_int_equal(top_report(&top, &report), 0);
	draw(24, 80);
	expect_row(23, "q quit  ? help  Enter explain  / filter  < > sort  p pause");
	report.kind = REPORT_SOURCE_DOWN;
	report.source = "kube";
	report.text = "no\033route";
	assert_int_equal(top_report(&top, &report), 0);
	draw(24, 80);
	expect_row(23, "13:49:35 down: pod source kube cannot be used: no\\x1broute                 m all");
	facts.now = 190 * SECOND;
	draw(24, 80);
	expect_row(23, "q quit  ? help  Enter explain  / filter  < > sort  p pause");
	for (unsigned i = 0; i < 2 * TOP_MESSAGES_MAX; i++)
		assert_int_equal(top_say(&top, "again", 1, 1), 0);
	press("m");
	draw(24, 80);
	assert_int_equal(top.pane_lines, TOP_MESSAGES_MAX);
	expect_row(1, "00:00:00    again");
}

/* Losses and silent sources are seen at once. */
static void what_is_amiss(void **state)
{
	(void)state;
	facts.summary.state.lost = 3;
	facts.sources_down = "kube, cri\033";
	draw(24, 80);
	expect_row(2, "last minute: 5 created, 2 freed; 21 events, 3 lost; 1 of 1 sources up, down: ku…");
	assert_int_equal(grid.cells[2 * 80].style, GRID_WARN);
	assert_int_equal(grid.cells[4 * 80 + 1].style, GRID_SELECTED);
	draw(24, 100);
	expect_row(2, "last minute: 5 created, 2 freed; 21 events, 3 lost; 1 of 1 sources up, down: kube, cri\\x1b");
}

/* --- the last minute --- */

static void rates(void **state)
{
	struct top_rates minute = { 0 };
	uint64_t created, freed;

	(void)state;
	top_rates_tell(&minute, 0, &created, &freed);
	assert_int_equal(created + freed, 0);
	top_rates_note(&minute, 100 * SECOND, 10, 1);
	top_rates_tell(&minute, 100 * SECOND, &created, &freed);
	assert_int_equal(created, 10);
	assert_int_equal(freed, 1);
	for (unsigned second = 101; second <= 500; second++)
		top_rates_note(&minute, second * SECOND, 10 + 2 * (second - 100), second - 99);
	top_rates_tell(&minute, 500 * SECOND, &created, &freed);
	assert_int_equal(created, 2 * 61);
	assert_int_equal(freed, 61);
	/* Several times in one second. */
	top_rates_note(&minute, 500 * SECOND + 5, 1000, 500);
	top_rates_note(&minute, 600 * SECOND, 1000, 500);
	top_rates_tell(&minute, 600 * SECOND, &created, &freed);
	assert_int_equal(created, 0);
	assert_int_equal(freed, 0);
}

int main(void)
{
#define SCREEN(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		SCREEN(a_usual_screen), SCREEN(a_wide_screen), SCREEN(a_tiny_screen), SCREEN(nothing_to_show),
		SCREEN(sorting),	SCREEN(a_filter),      SCREEN(the_selection_stays_with_its_netns),
		SCREEN(scrolling),	SCREEN(a_pause),       SCREEN(a_text),
		SCREEN(messages),	SCREEN(what_is_amiss), cmocka_unit_test(rates),
	};

	setlocale(LC_ALL, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
