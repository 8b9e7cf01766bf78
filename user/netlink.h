/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks netlink in the netns where the calling thread is, and takes what it answers.  Negative errno. */
#ifndef NETNSLEAK_NETLINK_H
#define NETNSLEAK_NETLINK_H

#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>

/* bus: NETLINK_ROUTE, ...  The socket is of that netns, and holds it: close it before going on.  NULL: see errno. */
struct mnl_socket *netlink_open(int bus);
void netlink_close(struct mnl_socket **socket); /* for CLEANUP */

/* One request; take is given each message of the answer, and sets errno where it returns MNL_CB_ERROR. */
int netlink_ask(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t take, void *ctx);

struct netlink_dump {
	uint16_t type;	/* RTM_GETLINK, ... */
	uint8_t family; /* the first byte of the header that follows, the rest of which is zero */
	size_t header;	/* bytes of that */
	mnl_cb_t take;
	void (*restart)(void *ctx); /* something changed meanwhile: forget what was taken, all comes again */
	void *ctx;
};

/* -EINTR: it kept changing. */
int netlink_dump(struct mnl_socket *socket, const struct netlink_dump *dump);

#endif
