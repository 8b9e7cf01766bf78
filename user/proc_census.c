/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "proc_census.h"

#include <errno.h>
#include <linux/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "events.h"
#include "util.h"

/* --- which netns there are --- */

static int by_inum(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* Each once.  NULL: no memory. */
static uint32_t *collect(const struct proc_scan *scan, size_t *ret_count)
{
	uint32_t *all = calloc(scan->task_count + scan->file_count + scan->mount_count + 1, sizeof(*all));
	size_t count = 0, kept = 0;

	if (!all)
		return NULL;
	if (scan->node_inum)
		all[count++] = scan->node_inum;
	for (size_t i = 0; i < scan->task_count; i++)
		all[count++] = scan->tasks[i].inum;
	for (size_t i = 0; i < scan->file_count; i++)
		all[count++] = scan->files[i].inum;
	for (size_t i = 0; i < scan->mount_count; i++)
		all[count++] = scan->mounts[i].inum;
	qsort(all, count, sizeof(*all), by_inum);
	for (size_t i = 0; i < count; i++)
		if (!kept || all[kept - 1] != all[i])
			all[kept++] = all[i];
	*ret_count = kept;
	return all;
}

struct opener {
	const struct proc_scan *scan;
	const char *proc;
	const struct look *looks;
};

static int open_netns(void *ctx, size_t number)
{
	const struct opener *opener = ctx;

	return proc_scan_open(opener->scan, opener->proc, opener->looks[number].inum);
}

int proc_census_look(struct look **ret, size_t *ret_count, const struct proc_scan *scan, const char *proc)
{
	CLEANUP(free_pointer) uint32_t *all = NULL;
	struct opener opener = { .scan = scan, .proc = proc };
	struct look *looks;
	size_t count = 0;
	int err;

	all = collect(scan, &count);
	looks = all ? calloc(count + 1, sizeof(*looks)) : NULL;
	if (!looks)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		looks[i] = (struct look){ .inum = all[i], .node = all[i] == scan->node_inum };
	opener.looks = looks;
	err = look_all(looks, count, open_netns, &opener);
	if (err) {
		looks_free(looks, count);
		return err;
	}
	*ret = looks;
	*ret_count = count;
	return 0;
}

/* --- telling --- */

struct teller {
	const struct proc_scan *scan;
	const struct look *looks;
	size_t count;
	uint64_t now;
	int (*fn)(void *ctx, const void *record, size_t size);
	void *ctx;
};

#define HEAD(type, kind_) { .kind = (kind_), .size = sizeof(struct type), .time = teller->now }

static struct nns_ident ident_of(const struct look *look)
{
	return (struct nns_ident){ .handle = look->inum, .cookie = look->cookie, .inum = look->inum };
}

static int tell_mark(const struct teller *teller, enum nns_kind kind)
{
	struct nns_census_mark mark = { .hdr = HEAD(nns_census_mark, (nns_u16)kind), .number = 1, .netns = teller->count };

	return teller->fn(teller->ctx, &mark, sizeof(mark));
}

static int tell_dev(const struct teller *teller, const struct look *look, const struct look_dev *dev)
{
	const struct look *other = dev->link ? look_other_end(teller->looks, teller->count, look, dev) : NULL;
	struct nns_dev record = {
		.hdr = HEAD(nns_dev, NNS_CENSUS_DEV),
		.netns = ident_of(look),
		.ifindex = dev->ifindex,
		.flags = (dev->flags & IFF_UP ? NNS_DEV_UP : 0) | (dev->flags & IFF_LOOPBACK ? NNS_DEV_LOOPBACK : 0),
	};

	memcpy(record.ifname, dev->name, sizeof(record.ifname));
	memcpy(record.link_kind, dev->kind, sizeof(record.link_kind));
	if (!strcmp(dev->kind, "veth") && dev->link) {
		record.flags |= NNS_DEV_PEER;
		record.peer_ifindex = dev->link;
		record.peer_netns = other ? other->inum : 0;
	}
	return teller->fn(teller->ctx, &record, sizeof(record));
}

static uint8_t flags_of(const struct look_addr *addr)
{
	static const uint8_t loopback6[16] = { [15] = 1 };

	if (addr->family == AF_INET)
		return addr->addr[0] == 127 ? NNS_ADDR_LOOPBACK : addr->addr[0] == 169 && addr->addr[1] == 254 ? NNS_ADDR_LINK_LOCAL : 0;
	if (!memcmp(addr->addr, loopback6, sizeof(loopback6)))
		return NNS_ADDR_LOOPBACK;
	return addr->addr[0] == 0xfe && (addr->addr[1] & 0xc0) == 0x80 ? NNS_ADDR_LINK_LOCAL : 0;
}

static int tell_addr(const struct teller *teller, const struct look *look, const struct look_addr *addr)
{
	const struct look_dev *dev = look_dev_by_index(look, addr->ifindex);
	struct nns_addr record = {
		.hdr = HEAD(nns_addr, NNS_CENSUS_ADDR),
		.netns = ident_of(look),
		.ifindex = addr->ifindex,
		.family = addr->family,
		.prefixlen = addr->prefixlen,
		.scope = addr->scope,
		.flags = flags_of(addr),
	};

	memcpy(record.addr, addr->addr, sizeof(record.addr));
	if (dev)
		memcpy(record.ifname, dev->name, sizeof(record.ifname));
	return teller->fn(teller->ctx, &record, sizeof(record));
}

static int tell_netns(const struct teller *teller, const struct look *look)
{
	struct nns_census_netns record = { .hdr = HEAD(nns_census_netns, NNS_CENSUS_NETNS), .netns = ident_of(look),
					   .references = -1,
					   .flags = look->node && teller->scan->node_is_known ? NNS_NETNS_INIT : 0 };
	struct nns_census_task task = { .hdr = HEAD(nns_census_task, NNS_CENSUS_TASK), .netns = ident_of(look) };
	int err;

	record.flags |= proc_scan_saw_tasks(teller->scan) ? 0 : NNS_NETNS_TASKS_UNSEEN;
	record.flags |= look->err ? NNS_NETNS_DEVS_UNSEEN : 0;
	record.tasks = proc_scan_tasks(teller->scan, look->inum, &task.pid);
	err = teller->fn(teller->ctx, &record, sizeof(record));
	if (!err && task.pid)
		err = teller->fn(teller->ctx, &task, sizeof(task));
	for (size_t i = 0; i < look->dev_count && !err; i++)
		err = tell_dev(teller, look, &look->devs[i]);
	for (size_t i = 0; i < look->addr_count && !err; i++)
		err = tell_addr(teller, look, &look->addrs[i]);
	return err;
}

int proc_census_tell(const struct proc_scan *scan, const struct look *looks, size_t count, uint64_t now,
		     int (*fn)(void *ctx, const void *record, size_t size), void *ctx)
{
	struct teller teller = { .scan = scan, .looks = looks, .count = count, .now = now, .fn = fn, .ctx = ctx };
	int err = tell_mark(&teller, NNS_CENSUS_BEGIN);

	for (size_t i = 0; i < count && !err; i++)
		err = tell_netns(&teller, &looks[i]);
	return err ? err : tell_mark(&teller, NNS_CENSUS_END);
}
