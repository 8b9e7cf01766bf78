/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Routes and routing rules of a netns, as `ip route show table all` and `ip rule` show them to those who are in it.
 */
#ifndef NETNSLEAK_ROUTES_H
#define NETNSLEAK_ROUTES_H

#include <stddef.h>
#include <stdint.h>

#include "input.h"

#define ROUTE_DEVICE_LEN 16 /* IFNAMSIZ */
#define ROUTES_KEPT 256

struct text;

struct route {
	uint8_t type; /* RTN_* */
	uint8_t destination_length;
	struct ip_address destination, gateway; /* the gateway's family is 0: there is none */
	uint32_t device; /* interface index, of the first hop; 0: none */
	uint32_t hops;	 /* of a route over several, how many; else 0 */
	uint32_t table, metric;
};

struct route_rule {
	uint8_t family;
	uint8_t action; /* FR_ACT_* */
	uint8_t from_length, to_length;
	struct ip_address from, to; /* family 0: all */
	uint32_t priority, table, mark; /* mark 0: any */
	char input[ROUTE_DEVICE_LEN], output[ROUTE_DEVICE_LEN]; /* "": any device */
};

/* But those of the local table, and but the rules that every netns has. */
struct routes {
	struct route all[ROUTES_KEPT];
	struct route_rule rules[ROUTES_KEPT];
	size_t count, rule_count; /* in all; not all may be kept */
	int err; /* 0, or a negative errno: they could not be asked for */
};

/* "10.0.1.0/24", "default" */
void route_destination(struct text *text, const struct route *route);
const char *route_type(const struct route *route); /* "unicast", "unreachable", ... */
/* "default via 10.0.1.1 dev eth0"; device: the name of route->device, "" unknown. */
void route_describe(struct text *text, const struct route *route, const char *device);
/* "100: from 10.0.1.5 lookup 200" */
void route_rule_describe(struct text *text, const struct route_rule *rule);

#endif
