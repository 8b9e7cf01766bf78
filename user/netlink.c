// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "netlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <sys/socket.h>

#define BUFFER_BYTES 32768 /* what the kernel fills at once */
#define TRIES 4		   /* what changes meanwhile is asked for again */

struct mnl_socket *netlink_open(int bus)
{
	struct mnl_socket *socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	int err;

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0)
		return socket;
	err = errno;
	mnl_socket_close(socket);
	errno = err;
	return NULL;
}

void netlink_close(struct mnl_socket **socket)
{
	if (*socket)
		mnl_socket_close(*socket);
	*socket = NULL;
}

/*
 * Whether something changed during the dump.  libmnl would stop there, and leave the rest of the answer to be taken for the
 * next one's.
 */
static bool was_interrupted(char *buffer, int length)
{
	bool interrupted = false;

	for (struct nlmsghdr *message = (void *)buffer; mnl_nlmsg_ok(message, length); message = mnl_nlmsg_next(message, &length)) {
		interrupted |= message->nlmsg_flags & NLM_F_DUMP_INTR;
		message->nlmsg_flags &= (uint16_t)~NLM_F_DUMP_INTR;
	}
	return interrupted;
}

static int receive(struct mnl_socket *socket, unsigned int sequence, mnl_cb_t take, void *ctx)
{
	char buffer[BUFFER_BYTES] __attribute__((aligned(8)));
	bool interrupted = false;
	int more = MNL_CB_OK;

	while (more > MNL_CB_STOP) {
		ssize_t length = mnl_socket_recvfrom(socket, buffer, sizeof(buffer));

		if (length < 0)
			return -errno;
		interrupted |= was_interrupted(buffer, (int)length);
		more = mnl_cb_run(buffer, (size_t)length, sequence, mnl_socket_get_portid(socket), take, ctx);
		if (more < 0)
			return -errno;
	}
	return interrupted ? -EINTR : 0;
}

int netlink_ask(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t take, void *ctx)
{
	static __thread unsigned int sequence;

	request->nlmsg_seq = ++sequence;
	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -errno;
	return receive(socket, request->nlmsg_seq, take, ctx);
}

static int ask_once(struct mnl_socket *socket, const struct netlink_dump *dump)
{
	char buffer[256] __attribute__((aligned(8)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	uint8_t *header = mnl_nlmsg_put_extra_header(message, dump->header);

	message->nlmsg_type = dump->type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	*header = dump->family;
	/* Counters are most of the answer, and nobody reads them. */
	if (dump->type == RTM_GETLINK)
		mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return netlink_ask(socket, message, dump->take, dump->ctx);
}

int netlink_dump(struct mnl_socket *socket, const struct netlink_dump *dump)
{
	int err = ask_once(socket, dump);

	for (int tries = 1; tries < TRIES && err == -EINTR; tries++) {
		dump->restart(dump->ctx);
		err = ask_once(socket, dump);
	}
	return err;
}
