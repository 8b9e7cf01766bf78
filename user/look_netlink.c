/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "look_netlink.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netlink.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* Linux 5.14 */
#endif


struct dump {
	struct look *look;
	size_t *count; /* of what is taken; NULL: routes, of which there is no array */
	size_t capacity;
};

/* Room for one more.  NULL: no memory, as errno says. */
static void *array_add(struct dump *dump, void **array, size_t size)
{
	size_t *count = dump->count;

	if (*count == dump->capacity) {
		size_t capacity = dump->capacity ? 2 * dump->capacity : 4;
		void *larger = reallocarray(*array, capacity, size);

		if (!larger)
			return NULL;
		*array = larger;
		dump->capacity = capacity;
	}
	return memset((char *)*array + (*count)++ * size, 0, size);
}

/* --- one message each --- */

static int take_kind(const struct nlattr *attr, void *ctx)
{
	struct look_dev *dev = ctx;

	if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
		strncpy(dev->kind, mnl_attr_get_str(attr), sizeof(dev->kind) - 1);
	return MNL_CB_OK;
}

static int take_device_attribute(const struct nlattr *attr, void *ctx)
{
	struct look_dev *dev = ctx;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		strncpy(dev->name, mnl_attr_get_str(attr), sizeof(dev->name) - 1);
		break;
	case IFLA_LINK:
		dev->link = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINK_NETNSID:
		dev->link_netnsid = (int32_t)mnl_attr_get_u32(attr);
		break;
	case IFLA_MASTER:
		dev->master = mnl_attr_get_u32(attr);
		break;
	case IFLA_ADDRESS:
		dev->has_mac = mnl_attr_get_payload_len(attr) == sizeof(dev->mac);
		if (dev->has_mac)
			memcpy(dev->mac, mnl_attr_get_payload(attr), sizeof(dev->mac));
		break;
	case IFLA_LINKINFO:
		return mnl_attr_parse_nested(attr, take_kind, dev);
	}
	return MNL_CB_OK;
}

static int on_link(const struct nlmsghdr *message, void *ctx)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
	struct dump *dump = ctx;
	struct look_dev *dev = array_add(dump, (void **)&dump->look->devs, sizeof(*dev));

	if (!dev)
		return MNL_CB_ERROR;
	dev->ifindex = (uint32_t)info->ifi_index;
	dev->flags = info->ifi_flags;
	dev->link_netnsid = -1;
	return mnl_attr_parse(message, sizeof(*info), take_device_attribute, dev);
}

static bool take_ip(uint8_t ret[static 16], const struct nlattr *attr, uint8_t family)
{
	size_t length = family == AF_INET ? 4 : 16;

	if (mnl_attr_get_payload_len(attr) != length)
		return false;
	memcpy(ret, mnl_attr_get_payload(attr), length);
	return true;
}

struct found_addr {
	struct look_addr addr;
	bool local;
};

/* Of a point-to-point link IFA_ADDRESS is the other end's. */
static int take_address_attribute(const struct nlattr *attr, void *ctx)
{
	struct found_addr *found = ctx;

	if (mnl_attr_get_type(attr) == IFA_LOCAL)
		found->local = take_ip(found->addr.addr, attr, found->addr.family);
	else if (mnl_attr_get_type(attr) == IFA_ADDRESS && !found->local)
		take_ip(found->addr.addr, attr, found->addr.family);
	return MNL_CB_OK;
}

static int on_address(const struct nlmsghdr *message, void *ctx)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(message);
	struct found_addr found = { .addr = { .ifindex = info->ifa_index, .family = info->ifa_family,
					      .prefixlen = info->ifa_prefixlen, .scope = info->ifa_scope } };
	struct dump *dump = ctx;
	struct look_addr *addr;

	if (found.addr.family != AF_INET && found.addr.family != AF_INET6)
		return MNL_CB_OK;
	mnl_attr_parse(message, sizeof(*info), take_address_attribute, &found);
	addr = array_add(dump, (void **)&dump->look->addrs, sizeof(*addr));
	if (!addr)
		return MNL_CB_ERROR;
	*addr = found.addr;
	return MNL_CB_OK;
}

static int on_route(const struct nlmsghdr *message, void *ctx)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	struct dump *dump = ctx;

	if (route->rtm_table == RT_TABLE_LOCAL || route->rtm_type != RTN_UNICAST || route->rtm_flags & RTM_F_CLONED)
		return MNL_CB_OK;
	dump->look->routes++;
	dump->look->default4 |= route->rtm_family == AF_INET && !route->rtm_dst_len;
	dump->look->default6 |= route->rtm_family == AF_INET6 && !route->rtm_dst_len;
	return MNL_CB_OK;
}

struct found_neighbour {
	struct look_neighbour neighbour;
	bool has_ip, has_mac;
};

static int take_neighbour_attribute(const struct nlattr *attr, void *ctx)
{
	struct found_neighbour *found = ctx;
	struct look_neighbour *neighbour = &found->neighbour;

	if (mnl_attr_get_type(attr) == NDA_DST)
		found->has_ip = take_ip(neighbour->addr, attr, neighbour->family);
	if (mnl_attr_get_type(attr) == NDA_LLADDR && mnl_attr_get_payload_len(attr) == sizeof(neighbour->mac)) {
		memcpy(neighbour->mac, mnl_attr_get_payload(attr), sizeof(neighbour->mac));
		found->has_mac = true;
	}
	return MNL_CB_OK;
}

static int on_neighbour(const struct nlmsghdr *message, void *ctx)
{
	const struct ndmsg *info = mnl_nlmsg_get_payload(message);
	struct found_neighbour found = { .neighbour = { .ifindex = (uint32_t)info->ndm_ifindex, .family = info->ndm_family } };
	struct dump *dump = ctx;
	struct look_neighbour *neighbour;

	if ((info->ndm_family != AF_INET && info->ndm_family != AF_INET6) ||
	    !(info->ndm_state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT)))
		return MNL_CB_OK;
	mnl_attr_parse(message, sizeof(*info), take_neighbour_attribute, &found);
	if (!found.has_ip || !found.has_mac)
		return MNL_CB_OK;
	neighbour = array_add(dump, (void **)&dump->look->neighbours, sizeof(*neighbour));
	if (!neighbour)
		return MNL_CB_ERROR;
	*neighbour = found.neighbour;
	return MNL_CB_OK;
}

/* --- asking --- */

static void restart(void *ctx)
{
	struct dump *dump = ctx;

	if (dump->count) {
		*dump->count = 0;
		return;
	}
	dump->look->routes = 0;
	dump->look->default4 = dump->look->default6 = false;
}

/* header: of all these requests, which begin with the family, and whose size differs. */
static int ask(struct mnl_socket *socket, uint16_t type, size_t header, mnl_cb_t take, struct look *look)
{
	struct dump dump = {
		.look = look,
		.count = type == RTM_GETLINK ? &look->dev_count : type == RTM_GETADDR ? &look->addr_count :
			 type == RTM_GETNEIGH ? &look->neighbour_count : NULL,
	};

	return netlink_dump(socket, &(struct netlink_dump){ .type = type, .family = AF_UNSPEC, .header = header, .take = take,
							    .restart = restart, .ctx = &dump });
}

static void take_cookie(struct look *look, const struct mnl_socket *socket)
{
	socklen_t size = sizeof(look->cookie);

	if (getsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_NETNS_COOKIE, &look->cookie, &size) < 0)
		look->cookie = 0;
}

int look_ask(struct mnl_socket *socket, struct look *look)
{
	int err;

	take_cookie(look, socket);
	err = ask(socket, RTM_GETLINK, sizeof(struct ifinfomsg), on_link, look);
	if (!err)
		err = ask(socket, RTM_GETADDR, sizeof(struct ifaddrmsg), on_address, look);
	/* A router's tables are long, and nobody asks whether the node has a default route. */
	if (!err && !look->node)
		err = ask(socket, RTM_GETROUTE, sizeof(struct rtmsg), on_route, look);
	if (!err && look->node)
		err = ask(socket, RTM_GETNEIGH, sizeof(struct ndmsg), on_neighbour, look);
	return err;
}

/* --- ids of other netns --- */

static int take_netnsid(const struct nlattr *attr, void *ctx)
{
	if (mnl_attr_get_type(attr) == NETNSA_NSID)
		*(int32_t *)ctx = (int32_t)mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static int on_netnsid(const struct nlmsghdr *message, void *ctx)
{
	return mnl_attr_parse(message, sizeof(struct rtgenmsg), take_netnsid, ctx);
}

int32_t look_netnsid(struct mnl_socket *socket, int netns)
{
	char buffer[256] __attribute__((aligned(8)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct rtgenmsg *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));
	int32_t id = -1;

	message->nlmsg_type = RTM_GETNSID;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	body->rtgen_family = AF_UNSPEC;
	mnl_attr_put_u32(message, NETNSA_FD, (uint32_t)netns);
	return netlink_ask(socket, message, on_netnsid, &id) ? -1 : id;
}

/* --- ways --- */

static int take_way(const struct nlattr *attr, void *ctx)
{
	if (mnl_attr_get_type(attr) == RTA_OIF)
		*(uint32_t *)ctx = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static int on_way(const struct nlmsghdr *message, void *ctx)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);

	return route->rtm_type == RTN_UNICAST ? mnl_attr_parse(message, sizeof(*route), take_way, ctx) : MNL_CB_OK;
}

uint32_t look_way(struct mnl_socket *socket, const struct look_addr *addr)
{
	char buffer[256] __attribute__((aligned(8)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct rtmsg *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));
	uint32_t way = 0;
	int err;

	message->nlmsg_type = RTM_GETROUTE;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	body->rtm_family = addr->family;
	body->rtm_dst_len = addr->family == AF_INET ? 32 : 128;
	mnl_attr_put(message, RTA_DST, addr->family == AF_INET ? 4 : 16, addr->addr);
	err = netlink_ask(socket, message, on_way, &way);
	return err == -ENETUNREACH || err == -EHOSTUNREACH ? LOOK_NO_WAY : err ? 0 : way;
}
