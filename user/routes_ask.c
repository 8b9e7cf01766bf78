/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "routes_ask.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"
#include "netns_visit.h"
#include "util.h"

struct asking {
	struct routes *routes;
	size_t count, rule_count; /* before */
	int netns;
};

/* --- one message each --- */

static void take_ip(struct ip_address *ret, uint8_t family, const struct nlattr *attr)
{
	size_t length = family == AF_INET ? 4 : 16;

	if (mnl_attr_get_payload_len(attr) != length)
		return;
	ret->family = family;
	memcpy(ret->bytes, mnl_attr_get_payload(attr), length);
}

/* The first of several hops, and how many there are. */
static void take_hops(struct route *route, uint8_t family, const struct nlattr *hops)
{
	const char *at = mnl_attr_get_payload(hops);
	size_t left = mnl_attr_get_payload_len(hops);

	while (left >= sizeof(struct rtnexthop)) {
		const struct rtnexthop *hop = (const void *)at;
		size_t step = RTNH_ALIGN(hop->rtnh_len);
		const struct nlattr *attr = (const void *)(at + sizeof(*hop));

		if (hop->rtnh_len < sizeof(*hop) || hop->rtnh_len > left)
			return;
		if (!route->hops++) {
			route->device = (uint32_t)hop->rtnh_ifindex;
			for (; mnl_attr_ok(attr, (int)(at + hop->rtnh_len - (const char *)attr)); attr = mnl_attr_next(attr))
				if (mnl_attr_get_type(attr) == RTA_GATEWAY)
					take_ip(&route->gateway, family, attr);
		}
		at += step;
		left -= step < left ? step : left;
	}
}

static void take_route_attribute(struct route *route, uint8_t family, const struct nlattr *attr)
{
	switch (mnl_attr_get_type(attr)) {
	case RTA_DST:
		take_ip(&route->destination, family, attr);
		break;
	case RTA_GATEWAY:
		take_ip(&route->gateway, family, attr);
		break;
	case RTA_OIF:
		route->device = mnl_attr_get_u32(attr);
		break;
	case RTA_TABLE:
		route->table = mnl_attr_get_u32(attr);
		break;
	case RTA_PRIORITY:
		route->metric = mnl_attr_get_u32(attr);
		break;
	case RTA_MULTIPATH:
		take_hops(route, family, attr);
		break;
	}
}

static int on_route(const struct nlmsghdr *message, void *ctx)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	struct route route = { .type = header->rtm_type, .destination_length = header->rtm_dst_len, .table = header->rtm_table };
	struct routes *routes = ((struct asking *)ctx)->routes;
	struct nlattr *attr;

	if ((header->rtm_family != AF_INET && header->rtm_family != AF_INET6) || header->rtm_flags & RTM_F_CLONED)
		return MNL_CB_OK;
	route.destination.family = header->rtm_family;
	mnl_attr_for_each(attr, message, sizeof(*header))
		take_route_attribute(&route, header->rtm_family, attr);
	if (route.table == RT_TABLE_LOCAL)
		return MNL_CB_OK;
	if (routes->count < ROUTES_KEPT)
		routes->all[routes->count] = route;
	routes->count++;
	return MNL_CB_OK;
}

static void take_name(char ret[static ROUTE_DEVICE_LEN], const struct nlattr *attr)
{
	strncpy(ret, mnl_attr_get_str(attr), ROUTE_DEVICE_LEN - 1);
}

static void take_rule_attribute(struct route_rule *rule, const struct nlattr *attr)
{
	switch (mnl_attr_get_type(attr)) {
	case FRA_SRC:
		take_ip(&rule->from, rule->family, attr);
		break;
	case FRA_DST:
		take_ip(&rule->to, rule->family, attr);
		break;
	case FRA_PRIORITY:
		rule->priority = mnl_attr_get_u32(attr);
		break;
	case FRA_TABLE:
		rule->table = mnl_attr_get_u32(attr);
		break;
	case FRA_FWMARK:
		rule->mark = mnl_attr_get_u32(attr);
		break;
	case FRA_IIFNAME:
		take_name(rule->input, attr);
		break;
	case FRA_OIFNAME:
		take_name(rule->output, attr);
		break;
	}
}

/* The kernel makes these in every netns. */
static bool is_usual(const struct route_rule *rule)
{
	static const uint32_t usual[][2] = { { 0, RT_TABLE_LOCAL }, { 32766, RT_TABLE_MAIN }, { 32767, RT_TABLE_DEFAULT } };

	if (rule->from.family || rule->to.family || rule->mark || rule->input[0] || rule->output[0])
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (rule->priority == usual[i][0] && rule->table == usual[i][1])
			return true;
	return false;
}

static int on_rule(const struct nlmsghdr *message, void *ctx)
{
	const struct fib_rule_hdr *header = mnl_nlmsg_get_payload(message);
	struct route_rule rule = { .family = header->family, .action = header->action, .from_length = header->src_len,
				   .to_length = header->dst_len, .table = header->table };
	struct routes *routes = ((struct asking *)ctx)->routes;
	struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(*header))
		take_rule_attribute(&rule, attr);
	if (is_usual(&rule))
		return MNL_CB_OK;
	if (routes->rule_count < ROUTES_KEPT)
		routes->rules[routes->rule_count] = rule;
	routes->rule_count++;
	return MNL_CB_OK;
}

/* --- asking --- */

static void restart(void *ctx)
{
	struct asking *asking = ctx;

	asking->routes->count = asking->count;
	asking->routes->rule_count = asking->rule_count;
}

static int ask(struct mnl_socket *socket, uint16_t type, uint8_t family, struct asking *asking)
{
	const struct netlink_dump dump = { .type = type, .family = family, .take = type == RTM_GETRULE ? on_rule : on_route,
					   .header = type == RTM_GETRULE ? sizeof(struct fib_rule_hdr) : sizeof(struct rtmsg),
					   .restart = restart, .ctx = asking };
	int err;

	asking->count = asking->routes->count;
	asking->rule_count = asking->routes->rule_count;
	err = netlink_dump(socket, &dump);
	/* A kernel may be without IPv6. */
	return err == -EAFNOSUPPORT || err == -EOPNOTSUPP ? 0 : err;
}

static int ask_all(struct asking *asking)
{
	CLEANUP(netlink_close) struct mnl_socket *socket = netlink_open(NETLINK_ROUTE);
	int err = socket ? 0 : -errno;

	if (!err)
		err = ask(socket, RTM_GETROUTE, AF_INET, asking);
	if (!err)
		err = ask(socket, RTM_GETROUTE, AF_INET6, asking);
	if (!err)
		err = ask(socket, RTM_GETRULE, AF_INET, asking);
	if (!err)
		err = ask(socket, RTM_GETRULE, AF_INET6, asking);
	return err;
}

static void visit(struct netns_visitor *visitor, void *ctx)
{
	struct asking *asking = ctx;
	int err = netns_visit_enter(visitor, asking->netns);

	asking->routes->err = err ? err : ask_all(asking);
}

void routes_ask(struct routes *ret, int netns)
{
	struct asking asking = { .routes = ret, .netns = netns };
	int err;

	ret->count = ret->rule_count = 0;
	err = netns_visit(visit, &asking);
	if (err)
		ret->err = err;
}
