/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "format.h"
#include "outlet.h"
#include "report_attributes.h"
#include "table.h"
#include "util.h"

struct row {
	const struct netns *netns;
	size_t position; /* in order of age */
	const struct list_options *options;
};

struct listing {
	const struct list_options *options;
	struct row *rows;
	size_t count, capacity;
};

static void cell_netns(const void *row, struct text *text)
{
	const char *name = netns_name(((const struct row *)row)->netns);

	text_add(text, name ? name : "-");
}

static void cell_inum(const void *row, struct text *text)
{
	text_add_u64(text, ((const struct row *)row)->netns->inum);
}

static void cell_cookie(const void *row, struct text *text)
{
	uint64_t cookie = ((const struct row *)row)->netns->cookie;

	if (cookie)
		text_add_u64(text, cookie);
	else
		text_add(text, "-");
}

static void cell_state(const void *row, struct text *text)
{
	text_add(text, netns_phase_name(((const struct row *)row)->netns->phase));
}

static void cell_references(const void *row, struct text *text)
{
	const struct netns *netns = ((const struct row *)row)->netns;

	if (netns->references >= 0)
		text_add_u64(text, (uint64_t)netns->references);
	else
		text_add(text, "-");
}

static void cell_tasks(const void *row, struct text *text)
{
	const struct netns *netns = ((const struct row *)row)->netns;

	if (netns_tasks_are_known(netns))
		text_add_u64(text, netns->tasks);
	else
		text_add(text, "-");
}

static void cell_devices(const void *row, struct text *text)
{
	const struct netns *netns = ((const struct row *)row)->netns;

	if (netns->devs_unseen)
		text_add(text, "-");
	else
		text_add_u64(text, netns->dev_count);
}

static void cell_addresses(const void *row, struct text *text)
{
	const struct netns *netns = ((const struct row *)row)->netns;
	const unsigned shown = 2;
	unsigned count = 0;

	for (uint32_t i = 0; i < netns->addr_count; i++) {
		const struct netns_addr *addr = &netns->addrs[i];
		char buffer[FORMAT_ADDRESS_LEN];

		if (!netns_addr_is_global(addr) || count++ >= shown)
			continue;
		if (count > 1)
			text_add(text, ",");
		text_add_bytes(text, buffer, format_prefix(addr->family, addr->addr, addr->prefixlen, buffer));
	}
	if (count > shown)
		text_printf(text, " +%u", count - shown);
	if (!count)
		text_add(text, "-");
}

static void cell_path(const void *row, struct text *text)
{
	const struct netns_path *path = ((const struct row *)row)->netns->paths;

	text_add(text, path ? path->path : "-");
	if (path && path->next)
		text_add(text, " and elsewhere");
}

static void json_identity(const void *row, struct json_line *line)
{
	attributes_identity(line, ((const struct row *)row)->netns);
}

static void json_state(const void *row, struct json_line *line)
{
	attributes_state(line, ((const struct row *)row)->netns);
}

static void json_counts(const void *row, struct json_line *line)
{
	attributes_counts(line, ((const struct row *)row)->netns);
}

static void json_devices(const void *row, struct json_line *line)
{
	attributes_devices(line, ((const struct row *)row)->netns);
}

static void json_addresses(const void *row, struct json_line *line)
{
	attributes_addresses(line, ((const struct row *)row)->netns);
}

static void json_paths(const void *row, struct json_line *line)
{
	attributes_path(line, ((const struct row *)row)->netns);
	attributes_paths(line, ((const struct row *)row)->netns);
}


static bool age_of(const struct row *row, uint64_t *ret)
{
	int64_t made = netns_made_wall(row->netns), now = (int64_t)row->options->now + row->options->wall_offset;

	if (made)
		*ret = now > made ? (uint64_t)(now - made) : 0;
	return made;
}

static void cell_age(const void *row, struct text *text)
{
	char buffer[FORMAT_DURATION_LEN];
	uint64_t age;

	if (age_of(row, &age))
		text_add(text, format_duration(age, buffer));
}

static void value_age(const void *row, struct text *text)
{
	uint64_t age;

	if (age_of(row, &age))
		text_add_seconds(text, age);
}

/* What is not known is "-" for people, and nothing for who compares. */
static void value_devices(const void *row, struct text *text)
{
	if (!((const struct row *)row)->netns->devs_unseen)
		cell_devices(row, text);
}

static void value_netns(const void *row, struct text *text)
{
	const char *name = netns_name(((const struct row *)row)->netns);

	text_add(text, name ? name : "");
}

#define ATTRIBUTE(field_, alias_, type_) .field = field_, .alias = alias_, .type = type_
#define IN_CSV (TABLE_ATTRIBUTE | TABLE_CSV)

static const struct table_column columns[] = {
	{ .name = "NETNS", .help = "last part of its path; init: the node's own", .most = 45, .cell = cell_netns, .json = json_identity,
	  .field = "netns", .value = value_netns },
	{ .name = "INUM", .help = "inode number, as ls -i and lsns show it", .width = 10, .flags = TABLE_RIGHT | IN_CSV,
	  .cell = cell_inum, ATTRIBUTE("netns.inum", "inum", TABLE_NUMBER) },
	{ .name = "COOKIE", .help = "its identity: never used twice (Linux 5.12 and later)", .flags = TABLE_RIGHT | IN_CSV,
	  .cell = cell_cookie, ATTRIBUTE("netns.cookie", "cookie", TABLE_NUMBER) },
	{ .name = "STATE", .help = "referenced, dying, or in cleanup", .flags = IN_CSV, .cell = cell_state, .json = json_state,
	  ATTRIBUTE("netns.state", "state", TABLE_TEXT) },
	{ .name = "REFS", .help = "references that keep it", .flags = TABLE_RIGHT | IN_CSV, .cell = cell_references,
	  .json = json_counts, ATTRIBUTE("netns.references", "refs", TABLE_NUMBER) },
	{ .name = "TASKS", .help = "processes in it", .flags = TABLE_RIGHT | IN_CSV, .cell = cell_tasks,
	  ATTRIBUTE("netns.tasks", "tasks", TABLE_NUMBER) },
	{ .name = "DEVS", .help = "network devices in it, loopback included", .flags = TABLE_RIGHT | TABLE_CSV, .cell = cell_devices,
	  .json = json_devices, .field = "devices", .alias = "devs", .type = TABLE_NUMBER, .value = value_devices },
	{ .name = "ADDRESSES", .help = "its addresses, loopback and link-local left out", .most = 60, .flags = IN_CSV,
	  .cell = cell_addresses, .json = json_addresses, ATTRIBUTE("netns.addresses", "addresses", TABLE_TEXT) },
	{ .name = "AGE", .help = "how long ago the oldest file was made that it is mounted on", .flags = TABLE_WIDE | TABLE_CSV,
	  .cell = cell_age, .field = "age", .type = TABLE_SECONDS, .value = value_age },
	{ .name = "PATH", .help = "where it is mounted", .flags = TABLE_WHOLE | IN_CSV, .cell = cell_path, .json = json_paths,
	  ATTRIBUTE("netns.path", "path", TABLE_TEXT) },

	{ .name = "PATHS", .help = "all paths where it is mounted", .flags = TABLE_EXTRA | IN_CSV,
	  ATTRIBUTE("netns.paths", "paths", TABLE_TEXT) },
	{ .name = "ID", .help = "its cookie, or inode number and a mark where the kernel gives none", .flags = TABLE_EXTRA | IN_CSV,
	  ATTRIBUTE("netns.id", "id", TABLE_TEXT) },
	{ .name = "INITIAL", .help = "true: the node's own", .flags = TABLE_EXTRA | IN_CSV,
	  ATTRIBUTE("netns.initial", "initial", TABLE_TEXT) },
	{ .name = "DEVICES", .help = "its devices, as JSON", .flags = TABLE_EXTRA | TABLE_ATTRIBUTE,
	  ATTRIBUTE("netns.devices", NULL, TABLE_TEXT) },
	{ .name = "NODE", .help = "the node", .flags = TABLE_EXTRA | IN_CSV, ATTRIBUTE("k8s.node.name", "node", TABLE_TEXT) },
	{ .name = "TIMESTAMP", .help = "when they were looked at, UTC", .flags = TABLE_EXTRA | IN_CSV,
	  ATTRIBUTE("timestamp", NULL, TABLE_TIME) },
	{ .name = "BY", .help = "how: bpf, or proc, which shows less", .flags = TABLE_EXTRA | TABLE_ATTRIBUTE,
	  ATTRIBUTE("survey.by", NULL, TABLE_TEXT) },
};

static int collect(void *ctx, struct netns *netns)
{
	struct listing *listing = ctx;

	if (listing->count == listing->capacity) {
		size_t capacity = listing->capacity ? listing->capacity * 2 : 64;
		struct row *rows = reallocarray(listing->rows, capacity, sizeof(rows[0]));

		if (!rows)
			return -ENOMEM;
		listing->rows = rows;
		listing->capacity = capacity;
	}
	listing->rows[listing->count] = (struct row){ netns, listing->count, listing->options };
	listing->count++;
	return 0;
}

static int by_name(const void *left, const void *right)
{
	const struct row *a = left, *b = right;
	const char *a_name = netns_name(a->netns), *b_name = netns_name(b->netns);
	int order;

	if (a->netns->initial != b->netns->initial)
		return a->netns->initial ? -1 : 1;
	if (!a_name != !b_name)
		return a_name ? -1 : 1;
	order = a_name ? strcmp(a_name, b_name) : 0;
	if (!order && a->netns->cookie != b->netns->cookie)
		order = a->netns->cookie < b->netns->cookie ? -1 : 1;
	return order ? order : (a->position > b->position) - (a->position < b->position);
}

static int print_table(const struct listing *listing)
{
	TEXT(text, TABLE_LINE);
	struct table table;
	int err;

	table_init(&table, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < listing->count; i++)
		table_measure(&table, &listing->rows[i]);
	table_header(&table, listing->options->color, &text);
	err = outlet_line(listing->options->outlet, text.bytes, text.length);
	for (size_t i = 0; i < listing->count && !err; i++) {
		text_reset(&text);
		table_row(&table, &listing->rows[i], NULL, &text);
		err = outlet_line(listing->options->outlet, text.bytes, text.length);
	}
	return err;
}

static void add_body(struct json_line *line, const struct netns *netns)
{
	const char *name = netns_name(netns);
	TEXT(body, 512);

	text_add(&body, "netns ");
	if (name)
		text_add_cut(&body, name, 253);
	else
		text_add_u64(&body, netns->inum);
	text_add(&body, " is ");
	text_add(&body, netns_phase_name(netns->phase));
	if (netns->references >= 0) {
		text_add(&body, ": ");
		text_add_count(&body, (uint64_t)netns->references, "reference", "references");
		text_add(&body, ", ");
		text_add_count(&body, netns->tasks, "process", "processes");
	}
	json_text_bytes(line, JSON_KEY("body"), body.bytes, body.length, CAP_BODY);
}

static size_t spell(const void *row_, char *bytes, size_t capacity)
{
	const struct row *row = row_;
	const struct list_options *options = row->options;
	struct json_line line;

	json_begin(&line, bytes, capacity, false);
	attributes_head(&line, (int64_t)options->now + options->wall_offset, "netns.listed", SEVERITY_INFO);
	add_body(&line, row->netns);
	attributes_node(&line, options->node);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (columns[i].json)
			columns[i].json(row, &line);
	attributes_survey(&line, options->survey);
	return line.full ? 0 : json_end(&line);
}

const struct fields_kind list_fields = { columns, ARRAY_SIZE(columns), spell };

struct growing {
	char *bytes;
	size_t capacity;
};

/* All of it, however long: the node's own netns has a device for each pod. */
static int print_row(const struct row *row, struct growing *buffer)
{
	size_t length;

	while (!(length = spell(row, buffer->bytes, buffer->capacity))) {
		char *bytes = realloc(buffer->bytes, buffer->capacity * 2);

		if (!bytes)
			return -ENOMEM;
		buffer->bytes = bytes;
		buffer->capacity *= 2;
	}
	return outlet_line(row->options->outlet, buffer->bytes, length);
}

static int print_json(const struct listing *listing)
{
	struct growing buffer = { .bytes = malloc(4096), .capacity = 4096 };
	int err = buffer.bytes ? 0 : -ENOMEM;

	for (size_t i = 0; i < listing->count && !err; i++)
		err = print_row(&listing->rows[i], &buffer);
	free(buffer.bytes);
	return err;
}

static int print(const struct listing *listing)
{
	const struct list_options *options = listing->options;
	const struct fields_rows rows = { .all = listing->rows, .count = listing->count, .size = sizeof(listing->rows[0]),
					  .colored = options->color };

	if (options->json)
		return print_json(listing);
	if (options->csv)
		return fields_print_csv(options->fields, options->outlet, &rows);
	if (fields_are_chosen(options->fields))
		return fields_print_table(options->fields, options->outlet, &rows);
	return print_table(listing);
}

int list_print(const struct state *state, const struct list_options *options)
{
	struct listing listing = { .options = options };
	int err = state_each(state, collect, &listing);

	if (!err && listing.count)
		qsort(listing.rows, listing.count, sizeof(listing.rows[0]), by_name);
	if (!err)
		err = fields_select(options->fields, listing.rows, &listing.count, sizeof(listing.rows[0]));
	if (!err)
		err = print(&listing);
	free(listing.rows);
	return err;
}
