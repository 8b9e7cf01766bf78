/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Routes and rules of a netns, and the other ends of its veth devices, as attributes.
 */
#include <string.h>
#include <sys/socket.h>

#include "format.h"
#include "report_attributes.h"
#include "routes.h"

#define WORDS_BYTES 256

static void add_words(struct json_line *line, const char *key, size_t key_length, const struct text *words)
{
	json_text_bytes(line, key, key_length, words->bytes, words->length, CAP_ID);
}

/* One element of an array, written by one of the functions below. */
struct element {
	const struct netns *netns;
	const struct route *route;
	const struct route_rule *rule;
	const struct report_peer *peer;
};

static void add_route(struct json_line *line, const struct element *element)
{
	const struct netns *netns = element->netns;
	const struct route *route = element->route;
	const struct netns_dev *dev = route->device ? netns_dev_by_index(netns, route->device) : NULL;
	const char *type = route_type(route);
	TEXT(words, WORDS_BYTES);

	route_destination(&words, route);
	add_words(line, JSON_KEY("destination"), &words);
	json_plain(line, JSON_KEY("family"), route->destination.family == AF_INET ? "ipv4" : "ipv6", 4);
	json_plain(line, JSON_KEY("type"), type, strlen(type));
	if (route->gateway.family) {
		char buffer[FORMAT_ADDRESS_LEN];

		json_plain(line, JSON_KEY("gateway"), buffer,
			   format_address(route->gateway.family, route->gateway.bytes, buffer));
	}
	if (dev)
		json_text_bytes(line, JSON_KEY("device"), dev->name, strnlen(dev->name, sizeof(dev->name)), CAP_ID);
	if (route->device)
		json_u64(line, JSON_KEY("ifindex"), route->device);
	json_u64(line, JSON_KEY("table"), route->table);
	if (route->metric)
		json_u64(line, JSON_KEY("metric"), route->metric);
	if (route->hops)
		json_u64(line, JSON_KEY("hops"), route->hops);
}

static void add_rule(struct json_line *line, const struct element *element)
{
	const struct route_rule *rule = element->rule;
	TEXT(words, WORDS_BYTES);

	route_rule_describe(&words, rule);
	add_words(line, JSON_KEY("rule"), &words);
	json_plain(line, JSON_KEY("family"), rule->family == AF_INET ? "ipv4" : "ipv6", 4);
	json_u64(line, JSON_KEY("priority"), rule->priority);
	json_u64(line, JSON_KEY("table"), rule->table);
}

static void add_peer(struct json_line *line, const struct element *element)
{
	const struct report_peer *peer = element->peer;
	char id[NETNS_ID_LEN];

	json_text_bytes(line, JSON_KEY("device"), peer->dev->name, strnlen(peer->dev->name, sizeof(peer->dev->name)), CAP_ID);
	json_u64(line, JSON_KEY("peer_ifindex"), peer->dev->peer_ifindex);
	if (peer->peer) {
		json_text_bytes(line, JSON_KEY("peer"), peer->peer->name, strnlen(peer->peer->name, sizeof(peer->peer->name)),
				CAP_ID);
		json_bool(line, JSON_KEY("up"), peer->peer->flags & NNS_DEV_UP);
	}
	if (peer->netns) {
		netns_id(peer->netns, id, sizeof(id));
		json_plain(line, JSON_KEY("netns"), id, strlen(id));
		json_bool(line, JSON_KEY("node"), peer->netns->initial);
	}
	if (peer->bridge[0])
		json_text(line, JSON_KEY("bridge"), peer->bridge, CAP_ID);
}

/* False: there was no room for all of it, and nothing of it stays. */
static bool add_element(struct json_line *line, void (*add)(struct json_line *, const struct element *), struct element element)
{
	struct json_element object;

	if (!json_open_element(line, &object))
		return false;
	add(line, &element);
	return json_close_element(line, &object);
}

void attributes_routes(struct json_line *line, const struct netns *netns, const struct routes *routes)
{
	size_t opened;

	if (json_open(line, JSON_KEY("netns.routes"), &opened)) {
		for (size_t i = 0; i < routes->count && i < ROUTES_KEPT; i++)
			if (!add_element(line, add_route, (struct element){ .netns = netns, .route = &routes->all[i] }))
				line->full = true;
		json_close_array(line, opened);
	}
	if (json_open(line, JSON_KEY("netns.rules"), &opened)) {
		for (size_t i = 0; i < routes->rule_count && i < ROUTES_KEPT; i++)
			if (!add_element(line, add_rule, (struct element){ .rule = &routes->rules[i] }))
				line->full = true;
		json_close_array(line, opened);
	}
}

void attributes_peers(struct json_line *line, const struct report *report)
{
	size_t opened;

	if (!report->peer_count || !json_open(line, JSON_KEY("netns.peers"), &opened))
		return;
	for (size_t i = 0; i < report->peer_count; i++)
		if (!add_element(line, add_peer, (struct element){ .peer = &report->peers[i] }))
			line->full = true;
	json_close_array(line, opened);
}
