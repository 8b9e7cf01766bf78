/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "golden.h"

#include "history.h"
#include "html.h"
#include "page.h"
#include "report_fixtures.h"
#include "verdict.h"

/* --- escaping --- */

static char *written;
static size_t written_size;

static FILE *begin(void)
{
	FILE *file = open_memstream(&written, &written_size);

	assert_non_null(file);
	return file;
}

static void same(FILE *file, const char *expected)
{
	assert_int_equal(fclose(file), 0);
	assert_string_equal(written, expected);
	free(written);
}

static void text_is(const char *text, const char *expected)
{
	FILE *file = begin();

	html_text(file, text);
	same(file, expected);
}

static void texts(void **state)
{
	(void)state;
	text_is("", "");
	text_is("shop/cart-7c49", "shop/cart-7c49");
	text_is("</td><img src=x onerror=alert(1)>", "&lt;/td&gt;&lt;img src=x onerror=alert(1)&gt;");
	text_is("a\" onload=\"b' & &amp;", "a&quot; onload=&quot;b&#39; &amp; &amp;amp;");
	text_is("\xc3\xa4 \xe2\x80\xa6 \xf0\x9f\x90\x9b", "\xc3\xa4 \xe2\x80\xa6 \xf0\x9f\x90\x9b");
	/* Controls, a change of direction, a line separator. */
	text_is("a\nb\x1b[2J\x7f", "a\\x0ab\\x1b[2J\\x7f");
	text_is("\xe2\x80\xae" "gpj", "\\xe2\\x80\\xaegpj");
	text_is("\xe2\x80\xa8", "\\xe2\\x80\\xa8");
	/* A '<' in two bytes, which is no UTF-8; a surrogate; cut short. */
	text_is("\xc0\xbcscript>", "\\xc0\\xbcscript&gt;");
	text_is("\xed\xa0\x80|\xff|\xe2\x82", "\\xed\\xa0\\x80|\\xff|\\xe2\\x82");
	/* What cannot begin a character does not hide what follows. */
	text_is("\xe2<b>", "\\xe2&lt;b&gt;");
}

static void json_is(const char *json, const char *expected)
{
	FILE *file = begin();

	html_json(file, json, strlen(json));
	same(file, expected);
}

static void json_in_a_script(void **state)
{
	(void)state;
	json_is("{\"a\":[1,\"b\"]}", "{\"a\":[1,\"b\"]}");
	json_is("\"</script><script>\"", "\"\\u003c/script>\\u003cscript>\"");
	json_is("\"<!--<ScRiPt\"", "\"\\u003c!--\\u003cScRiPt\"");
	/* Escapes that are harmless stay; those of what could do harm become text. */
	json_is("\"\\\" \\n \\\\ \\/\"", "\"\\\" \\n \\\\ \\/\"");
	json_is("\"\\u202e\\u001b[2J\"", "\"\\\\u202e\\\\u001b[2J\"");
	/* A backslash that is text, and a 'u' behind it. */
	json_is("\"\\\\u0041 \\\\\\u0007\"", "\"\\\\u0041 \\\\\\\\u0007\"");
	json_is("\"\\\\<\"", "\"\\\\\\u003c\"");
}

/* --- a page of each kind of report --- */

static const struct page_part bare[] = {
#define HOLE(name) { .text = name ": ", .length = sizeof(name ": ") - 1 }, { .hole = name }, { .text = "\n", .length = 1 }
	HOLE("node"),  HOLE("kernel"),	   HOLE("version"),  HOLE("when"),	   HOLE("settings"), HOLE("summary"), HOLE("tiles"),
	HOLE("notices"), HOLE("axis"),	   HOLE("found-count"), HOLE("found-hidden"), HOLE("none-hidden"), HOLE("found"),
	HOLE("well-count"), HOLE("well"),  HOLE("calls"),    HOLE("calls-hidden"), HOLE("no-calls"), HOLE("sources"), HOLE("losses"),
	HOLE("data"),  { 0 },
};

static struct history *history_begin(void)
{
	struct input input = { .kind = INPUT_SESSION, .time = 880 * SECOND,
			       .session = { .version = "0.1.0", .node = "worker-3", .kernel_release = "6.1.0", .grace = 10 * SECOND,
					    .stuck_after = 60 * SECOND, .orphan_age = 3600 * SECOND, .sees_calls = true } };
	struct history *history;

	assert_int_equal(history_new(&history), 0);
	assert_int_equal(history_input(history, &input), 0);
	return history;
}

static char *page_of(const struct history *history, const struct page_part *frame)
{
	FILE *file = begin();

	assert_int_equal(page_write(file, frame, history, "What is <wrong>."), 0);
	assert_int_equal(fclose(file), 0);
	return written;
}

/* A life with each kind of finding, as the pipeline would tell it. */
static void every_kind(void **state)
{
	static const enum report_kind told[] = {
		REPORT_SOURCE_UP, REPORT_NETNS_CREATED, REPORT_ADDRESS_ADDED, REPORT_NETNS_BOUND, REPORT_CNI_CALLED, REPORT_NETNS_ORPHAN,
		REPORT_NETNS_IP_CONFLICT, REPORT_NETNS_CONTRADICTED, REPORT_NETNS_SHARED, REPORT_NETNS_HOST_USED, REPORT_NETNS_PATH_LOST,
		REPORT_POD_GONE, REPORT_CNI_FAILED, REPORT_TRACE_LOST, REPORT_TRACE_RESYNCED, REPORT_NETNS_LEAKED, REPORT_NETNS_DYING,
		REPORT_NETNS_STUCK, REPORT_NETNS_FREED, REPORT_NETNS_RECOVERED, REPORT_SOURCE_DOWN, REPORT_CREATE_FAILED, REPORT_TRACE_SUMMARY,
	};
	struct history *history = history_begin();
	struct fixture f;
	char *page;

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		struct report report = fixture_report(&f, told[i]);

		assert_int_equal(history_report(history, &report), 0);
	}
	page = page_of(history, bare);
	assert_golden(page, "report-page.txt");
	free(page);
	/* The frame has no hole that is not known. */
	page = page_of(history, report_page);
	assert_non_null(strstr(page, "</html>"));
	assert_null(strstr(page, "{{"));
	free(page);
	history_free(history);
	fixture_done(&f);
}

/* Also what an earlier session reported is bad where it is still there. */
static void tiles(void **state)
{
	static const struct page_part frame[] = { { .hole = "tiles" }, { 0 } };
	struct report_summary summary = { .leaked_now = 1, .stuck = 4, .stuck_now = 2, .orphans_now = 3, .conflicts = 1 };
	struct report report = { .kind = REPORT_TRACE_SUMMARY, .time = 890 * SECOND, .summary = &summary };
	struct history *history = history_begin();
	char *page;

	(void)state;
	assert_int_equal(history_report(history, &report), 0);
	page = page_of(history, frame);
	assert_non_null(strstr(page, "<div class=\"tile bad\"><dd>0</dd><dt>leaked, 1 still there</dt></div>\n"
				     "<div class=\"tile bad\"><dd>4</dd><dt>stuck, 2 still there</dt></div>\n"
				     "<div class=\"tile bad\"><dd>0</dd><dt>orphans, 3 still there</dt></div>\n"
				     "<div class=\"tile bad\"><dd>1</dd><dt>address conflict</dt></div>\n"));
	free(page);
	history_free(history);
}

static void unknown_hole(void **state)
{
	static const struct page_part frame[] = { { .hole = "nonsense" }, { 0 } };
	struct history *history = history_begin();
	FILE *file = begin();

	(void)state;
	assert_int_equal(page_write(file, frame, history, NULL), -EINVAL);
	fclose(file);
	free(written);
	history_free(history);
}

/* --- what is kept --- */

static const struct history_netns *last_of(const struct history *history, size_t *ret_count)
{
	const struct history_netns *last = history_netns(history);

	for (*ret_count = last != NULL; last && last->next; last = last->next)
		++*ret_count;
	return last;
}

static void tell(struct history *history, struct netns *netns, enum report_kind kind, uint64_t time)
{
	struct report report = { .kind = kind, .time = time, .netns = netns };

	netns->phase = kind == REPORT_NETNS_FREED ? NETNS_FREED : NETNS_REFERENCED;
	netns->freed_at = kind == REPORT_NETNS_FREED ? time : 0;
	assert_int_equal(history_report(history, &report), 0);
}

/* Of those that ended well the last are kept, of those with a finding all. */
static void bounded(void **state)
{
	struct history *history = history_begin();
	struct netns netns = { .references = -1 };
	const struct history_netns *last;
	size_t count;

	(void)state;
	for (uint64_t n = 1; n <= HISTORY_WELL_MAX + 7; n++) {
		netns.handle = 1 + n % 5;
		netns.cookie = n;
		tell(history, &netns, REPORT_NETNS_CREATED, n * SECOND);
		if (n == 3)
			tell(history, &netns, REPORT_NETNS_ORPHAN, n * SECOND);
		tell(history, &netns, REPORT_NETNS_FREED, n * SECOND + 1);
	}
	last = last_of(history, &count);
	assert_int_equal(count, HISTORY_WELL_MAX + 1);
	assert_int_equal(history_session(history)->netns_left_out, 6);
	assert_string_equal(history_netns(history)->id, "3");
	assert_string_equal(history_netns(history)->next->id, "8");
	assert_int_equal(last->cookie, HISTORY_WELL_MAX + 7);
	assert_int_equal(last->freed_at, (HISTORY_WELL_MAX + 7) * SECOND + 1);
	history_free(history);
}

/* One whose end was lost has ended as well as another; one that lives stays, however old. */
static void bounded_unseen(void **state)
{
	struct history *history = history_begin();
	struct netns old = { .references = -1, .handle = 1, .cookie = 1 }, netns = { .references = -1, .handle = 2 };
	size_t count;

	(void)state;
	tell(history, &old, REPORT_NETNS_CREATED, SECOND);
	for (netns.cookie = 2; netns.cookie <= HISTORY_WELL_MAX + 5; netns.cookie++)
		tell(history, &netns, REPORT_NETNS_CREATED, netns.cookie * SECOND);
	/* The last of them lives. */
	last_of(history, &count);
	assert_int_equal(count, 1 + HISTORY_WELL_MAX + 1);
	assert_int_equal(history_session(history)->netns_left_out, 3);
	assert_string_equal(history_netns(history)->id, "1");
	assert_string_equal(history_netns(history)->next->id, "5");
	tell(history, &old, REPORT_NETNS_FREED, 2 * HISTORY_WELL_MAX * SECOND);
	/* What ended first goes first. */
	assert_string_equal(history_netns(history)->id, "1");
	assert_string_equal(history_netns(history)->next->id, "6");
	assert_int_equal(history_session(history)->netns_left_out, 4);
	history_free(history);
}

/* One netns has many events. */
static void bounded_events(void **state)
{
	struct history *history = history_begin();
	struct netns netns = { .references = -1, .handle = 1, .cookie = 1 };

	(void)state;
	for (uint64_t n = 0; n < HISTORY_EVENTS_MAX + 3; n++)
		tell(history, &netns, REPORT_NETNS_BOUND, n);
	assert_int_equal(history_netns(history)->event_count, HISTORY_EVENTS_MAX);
	assert_int_equal(history_netns(history)->events_left_out, 3);
	history_free(history);
}

static void ignore(void *ctx, const struct state_change *change)
{
	(void)ctx;
	(void)change;
}

/* Where another is at the address of one, the end of that was lost; and so it was where state has it no more. */
static void unseen_ends(void **state)
{
	struct history *history = history_begin();
	struct netns netns = { .references = -1, .handle = 1, .cookie = 1 };
	const struct history_netns *known;
	struct state *none;

	(void)state;
	tell(history, &netns, REPORT_NETNS_CREATED, 5);
	netns.cookie = 2;
	tell(history, &netns, REPORT_NETNS_CREATED, 9);
	known = history_netns(history);
	assert_true(known->unseen_end);
	assert_int_equal(known->last_seen, 5);
	assert_false(known->next->unseen_end);
	assert_int_equal(state_new(&none, ignore, NULL), 0);
	assert_int_equal(history_settle(history, none), 0);
	assert_true(known->next->unseen_end);
	assert_null(known->next->next);
	state_free(none);
	history_free(history);
}

/* A pod that goes after its netns is told of at its netns all the same; of another's end nothing is. */
static void late_ends_of_pods(void **state)
{
	struct history *history = history_begin();
	const struct history_netns *known;
	struct report report;
	struct fixture f;

	(void)state;
	fixture_init(&f);
	report = fixture_report(&f, REPORT_NETNS_FREED);
	f.pod.gone = false;
	assert_int_equal(history_report(history, &report), 0);
	known = history_netns(history);
	assert_int_equal(known->gone_at, 0);
	report = (struct report){ .kind = REPORT_POD_GONE, .time = 1010 * SECOND, .pod = &f.other_pod };
	f.other_pod.gone = true;
	assert_int_equal(history_report(history, &report), 0);
	assert_int_equal(known->gone_at, 0);
	report.pod = &f.pod;
	f.pod.gone = true;
	f.pod.gone_at = 1005 * SECOND;
	assert_int_equal(history_report(history, &report), 0);
	assert_int_equal(known->gone_at, 1005 * SECOND);
	assert_int_equal(known->grace_ends, 1015 * SECOND);
	assert_string_equal(known->gone_by, "deleted, says file:/var/lib/pods.json");
	assert_int_equal(known->event_count, 2);
	history_free(history);
	fixture_done(&f);
}

static void assert_findings(const struct history_netns *known, const enum report_kind *kinds, size_t count)
{
	const struct history_finding *finding = known->findings;

	for (size_t i = 0; i < count; i++, finding = finding->next) {
		assert_non_null(finding);
		assert_int_equal(finding->kind, kinds[i]);
	}
	assert_null(finding);
}

/* What an earlier session reported is found, as long as it is not known to have been none. */
static void restored(void **state)
{
	struct history *history = history_begin();
	struct verdict verdict = { .leaked_at = 1, .stuck_at = 1, .orphan_at = 1, .conflict_at = 1 };
	struct netns netns = { .references = -1, .handle = 1, .cookie = 1, .verdict = &verdict };
	const struct history_netns *known;

	(void)state;
	tell(history, &netns, REPORT_NETNS_BOUND, 890 * SECOND);
	tell(history, &netns, REPORT_NETNS_BOUND, 891 * SECOND);
	known = history_netns(history);
	assert_findings(known, (const enum report_kind[]){ REPORT_NETNS_LEAKED, REPORT_NETNS_STUCK, REPORT_NETNS_ORPHAN,
							  REPORT_NETNS_IP_CONFLICT }, 4);
	/* Its pod is there after all; the address is shared no more. */
	verdict = (struct verdict){ .stuck_at = 1 };
	tell(history, &netns, REPORT_NETNS_BOUND, 892 * SECOND);
	assert_findings(known, (const enum report_kind[]){ REPORT_NETNS_STUCK, REPORT_NETNS_IP_CONFLICT }, 2);
	/* What this session reports is told once. */
	verdict.leaked_at = 893 * SECOND;
	tell(history, &netns, REPORT_NETNS_LEAKED, 893 * SECOND);
	assert_findings(known, (const enum report_kind[]){ REPORT_NETNS_STUCK, REPORT_NETNS_IP_CONFLICT, REPORT_NETNS_LEAKED }, 3);
	assert_int_equal(known->findings->time, 0);
	assert_string_equal(known->findings->body, "reported by an earlier session");
	assert_int_equal(known->findings->next->next->time, 893 * SECOND);
	history_free(history);
}

/* Of a leak whose end was lost no more may be told than that it recovered; after its end that begins nothing. */
static void recovered(void **state)
{
	struct history *history = history_begin();
	struct verdict verdict = { .leaked_at = 1 };
	struct netns netns = { .references = -1, .handle = 1, .cookie = 1 };
	const struct history_netns *known;

	(void)state;
	tell(history, &netns, REPORT_NETNS_BOUND, 890 * SECOND);
	known = history_netns(history);
	assert_null(known->findings);
	netns.verdict = &verdict;
	tell(history, &netns, REPORT_NETNS_RECOVERED, 891 * SECOND);
	assert_findings(known, (const enum report_kind[]){ REPORT_NETNS_LEAKED }, 1);
	assert_int_equal(known->last_seen, 890 * SECOND);
	tell(history, &netns, REPORT_NETNS_FREED, 892 * SECOND);
	tell(history, &netns, REPORT_NETNS_RECOVERED, 892 * SECOND);
	assert_findings(known, (const enum report_kind[]){ REPORT_NETNS_LEAKED }, 1);
	assert_null(known->next);
	history_free(history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),	  cmocka_unit_test(json_in_a_script), cmocka_unit_test(every_kind),
		cmocka_unit_test(tiles),
		cmocka_unit_test(unknown_hole),	  cmocka_unit_test(bounded),	      cmocka_unit_test(bounded_events),
		cmocka_unit_test(unseen_ends),	  cmocka_unit_test(late_ends_of_pods), cmocka_unit_test(restored),
		cmocka_unit_test(recovered),	  cmocka_unit_test(bounded_unseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
