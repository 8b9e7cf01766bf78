/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "top_rows.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "util.h"

#define CELL 1024

static const struct {
	const char *name;
	bool number;
} columns[TOP_COLUMNS] = {
	[TOP_STATE] = { "STATE", false },   [TOP_SINCE] = { "SINCE", true },	 [TOP_AGE] = { "AGE", true },
	[TOP_POD] = { "POD", false },	    [TOP_NETNS] = { "NETNS", false },	 [TOP_ADDRESS] = { "ADDRESS", false },
	[TOP_REFERENCES] = { "REFS", true }, [TOP_HOLDERS] = { "#", true },	 [TOP_HELD_BY] = { "HELD BY", false },
	[TOP_CAUSE] = { "CAUSE", false },
};

static const char *const states[TOP_STATES] = {
	[TOP_LEAKED] = "leaked",	 [TOP_STUCK] = "stuck",		[TOP_CONFLICT] = "ip-conflict",
	[TOP_ORPHAN] = "orphan",	 [TOP_PATH_LOST] = "path-lost", [TOP_UNJUDGED] = "not judged",
	[TOP_IN_GRACE] = "in its grace", [TOP_DYING] = "dying",		[TOP_NO_POD] = "no pod",
	[TOP_IN_USE] = "in use",	 [TOP_NODE] = "the node's",
};

const char *top_state_name(enum top_state state)
{
	return states[state];
}

bool top_state_is_finding(enum top_state state)
{
	return state <= TOP_PATH_LOST;
}

const char *top_column_name(enum top_column column)
{
	return columns[column].name;
}

bool top_column_is_number(enum top_column column)
{
	return columns[column].number;
}

/* --- a row --- */

struct collecting {
	struct top_rows *rows;
	const struct pipeline *pipeline;
	uint64_t now, grace;
	int64_t wall_offset;
};

static enum top_state state_without_finding(const struct collecting *collecting, const struct netns *netns)
{
	const struct pod *pod = netns->binding ? netns->binding->pod : NULL;

	if (netns_is_dying(netns))
		return TOP_DYING;
	if (netns->initial)
		return TOP_NODE;
	if (pod && pod->gone)
		return pod_is_overdue(pod, collecting->now, collecting->grace) ? TOP_UNJUDGED : TOP_IN_GRACE;
	return pod ? TOP_IN_USE : TOP_NO_POD;
}

/* As it was reported, for as long as that holds. */
static enum top_state state_of(const struct collecting *collecting, const struct netns *netns)
{
	const struct verdict *verdict = netns->verdict;
	const bool dying = netns_is_dying(netns);

	if (verdict && verdict->stuck_at)
		return TOP_STUCK;
	if (verdict && verdict->leaked_at && !dying)
		return TOP_LEAKED;
	if (verdict && verdict->conflict_at && !dying)
		return TOP_CONFLICT;
	if (verdict && verdict->orphan_at && !dying)
		return TOP_ORPHAN;
	if (verdict && verdict->path_lost_at && !dying)
		return TOP_PATH_LOST;
	return state_without_finding(collecting, netns);
}

static uint64_t elapsed(const struct collecting *collecting, uint64_t then)
{
	return collecting->now > then ? collecting->now - then : 0;
}

static void add_since(struct top_row *row, struct text *text, const struct collecting *collecting, const struct netns *netns)
{
	const struct pod *pod = netns->binding ? netns->binding->pod : NULL;
	char buffer[FORMAT_DURATION_LEN];
	uint64_t since = pod && pod->gone ? pod->gone_at : netns_is_dying(netns) ? netns->dying_at : 0;

	if (!since)
		return;
	row->numbers[TOP_SINCE] = elapsed(collecting, since) + 1; /* more than none */
	text_add(text, format_duration(elapsed(collecting, since), buffer));
}

/* Of one that was there before: as old as the file that it is mounted on, or as what was first heard of it. */
static void add_age(struct top_row *row, struct text *text, const struct collecting *collecting, const struct netns *netns)
{
	uint64_t made = netns->born ? netns->born : netns->first_seen;
	char buffer[FORMAT_DURATION_LEN];

	if (netns->initial)
		return;
	if (!netns->born && netns_made_wall(netns) > collecting->wall_offset) {
		uint64_t boot = (uint64_t)(netns_made_wall(netns) - collecting->wall_offset);

		made = boot < made ? boot : made;
	}
	row->numbers[TOP_AGE] = elapsed(collecting, made) + 1;
	text_printf(text, "%s%s", netns->born ? "" : ">", format_duration(elapsed(collecting, made), buffer));
}

static void add_held_by(struct text *text, const struct netns *netns)
{
	if (netns_is_dying(netns))
		report_teardown(text, netns);
	else if (netns->phase == NETNS_REFERENCED && !netns->initial)
		report_held_by(text, netns);
}

/* Where a report of it had one. */
static void add_cause(struct text *text, const struct collecting *collecting, const struct netns *netns, enum top_state state)
{
	struct cause cause;

	if (state != TOP_LEAKED && state != TOP_STUCK && state != TOP_ORPHAN)
		return;
	cause_find(&cause, netns, pipeline_calls(collecting->pipeline), collecting->now);
	if (cause.count)
		text_add(text, cause_name(cause.kind));
}

static void make_cell(struct top_row *row, enum top_column column, struct text *text, const struct collecting *collecting,
		      const struct netns *netns)
{
	switch (column) {
	case TOP_STATE:
		text_add(text, states[row->state]);
		break;
	case TOP_SINCE:
		add_since(row, text, collecting, netns);
		break;
	case TOP_AGE:
		add_age(row, text, collecting, netns);
		break;
	case TOP_POD:
		if (netns->binding)
			report_pod_name(text, netns->binding->pod);
		break;
	case TOP_NETNS:
		report_netns_name(text, netns);
		break;
	case TOP_ADDRESS:
		report_netns_addresses(text, netns);
		break;
	case TOP_REFERENCES:
		row->numbers[column] = netns->references > 0 ? (uint64_t)netns->references : 0;
		if (netns->references >= 0)
			text_add_u64(text, row->numbers[column]);
		break;
	case TOP_HOLDERS:
		row->numbers[column] = netns_holders_are_known(netns) ? netns->holders->sum.found : 0;
		if (netns_holders_are_known(netns))
			text_add_u64(text, row->numbers[column]);
		break;
	case TOP_HELD_BY:
		add_held_by(text, netns);
		break;
	case TOP_CAUSE:
		add_cause(text, collecting, netns, row->state);
		break;
	case TOP_COLUMNS:
		break;
	}
}

static void row_free(struct top_row *row)
{
	for (size_t i = 0; i < TOP_COLUMNS; i++)
		free(row->cells[i]);
}

static int row_make(struct top_row *ret, const struct collecting *collecting, const struct netns *netns)
{
	char raw_bytes[CELL], safe_bytes[2 * CELL]; /* not cleared: there may be very many rows */
	struct text raw = { .bytes = raw_bytes, .capacity = sizeof(raw_bytes) };
	struct text safe = { .bytes = safe_bytes, .capacity = sizeof(safe_bytes) };

	*ret = (struct top_row){ .handle = netns->handle, .state = state_of(collecting, netns) };
	for (enum top_column column = 0; column < TOP_COLUMNS; column++) {
		text_reset(&raw);
		text_reset(&safe);
		make_cell(ret, column, &raw, collecting, netns);
		text_add_safe(&safe, raw.bytes);
		ret->cells[column] = strdup(safe.bytes);
		if (!ret->cells[column]) {
			row_free(ret);
			return -ENOMEM;
		}
	}
	return 0;
}

/* --- all of them --- */

static int collect(void *ctx, struct netns *netns)
{
	const struct collecting *collecting = ctx;
	struct top_rows *rows = collecting->rows;

	if (netns->phase == NETNS_NASCENT)
		return 0;
	if (rows->count == rows->capacity) {
		size_t capacity = rows->capacity ? rows->capacity * 2 : 64;
		struct top_row *all = reallocarray(rows->all, capacity, sizeof(*all));

		if (!all)
			return -ENOMEM;
		rows->all = all;
		rows->capacity = capacity;
	}
	if (row_make(&rows->all[rows->count], collecting, netns))
		return -ENOMEM;
	rows->states[rows->all[rows->count++].state]++;
	return 0;
}

void top_rows_free(struct top_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		row_free(&rows->all[i]);
	free(rows->all);
	*rows = (struct top_rows){ 0 };
}

int top_rows_collect(struct top_rows *ret, const struct pipeline *pipeline, uint64_t now, uint64_t grace, int64_t wall_offset)
{
	struct collecting collecting = { .rows = ret, .pipeline = pipeline, .now = now, .grace = grace,
					 .wall_offset = wall_offset };
	int err;

	top_rows_free(ret);
	err = state_each(pipeline_state(pipeline), collect, &collecting);
	if (err)
		top_rows_free(ret);
	return err;
}

/* --- order --- */

struct order {
	enum top_column by;
	bool reverse;
};

/* The larger first. */
static int by_number(uint64_t left, uint64_t right)
{
	return left > right ? -1 : left < right;
}

/* What has none comes last, either way. */
static int by_text(const char *left, const char *right, bool reverse)
{
	if (!*left || !*right)
		return !*left - !*right;
	return reverse ? strcmp(right, left) : strcmp(left, right);
}

static int by_default(const struct top_row *left, const struct top_row *right)
{
	int order = (int)left->state - (int)right->state;

	if (!order)
		order = by_number(left->numbers[TOP_SINCE], right->numbers[TOP_SINCE]);
	if (!order)
		order = by_number(left->numbers[TOP_AGE], right->numbers[TOP_AGE]);
	return order ? order : by_number(right->handle, left->handle);
}

static int compare(const void *left_row, const void *right_row, void *ctx)
{
	const struct top_row *left = left_row, *right = right_row;
	const struct order *order = ctx;
	int found = 0;

	if (order->by == TOP_STATE)
		return order->reverse ? by_default(right, left) : by_default(left, right);
	if (columns[order->by].number)
		found = order->reverse ? by_number(right->numbers[order->by], left->numbers[order->by]) :
					 by_number(left->numbers[order->by], right->numbers[order->by]);
	else
		found = by_text(left->cells[order->by], right->cells[order->by], order->reverse);
	return found ? found : by_default(left, right);
}

void top_rows_sort(struct top_rows *rows, enum top_column by, bool reverse)
{
	struct order order = { by, reverse };

	if (rows->count)
		qsort_r(rows->all, rows->count, sizeof(*rows->all), compare, &order);
}

bool top_row_matches(const struct top_row *row, const char *filter)
{
	if (!*filter)
		return true;
	for (size_t i = 0; i < TOP_COLUMNS; i++)
		if (strcasestr(row->cells[i], filter))
			return true;
	return false;
}
