/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many packet filter rules a netns has.  To ask must not change anything: a family of netlink that no module has
 * registered, or a table of iptables that the netns does not have yet, would be made by the question.
 */
/* Before the kernel's headers, which then leave out what it defines. */
#include <netinet/in.h>

#include "look_netlink.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"
#include "util.h"

static int on_rule(const struct nlmsghdr *message, void *ctx)
{
	(void)message;
	++*(int64_t *)ctx;
	return MNL_CB_OK;
}

static void forget_rules(void *ctx)
{
	*(int64_t *)ctx = 0;
}

/* -1: they could not be counted. */
static int64_t count_nftables(void)
{
	CLEANUP(netlink_close) struct mnl_socket *socket = netlink_open(NETLINK_NETFILTER);
	int64_t count = 0;
	const struct netlink_dump dump = { .type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE, .family = AF_UNSPEC,
					   .header = sizeof(struct nfgenmsg), .take = on_rule, .restart = forget_rules,
					   .ctx = &count };

	return !socket || netlink_dump(socket, &dump) ? -1 : count;
}

/* Without what each chain of a table has by itself: its policy, and the error at the end. */
static int64_t without_policies(unsigned int entries, unsigned int hooks)
{
	int64_t own = __builtin_popcount(hooks) + 1;

	return entries > own ? entries - own : 0;
}

static int64_t count_table(int family, const char *name)
{
	CLEANUP(close_descriptor) int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* Both structs are the same. */
	struct ipt_getinfo info = { .size = 0 };
	socklen_t size = sizeof(info);

	_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo), "iptables and ip6tables differ");
	snprintf(info.name, sizeof(info.name), "%.31s", name);
	if (fd < 0 || getsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
				 family == AF_INET ? IPT_SO_GET_INFO : IP6T_SO_GET_INFO, &info, &size) < 0)
		return -1;
	return without_policies(info.num_entries, info.valid_hooks);
}

static int64_t count_iptables(int family)
{
	FILE *file = fopen(family == AF_INET ? "/proc/thread-self/net/ip_tables_names" :
					       "/proc/thread-self/net/ip6_tables_names", "re");
	int64_t count = 0, found;
	char name[64];

	if (!file)
		return errno == ENOENT ? 0 : -1;
	while (count >= 0 && fgets(name, sizeof(name), file)) {
		name[strcspn(name, "\n")] = '\0';
		found = count_table(family, name);
		count = found < 0 ? -1 : count + found;
	}
	fclose(file);
	return count;
}

enum { NFTABLES = 1, IPTABLES = 2, IP6TABLES = 4 };

int look_rule_kinds(void)
{
	if (access("/sys/module", F_OK) < 0)
		return -1;
	return (access("/sys/module/nf_tables", F_OK) ? 0 : NFTABLES) | (access("/sys/module/ip_tables", F_OK) ? 0 : IPTABLES) |
	       (access("/sys/module/ip6_tables", F_OK) ? 0 : IP6TABLES);
}

void look_count_rules(struct look *look, int kinds)
{
	int64_t nftables = kinds & NFTABLES ? count_nftables() : 0;
	int64_t ipv4 = kinds & IPTABLES ? count_iptables(AF_INET) : 0;
	int64_t ipv6 = kinds & IP6TABLES ? count_iptables(AF_INET6) : 0;

	look->rules = kinds < 0 || nftables < 0 || ipv4 < 0 || ipv6 < 0 ? -1 : nftables + ipv4 + ipv6;
}
