/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "routes.h"

#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "format.h"
#include "util.h"

static void add_prefix(struct text *text, const struct ip_address *ip, uint8_t length)
{
	char buffer[FORMAT_ADDRESS_LEN];

	if (length == (ip->family == AF_INET ? 32 : 128))
		format_address(ip->family, ip->bytes, buffer);
	else
		format_prefix(ip->family, ip->bytes, length, buffer);
	text_add(text, buffer);
}

void route_destination(struct text *text, const struct route *route)
{
	if (route->destination_length)
		add_prefix(text, &route->destination, route->destination_length);
	else
		text_add(text, "default");
}

const char *route_type(const struct route *route)
{
	static const char *const names[] = {
		[RTN_UNICAST] = "unicast", [RTN_LOCAL] = "local", [RTN_BROADCAST] = "broadcast", [RTN_ANYCAST] = "anycast",
		[RTN_MULTICAST] = "multicast", [RTN_BLACKHOLE] = "blackhole", [RTN_UNREACHABLE] = "unreachable",
		[RTN_PROHIBIT] = "prohibit", [RTN_THROW] = "throw",
	};

	return route->type < ARRAY_SIZE(names) && names[route->type] ? names[route->type] : "other";
}

static void add_table(struct text *text, const char *word, uint32_t table)
{
	text_add(text, word);
	if (table == RT_TABLE_MAIN)
		text_add(text, "main");
	else if (table == RT_TABLE_LOCAL)
		text_add(text, "local");
	else
		text_add_u64(text, table);
}

void route_describe(struct text *text, const struct route *route, const char *device)
{
	char buffer[FORMAT_ADDRESS_LEN];

	if (route->type != RTN_UNICAST) {
		text_add(text, route_type(route));
		text_add(text, " ");
	}
	route_destination(text, route);
	if (route->gateway.family) {
		format_address(route->gateway.family, route->gateway.bytes, buffer);
		text_add(text, " via ");
		text_add(text, buffer);
	}
	if (route->device) {
		text_add(text, " dev ");
		text_add(text, device);
		if (!device[0])
			text_add_u64(text, route->device);
	}
	if (route->hops > 1) {
		text_add(text, " and ");
		text_add_count(text, route->hops - 1, "more hop", "more hops");
	}
	if (route->metric)
		text_printf(text, " metric %u", route->metric);
	if (route->table != RT_TABLE_MAIN)
		add_table(text, " table ", route->table);
}

static void add_action(struct text *text, const struct route_rule *rule)
{
	switch (rule->action) {
	case FR_ACT_TO_TBL:
		add_table(text, " lookup ", rule->table);
		break;
	case FR_ACT_BLACKHOLE:
		text_add(text, " blackhole");
		break;
	case FR_ACT_UNREACHABLE:
		text_add(text, " unreachable");
		break;
	case FR_ACT_PROHIBIT:
		text_add(text, " prohibit");
		break;
	default:
		text_printf(text, " action %u", rule->action);
	}
}

void route_rule_describe(struct text *text, const struct route_rule *rule)
{
	text_printf(text, "%u: from ", rule->priority);
	if (rule->from.family)
		add_prefix(text, &rule->from, rule->from_length);
	else
		text_add(text, "all");
	if (rule->to.family) {
		text_add(text, " to ");
		add_prefix(text, &rule->to, rule->to_length);
	}
	if (rule->mark)
		text_printf(text, " fwmark 0x%x", rule->mark);
	if (rule->input[0])
		text_printf(text, " iif %s", rule->input);
	if (rule->output[0])
		text_printf(text, " oif %s", rule->output);
	add_action(text, rule);
	if (rule->family == AF_INET6)
		text_add(text, " (IPv6)");
}
