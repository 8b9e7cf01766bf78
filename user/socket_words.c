/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "socket_words.h"

#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "format.h"
#include "util.h"

static const char *type_name(uint16_t type)
{
	switch (type) {
	case SOCK_STREAM:
		return "stream";
	case SOCK_DGRAM:
		return "datagram";
	case SOCK_SEQPACKET:
		return "seqpacket";
	case SOCK_RAW:
		return "raw";
	default:
		return "socket";
	}
}

/* linux/netlink.h */
static const char *netlink_name(uint16_t protocol)
{
	static const char *const names[] = {
		[NETLINK_ROUTE] = "route", [NETLINK_SOCK_DIAG] = "sock_diag", [NETLINK_XFRM] = "xfrm", [NETLINK_AUDIT] = "audit",
		[NETLINK_FIB_LOOKUP] = "fib_lookup", [NETLINK_CONNECTOR] = "connector", [NETLINK_NETFILTER] = "netfilter",
		[NETLINK_KOBJECT_UEVENT] = "kobject_uevent", [NETLINK_GENERIC] = "generic", [NETLINK_CRYPTO] = "crypto",
	};

	return protocol < ARRAY_SIZE(names) && names[protocol] ? names[protocol] : "other";
}

const char *socket_protocol_name(uint16_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_SCTP:
		return "sctp";
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return "icmp";
	case IPPROTO_UDPLITE:
		return "udplite";
	case IPPROTO_MPTCP:
		return "mptcp";
	default:
		return "raw";
	}
}

void socket_words(struct text *text, uint16_t family, uint16_t type, uint16_t protocol)
{
	switch (family) {
	case AF_INET:
	case AF_INET6:
		text_add(text, socket_protocol_name(protocol));
		break;
	case AF_UNIX:
		text_printf(text, "unix %s", type_name(type));
		break;
	case AF_NETLINK:
		text_printf(text, "netlink %s", netlink_name(protocol));
		break;
	case AF_PACKET:
		text_printf(text, "packet %s", type_name(type));
		break;
	default:
		text_printf(text, "family %u %s", family, type_name(type));
	}
}
