/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Dumps that the kernel interrupts, which it does when something changes meanwhile: with answers made here in place of the
 * kernel's, by the two functions of libmnl that speak to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "netlink.h"
#include "util.h"

enum { PLAIN = 1, INTERRUPTED, DONE, DONE_INTERRUPTED, REFUSED };

/* What each request is answered: a datagram a row, a message a digit; no row: all has been said. */
static const char (*script)[8];
static size_t position, requests, taken, restarts;
static uint32_t sequence;

ssize_t mnl_socket_sendto(const struct mnl_socket *socket, const void *request, size_t length)
{
	(void)socket;
	/* What is still to be read of an earlier answer would be taken for this one's. */
	assert_true(!requests || strpbrk(script[position - 1], "345"));
	sequence = ((const struct nlmsghdr *)request)->nlmsg_seq;
	requests++;
	return (ssize_t)length;
}

static size_t put(char *buffer, int what)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	int *error;

	message->nlmsg_seq = sequence;
	message->nlmsg_flags = NLM_F_MULTI | (what == INTERRUPTED || what == DONE_INTERRUPTED ? NLM_F_DUMP_INTR : 0);
	message->nlmsg_type = what == REFUSED ? NLMSG_ERROR : what == DONE || what == DONE_INTERRUPTED ? NLMSG_DONE : RTM_NEWLINK;
	error = mnl_nlmsg_put_extra_header(message, sizeof(struct nlmsgerr));
	*error = what == REFUSED ? -EPERM : 0;
	return message->nlmsg_len;
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *socket, void *buffer, size_t size)
{
	size_t length = 0;

	(void)socket;
	assert_true(script[position][0]);
	for (const char *what = script[position++]; *what; what++)
		length += put((char *)buffer + length, *what - '0');
	assert_true(length <= size);
	return (ssize_t)length;
}

static int take(const struct nlmsghdr *message, void *ctx)
{
	assert_int_equal(message->nlmsg_type, RTM_NEWLINK);
	++*(size_t *)ctx;
	return MNL_CB_OK;
}

static void restart(void *ctx)
{
	*(size_t *)ctx = 0;
	restarts++;
}

static int dump(const char (*answers)[8])
{
	CLEANUP(netlink_close) struct mnl_socket *socket = netlink_open(NETLINK_ROUTE);

	assert_non_null(socket);
	script = answers;
	position = requests = taken = restarts = 0;
	return netlink_dump(socket, &(struct netlink_dump){ .type = RTM_GETLINK, .header = sizeof(struct ifinfomsg), .take = take,
							    .restart = restart, .ctx = &taken });
}

static void uninterrupted(void **unused)
{
	(void)unused;
	assert_int_equal(dump((const char[][8]){ "11", "1", "3" }), 0);
	assert_int_equal(taken, 3);
	assert_int_equal(requests, 1);
}

static void interrupted_and_asked_again(void **unused)
{
	(void)unused;
	assert_int_equal(dump((const char[][8]){ "12", "1", "3", "111", "1", "3" }), 0);
	assert_int_equal(taken, 4);
	assert_int_equal(requests, 2);
	assert_int_equal(restarts, 1);
	/* Where it is said only at the end. */
	assert_int_equal(dump((const char[][8]){ "11", "4", "1", "4", "1", "3" }), 0);
	assert_int_equal(taken, 1);
	assert_int_equal(requests, 3);
	assert_int_equal(restarts, 2);
}

static void interrupted_forever(void **unused)
{
	(void)unused;
	assert_int_equal(dump((const char[][8]){ "2", "3", "2", "3", "24", "4" }), -EINTR);
	assert_int_equal(requests, 4);
}

static void refused(void **unused)
{
	(void)unused;
	assert_int_equal(dump((const char[][8]){ "5" }), -EPERM);
	assert_int_equal(dump((const char[][8]){ "1", "5" }), -EPERM);
	assert_int_equal(requests, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uninterrupted),
		cmocka_unit_test(interrupted_and_asked_again),
		cmocka_unit_test(interrupted_forever),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
