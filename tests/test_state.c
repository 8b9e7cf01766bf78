/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the kernel's records add up to: each kind's effect, told through a log of the changes, and at the end a
 * kernel in small that does thousands of random things, loses records and is counted, against which the state is
 * held.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "state.h"

/* --- a state and the log of its changes --- */

struct bench {
	struct state *state;
	uint64_t now;
	uint64_t seq[4];
	uint64_t censuses;
	char log[8192];
};

static const char *const change_names[] = {
	[STATE_NETNS_CREATED] = "created",   [STATE_NETNS_DYING] = "dying",
	[STATE_NETNS_CLEANUP] = "cleanup",   [STATE_NETNS_FREED] = "freed",
	[STATE_NETNS_VANISHED] = "vanished", [STATE_ADDR_ADDED] = "addr+",
	[STATE_ADDR_REMOVED] = "addr-",	     [STATE_DEV_ADDED] = "dev+",
	[STATE_DEV_REMOVED] = "dev-",	     [STATE_CREATE_FAILED] = "failed",
	[STATE_GAP] = "gap",		     [STATE_CENSUS_DONE] = "counted",
};

static void on_change(void *ctx, const struct state_change *change)
{
	struct bench *bench = ctx;
	size_t used = strlen(bench->log);
	char *at = bench->log + used;
	size_t room = sizeof(bench->log) - used;
	int length = snprintf(at, room, "%s", change_names[change->kind]);

	if (change->netns)
		length += snprintf(at + length, room - (size_t)length, " %" PRIu64, change->netns->handle);
	if (change->dev)
		length += snprintf(at + length, room - (size_t)length, " %u:%s", change->dev->ifindex,
				   change->dev->name);
	if (change->addr)
		length += snprintf(at + length, room - (size_t)length, " %u:%u/%u", change->addr->ifindex,
				   change->addr->addr[3], change->addr->prefixlen);
	if (change->kind == STATE_CREATE_FAILED)
		length += snprintf(at + length, room - (size_t)length, " %d %s", change->error, change->task->comm);
	if (change->kind == STATE_GAP || change->kind == STATE_CENSUS_DONE)
		length += snprintf(at + length, room - (size_t)length, " #%" PRIu64, change->count);
	assert_true((size_t)length + 2 < room);
	strcat(bench->log, "; ");
}

/* Exactly these changes since the last time. */
#define expect(bench, text) expect_at(bench, text, __FILE__, __LINE__)
static void expect_at(struct bench *bench, const char *text, const char *file, int line)
{
	if (strcmp(bench->log, text)) {
		print_error("expected: %s\nlogged:   %s\n", text, bench->log);
		_fail(file, line);
	}
	bench->log[0] = '\0';
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	*state = bench;
	return bench ? state_new(&bench->state, on_change, bench) : -1;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	state_free(bench->state);
	free(bench);
	return 0;
}

/* --- records --- */

static struct nns_hdr hdr(struct bench *bench, enum nns_kind kind, size_t size)
{
	return (struct nns_hdr){ .kind = (uint16_t)kind, .size = (uint16_t)size, .seq = ++bench->seq[0],
				 .time = ++bench->now };
}

/* The netns n: cookie 100+n, inode number 1000+n, mix 7n. */
static struct nns_ident ident(uint64_t n)
{
	return (struct nns_ident){ n, 100 + n, (uint32_t)(1000 + n), (uint32_t)(7 * n) };
}

#define give(bench, record) state_record((bench)->state, &(record), sizeof(record))
#define take(bench, record) assert_int_equal(give(bench, record), 0)

static void created_as(struct bench *bench, struct nns_ident netns)
{
	struct nns_netns_created record = { .hdr = hdr(bench, NNS_NETNS_CREATED, sizeof(record)), .netns = netns,
					    .parent = ident(1), .task = { .pid = 42, .comm = "runc" } };

	take(bench, record);
}

static void created(struct bench *bench, uint64_t n)
{
	created_as(bench, ident(n));
}

static void end_as(struct bench *bench, enum nns_kind kind, struct nns_ident netns)
{
	struct nns_netns_end record = { .hdr = hdr(bench, kind, sizeof(record)), .netns = netns,
					.road = NNS_ROAD_NETNS_PUT };

	take(bench, record);
}

static void end(struct bench *bench, enum nns_kind kind, uint64_t n)
{
	end_as(bench, kind, ident(n));
}

static struct nns_dev dev_record(struct bench *bench, enum nns_kind kind, uint64_t n, uint32_t ifindex,
				 const char *name)
{
	struct nns_dev record = { .hdr = hdr(bench, kind, sizeof(record)), .netns = ident(n), .ifindex = ifindex,
				  .link_kind = "veth" };

	snprintf(record.ifname, sizeof(record.ifname), "%s", name);
	return record;
}

static void dev(struct bench *bench, enum nns_kind kind, uint64_t n, uint32_t ifindex, const char *name)
{
	struct nns_dev record = dev_record(bench, kind, n, ifindex, name);

	take(bench, record);
}

static void moved(struct bench *bench, uint64_t from, uint32_t old_ifindex, uint64_t to, uint32_t ifindex)
{
	struct nns_dev record = dev_record(bench, NNS_DEV_MOVED, to, ifindex, "eth0");

	record.other = from;
	record.old_ifindex = old_ifindex;
	take(bench, record);
}

static struct nns_addr addr_record(struct bench *bench, enum nns_kind kind, uint64_t n, uint32_t ifindex,
				   uint8_t last, uint8_t prefixlen)
{
	return (struct nns_addr){ .hdr = hdr(bench, kind, sizeof(struct nns_addr)), .netns = ident(n),
				  .ifindex = ifindex, .family = AF_INET, .prefixlen = prefixlen,
				  .addr = { 10, 0, 0, last } };
}

static void addr(struct bench *bench, enum nns_kind kind, uint64_t n, uint32_t ifindex, uint8_t last,
		 uint8_t prefixlen)
{
	struct nns_addr record = addr_record(bench, kind, n, ifindex, last, prefixlen);

	take(bench, record);
}

/* Census records are not numbered. */
static void census_begin(struct bench *bench)
{
	struct nns_census_mark record = { .hdr = hdr(bench, NNS_CENSUS_BEGIN, sizeof(record)),
					  .number = ++bench->censuses };

	bench->seq[0]--;
	record.hdr.seq = 0;
	take(bench, record);
}

static void census_end(struct bench *bench, uint64_t count, int64_t error)
{
	struct nns_census_mark record = { .hdr = hdr(bench, NNS_CENSUS_END, sizeof(record)),
					  .number = bench->censuses, .netns = count, .error = error };

	bench->seq[0]--;
	record.hdr.seq = 0;
	take(bench, record);
}

static void counted_as(struct bench *bench, struct nns_ident netns, int64_t references, uint32_t tasks)
{
	struct nns_census_netns record = { .hdr = hdr(bench, NNS_CENSUS_NETNS, sizeof(record)), .netns = netns,
					   .references = references, .tasks = tasks,
					   .flags = netns.handle == 1 ? NNS_NETNS_INIT : 0 };

	bench->seq[0]--;
	record.hdr.seq = 0;
	take(bench, record);
}

static void counted(struct bench *bench, uint64_t n, int64_t references)
{
	counted_as(bench, ident(n), references, 3);
}

static void counted_task(struct bench *bench, uint64_t n, uint32_t pid)
{
	struct nns_census_task record = { .hdr = hdr(bench, NNS_CENSUS_TASK, sizeof(record)), .netns = ident(n),
					  .pid = pid };

	bench->seq[0]--;
	record.hdr.seq = 0;
	take(bench, record);
}

static void counted_dev(struct bench *bench, uint64_t n, uint32_t ifindex, const char *name)
{
	struct nns_dev record = dev_record(bench, NNS_CENSUS_DEV, n, ifindex, name);

	bench->seq[0]--;
	record.hdr.seq = 0;
	take(bench, record);
}

static void counted_addr(struct bench *bench, uint64_t n, uint32_t ifindex, uint8_t last, uint8_t prefixlen)
{
	struct nns_addr record = addr_record(bench, NNS_CENSUS_ADDR, n, ifindex, last, prefixlen);

	bench->seq[0]--;
	record.hdr.seq = 0;
	take(bench, record);
}

static const struct netns *netns_of(const struct bench *bench, uint64_t n)
{
	const struct netns *netns = state_by_handle(bench->state, n);

	assert_non_null(netns);
	return netns;
}

static void counts_are(const struct bench *bench, uint64_t live, uint64_t dying)
{
	assert_int_equal(state_counts(bench->state)->live, live);
	assert_int_equal(state_counts(bench->state)->dying, dying);
}

/* --- lifecycle --- */

static void lifecycle(void **state)
{
	struct bench *bench = *state;
	struct nns_netns_end other = { .netns = { 2, 102, 1002, 999 } };
	const struct netns *netns;

	dev(bench, NNS_DEV_REGISTERED, 2, 1, "lo"); /* before it is made whole */
	expect(bench, "");
	counts_are(bench, 0, 0);
	created(bench, 2);
	expect(bench, "created 2; dev+ 2 1:lo; ");
	netns = netns_of(bench, 2);
	assert_int_equal(netns->phase, NETNS_REFERENCED);
	assert_int_equal(netns->cookie, 102);
	assert_int_equal(netns->inum, 1002);
	assert_int_equal(netns->mix, 14);
	assert_int_equal(netns->first_seen, 1);
	assert_int_equal(netns->born, 2);
	assert_int_equal(netns->references, -1);
	assert_int_equal(netns->creator_inum, 1001);
	assert_int_equal(netns->creator.pid, 42);
	assert_string_equal(netns->creator.comm, "runc");
	assert_false(netns->preexisting);
	assert_ptr_equal(state_by_inum(bench->state, 1002), netns);
	counts_are(bench, 1, 0);

	end(bench, NNS_NETNS_DYING, 2);
	end(bench, NNS_NETNS_DYING, 2);
	expect(bench, "dying 2; ");
	assert_int_equal(netns->dying_at, 3);
	assert_int_equal(netns->dying_road, NNS_ROAD_NETNS_PUT);
	counts_are(bench, 0, 1);
	end(bench, NNS_NETNS_CLEANUP, 2);
	end(bench, NNS_NETNS_CLEANUP, 2);
	expect(bench, "cleanup 2; ");
	assert_int_equal(netns->cleanup_at, 5);
	counts_are(bench, 0, 1);
	/* Not this one, but another at its address. */
	other.hdr = hdr(bench, NNS_NETNS_FREED, sizeof(other));
	take(bench, other);
	expect(bench, "");
	end(bench, NNS_NETNS_FREED, 2);
	expect(bench, "freed 2; ");
	assert_null(state_by_handle(bench->state, 2));
	assert_null(state_by_inum(bench->state, 1002));
	counts_are(bench, 0, 0);
	assert_int_equal(state_counts(bench->state)->created, 1);
	assert_int_equal(state_counts(bench->state)->freed, 1);
	assert_int_equal(state_counts(bench->state)->vanished, 0);
	/* Whatever else comes of it changes nothing. */
	end(bench, NNS_NETNS_DYING, 2);
	end(bench, NNS_NETNS_CLEANUP, 2);
	end(bench, NNS_NETNS_FREED, 2);
	dev(bench, NNS_DEV_UNREGISTERED, 2, 1, "lo");
	addr(bench, NNS_ADDR_REMOVED, 2, 1, 9, 24);
	expect(bench, "");
	assert_null(state_by_handle(bench->state, 2));
}

static void create_fails(void **state)
{
	struct bench *bench = *state;
	struct nns_netns_create_failed failed = { .task = { .comm = "unshare" }, .error = -ENOSPC };

	dev(bench, NNS_DEV_REGISTERED, 2, 1, "lo");
	failed.hdr = hdr(bench, NNS_NETNS_CREATE_FAILED, sizeof(failed));
	take(bench, failed);
	expect(bench, "failed -28 unshare; ");
	end(bench, NNS_NETNS_FREED, 2);
	expect(bench, "");
	assert_null(state_by_handle(bench->state, 2));
	counts_are(bench, 0, 0);
	assert_int_equal(state_counts(bench->state)->failed, 1);
	assert_int_equal(state_counts(bench->state)->freed, 0);
}

static void cleanup_without_dying(void **state)
{
	struct bench *bench = *state;

	created(bench, 2);
	end(bench, NNS_NETNS_CLEANUP, 2);
	expect(bench, "created 2; dying 2; cleanup 2; ");
	assert_int_equal(netns_of(bench, 2)->dying_road, NNS_ROAD_CLEANUP);
	counts_are(bench, 0, 1);
}

static void told_twice(void **state)
{
	struct bench *bench = *state;

	created(bench, 2);
	created(bench, 2);
	dev(bench, NNS_DEV_REGISTERED, 2, 5, "eth0");
	dev(bench, NNS_DEV_REGISTERED, 2, 5, "eth0");
	addr(bench, NNS_ADDR_ADDED, 2, 5, 9, 24);
	addr(bench, NNS_ADDR_ADDED, 2, 5, 9, 24);
	addr(bench, NNS_ADDR_REMOVED, 2, 5, 9, 24);
	addr(bench, NNS_ADDR_REMOVED, 2, 5, 9, 24);
	dev(bench, NNS_DEV_UNREGISTERED, 2, 5, "eth0");
	dev(bench, NNS_DEV_UNREGISTERED, 2, 5, "eth0");
	expect(bench, "created 2; dev+ 2 5:eth0; addr+ 2 5:9/24; addr- 2 5:9/24; dev- 2 5:eth0; ");
	assert_int_equal(state_counts(bench->state)->created, 1);
	counts_are(bench, 1, 0);
}

/* The creation's record was lost, the end's was not; a census tells of it in between. */
static void dying_before_known(void **state)
{
	struct bench *bench = *state;

	dev(bench, NNS_DEV_REGISTERED, 2, 1, "lo");
	end(bench, NNS_NETNS_DYING, 2);
	expect(bench, "");
	census_begin(bench);
	counted(bench, 2, 0);
	counted_dev(bench, 2, 1, "lo");
	census_end(bench, 1, 0);
	expect(bench, "created 2; dev+ 2 1:lo; dying 2; counted #1; ");
	counts_are(bench, 0, 1);
	end(bench, NNS_NETNS_FREED, 2);
	expect(bench, "freed 2; ");
	counts_are(bench, 0, 0);
}

/* --- devices and addresses --- */

static void devices_move(void **state)
{
	struct bench *bench = *state;

	created(bench, 2);
	created(bench, 3);
	dev(bench, NNS_DEV_REGISTERED, 2, 5, "eth0");
	addr(bench, NNS_ADDR_ADDED, 2, 5, 9, 24);
	addr(bench, NNS_ADDR_ADDED, 2, 5, 10, 24);
	dev(bench, NNS_DEV_REGISTERED, 2, 6, "eth1");
	addr(bench, NNS_ADDR_ADDED, 2, 6, 9, 24);
	expect(bench, "created 2; created 3; dev+ 2 5:eth0; addr+ 2 5:9/24; addr+ 2 5:10/24; dev+ 2 6:eth1; "
		      "addr+ 2 6:9/24; ");
	/* It takes its addresses out of the old netns, and no one else's. */
	moved(bench, 2, 5, 3, 5);
	expect(bench, "addr- 2 5:10/24; addr- 2 5:9/24; dev- 2 5:eth0; dev+ 3 5:eth0; ");
	assert_int_equal(netns_of(bench, 2)->addr_count, 1);
	/* With a new number, as where the old is taken; and within one netns. */
	moved(bench, 3, 5, 2, 7);
	expect(bench, "dev- 3 5:eth0; dev+ 2 7:eth0; ");
	moved(bench, 2, 7, 2, 8);
	expect(bench, "dev- 2 7:eth0; dev+ 2 8:eth0; ");
	assert_null(netns_dev_by_index(netns_of(bench, 2), 7));
	assert_non_null(netns_dev_by_index(netns_of(bench, 2), 8));
	/* Out of a netns that is not known, into one that is not yet. */
	moved(bench, 77, 1, 2, 9);
	moved(bench, 2, 9, 4, 2);
	expect(bench, "dev+ 2 9:eth0; dev- 2 9:eth0; ");
	created(bench, 4);
	expect(bench, "created 4; dev+ 4 2:eth0; ");
}

static void device_fields(void **state)
{
	struct bench *bench = *state;
	struct nns_dev record;
	const struct netns_dev *found;

	created(bench, 2);
	record = dev_record(bench, NNS_DEV_REGISTERED, 2, 5, "");
	memset(record.ifname, 'x', sizeof(record.ifname)); /* without an end */
	memset(record.link_kind, 'y', sizeof(record.link_kind));
	record.flags = NNS_DEV_PEER | NNS_DEV_UP;
	record.peer_ifindex = 11;
	record.peer_netns = 1;
	take(bench, record);
	found = netns_dev_by_index(netns_of(bench, 2), 5);
	assert_string_equal(found->name, "xxxxxxxxxxxxxxx");
	assert_string_equal(found->link_kind, "yyyyyyyyyyyyyyy");
	assert_int_equal(found->peer_ifindex, 11);
	assert_int_equal(found->peer_netns, 1);
	/* A later record that does not know the peer does not make it forgotten; a new name counts. */
	dev(bench, NNS_DEV_REGISTERED, 2, 5, "eth0");
	found = netns_dev_by_index(netns_of(bench, 2), 5);
	assert_string_equal(found->name, "eth0");
	assert_int_equal(found->peer_ifindex, 11);
	assert_int_equal(found->flags, 0);
}

static void prefix_lengths(void **state)
{
	struct bench *bench = *state;

	created(bench, 2);
	dev(bench, NNS_DEV_REGISTERED, 2, 5, "eth0");
	addr(bench, NNS_ADDR_ADDED, 2, 5, 9, 24);
	addr(bench, NNS_ADDR_ADDED, 2, 5, 9, 16);
	addr(bench, NNS_ADDR_ADDED, 2, 5, 9, 32);
	addr(bench, NNS_ADDR_REMOVED, 2, 5, 9, 24);
	expect(bench, "created 2; dev+ 2 5:eth0; addr+ 2 5:9/24; addr+ 2 5:9/16; addr+ 2 5:9/32; addr- 2 5:9/24; ");
	assert_int_equal(netns_of(bench, 2)->addr_count, 2);
	assert_int_equal(netns_of(bench, 2)->addrs[0].prefixlen, 16);
	assert_int_equal(netns_of(bench, 2)->addrs[1].prefixlen, 32);
}

/* --- the census --- */

static void census_settles(void **state)
{
	struct bench *bench = *state;

	assert_true(state_incomplete(bench->state));
	created(bench, 2);
	dev(bench, NNS_DEV_REGISTERED, 2, 5, "eth0");
	dev(bench, NNS_DEV_REGISTERED, 2, 6, "eth1");
	addr(bench, NNS_ADDR_ADDED, 2, 5, 9, 24);
	addr(bench, NNS_ADDR_ADDED, 2, 5, 10, 24);
	addr(bench, NNS_ADDR_ADDED, 2, 6, 11, 24);
	bench->log[0] = '\0';
	census_begin(bench);
	counted(bench, 1, 9);
	counted(bench, 2, 1);
	counted_dev(bench, 2, 5, "eth0");
	counted_addr(bench, 2, 5, 10, 24);
	counted_addr(bench, 2, 5, 12, 24);
	counted_dev(bench, 2, 7, "eth2");
	counted(bench, 3, 2);
	/* What it does not have goes, what it has and the state had not comes, the rest is not told again. */
	expect(bench, "created 1; addr+ 2 5:12/24; dev+ 2 7:eth2; addr- 2 6:11/24; addr- 2 5:9/24; dev- 2 6:eth1; "
		      "created 3; ");
	assert_true(state_incomplete(bench->state));
	census_end(bench, 3, 0);
	expect(bench, "counted #3; ");
	assert_false(state_incomplete(bench->state));
	counts_are(bench, 3, 0);
	assert_true(netns_of(bench, 1)->initial);
	assert_true(netns_of(bench, 3)->preexisting);
	assert_false(netns_of(bench, 3)->initial);
	assert_false(netns_of(bench, 2)->preexisting);
	assert_int_equal(netns_of(bench, 3)->references, 2);
	assert_int_equal(netns_of(bench, 3)->tasks, 3);
	assert_true(netns_of(bench, 3)->counted_at > 0);
	assert_int_equal(state_counts(bench->state)->created, 1);
}

/* The walk was quicker than the record of the creation. */
/* Which process is in it is told anew by each census, and of the netns that is being told alone. */
static void census_tasks(void **state)
{
	struct bench *bench = *state;

	census_begin(bench);
	counted_task(bench, 2, 41); /* of none */
	counted(bench, 2, 1);
	assert_int_equal(netns_of(bench, 2)->pid, 0);
	counted_task(bench, 2, 42);
	counted(bench, 3, 1);
	counted_task(bench, 2, 43);
	census_end(bench, 2, 0);
	assert_int_equal(netns_of(bench, 2)->pid, 42);
	assert_int_equal(netns_of(bench, 3)->pid, 0);
	census_begin(bench);
	counted(bench, 2, 1);
	counted(bench, 3, 1);
	counted_task(bench, 3, 44);
	census_end(bench, 2, 0);
	assert_int_equal(netns_of(bench, 2)->pid, 0);
	assert_int_equal(netns_of(bench, 3)->pid, 44);
	expect(bench, "created 2; created 3; counted #2; counted #2; ");
}

static void census_before_created(void **state)
{
	struct bench *bench = *state;

	census_begin(bench);
	counted(bench, 2, 1);
	census_end(bench, 1, 0);
	created(bench, 2);
	expect(bench, "created 2; counted #1; ");
	assert_int_not_equal(netns_of(bench, 2)->born, 0);
	assert_false(netns_of(bench, 2)->preexisting);
	assert_int_equal(state_counts(bench->state)->created, 1);
	counts_are(bench, 1, 0);
}

static void census_finds_dying(void **state)
{
	struct bench *bench = *state;

	created(bench, 2);
	census_begin(bench);
	counted(bench, 2, 0);
	census_end(bench, 1, 0);
	expect(bench, "created 2; dying 2; counted #1; ");
	counts_are(bench, 0, 1);
	end(bench, NNS_NETNS_DYING, 2);
	expect(bench, "");
}

/* One with very many devices is told in several parts: it is settled once, at its end. */
static void census_in_parts(void **state)
{
	struct bench *bench = *state;

	created(bench, 2);
	dev(bench, NNS_DEV_REGISTERED, 2, 5, "eth0");
	dev(bench, NNS_DEV_REGISTERED, 2, 6, "eth1");
	bench->log[0] = '\0';
	census_begin(bench);
	counted(bench, 2, 1);
	counted_dev(bench, 2, 5, "eth0");
	counted(bench, 2, 1);
	counted_dev(bench, 2, 6, "eth1");
	counted(bench, 2, 1);
	counted_dev(bench, 2, 7, "eth2");
	census_end(bench, 1, 0);
	expect(bench, "dev+ 2 7:eth2; counted #1; ");
	assert_int_equal(netns_of(bench, 2)->dev_count, 3);
}

/* A walk that broke off proves nothing: what it did not come to stays. */
static void census_with_error(void **state)
{
	struct bench *bench = *state;

	created(bench, 2);
	dev(bench, NNS_DEV_REGISTERED, 2, 5, "eth0");
	addr(bench, NNS_ADDR_ADDED, 2, 5, 9, 24);
	created(bench, 3);
	assert_int_equal(state_lost(bench->state, &(struct input_lost){ .count = 1 }, ++bench->now), 0);
	bench->log[0] = '\0';
	census_begin(bench);
	counted(bench, 2, 1);
	census_end(bench, 1, -EIO);
	expect(bench, "");
	assert_true(state_incomplete(bench->state));
	assert_int_equal(netns_of(bench, 2)->addr_count, 1);
	/* Its end, told once more, is no end. */
	census_end(bench, 1, 0);
	expect(bench, "");
	assert_true(state_incomplete(bench->state));
	counts_are(bench, 2, 0);
	assert_int_equal(state_counts(bench->state)->censuses, 0);
	/* The next one is. */
	census_begin(bench);
	counted(bench, 3, 1);
	census_end(bench, 1, 0);
	expect(bench, "vanished 2; counted #1; ");
	assert_false(state_incomplete(bench->state));
	assert_int_equal(state_counts(bench->state)->vanished, 1);
	counts_are(bench, 1, 0);
}

/* Without a loss, the record of the end is still on its way: only two censuses without it prove its end. */
static void census_without_it(void **state)
{
	struct bench *bench = *state;

	census_begin(bench);
	census_end(bench, 0, 0);
	created(bench, 2);
	created(bench, 3);
	bench->log[0] = '\0';
	census_begin(bench);
	census_end(bench, 0, 0);
	expect(bench, "counted #0; ");
	census_begin(bench);
	created(bench, 4); /* made while the walk went on */
	counted(bench, 3, 1);
	census_end(bench, 1, 0);
	expect(bench, "created 4; vanished 2; counted #1; ");
	census_begin(bench);
	counted(bench, 4, 1);
	census_end(bench, 1, 0);
	expect(bench, "counted #1; ");
	counts_are(bench, 2, 0);
}

/* The same, but the records come between the two: it is known to be off the kernel's list, and is not freed yet. */
static void census_while_it_ends(void **state)
{
	struct bench *bench = *state;

	census_begin(bench);
	census_end(bench, 0, 0);
	created(bench, 2);
	bench->log[0] = '\0';
	census_begin(bench);
	census_end(bench, 0, 0);
	end(bench, NNS_NETNS_DYING, 2);
	end(bench, NNS_NETNS_CLEANUP, 2);
	census_begin(bench);
	census_end(bench, 0, 0);
	expect(bench, "counted #0; dying 2; cleanup 2; counted #0; ");
	counts_are(bench, 0, 1);
}

static void census_out_of_place(void **state)
{
	struct bench *bench = *state;

	census_end(bench, 0, 0);
	counted_dev(bench, 2, 5, "eth0");
	counted_addr(bench, 2, 5, 9, 24);
	expect(bench, "");
	assert_true(state_incomplete(bench->state));
	assert_null(state_by_handle(bench->state, 2));
	census_begin(bench);
	counted(bench, 2, 1);
	counted_dev(bench, 3, 5, "eth0"); /* not of the netns before it */
	counted_addr(bench, 3, 5, 9, 24);
	census_end(bench, 1, 0);
	expect(bench, "created 2; counted #1; ");
	/* The netns that is being told is freed meanwhile. */
	census_begin(bench);
	counted(bench, 2, 1);
	end(bench, NNS_NETNS_FREED, 2);
	counted_dev(bench, 2, 5, "eth0");
	census_end(bench, 1, 0);
	expect(bench, "freed 2; counted #1; ");
	assert_null(state_by_handle(bench->state, 2));
}

static void path(const struct bench *bench, const char *text, uint32_t inum, bool present)
{
	assert_int_equal(state_path(bench->state, text, inum, present, 5), 0);
}

/* "/a /b" */
static const char *paths_of(const struct bench *bench, uint64_t n)
{
	static char text[256];
	const struct netns_path *at;

	text[0] = '\0';
	for (at = netns_of(bench, n)->paths; at; at = at->next)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", *text ? " " : "", at->path);
	return text;
}

/* --- identity --- */

static void handle_reuse(void **state)
{
	struct bench *bench = *state;
	struct nns_ident second = { 2, 250, 1250, 77 };

	created(bench, 2);
	dev(bench, NNS_DEV_REGISTERED, 2, 5, "eth0");
	created_as(bench, second); /* the end of the first was lost */
	expect(bench, "created 2; dev+ 2 5:eth0; vanished 2; created 2; ");
	assert_int_equal(netns_of(bench, 2)->cookie, 250);
	assert_int_equal(netns_of(bench, 2)->dev_count, 0);
	assert_null(state_by_inum(bench->state, 1002));
	/* Late records of the first do not touch the second. */
	end(bench, NNS_NETNS_DYING, 2);
	addr(bench, NNS_ADDR_REMOVED, 2, 5, 9, 24);
	dev(bench, NNS_DEV_UNREGISTERED, 2, 5, "eth0");
	expect(bench, "");
	counts_are(bench, 1, 0);
}

/* Its records were still in the ring when a census told of the next one at its address. */
static void handle_reuse_before_census(void **state)
{
	struct bench *bench = *state;
	struct nns_ident second = { 2, 250, 1250, 77 };
	struct nns_addr late = addr_record(bench, NNS_ADDR_ADDED, 2, 5, 9, 24);
	struct nns_netns_end freed = { .hdr = hdr(bench, NNS_NETNS_FREED, sizeof(freed)), .netns = ident(2) };

	census_begin(bench);
	counted_as(bench, second, 1, 0);
	census_end(bench, 1, 0);
	take(bench, late);
	take(bench, freed);
	created_as(bench, second);
	expect(bench, "created 2; counted #1; ");
	assert_int_equal(netns_of(bench, 2)->cookie, 250);
	assert_int_equal(netns_of(bench, 2)->addr_count, 0);
	assert_false(state_incomplete(bench->state));
	counts_are(bench, 1, 0);
}

/* The kernel frees the inode number early in the teardown: it has a new owner before the old one is freed. */
static void inode_handover(void **state)
{
	struct bench *bench = *state;
	struct nns_ident second = { 3, 103, 1002, 21 };
	struct nns_ident third = { 4, 104, 1002, 28 };

	created(bench, 2);
	end(bench, NNS_NETNS_DYING, 2);
	end(bench, NNS_NETNS_CLEANUP, 2);
	created_as(bench, second);
	assert_int_equal(state_by_inum(bench->state, 1002)->handle, 3);
	end(bench, NNS_NETNS_FREED, 2);
	assert_int_equal(state_by_inum(bench->state, 1002)->handle, 3);
	created(bench, 5);
	end_as(bench, NNS_NETNS_DYING, second);
	created_as(bench, third);
	end_as(bench, NNS_NETNS_FREED, second);
	assert_int_equal(state_by_inum(bench->state, 1002)->handle, 4);
	assert_int_equal(state_by_inum(bench->state, 1005)->handle, 5);
	end_as(bench, NNS_NETNS_FREED, third);
	assert_null(state_by_inum(bench->state, 1002));
	expect(bench, "created 2; dying 2; cleanup 2; created 3; freed 2; created 5; dying 3; created 4; freed 3; "
		      "freed 4; ");
}

/* A whole life of the number was still in the ring when a census told of its next owner. */
static void inode_handover_before_census(void **state)
{
	struct bench *bench = *state;
	struct nns_ident second = { 3, 103, 1002, 21 };
	struct nns_netns_created late = { .hdr = hdr(bench, NNS_NETNS_CREATED, sizeof(late)), .netns = ident(2) };

	census_begin(bench);
	counted_as(bench, second, 1, 0);
	census_end(bench, 1, 0);
	path(bench, "/a", 1002, true);
	take(bench, late);
	assert_int_equal(state_by_inum(bench->state, 1002)->handle, 3);
	end(bench, NNS_NETNS_FREED, 2);
	assert_int_equal(state_by_inum(bench->state, 1002)->handle, 3);
	assert_string_equal(paths_of(bench, 3), "/a");
	expect(bench, "created 3; counted #1; created 2; freed 2; ");
}

static void identity_text(void **state)
{
	struct netns with = { .cookie = UINT64_MAX }, without = { .inum = UINT32_MAX, .mix = 0x1a };
	char buffer[NETNS_ID_LEN];

	(void)state;
	assert_string_equal(netns_id(&with, buffer, sizeof(buffer)), "18446744073709551615");
	assert_string_equal(netns_id(&without, buffer, sizeof(buffer)), "4294967295-0000001a");
}

/* --- paths --- */

static void paths(void **state)
{
	struct bench *bench = *state;

	path(bench, "/before", 1002, true);
	path(bench, "/before", 1002, true);
	path(bench, "/other", 1003, true);
	path(bench, "/went", 1002, true);
	path(bench, "/went", 1002, false);
	path(bench, "/never-was", 1002, false);
	created(bench, 2);
	assert_string_equal(paths_of(bench, 2), "/before");
	assert_int_equal(netns_of(bench, 2)->paths->made_wall, 5);
	path(bench, "/after", 1002, true);
	path(bench, "/after", 1002, true);
	assert_string_equal(paths_of(bench, 2), "/before /after");
	path(bench, "/before", 1002, false);
	assert_string_equal(paths_of(bench, 2), "/after");
	created(bench, 3);
	assert_string_equal(paths_of(bench, 3), "/other");
}

/* A path that was never told to be gone leads to whoever has the inode number now. */
static void paths_handed_over(void **state)
{
	struct bench *bench = *state;
	struct nns_ident second = { 3, 103, 1002, 21 };
	struct nns_ident third = { 4, 104, 1002, 28 };

	path(bench, "/a", 1002, true);
	path(bench, "/b", 1002, true);
	created(bench, 2);
	end(bench, NNS_NETNS_DYING, 2);
	created_as(bench, second);
	assert_string_equal(paths_of(bench, 2), "");
	assert_non_null(netns_of(bench, 2)->last_path); /* it keeps its name */
	path(bench, "/a", 1002, false);
	assert_string_equal(paths_of(bench, 3), "/b");
	end(bench, NNS_NETNS_FREED, 2);
	assert_string_equal(paths_of(bench, 3), "/b");
	/* Likewise where the old one is freed first. */
	end_as(bench, NNS_NETNS_FREED, second);
	created_as(bench, third);
	assert_string_equal(paths_of(bench, 4), "/b");
	end_as(bench, NNS_NETNS_FREED, third);
	path(bench, "/b", 1002, false);
	created_as(bench, second);
	assert_string_equal(paths_of(bench, 3), "");
}

/* --- bad records --- */

static void bad_records(void **state)
{
	struct bench *bench = *state;
	uint64_t words[32];
	char *bytes = (char *)words;
	struct nns_netns_created good = { .netns = ident(2) };
	uint64_t bad = 0;
	uint16_t kind;
	size_t size;

	for (kind = 0; kind < NNS_KIND_MAX + 3; kind++)
		for (size = 0; size <= sizeof(words); size++) {
			struct nns_hdr head = { .kind = kind, .size = (uint16_t)size };
			bool known = kind && kind < NNS_KIND_MAX;
			bool fits = (kind == NNS_NETNS_CREATED && size == sizeof(struct nns_netns_created)) ||
				    (kind == NNS_NETNS_CREATE_FAILED && size == sizeof(struct nns_netns_create_failed)) ||
				    (((kind >= NNS_NETNS_DYING && kind <= NNS_NETNS_FREED) || kind == NNS_FILLER) &&
				     size == sizeof(struct nns_netns_end)) ||
				    ((kind == NNS_ADDR_ADDED || kind == NNS_ADDR_REMOVED || kind == NNS_CENSUS_ADDR) &&
				     size == sizeof(struct nns_addr)) ||
				    (((kind >= NNS_DEV_REGISTERED && kind <= NNS_DEV_MOVED) || kind == NNS_CENSUS_DEV) &&
				     size == sizeof(struct nns_dev)) ||
				    ((kind == NNS_CENSUS_BEGIN || kind == NNS_CENSUS_END) &&
				     size == sizeof(struct nns_census_mark)) ||
				    (kind == NNS_CENSUS_NETNS && size == sizeof(struct nns_census_netns)) ||
				    (kind == NNS_CENSUS_TASK && size == sizeof(struct nns_census_task)) ||
				    (kind == NNS_CNI_EXEC && size == sizeof(struct nns_cni_exec)) ||
				    (kind == NNS_CNI_EXIT && size == sizeof(struct nns_cni_exit));

			if (fits)
				continue;
			memset(words, 0, sizeof(words));
			memcpy(bytes, &head, sizeof(head));
			assert_int_equal(state_record(bench->state, words, size),
					 size < sizeof(head) || known ? -EBADMSG : 0);
			assert_int_equal(state_counts(bench->state)->bad, ++bad);
		}
	/* Shorter than it says. */
	good.hdr = hdr(bench, NNS_NETNS_CREATED, sizeof(good));
	assert_int_equal(state_record(bench->state, &good, sizeof(good) - 8), -EBADMSG);
	/* A CPU that cannot be, a time that cannot be. */
	good.hdr.cpu = UINT32_MAX;
	assert_int_equal(give(bench, good), -EBADMSG);
	good.hdr.cpu = 0;
	good.hdr.time = UINT64_MAX;
	assert_int_equal(give(bench, good), -EBADMSG);
	assert_int_equal(state_counts(bench->state)->bad, bad + 3);
	assert_int_equal(state_counts(bench->state)->records, 0);
	expect(bench, "");
}

/* --- losses --- */

static void numbered(struct bench *bench, uint32_t cpu, uint64_t seq, int expected)
{
	struct nns_addr record = addr_record(bench, NNS_ADDR_REMOVED, 2, 1, 1, 24);

	record.hdr.cpu = cpu;
	record.hdr.seq = seq;
	assert_int_equal(give(bench, record), expected);
}

static void sequence(void **state)
{
	struct bench *bench = *state;

	census_begin(bench);
	census_end(bench, 0, 0);
	bench->log[0] = '\0';
	numbered(bench, 0, 1, 0);
	numbered(bench, 3, 1, 0);
	numbered(bench, 0, 2, 0);
	expect(bench, "");
	numbered(bench, 3, 5, 0);
	expect(bench, "gap #3; ");
	assert_true(state_incomplete(bench->state));
	/* The tracer's counter tells of the same ones: no new loss. */
	assert_int_equal(state_lost(bench->state, &(struct input_lost){ .count = 3 }, ++bench->now), 0);
	expect(bench, "");
	assert_int_equal(state_lost(bench->state, &(struct input_lost){ .count = 2 }, ++bench->now), 0);
	expect(bench, "gap #2; ");
	numbered(bench, 0, 5, 0); /* the two */
	expect(bench, "");
	numbered(bench, 7, 2, 0); /* the first of a CPU is number 1 */
	expect(bench, "gap #1; ");
	assert_int_equal(state_counts(bench->state)->lost, 6);
	assert_int_equal(state_counts(bench->state)->gaps, 3);
	/* Nothing lost is no loss. */
	census_begin(bench);
	census_end(bench, 0, 0);
	bench->log[0] = '\0';
	assert_int_equal(state_lost(bench->state, &(struct input_lost){ .count = 0 }, ++bench->now), 0);
	expect(bench, "");
	assert_false(state_incomplete(bench->state));
}

/* What hooks have missed took no number: the gaps and the tracer's counter know nothing of it, nor it of them. */
static void missed(void **state)
{
	struct bench *bench = *state;

	census_begin(bench);
	census_end(bench, 0, 0);
	bench->log[0] = '\0';
	numbered(bench, 0, 1, 0);
	assert_int_equal(state_lost(bench->state, &(struct input_lost){ .missed = 2 }, ++bench->now), 0);
	expect(bench, "gap #2; ");
	assert_true(state_incomplete(bench->state));
	numbered(bench, 0, 2, 0);
	expect(bench, "");
	numbered(bench, 0, 4, 0);
	expect(bench, "gap #1; ");
	assert_int_equal(state_lost(bench->state, &(struct input_lost){ .count = 1, .missed = 1 }, ++bench->now), 0);
	expect(bench, "gap #1; ");
	assert_int_equal(state_counts(bench->state)->lost, 4);
	census_begin(bench);
	census_end(bench, 0, 0);
	assert_false(state_incomplete(bench->state));
}

/* Two numbers turned round by an interrupt: a gap at first, no loss in the end, and the next loss is one. */
static void late_number(void **state)
{
	struct bench *bench = *state;

	numbered(bench, 0, 1, 0);
	numbered(bench, 0, 3, 0);
	expect(bench, "gap #1; ");
	numbered(bench, 0, 2, 0);
	assert_int_equal(state_counts(bench->state)->lost, 0);
	assert_int_equal(state_counts(bench->state)->records, 3);
	numbered(bench, 0, 4, 0);
	expect(bench, "");
	assert_int_equal(state_lost(bench->state, &(struct input_lost){ .count = 1 }, ++bench->now), 0);
	expect(bench, "gap #1; ");
	numbered(bench, 0, 6, 0);
	expect(bench, "");
	assert_int_equal(state_counts(bench->state)->lost, 1);
}

/* A netns that gets an address and was never made: the record of its creation is missing, without a number. */
static void missing_creation(void **state)
{
	struct bench *bench = *state;

	census_begin(bench);
	census_end(bench, 0, 0);
	dev(bench, NNS_DEV_REGISTERED, 2, 1, "lo");
	expect(bench, "counted #0; ");
	addr(bench, NNS_ADDR_ADDED, 2, 1, 9, 24);
	expect(bench, "gap #1; ");
	assert_true(state_incomplete(bench->state));
	addr(bench, NNS_ADDR_ADDED, 2, 1, 10, 24);
	expect(bench, "");
	/* The ring's own loss is one more. */
	assert_int_equal(state_lost(bench->state, &(struct input_lost){ .count = 1 }, ++bench->now), 0);
	expect(bench, "gap #1; ");
	census_begin(bench);
	counted(bench, 2, 1);
	counted_dev(bench, 2, 1, "lo");
	counted_addr(bench, 2, 1, 9, 24);
	census_end(bench, 1, 0);
	expect(bench, "created 2; dev+ 2 1:lo; addr+ 2 1:9/24; addr+ 2 1:10/24; addr- 2 1:10/24; counted #1; ");
	moved(bench, 2, 1, 3, 1);
	expect(bench, "addr- 2 1:9/24; dev- 2 1:lo; gap #1; ");
}

/* --- a kernel in small --- */

#define SLOTS 12 /* addresses of netns, taken again at once */
#define DEVS 4
#define ADDRS 4
#define CPUS 4
#define RING 64

enum life { NONE, LIVE, DYING, CLEANUP };

struct slot {
	enum life life;
	struct nns_ident ident;
	bool devs[DEVS];
	bool addrs[DEVS][ADDRS];
	bool forgotten; /* off the kernel's list when a census repaired a loss: the state cannot know of it */
};

struct world {
	uint64_t random;
	struct slot slots[SLOTS];
	uint64_t next_cookie;
	struct state *state;
	uint64_t now, seq[CPUS], lost, lost_told;
	bool unrepaired; /* records were lost since the last census began */
	/* Written by the kernel, not read yet. */
	struct {
		size_t size;
		union {
			struct nns_netns_created created;
			struct nns_netns_end end;
			struct nns_addr addr;
			struct nns_dev dev;
		};
	} ring[RING];
	size_t waiting;
	/* What the changes add up to. */
	struct shadow {
		bool known;
		enum netns_phase phase;
		uint32_t devs, addrs;
	} shadow[SLOTS + 1];
	uint64_t vanished, freed;
};

static uint32_t roll(struct world *world, uint32_t sides)
{
	world->random = world->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(world->random >> 33) % sides;
}

static void world_change(void *ctx, const struct state_change *change)
{
	struct world *world = ctx;
	struct shadow *shadow = change->netns ? &world->shadow[change->netns->handle] : NULL;

	switch (change->kind) {
	case STATE_NETNS_CREATED:
		assert_false(shadow->known);
		*shadow = (struct shadow){ .known = true, .phase = NETNS_REFERENCED };
		break;
	case STATE_NETNS_DYING:
		assert_true(shadow->known && shadow->phase == NETNS_REFERENCED);
		shadow->phase = NETNS_DYING;
		break;
	case STATE_NETNS_CLEANUP:
		assert_true(shadow->known && shadow->phase == NETNS_DYING);
		shadow->phase = NETNS_CLEANUP;
		break;
	case STATE_NETNS_FREED:
	case STATE_NETNS_VANISHED:
		assert_true(shadow->known);
		assert_int_equal(shadow->devs, change->netns->dev_count);
		assert_int_equal(shadow->addrs, change->netns->addr_count);
		shadow->known = false;
		world->freed += change->kind == STATE_NETNS_FREED;
		world->vanished += change->kind == STATE_NETNS_VANISHED;
		break;
	case STATE_DEV_ADDED:
		assert_true(shadow->known);
		shadow->devs++;
		break;
	case STATE_DEV_REMOVED:
		assert_true(shadow->known && shadow->devs);
		shadow->devs--;
		break;
	case STATE_ADDR_ADDED:
		assert_true(shadow->known);
		shadow->addrs++;
		break;
	case STATE_ADDR_REMOVED:
		assert_true(shadow->known && shadow->addrs);
		shadow->addrs--;
		break;
	default:
		break;
	}
}

/* The kernel writes a record, or has no room for it. */
static void world_write(struct world *world, enum nns_kind kind, size_t size, const void *rest)
{
	uint32_t cpu = roll(world, CPUS);
	struct nns_hdr head = { .kind = (uint16_t)kind, .size = (uint16_t)size, .cpu = cpu,
				.seq = ++world->seq[cpu], .time = ++world->now };

	if (world->waiting == RING || !roll(world, 100)) {
		world->lost++;
		world->unrepaired = true;
		return;
	}
	world->ring[world->waiting].size = size;
	memcpy(&world->ring[world->waiting].created, rest, size);
	memcpy(&world->ring[world->waiting].created, &head, sizeof(head));
	world->waiting++;
}

static void world_read(struct world *world)
{
	size_t i;

	for (i = 0; i < world->waiting; i++)
		assert_int_equal(state_record(world->state, &world->ring[i].created, world->ring[i].size), 0);
	world->waiting = 0;
}

static uint32_t free_inum(const struct world *world)
{
	uint32_t inum;
	int i;

	for (inum = 5000;; inum++) {
		for (i = 0; i < SLOTS; i++)
			if (world->slots[i].ident.inum == inum &&
			    (world->slots[i].life == LIVE || world->slots[i].life == DYING))
				break;
		if (i == SLOTS)
			return inum;
	}
}

static void write_dev(struct world *world, enum nns_kind kind, const struct slot *slot, uint32_t ifindex,
		      const struct slot *from, uint32_t old_ifindex)
{
	struct nns_dev record = { .netns = slot->ident, .ifindex = ifindex, .ifname = "eth0",
				  .other = from ? from->ident.handle : 0, .old_ifindex = old_ifindex };

	world_write(world, kind, sizeof(record), &record);
}

static void write_addr(struct world *world, enum nns_kind kind, const struct slot *slot, uint32_t ifindex,
		       uint32_t last)
{
	struct nns_addr record = { .netns = slot->ident, .ifindex = ifindex, .family = AF_INET, .prefixlen = 24,
				   .addr = { 10, 0, 0, (uint8_t)last } };

	world_write(world, kind, sizeof(record), &record);
}

static void slot_make(struct world *world, struct slot *slot)
{
	struct nns_netns_created record = { .task = { .comm = "test" } };

	slot->ident.inum = 0;
	slot->ident.cookie = ++world->next_cookie;
	slot->ident.mix = roll(world, UINT32_MAX) | 1;
	slot->forgotten = false;
	slot->devs[1] = true;
	write_dev(world, NNS_DEV_REGISTERED, slot, 1, NULL, 0);
	slot->ident.inum = free_inum(world);
	slot->life = LIVE;
	record.netns = slot->ident;
	world_write(world, NNS_NETNS_CREATED, sizeof(record), &record);
}

/* One step towards its end. */
static void slot_end(struct world *world, struct slot *slot)
{
	static const enum nns_kind kinds[] = { [LIVE] = NNS_NETNS_DYING, [DYING] = NNS_NETNS_CLEANUP,
					       [CLEANUP] = NNS_NETNS_FREED };
	struct nns_netns_end record = { .netns = slot->ident };

	world_write(world, kinds[slot->life], sizeof(record), &record);
	slot->life = slot->life == CLEANUP ? NONE : slot->life + 1;
	if (slot->life == NONE) {
		memset(slot->devs, 0, sizeof(slot->devs));
		memset(slot->addrs, 0, sizeof(slot->addrs));
	}
}

static void slot_toggle_dev(struct world *world, struct slot *slot, uint32_t ifindex)
{
	uint32_t i;

	slot->devs[ifindex] = !slot->devs[ifindex];
	if (slot->devs[ifindex]) {
		write_dev(world, NNS_DEV_REGISTERED, slot, ifindex, NULL, 0);
		return;
	}
	for (i = 0; i < ADDRS; i++) {
		/* The kernel tells of most, not of all. */
		if (slot->addrs[ifindex][i] && roll(world, 2))
			write_addr(world, NNS_ADDR_REMOVED, slot, ifindex, i);
		slot->addrs[ifindex][i] = false;
	}
	write_dev(world, NNS_DEV_UNREGISTERED, slot, ifindex, NULL, 0);
}

static void slot_toggle_addr(struct world *world, struct slot *slot, uint32_t ifindex, uint32_t last)
{
	slot->addrs[ifindex][last] = !slot->addrs[ifindex][last];
	write_addr(world, slot->addrs[ifindex][last] ? NNS_ADDR_ADDED : NNS_ADDR_REMOVED, slot, ifindex, last);
}

static void slot_move(struct world *world, struct slot *from, uint32_t old_ifindex, struct slot *to,
		      uint32_t ifindex)
{
	if (!from->devs[old_ifindex] || to->devs[ifindex])
		return;
	from->devs[old_ifindex] = false;
	memset(from->addrs[old_ifindex], 0, sizeof(from->addrs[old_ifindex]));
	to->devs[ifindex] = true;
	write_dev(world, NNS_DEV_MOVED, to, ifindex, from, old_ifindex);
}

static void world_do(struct world *world)
{
	struct slot *slot = &world->slots[roll(world, SLOTS)], *other = &world->slots[roll(world, SLOTS)];
	uint32_t what = roll(world, 12), ifindex = roll(world, DEVS), to = roll(world, DEVS);

	if (slot->life == NONE)
		slot_make(world, slot);
	else if (what == 0 || slot->life != LIVE)
		slot_end(world, slot);
	else if (what < 4)
		slot_toggle_dev(world, slot, ifindex);
	else if (what < 6 && other->life == LIVE)
		slot_move(world, slot, ifindex, other, to);
	else if (slot->devs[ifindex])
		slot_toggle_addr(world, slot, ifindex, roll(world, ADDRS));
}

static void census_write(struct world *world, enum nns_kind kind, size_t size, void *record)
{
	struct nns_hdr *head = record;

	*head = (struct nns_hdr){ .kind = (uint16_t)kind, .size = (uint16_t)size, .time = ++world->now };
	assert_int_equal(state_record(world->state, record, size), 0);
}

static void census_slot(struct world *world, const struct slot *slot)
{
	struct nns_census_netns netns = { .netns = slot->ident, .references = slot->life == LIVE };
	uint32_t ifindex, last;

	census_write(world, NNS_CENSUS_NETNS, sizeof(netns), &netns);
	for (ifindex = 0; ifindex < DEVS; ifindex++) {
		struct nns_dev dev = { .netns = slot->ident, .ifindex = ifindex, .ifname = "eth0" };

		if (!slot->devs[ifindex])
			continue;
		if (!roll(world, 8))
			census_write(world, NNS_CENSUS_NETNS, sizeof(netns), &netns);
		census_write(world, NNS_CENSUS_DEV, sizeof(dev), &dev);
		for (last = 0; last < ADDRS; last++) {
			struct nns_addr addr = { .netns = slot->ident, .ifindex = ifindex, .family = AF_INET,
						 .prefixlen = 24, .addr = { 10, 0, 0, (uint8_t)last } };

			if (slot->addrs[ifindex][last])
				census_write(world, NNS_CENSUS_ADDR, sizeof(addr), &addr);
		}
	}
}

static void tell_losses(struct world *world)
{
	assert_int_equal(state_lost(world->state, &(struct input_lost){ .count = world->lost - world->lost_told }, ++world->now), 0);
	assert_true(world->lost == world->lost_told || state_incomplete(world->state));
	world->lost_told = world->lost;
}

/* As a session makes it: all is read first, but things happen before the kernel is counted. */
static void world_census(struct world *world, uint32_t late, int64_t error)
{
	struct nns_census_mark mark = { 0 };
	int i, broken_off = error ? (int)roll(world, SLOTS) : SLOTS;

	world_read(world);
	tell_losses(world);
	while (late--)
		world_do(world);
	world->unrepaired &= error || world->lost != world->lost_told;
	census_write(world, NNS_CENSUS_BEGIN, sizeof(mark), &mark);
	for (i = 0; i < broken_off; i++)
		if (world->slots[i].life == LIVE || world->slots[i].life == DYING)
			census_slot(world, &world->slots[i]);
	for (i = 0; i < SLOTS && !error && state_incomplete(world->state); i++)
		world->slots[i].forgotten |= world->slots[i].life == CLEANUP;
	mark.error = error;
	census_write(world, NNS_CENSUS_END, sizeof(mark), &mark);
}

static int count_phases(void *ctx, struct netns *netns)
{
	uint64_t *counts = ctx;

	counts[netns->phase < NETNS_DYING ? 0 : 1]++;
	return 0;
}

/* Its counts are those of what it holds, and of what its changes told. */
static void state_is_consistent(const struct world *world)
{
	const struct state_counts *counts = state_counts(world->state);
	uint64_t held[2] = { 0 }, told[2] = { 0 };
	int i;

	state_each(world->state, count_phases, held);
	for (i = 0; i <= SLOTS; i++)
		if (world->shadow[i].known)
			told[world->shadow[i].phase < NETNS_DYING ? 0 : 1]++;
	assert_int_equal(counts->live, held[0]);
	assert_int_equal(counts->dying, held[1]);
	assert_int_equal(counts->live, told[0]);
	assert_int_equal(counts->dying, told[1]);
	assert_int_equal(counts->freed, world->freed);
	assert_int_equal(counts->vanished, world->vanished);
}

static void slot_is_known(const struct world *world, const struct slot *slot)
{
	static const enum netns_phase phases[] = { [LIVE] = NETNS_REFERENCED, [DYING] = NETNS_DYING,
						   [CLEANUP] = NETNS_CLEANUP };
	const struct netns *netns = state_by_handle(world->state, slot->ident.handle);
	uint32_t ifindex, last, devs = 0, addrs = 0;

	if (slot->life == NONE) {
		assert_null(netns);
		return;
	}
	if (slot->life == CLEANUP && slot->forgotten) {
		/* Known after all where all its records came after the walk. */
		assert_true(!netns || netns->phase == NETNS_CLEANUP);
		return;
	}
	assert_non_null(netns);
	assert_int_equal(netns->phase, phases[slot->life]);
	assert_int_equal(netns->cookie, slot->ident.cookie);
	assert_int_equal(netns->inum, slot->ident.inum);
	if (slot->life != CLEANUP)
		assert_ptr_equal(state_by_inum(world->state, slot->ident.inum), netns);
	for (ifindex = 0; ifindex < DEVS; ifindex++) {
		devs += slot->devs[ifindex];
		assert_int_equal(slot->devs[ifindex], netns_dev_by_index(netns, ifindex) != NULL);
		for (last = 0; last < ADDRS; last++)
			addrs += slot->addrs[ifindex][last];
	}
	assert_int_equal(netns->dev_count, devs);
	assert_int_equal(netns->addr_count, addrs);
	for (last = 0; last < netns->addr_count; last++)
		assert_true(slot->addrs[netns->addrs[last].ifindex][netns->addrs[last].addr[3]]);
}

static void random_life(uint64_t seed)
{
	struct world world = { .random = seed };
	uint64_t compared = 0;
	int step, i;

	assert_int_equal(state_new(&world.state, world_change, &world), 0);
	for (i = 0; i < SLOTS; i++)
		world.slots[i].ident.handle = (uint64_t)i + 1;
	world_census(&world, 0, 0);
	for (step = 0; step < 4000; step++) {
		world_do(&world);
		if (!roll(&world, 6)) {
			world_read(&world);
			if (roll(&world, 2))
				tell_losses(&world);
		}
		if (!roll(&world, 40))
			world_census(&world, roll(&world, 2) * roll(&world, 40), roll(&world, 5) ? 0 : -EIO);
		state_is_consistent(&world);
		if (world.unrepaired || world.waiting)
			continue;
		assert_false(world.lost == world.lost_told && state_incomplete(world.state));
		compared++;
		for (i = 0; i < SLOTS; i++)
			slot_is_known(&world, &world.slots[i]);
	}
	/* Not a test that passes as it never looks. */
	assert_true(compared > 100);
	assert_true(world.lost > 10);
	assert_true(world.freed > 50);
	state_free(world.state);
}

static void random_lives(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= 60; seed++)
		random_life(seed);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(lifecycle),
		TEST(create_fails),
		TEST(cleanup_without_dying),
		TEST(told_twice),
		TEST(dying_before_known),
		TEST(devices_move),
		TEST(device_fields),
		TEST(prefix_lengths),
		TEST(census_settles),
		TEST(census_tasks),
		TEST(census_before_created),
		TEST(census_finds_dying),
		TEST(census_in_parts),
		TEST(census_with_error),
		TEST(census_without_it),
		TEST(census_while_it_ends),
		TEST(census_out_of_place),
		TEST(handle_reuse),
		TEST(handle_reuse_before_census),
		TEST(inode_handover),
		TEST(inode_handover_before_census),
		TEST(identity_text),
		TEST(paths),
		TEST(paths_handed_over),
		TEST(bad_records),
		TEST(sequence),
		TEST(missed),
		TEST(late_number),
		TEST(missing_creation),
		TEST(random_lives),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
