/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "top_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "util.h"

void top_init(struct top *ret, bool live, bool color)
{
	*ret = (struct top){ .live = live, .color = color };
}

void top_forget_messages(struct top *top)
{
	for (size_t i = 0; i < TOP_MESSAGES_MAX; i++) {
		free(top->messages[i].text);
		top->messages[i] = (struct top_message){ 0 };
	}
	top->message_count = 0;
}

void top_free(struct top *top)
{
	top_rows_free(&top->rows);
	free(top->shown);
	free(top->pane.text);
	top_forget_messages(top);
	*top = (struct top){ 0 };
}

/* --- rows --- */

/* Once a netns was chosen, the selection stays with it; before that, with the first row. */
static void find_selected(struct top *top)
{
	if (!top->moved)
		top->selected_at = 0;
	for (size_t i = 0; i < top->shown_count && top->moved; i++)
		if (top->shown[i]->handle == top->selected) {
			top->selected_at = i;
			return;
		}
	/* It is gone: the one that stands there now. */
	if (top->selected_at >= top->shown_count)
		top->selected_at = top->shown_count ? top->shown_count - 1 : 0;
	top->selected = top->shown_count ? top->shown[top->selected_at]->handle : 0;
}

int top_arrange(struct top *top)
{
	const struct top_row **shown = reallocarray(top->shown, top->rows.count + 1, sizeof(*shown));

	if (!shown)
		return -ENOMEM;
	top->shown = shown;
	top->shown_count = 0;
	top_rows_sort(&top->rows, top->by, top->reverse);
	for (size_t i = 0; i < top->rows.count; i++)
		if (top_row_matches(&top->rows.all[i], top->filter))
			shown[top->shown_count++] = &top->rows.all[i];
	find_selected(top);
	return 0;
}

int top_collect(struct top *top, const struct pipeline *pipeline, const struct top_facts *facts, uint64_t grace)
{
	int err;

	if (top->paused)
		return 0;
	top->shown_count = 0; /* of rows that go now */
	err = top_rows_collect(&top->rows, pipeline, facts->now, grace, facts->wall_offset);
	return err ? err : top_arrange(top);
}


static void move(struct top *top, long by)
{
	const long last = (long)top->shown_count - 1, to = (long)top->selected_at + by;

	if (last < 0)
		return;
	top->selected = top->shown[to < 0 ? 0 : to > last ? last : to]->handle;
	top->moved = top->selected_at || to > 0;
	find_selected(top);
}

void top_scroll(struct top *top, size_t page)
{
	top->page = page;
	if (top->selected_at < top->first)
		top->first = top->selected_at;
	if (page && top->selected_at >= top->first + page)
		top->first = top->selected_at - page + 1;
	if (top->first + page > top->shown_count)
		top->first = top->shown_count > page ? top->shown_count - page : 0;
}

/* --- messages --- */

const struct top_message *top_message_at(const struct top *top, size_t back)
{
	if (back >= top->message_count || back >= TOP_MESSAGES_MAX)
		return NULL;
	return &top->messages[(top->message_count - 1 - back) % TOP_MESSAGES_MAX];
}

static void show_messages(struct top *top)
{
	const size_t most = top->message_count < TOP_MESSAGES_MAX ? top->message_count : TOP_MESSAGES_MAX;
	char *text = strdup(most ? "" : "nothing was reported yet");

	for (size_t back = 0; back < most && text; back++) {
		const struct top_message *message = top_message_at(top, back);
		char clock[FORMAT_CLOCK_LEN];
		char *longer = formatted("%s%-12s%s\n", text, format_clock(message->wall, clock), message->text);

		free(text);
		text = longer;
	}
	if (text)
		top_show(top, TOP_MODE_MESSAGES, "messages, the last first", text);
}

static int note(struct top *top, struct top_message message, const char *text)
{
	struct top_message *slot = &top->messages[top->message_count % TOP_MESSAGES_MAX];

	message.text = strdup(text);
	if (!message.text)
		return -ENOMEM;
	free(slot->text);
	*slot = message;
	top->message_count++;
	if (top->mode == TOP_MODE_MESSAGES)
		show_messages(top);
	return 0;
}

int top_report(struct top *top, const struct report *report)
{
	const struct report_type *type = &report_types[report->kind];
	const bool finding = type->class == REPORT_FINDING;
	TEXT(body, REPORT_BODY_LEN);
	TEXT(safe, 2 * REPORT_BODY_LEN);

	if (!finding && report->kind != REPORT_NETNS_RECOVERED && type->class != REPORT_TOOL)
		return 0;
	if (report->kind == REPORT_TRACE_SUMMARY || (report->kind == REPORT_SOURCE_UP && !(report->text && *report->text)))
		return 0;
	report_body(&body, report);
	text_printf(&safe, "%s: ", type->label);
	text_add_safe(&safe, body.bytes);
	return note(top, (struct top_message){ .time = report->time, .wall = report->wall, .bad = type->severity >= SEVERITY_WARN },
		    safe.bytes);
}

int top_say(struct top *top, const char *text, uint64_t now, int64_t wall)
{
	return note(top, (struct top_message){ .time = now, .wall = wall, .bad = true }, text);
}

/* --- panes --- */

static const char help_text[] =
	"up, down    select a netns (also k and j); PgUp, PgDn, Home and End go further\n"
	"Enter       explain the one that is selected: whose it is, what holds it, what would free it\n"
	"<, >        sort by the column before, by the one behind (also left and right)\n"
	"r           sort the other way round\n"
	"/           show only what has a text in any column; Enter keeps that, Esc takes it back\n"
	"Esc         all netns again; from a text back to the table\n"
	"p           pause: what is shown stays as it is, and nothing is missed meanwhile\n"
	"m           messages: what was found, and what went wrong\n"
	"[, ]        of a recording: a step back, a step on; { and }: its first, its last\n"
	"Ctrl-L      draw all anew\n"
	"q           quit (also Ctrl-C)\n"
	"\n"
	"STATE       leaked, stuck, ip-conflict, orphan and path-lost were reported; not judged: its pod has been gone for longer "
	"than the grace, but not all is known that a verdict takes\n"
	"SINCE       for how long its pod has been gone, or where it has none the kernel been taking it down\n"
	"AGE         since it was made; >: it was there before netnsleak was\n"
	"#           how many hold it, where that was looked for\n";

void top_show(struct top *top, enum top_mode mode, const char *title, char *text)
{
	TEXT(safe, TOP_TITLE_LEN);

	text_add_safe(&safe, title);
	free(top->pane.text);
	top->pane = (struct top_pane){ .text = text, .first = top->mode == mode ? top->pane.first : 0 };
	memcpy(top->pane.title, safe.bytes, safe.length + 1);
	top->mode = mode;
}

unsigned top_state_style(enum top_state state)
{
	if (top_state_is_finding(state))
		return GRID_BAD;
	if (state == TOP_UNJUDGED || state == TOP_IN_GRACE || state == TOP_DYING)
		return GRID_WARN;
	return state == TOP_NODE ? GRID_FAINT : GRID_PLAIN;
}

bool top_is_pane(const struct top *top)
{
	return top->mode == TOP_MODE_EXPLAIN || top->mode == TOP_MODE_HELP || top->mode == TOP_MODE_MESSAGES;
}

static void pane_move(struct top *top, long by)
{
	const long most = top->pane_lines > top->pane_page ? (long)(top->pane_lines - top->pane_page) : 0;
	const long to = (long)top->pane.first + by;

	top->pane.first = (size_t)(to < 0 ? 0 : to > most ? most : to);
}

/* --- keys --- */

static bool is_character(const struct key *key, const char *one_of)
{
	return key->kind == KEY_CHARACTER && key->text[0] && !key->text[1] && strchr(one_of, key->text[0]);
}

/* By how much a key moves, in a table or text of which a page is shown. */
static long movement(const struct key *key, size_t page)
{
	const long far = 1l << 30, by_page = page > 1 ? (long)page - 1 : 1;

	switch (key->kind) {
	case KEY_UP:
		return -1;
	case KEY_DOWN:
		return 1;
	case KEY_PAGE_UP:
		return -by_page;
	case KEY_PAGE_DOWN:
		return by_page;
	case KEY_HOME:
		return -far;
	case KEY_END:
		return far;
	default:
		return is_character(key, "k") ? -1 : is_character(key, "j") ? 1 : 0;
	}
}

static enum top_action sort_by(struct top *top, int step)
{
	top->by = (enum top_column)(((int)top->by + step + TOP_COLUMNS) % TOP_COLUMNS);
	top->reverse = false;
	return top_arrange(top) ? TOP_DO_QUIT : TOP_DO_DRAW;
}

static enum top_action set_filter(struct top *top, const char *filter)
{
	if (filter != top->filter)
		snprintf(top->filter, sizeof(top->filter), "%s", filter);
	return top_arrange(top) ? TOP_DO_QUIT : TOP_DO_DRAW;
}

static enum top_action filter_key(struct top *top, const struct key *key)
{
	size_t length = strlen(top->filter);

	switch (key->kind) {
	case KEY_ENTER:
		top->mode = TOP_MODE_TABLE;
		return TOP_DO_DRAW;
	case KEY_ESCAPE:
		top->mode = TOP_MODE_TABLE;
		return set_filter(top, top->filter_before);
	case KEY_BACKSPACE:
		while (length && ((unsigned char)top->filter[--length] & 0xc0) == 0x80)
			;
		top->filter[length] = '\0';
		return set_filter(top, top->filter);
	case KEY_CHARACTER:
		if ((unsigned char)key->text[0] < ' ')
			return TOP_DO_NOTHING;
		if (length + strlen(key->text) < sizeof(top->filter))
			strcat(top->filter, key->text);
		return set_filter(top, top->filter);
	default:
		return TOP_DO_NOTHING;
	}
}

static enum top_action pane_key(struct top *top, const struct key *key)
{
	const long by = movement(key, top->pane_page);

	if (by) {
		pane_move(top, by);
		return TOP_DO_DRAW;
	}
	if (is_character(key, " ")) {
		pane_move(top, top->pane_page > 1 ? (long)top->pane_page - 1 : 1);
		return TOP_DO_DRAW;
	}
	if (is_character(key, "r") && top->mode == TOP_MODE_EXPLAIN)
		return TOP_DO_EXPLAIN;
	if (key->kind == KEY_ESCAPE || key->kind == KEY_ENTER || key->kind == KEY_LEFT || is_character(key, "q?m")) {
		top->mode = TOP_MODE_TABLE;
		return TOP_DO_DRAW;
	}
	return TOP_DO_NOTHING;
}

static enum top_action pause_or_go_on(struct top *top)
{
	top->paused = !top->paused;
	return top->paused ? TOP_DO_DRAW : TOP_DO_COLLECT;
}

static enum top_action letter_key(struct top *top, char letter)
{
	switch (letter) {
	case 'q':
		return TOP_DO_QUIT;
	case 'e':
		return top->selected ? TOP_DO_EXPLAIN : TOP_DO_NOTHING;
	case '<':
		return sort_by(top, -1);
	case '>':
	case 's':
		return sort_by(top, 1);
	case 'r':
		top->reverse = !top->reverse;
		return top_arrange(top) ? TOP_DO_QUIT : TOP_DO_DRAW;
	case '/':
		memcpy(top->filter_before, top->filter, sizeof(top->filter));
		top->mode = TOP_MODE_FILTER;
		return TOP_DO_DRAW;
	case 'p':
	case ' ':
		return top->live ? pause_or_go_on(top) : TOP_DO_NOTHING;
	case 'm':
		show_messages(top);
		return TOP_DO_DRAW;
	case '?':
	case 'h':
		top_show(top, TOP_MODE_HELP, "keys and columns", strdup(help_text));
		return TOP_DO_DRAW;
	case '[':
		return top->live ? TOP_DO_NOTHING : TOP_DO_BACK;
	case ']':
		return top->live ? TOP_DO_NOTHING : TOP_DO_FORWARD;
	case '{':
		return top->live ? TOP_DO_NOTHING : TOP_DO_FIRST;
	case '}':
		return top->live ? TOP_DO_NOTHING : TOP_DO_LAST;
	default:
		return TOP_DO_NOTHING;
	}
}

static enum top_action table_key(struct top *top, const struct key *key)
{
	const long by = movement(key, top->page);

	if (by) {
		move(top, by);
		return TOP_DO_DRAW;
	}
	switch (key->kind) {
	case KEY_ENTER:
		return top->selected ? TOP_DO_EXPLAIN : TOP_DO_NOTHING;
	case KEY_LEFT:
		return sort_by(top, -1);
	case KEY_RIGHT:
		return sort_by(top, 1);
	case KEY_ESCAPE:
		return set_filter(top, "");
	case KEY_CHARACTER:
		return key->text[1] ? TOP_DO_NOTHING : letter_key(top, key->text[0]);
	default:
		return TOP_DO_NOTHING;
	}
}

enum top_action top_key(struct top *top, const struct key *key)
{
	if (key->kind == KEY_CHARACTER && key->text[0] == KEY_CONTROL('C'))
		return TOP_DO_QUIT;
	if (key->kind == KEY_CHARACTER && key->text[0] == KEY_CONTROL('Z'))
		return TOP_DO_SUSPEND;
	if (key->kind == KEY_CHARACTER && key->text[0] == KEY_CONTROL('L'))
		return TOP_DO_DRAW_ALL;
	if (top->mode == TOP_MODE_FILTER)
		return filter_key(top, key);
	return top_is_pane(top) ? pane_key(top, key) : table_key(top, key);
}

/* --- the last minute --- */

void top_rates_note(struct top_rates *rates, uint64_t now, uint64_t created, uint64_t freed)
{
	const uint64_t second = now / NS_PER_S;
	size_t at = rates->count % TOP_RATE_SAMPLES;

	if (rates->count && rates->samples[(rates->count - 1) % TOP_RATE_SAMPLES].second >= second)
		at = (rates->count - 1) % TOP_RATE_SAMPLES;
	else
		rates->count++;
	rates->samples[at].second = second;
	rates->samples[at].created = created;
	rates->samples[at].freed = freed;
}

void top_rates_tell(const struct top_rates *rates, uint64_t now, uint64_t *ret_created, uint64_t *ret_freed)
{
	const uint64_t minute = now / NS_PER_S > 60 ? now / NS_PER_S - 60 : 0;
	uint64_t created = 0, freed = 0;
	const size_t kept = rates->count < TOP_RATE_SAMPLES ? rates->count : TOP_RATE_SAMPLES;
	const size_t last = (rates->count + TOP_RATE_SAMPLES - 1) % TOP_RATE_SAMPLES;

	/* The last that was counted before the minute began; where that is not kept, all began in it. */
	for (size_t i = 0; i < kept; i++) {
		const size_t at = (rates->count - 1 - i) % TOP_RATE_SAMPLES;

		if (rates->samples[at].second >= minute && i + 1 < TOP_RATE_SAMPLES)
			continue;
		created = rates->samples[at].created;
		freed = rates->samples[at].freed;
		break;
	}
	*ret_created = rates->count ? rates->samples[last].created - created : 0;
	*ret_freed = rates->count ? rates->samples[last].freed - freed : 0;
}
