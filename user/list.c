/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "outlet.h"
#include "report_attributes.h"
#include "table.h"
#include "util.h"

struct row {
	const struct netns *netns;
	size_t position; /* in order of age */
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

	if (netns->references >= 0)
		text_add_u64(text, netns->tasks);
	else
		text_add(text, "-");
}

static void cell_devices(const void *row, struct text *text)
{
	text_add_u64(text, ((const struct row *)row)->netns->dev_count);
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

static void add_device_addresses(struct json_line *line, const struct netns *netns, uint32_t ifindex)
{
	size_t opened;

	if (!json_open(line, JSON_KEY("addresses"), &opened))
		return;
	for (uint32_t i = 0; i < netns->addr_count; i++) {
		const struct netns_addr *addr = &netns->addrs[i];
		char buffer[FORMAT_ADDRESS_LEN];

		if (addr->ifindex == ifindex)
			json_plain(line, JSON_ELEMENT, buffer,
				   format_prefix(addr->family, addr->addr, addr->prefixlen, buffer));
	}
	json_close_array(line, opened);
}

static void add_device(struct json_line *line, const struct netns *netns, const struct netns_dev *dev)
{
	size_t opened;

	if (!json_open(line, JSON_ELEMENT, &opened))
		return;
	/* The object's first comma is where its bracket will stand. */
	json_text_bytes(line, JSON_KEY("name"), dev->name, strnlen(dev->name, sizeof(dev->name)), CAP_ID);
	json_u64(line, JSON_KEY("ifindex"), dev->ifindex);
	if (dev->link_kind[0])
		json_text_bytes(line, JSON_KEY("kind"), dev->link_kind,
				strnlen(dev->link_kind, sizeof(dev->link_kind)), CAP_ID);
	json_bool(line, JSON_KEY("loopback"), dev->flags & NNS_DEV_LOOPBACK);
	json_bool(line, JSON_KEY("up"), dev->flags & NNS_DEV_UP);
	if (dev->peer_ifindex)
		json_u64(line, JSON_KEY("peer_ifindex"), dev->peer_ifindex);
	add_device_addresses(line, netns, dev->ifindex);
	json_close_object(line, opened);
}

static void json_devices(const void *row, struct json_line *line)
{
	const struct netns *netns = ((const struct row *)row)->netns;
	size_t opened;

	if (!json_open(line, JSON_KEY("netns.devices"), &opened))
		return;
	for (uint32_t i = 0; i < netns->dev_count; i++)
		add_device(line, netns, &netns->devs[i]);
	json_close_array(line, opened);
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

static const struct table_column columns[] = {
	{ "NETNS", "last part of its path; init: the node's own", 0, 45, 0, cell_netns, json_identity },
	{ "INUM", "inode number, as ls -i and lsns show it", 10, 0, TABLE_RIGHT, cell_inum, NULL },
	{ "COOKIE", "its identity: never used twice (Linux 5.12 and later)", 0, 0, TABLE_RIGHT, cell_cookie, NULL },
	{ "STATE", "referenced, dying, or in cleanup", 0, 0, 0, cell_state, json_state },
	{ "REFS", "references that keep it", 0, 0, TABLE_RIGHT, cell_references, json_counts },
	{ "TASKS", "processes in it", 0, 0, TABLE_RIGHT, cell_tasks, NULL },
	{ "DEVS", "network devices in it, loopback included", 0, 0, TABLE_RIGHT, cell_devices, json_devices },
	{ "ADDRESSES", "its addresses, loopback and link-local left out", 0, 60, 0, cell_addresses, json_addresses },
	{ "PATH", "where it is mounted", 0, 0, TABLE_WHOLE, cell_path, json_paths },
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
	listing->rows[listing->count] = (struct row){ netns, listing->count };
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
	if (listing->options->color)
		text_add(&text, "\033[1m");
	table_header(&table, &text);
	if (listing->options->color) {
		text.length--; /* the newline stands behind the colour's end */
		text_add(&text, "\033[0m\n");
	}
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

static size_t spell(const struct list_options *options, const struct row *row, char *bytes, size_t capacity)
{
	struct json_line line;

	json_begin(&line, bytes, capacity, false);
	attributes_head(&line, (int64_t)options->now + options->wall_offset, "netns.listed", SEVERITY_INFO);
	add_body(&line, row->netns);
	attributes_node(&line, options->node);
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
		if (columns[i].json)
			columns[i].json(row, &line);
	return line.full ? 0 : json_end(&line);
}

struct growing {
	char *bytes;
	size_t capacity;
};

/* All of it, however long: the node's own netns has a device for each pod. */
static int print_row(const struct list_options *options, const struct row *row, struct growing *buffer)
{
	size_t length;

	while (!(length = spell(options, row, buffer->bytes, buffer->capacity))) {
		char *bytes = realloc(buffer->bytes, buffer->capacity * 2);

		if (!bytes)
			return -ENOMEM;
		buffer->bytes = bytes;
		buffer->capacity *= 2;
	}
	return outlet_line(options->outlet, buffer->bytes, length);
}

static int print_json(const struct listing *listing)
{
	struct growing buffer = { .bytes = malloc(4096), .capacity = 4096 };
	int err = buffer.bytes ? 0 : -ENOMEM;

	for (size_t i = 0; i < listing->count && !err; i++)
		err = print_row(listing->options, &listing->rows[i], &buffer);
	free(buffer.bytes);
	return err;
}

int list_print(const struct state *state, const struct list_options *options)
{
	struct listing listing = { .options = options };
	int err = state_each(state, collect, &listing);

	if (!err) {
		if (listing.count)
			qsort(listing.rows, listing.count, sizeof(listing.rows[0]), by_name);
		err = options->json ? print_json(&listing) : print_table(&listing);
	}
	free(listing.rows);
	return err;
}
