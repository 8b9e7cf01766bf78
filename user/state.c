/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A failed insertion must come back as -ENOMEM, not end the process. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "netns.h"

struct entry {
	struct netns netns;
	bool announced;	    /* STATE_NETNS_CREATED went out */
	bool missed;	    /* the last census did not have it, though nothing was lost */
	uint64_t *counted;  /* which of state_counts it stands in: live, dying or none */
	UT_hash_handle by_handle;
	UT_hash_handle by_inum;
};

/* A path whose inode number belongs to no netns that is known yet. */
struct waiting_path {
	struct waiting_path *next;
	uint32_t inum;
	int64_t made_wall;
	char path[];
};

struct census {
	uint32_t number;
	uint64_t begin;
	uint64_t end; /* of the last that was complete */
	bool running;
	struct entry *current; /* whose devices and addresses are being told */
};

struct state {
	state_change_fn fn;
	void *ctx;
	struct entry *by_handle;
	struct entry *by_inum;
	struct waiting_path *waiting;
	struct state_counts counts;
	struct census census;
	uint64_t *last_seq; /* per CPU */
	uint32_t cpu_count;
	uint64_t lost_counted; /* by the tracer's counter */
	uint64_t lost_in_gaps; /* by the sequence numbers: the same losses, seen later */
	uint64_t lost_unnumbered; /* neither knows of these: see expect_known() */
	bool incomplete;
};

#define MAX_CPUS 65536 /* a bound for hostile recordings; NR_CPUS is at most 8192 */

int state_new(struct state **ret, state_change_fn fn, void *ctx)
{
	struct state *state = calloc(1, sizeof(*state));

	if (!state)
		return -ENOMEM;
	state->fn = fn;
	state->ctx = ctx;
	state->incomplete = true;
	*ret = state;
	return 0;
}

static void count_in(struct entry *entry, uint64_t *count)
{
	if (entry->counted)
		--*entry->counted;
	entry->counted = count;
	if (count)
		++*count;
}

/* Deleting leaves the handle as it was: it must say that the entry is in no table now. */
static void entry_forget_inum(struct state *state, struct entry *entry)
{
	if (entry->by_inum.tbl)
		HASH_DELETE(by_inum, state->by_inum, entry);
	entry->by_inum.tbl = NULL;
}

static void entry_forget(struct state *state, struct entry *entry)
{
	count_in(entry, NULL);
	HASH_DELETE(by_handle, state->by_handle, entry);
	entry_forget_inum(state, entry);
	if (state->census.current == entry)
		state->census.current = NULL;
}

static void entry_free(struct entry *entry)
{
	netns_clear(&entry->netns);
	free(entry);
}

/* --- paths whose netns is not known yet, or no longer --- */

static int path_wait(struct state *state, const char *path, uint32_t inum, int64_t made_wall)
{
	size_t size = strlen(path) + 1;
	struct waiting_path *waiting;

	for (waiting = state->waiting; waiting; waiting = waiting->next)
		if (waiting->inum == inum && !strcmp(waiting->path, path))
			return 0;
	waiting = malloc(sizeof(*waiting) + size);
	if (!waiting)
		return -ENOMEM;
	waiting->inum = inum;
	waiting->made_wall = made_wall;
	memcpy(waiting->path, path, size);
	waiting->next = state->waiting;
	state->waiting = waiting;
	return 0;
}

static void path_unwait(struct state *state, const char *path, uint32_t inum)
{
	struct waiting_path **slot = &state->waiting, *waiting;

	for (; (waiting = *slot); slot = &waiting->next) {
		if (waiting->inum != inum || strcmp(waiting->path, path))
			continue;
		*slot = waiting->next;
		free(waiting);
		return;
	}
}

/*
 * A path leads to an inode number until it is told to be gone.  Who mounts a new netns at the path of the old
 * one, and gets its inode number, is not told of: so the next netns of that number has the path.
 */
static void paths_leave(struct state *state, struct netns *netns)
{
	while (netns->paths) {
		/* Without memory the path alone is missing: no verdict rests on it. */
		path_wait(state, netns->paths->path, netns->inum, 0);
		netns_path_remove(netns, netns->paths->path);
	}
}

static void paths_arrive(struct state *state, struct netns *netns)
{
	struct waiting_path **slot = &state->waiting, *path;

	while ((path = *slot)) {
		if (path->inum != netns->inum) {
			slot = &path->next;
			continue;
		}
		netns_path_add(netns, path->path, path->made_wall);
		*slot = path->next;
		free(path);
	}
}

void state_free(struct state *state)
{
	struct entry *entry, *next;
	struct waiting_path *path;

	if (!state)
		return;
	HASH_ITER(by_handle, state->by_handle, entry, next) {
		entry_forget(state, entry);
		entry_free(entry);
	}
	while ((path = state->waiting)) {
		state->waiting = path->next;
		free(path);
	}
	free(state->last_seq);
	free(state);
}

static void tell(struct state *state, struct state_change change)
{
	state->fn(state->ctx, &change);
}

static void tell_netns(struct state *state, enum state_change_kind kind, struct entry *entry, uint64_t time)
{
	tell(state, (struct state_change){ .kind = kind, .time = time, .netns = &entry->netns });
}

/* --- finding and making entries --- */

static struct entry *entry_find(const struct state *state, uint64_t handle)
{
	struct entry *entry;

	HASH_FIND(by_handle, state->by_handle, &handle, sizeof(handle), entry);
	return entry;
}

static struct entry *entry_new(struct state *state, uint64_t handle, uint64_t time)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->netns.handle = handle;
	entry->netns.first_seen = time;
	entry->netns.references = -1;
	HASH_ADD(by_handle, state->by_handle, netns.handle, sizeof(handle), entry);
	if (!entry->by_handle.tbl) {
		free(entry);
		return NULL;
	}
	return entry;
}

/* The end of a netns that no record told: its records were lost. */
static void entry_vanish(struct state *state, struct entry *entry, uint64_t time)
{
	entry_forget(state, entry);
	if (entry->announced) {
		state->counts.vanished++;
		tell_netns(state, STATE_NETNS_VANISHED, entry, time);
	}
	paths_leave(state, &entry->netns);
	entry_free(entry);
}

static int entry_identify(struct state *state, struct entry *entry, const struct nns_ident *ident, uint64_t time)
{
	struct entry *holder;

	if (ident->cookie)
		entry->netns.cookie = ident->cookie;
	if (ident->mix)
		entry->netns.mix = ident->mix;
	if (!ident->inum || entry->netns.inum)
		return 0;
	/* The kernel frees an inode number before the netns that had it is freed itself, so the dying one
	 * may still stand under it. */
	HASH_FIND(by_inum, state->by_inum, &ident->inum, sizeof(ident->inum), holder);
	entry->netns.inum = ident->inum;
	if (holder && time < holder->netns.counted_at)
		return 0; /* a census was quicker than the records: the number has gone on to the holder */
	if (holder) {
		paths_leave(state, &holder->netns);
		entry_forget_inum(state, holder);
	}
	HASH_ADD(by_inum, state->by_inum, netns.inum, sizeof(ident->inum), entry);
	if (!entry->by_inum.tbl)
		return -ENOMEM;
	paths_arrive(state, &entry->netns);
	return 0;
}

/* Is this record about another netns than the entry, at the same address?  Then the entry's end was lost. */
static bool is_another(const struct entry *entry, const struct nns_ident *ident)
{
	return entry->netns.mix && ident->mix && entry->netns.mix != ident->mix;
}

/*
 * Find or make.  1: the record is of an earlier netns at this address; it was still in the ring when a census told
 * of the present one.
 */
static int entry_get(struct state *state, const struct nns_ident *ident, uint64_t time, struct entry **ret)
{
	struct entry *entry = entry_find(state, ident->handle);

	if (entry && is_another(entry, ident)) {
		if (time < entry->netns.counted_at)
			return 1;
		entry_vanish(state, entry, time);
		entry = NULL;
	}
	if (!entry)
		entry = entry_new(state, ident->handle, time);
	if (!entry)
		return -ENOMEM;
	/* One that is being made has it already; without it, it could pass for another. */
	if (!entry->netns.mix)
		entry->netns.mix = ident->mix;
	*ret = entry;
	return 0;
}

static void announce(struct state *state, struct entry *entry, uint64_t time)
{
	struct netns *netns = &entry->netns;
	uint32_t i;

	if (netns->phase == NETNS_NASCENT)
		netns->phase = NETNS_REFERENCED;
	if (entry->announced)
		return;
	entry->announced = true;
	count_in(entry, netns->phase < NETNS_DYING ? &state->counts.live : &state->counts.dying);
	tell_netns(state, STATE_NETNS_CREATED, entry, time);
	/* What came before it was announced: the loopback device, mostly. */
	for (i = 0; i < netns->dev_count; i++)
		tell(state, (struct state_change){ .kind = STATE_DEV_ADDED, .time = time, .netns = netns,
						   .dev = &netns->devs[i] });
	for (i = 0; i < netns->addr_count; i++)
		tell(state, (struct state_change){ .kind = STATE_ADDR_ADDED, .time = time, .netns = netns,
						   .addr = &netns->addrs[i] });
	/* The record of its creation was lost, that of its end was not. */
	if (netns->phase >= NETNS_DYING)
		tell_netns(state, STATE_NETNS_DYING, entry, time);
	if (netns->phase == NETNS_CLEANUP)
		tell_netns(state, STATE_NETNS_CLEANUP, entry, time);
}

/* --- lifecycle --- */

static int on_created(struct state *state, const void *record)
{
	const struct nns_netns_created *created = record;
	uint64_t time = created->hdr.time;
	struct entry *entry;
	int err = entry_get(state, &created->netns, time, &entry);

	if (err)
		return err;
	state->counts.created += !entry->netns.born;
	entry->netns.born = time;
	entry->netns.preexisting = false;
	entry->netns.creator = created->task;
	entry->netns.creator.comm[NNS_COMM_LEN - 1] = '\0';
	entry->netns.creator_inum = created->parent.inum;
	err = entry_identify(state, entry, &created->netns, time);
	if (err < 0)
		return err;
	announce(state, entry, time);
	return 0;
}

static int on_create_failed(struct state *state, const void *record)
{
	const struct nns_netns_create_failed *failed = record;

	state->counts.failed++;
	tell(state, (struct state_change){ .kind = STATE_CREATE_FAILED, .time = failed->hdr.time,
					   .task = &failed->task, .error = failed->error });
	return 0;
}

static void begin_dying(struct state *state, struct entry *entry, uint64_t time, uint32_t road)
{
	entry->netns.phase = NETNS_DYING;
	entry->netns.dying_at = time;
	entry->netns.dying_road = road;
	if (!entry->announced)
		return;
	count_in(entry, &state->counts.dying);
	tell_netns(state, STATE_NETNS_DYING, entry, time);
}

static int on_dying(struct state *state, const void *record)
{
	const struct nns_netns_end *end = record;
	struct entry *entry = entry_find(state, end->netns.handle);

	if (entry && !is_another(entry, &end->netns) && entry->netns.phase < NETNS_DYING)
		begin_dying(state, entry, end->hdr.time, end->road);
	return 0;
}

static int on_cleanup(struct state *state, const void *record)
{
	const struct nns_netns_end *end = record;
	struct entry *entry = entry_find(state, end->netns.handle);

	if (!entry || is_another(entry, &end->netns))
		return 0;
	if (entry->netns.phase < NETNS_DYING)
		begin_dying(state, entry, end->hdr.time, NNS_ROAD_CLEANUP);
	if (entry->netns.phase == NETNS_DYING) {
		entry->netns.phase = NETNS_CLEANUP;
		entry->netns.cleanup_at = end->hdr.time;
		if (entry->announced)
			tell_netns(state, STATE_NETNS_CLEANUP, entry, end->hdr.time);
	}
	return 0;
}

static int on_freed(struct state *state, const void *record)
{
	const struct nns_netns_end *end = record;
	struct entry *entry = entry_find(state, end->netns.handle);

	if (!entry || is_another(entry, &end->netns))
		return 0;
	entry->netns.phase = NETNS_FREED;
	entry->netns.freed_at = end->hdr.time;
	entry_forget(state, entry);
	/* One that was never announced failed while it was made: told by STATE_CREATE_FAILED. */
	if (entry->announced) {
		state->counts.freed++;
		tell_netns(state, STATE_NETNS_FREED, entry, end->hdr.time);
	}
	paths_leave(state, &entry->netns);
	entry_free(entry);
	return 0;
}

/* --- losses --- */

static uint64_t missing(const struct state *state)
{
	return state->lost_unnumbered +
	       (state->lost_counted > state->lost_in_gaps ? state->lost_counted : state->lost_in_gaps);
}

static int lose(struct state *state, uint64_t time)
{
	uint64_t lost = missing(state), more = lost - state->counts.lost;

	if (lost <= state->counts.lost)
		return 0;
	state->counts.lost = lost;
	state->counts.gaps++;
	state->incomplete = true;
	tell(state, (struct state_change){ .kind = STATE_GAP, .time = time, .count = more });
	return 0;
}

/* --- devices and addresses --- */

static void tell_dev(struct state *state, enum state_change_kind kind, struct entry *entry,
		     const struct netns_dev *dev, uint64_t time)
{
	if (entry->announced)
		tell(state, (struct state_change){ .kind = kind, .time = time, .netns = &entry->netns,
						   .dev = dev });
}

static void tell_addr(struct state *state, enum state_change_kind kind, struct entry *entry,
		      const struct netns_addr *addr, uint64_t time)
{
	if (entry->announced)
		tell(state, (struct state_change){ .kind = kind, .time = time, .netns = &entry->netns,
						   .addr = addr });
}

static int dev_put(struct state *state, struct entry *entry, const struct nns_dev *record, uint32_t census)
{
	bool new;
	struct netns_dev *dev = netns_dev_put(&entry->netns, record->ifindex, &new);

	if (!dev)
		return -ENOMEM;
	if (new || record->flags & NNS_DEV_PEER) {
		dev->peer_ifindex = record->peer_ifindex;
		dev->peer_netns = record->peer_netns;
	}
	dev->flags = record->flags;
	dev->census = census;
	memcpy(dev->name, record->ifname, sizeof(dev->name) - 1);
	memcpy(dev->link_kind, record->link_kind, sizeof(dev->link_kind) - 1);
	if (new)
		tell_dev(state, STATE_DEV_ADDED, entry, dev, record->hdr.time);
	return 0;
}

static void addr_drop(struct state *state, struct entry *entry, uint32_t position, uint64_t time)
{
	struct netns_addr gone = entry->netns.addrs[position];

	netns_addr_remove(&entry->netns, position);
	tell_addr(state, STATE_ADDR_REMOVED, entry, &gone, time);
}

/*
 * A device takes its addresses with it; mostly each was told before.  Also one that is not known: where a census
 * was quicker than the records, an old one may have brought back an address alone.
 */
static void dev_drop(struct state *state, struct entry *entry, uint32_t ifindex, uint64_t time)
{
	int position = netns_dev_find(&entry->netns, ifindex);
	struct netns_dev gone;
	uint32_t i;

	for (i = entry->netns.addr_count; i-- > 0;)
		if (entry->netns.addrs[i].ifindex == ifindex)
			addr_drop(state, entry, i, time);
	if (position < 0)
		return;
	gone = entry->netns.devs[position];
	netns_dev_remove(&entry->netns, (uint32_t)position);
	tell_dev(state, STATE_DEV_REMOVED, entry, &gone, time);
}

static int on_dev_added(struct state *state, const void *record)
{
	const struct nns_dev *dev = record;
	struct entry *entry;
	int err = entry_get(state, &dev->netns, dev->hdr.time, &entry);

	return err ? err : dev_put(state, entry, dev, state->census.number);
}

/*
 * While a netns is made, nothing happens in it but the registration of its loopback device.  More than that
 * without a record of its creation: that record is missing, though no number is (the kernel skips a hook that
 * is not re-entrant, and has a bounded number of return probes under way).  A record that was still in the ring
 * when a census found the netns gone proves nothing.
 */
static int expect_known(struct state *state, const struct entry *entry, uint64_t time)
{
	if (entry->announced || state->incomplete || time < state->census.end)
		return 0;
	state->lost_unnumbered++;
	return lose(state, time);
}

static int on_dev_removed(struct state *state, const void *record)
{
	const struct nns_dev *dev = record;
	struct entry *entry = entry_find(state, dev->netns.handle);

	if (entry && !is_another(entry, &dev->netns))
		dev_drop(state, entry, dev->ifindex, dev->hdr.time);
	return 0;
}

static int on_dev_moved(struct state *state, const void *record)
{
	const struct nns_dev *dev = record;
	struct entry *from = entry_find(state, dev->other), *entry;
	int err;

	if (from)
		dev_drop(state, from, dev->old_ifindex, dev->hdr.time);
	err = entry_get(state, &dev->netns, dev->hdr.time, &entry);
	if (!err)
		err = expect_known(state, entry, dev->hdr.time);
	return err ? err : dev_put(state, entry, dev, state->census.number);
}

static struct netns_addr addr_of(const struct nns_addr *record, uint32_t census)
{
	struct netns_addr addr = {
		.ifindex = record->ifindex,
		.family = record->family,
		.prefixlen = record->prefixlen,
		.scope = record->scope,
		.flags = record->flags,
		.census = census,
	};

	memcpy(addr.addr, record->addr, sizeof(addr.addr));
	return addr;
}

static int addr_put(struct state *state, struct entry *entry, const struct nns_addr *record)
{
	struct netns_addr addr = addr_of(record, state->census.number);
	bool new;

	if (!netns_addr_put(&entry->netns, &addr, &new))
		return -ENOMEM;
	if (new)
		tell_addr(state, STATE_ADDR_ADDED, entry, &addr, record->hdr.time);
	return 0;
}

static int on_addr_added(struct state *state, const void *record)
{
	const struct nns_addr *addr = record;
	struct entry *entry;
	int err = entry_get(state, &addr->netns, addr->hdr.time, &entry);

	if (!err)
		err = expect_known(state, entry, addr->hdr.time);
	return err ? err : addr_put(state, entry, addr);
}

static int on_addr_removed(struct state *state, const void *record)
{
	const struct nns_addr *told = record;
	struct netns_addr addr = addr_of(told, 0);
	struct entry *entry = entry_find(state, told->netns.handle);
	int position;

	if (!entry || is_another(entry, &told->netns))
		return 0;
	position = netns_addr_find(&entry->netns, &addr);
	if (position >= 0)
		addr_drop(state, entry, (uint32_t)position, told->hdr.time);
	return 0;
}

/* --- census --- */

static int on_census_begin(struct state *state, const void *record)
{
	const struct nns_census_mark *mark = record;

	state->census.number++;
	state->census.begin = mark->hdr.time;
	state->census.running = true;
	state->census.current = NULL;
	return 0;
}

/*
 * All of one netns has been told: what it no longer has, goes.  Entries that records added meanwhile bear the
 * number of this census too, so they stay.
 */
static void census_settle(struct state *state, uint64_t time)
{
	struct entry *entry = state->census.current;
	uint32_t i;

	state->census.current = NULL;
	if (!entry)
		return;
	for (i = entry->netns.addr_count; i-- > 0;)
		if (entry->netns.addrs[i].census != state->census.number)
			addr_drop(state, entry, i, time);
	for (i = entry->netns.dev_count; i-- > 0;)
		if (entry->netns.devs[i].census != state->census.number)
			dev_drop(state, entry, entry->netns.devs[i].ifindex, time);
}

static int on_census_netns(struct state *state, const void *record)
{
	const struct nns_census_netns *told = record;
	uint64_t time = told->hdr.time;
	struct entry *entry;
	int err;

	if (state->census.current && state->census.current->netns.handle == told->netns.handle)
		return 0; /* a further part of one with very many devices */
	census_settle(state, time);
	err = entry_get(state, &told->netns, time, &entry);
	if (err)
		return err;
	err = entry_identify(state, entry, &told->netns, time);
	if (err < 0)
		return err;
	if (!entry->announced && !entry->netns.born)
		entry->netns.preexisting = true;
	entry->missed = false;
	entry->netns.initial = told->flags & NNS_NETNS_INIT;
	entry->netns.references = told->references;
	entry->netns.tasks = told->tasks;
	entry->netns.pid = 0;
	entry->netns.counted_at = time;
	entry->netns.census = state->census.number;
	state->census.current = entry;
	announce(state, entry, time);
	if (!told->references && entry->netns.phase == NETNS_REFERENCED)
		begin_dying(state, entry, time, NNS_ROAD_NONE);
	return 0;
}

static int on_census_task(struct state *state, const void *record)
{
	const struct nns_census_task *told = record;
	struct entry *entry = state->census.current;

	if (entry && entry->netns.handle == told->netns.handle)
		entry->netns.pid = told->pid;
	return 0;
}

static int on_census_dev(struct state *state, const void *record)
{
	const struct nns_dev *dev = record;
	struct entry *entry = state->census.current;

	if (!entry || entry->netns.handle != dev->netns.handle)
		return 0;
	return dev_put(state, entry, dev, state->census.number);
}

static int on_census_addr(struct state *state, const void *record)
{
	const struct nns_addr *addr = record;
	struct entry *entry = state->census.current;

	if (!entry || entry->netns.handle != addr->netns.handle)
		return 0;
	return addr_put(state, entry, addr);
}

/*
 * A netns that the census does not have.  After a loss its end was among the lost records.  Without a loss
 * the records of its end are still on their way, or it was made after the walk had passed; only where that
 * stays so for two censuses the state was wrong.
 */
static bool census_disproves(const struct state *state, struct entry *entry)
{
	if (entry->netns.census == state->census.number || entry->netns.first_seen >= state->census.begin)
		return false;
	if (state->incomplete)
		return true;
	if (entry->netns.phase != NETNS_REFERENCED)
		return false; /* the records came: cleanup_net() took it off the list */
	if (entry->missed)
		return true;
	entry->missed = true;
	return false;
}

static int on_census_end(struct state *state, const void *record)
{
	const struct nns_census_mark *mark = record;
	struct entry *entry, *next;

	/* Where the walk broke off, it may not have told all of the last netns. */
	if (mark->error || !state->census.running) {
		state->census.running = false;
		state->census.current = NULL;
		return 0;
	}
	census_settle(state, mark->hdr.time);
	state->census.running = false;
	state->census.end = mark->hdr.time;
	HASH_ITER(by_handle, state->by_handle, entry, next)
		if (census_disproves(state, entry))
			entry_vanish(state, entry, mark->hdr.time);
	state->counts.censuses++;
	state->incomplete = false;
	tell(state, (struct state_change){ .kind = STATE_CENSUS_DONE, .time = mark->hdr.time,
					   .count = mark->netns });
	return 0;
}

/* --- records --- */

static int on_filler(struct state *state, const void *record)
{
	(void)state, (void)record;
	return 0;
}

static const struct {
	uint16_t size;
	int (*take)(struct state *state, const void *record);
} record_types[NNS_KIND_MAX] = {
	[NNS_NETNS_CREATED] = { sizeof(struct nns_netns_created), on_created },
	[NNS_NETNS_CREATE_FAILED] = { sizeof(struct nns_netns_create_failed), on_create_failed },
	[NNS_NETNS_DYING] = { sizeof(struct nns_netns_end), on_dying },
	[NNS_NETNS_CLEANUP] = { sizeof(struct nns_netns_end), on_cleanup },
	[NNS_NETNS_FREED] = { sizeof(struct nns_netns_end), on_freed },
	[NNS_ADDR_ADDED] = { sizeof(struct nns_addr), on_addr_added },
	[NNS_ADDR_REMOVED] = { sizeof(struct nns_addr), on_addr_removed },
	[NNS_DEV_REGISTERED] = { sizeof(struct nns_dev), on_dev_added },
	[NNS_DEV_UNREGISTERED] = { sizeof(struct nns_dev), on_dev_removed },
	[NNS_DEV_MOVED] = { sizeof(struct nns_dev), on_dev_moved },
	[NNS_CENSUS_BEGIN] = { sizeof(struct nns_census_mark), on_census_begin },
	[NNS_CENSUS_NETNS] = { sizeof(struct nns_census_netns), on_census_netns },
	[NNS_CENSUS_DEV] = { sizeof(struct nns_dev), on_census_dev },
	[NNS_CENSUS_ADDR] = { sizeof(struct nns_addr), on_census_addr },
	[NNS_CENSUS_END] = { sizeof(struct nns_census_mark), on_census_end },
	[NNS_CENSUS_TASK] = { sizeof(struct nns_census_task), on_census_task },
	[NNS_FILLER] = { sizeof(struct nns_netns_end), on_filler },
};

int state_lost(struct state *state, uint64_t count, uint64_t time)
{
	state->lost_counted += count;
	return lose(state, time);
}

/*
 * Every CPU numbers its records from 1, lost ones too.  Census records are not numbered.  An interrupt between a
 * hook's taking a number and its taking room in the ring turns two records round: the later number looks like a
 * gap until the earlier one comes.
 */
static int check_sequence(struct state *state, const struct nns_hdr *hdr)
{
	uint64_t expected;

	if (!hdr->seq)
		return 0;
	if (hdr->cpu >= MAX_CPUS)
		return -EBADMSG;
	if (hdr->cpu >= state->cpu_count) {
		uint32_t count = hdr->cpu + 1;
		uint64_t *last_seq = realloc(state->last_seq, count * sizeof(*last_seq));

		if (!last_seq)
			return -ENOMEM;
		memset(last_seq + state->cpu_count, 0, (count - state->cpu_count) * sizeof(*last_seq));
		state->last_seq = last_seq;
		state->cpu_count = count;
	}
	expected = state->last_seq[hdr->cpu] + 1;
	if (hdr->seq < expected) {
		/* It was told as lost.  The next real loss must count again. */
		state->lost_in_gaps -= state->lost_in_gaps > 0;
		state->counts.lost = missing(state);
		return 0;
	}
	state->last_seq[hdr->cpu] = hdr->seq;
	state->lost_in_gaps += hdr->seq - expected;
	return lose(state, hdr->time);
}

int state_record(struct state *state, const void *record, size_t size)
{
	const struct nns_hdr *hdr = record;
	int err;

	if (size < sizeof(*hdr) || hdr->size > size) {
		state->counts.bad++;
		return -EBADMSG;
	}
	if (!hdr->kind || hdr->kind >= NNS_KIND_MAX) {
		state->counts.bad++;
		return 0;
	}
	if (hdr->size != record_types[hdr->kind].size || hdr->time > BOOT_LAST) {
		state->counts.bad++;
		return -EBADMSG;
	}
	err = check_sequence(state, hdr);
	if (err < 0) {
		state->counts.bad += err == -EBADMSG;
		return err;
	}
	state->counts.records++;
	err = record_types[hdr->kind].take(state, record);
	return err < 0 ? err : 0;
}

/* --- paths --- */

int state_path(struct state *state, const char *path, uint32_t inum, bool present, int64_t made_wall)
{
	struct netns *netns = state_by_inum(state, inum);

	if (present)
		return netns ? netns_path_add(netns, path, made_wall)
			     : path_wait(state, path, inum, made_wall);
	path_unwait(state, path, inum);
	if (netns)
		netns_path_remove(netns, path);
	return 0;
}

/* --- questions --- */

bool state_incomplete(const struct state *state)
{
	return state->incomplete;
}

struct netns *state_by_handle(const struct state *state, uint64_t handle)
{
	struct entry *entry = entry_find(state, handle);

	return entry ? &entry->netns : NULL;
}

struct netns *state_by_inum(const struct state *state, uint32_t inum)
{
	struct entry *entry;

	HASH_FIND(by_inum, state->by_inum, &inum, sizeof(inum), entry);
	return entry ? &entry->netns : NULL;
}

int state_each(const struct state *state, state_visit_fn fn, void *ctx)
{
	struct entry *entry, *next;
	int stop;

	HASH_ITER(by_handle, state->by_handle, entry, next) {
		if (!entry->announced)
			continue;
		stop = fn(ctx, &entry->netns);
		if (stop)
			return stop;
	}
	return 0;
}

const struct state_counts *state_counts(const struct state *state)
{
	return &state->counts;
}
