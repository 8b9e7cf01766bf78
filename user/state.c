/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state_private.h"
#include "util.h"

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

void state_free(struct state *state)
{
	struct entry *entry, *next;

	if (!state)
		return;
	HASH_ITER(by_handle, state->by_handle, entry, next) {
		entry_forget(state, entry);
		entry_free(entry);
	}
	state_forget_paths(state);
	state_forget_births(state);
	free(state->last_seq);
	free(state);
}

void state_tell(struct state *state, struct state_change change)
{
	state->fn(state->ctx, &change);
}

void state_tell_netns(struct state *state, enum state_change_kind kind, struct entry *entry, uint64_t time)
{
	state_tell(state, (struct state_change){ .kind = kind, .time = time, .netns = &entry->netns });
}

/* --- losses --- */

static uint64_t missing(const struct state *state)
{
	return state->lost_unnumbered +
	       (state->lost_counted > state->lost_in_gaps ? state->lost_counted : state->lost_in_gaps);
}

int state_lose(struct state *state, uint64_t time)
{
	uint64_t lost = missing(state), more = lost - state->counts.lost;

	if (lost <= state->counts.lost)
		return 0;
	state->counts.lost = lost;
	state->counts.gaps++;
	state->incomplete = true;
	state_tell(state, (struct state_change){ .kind = STATE_GAP, .time = time, .count = more });
	return 0;
}

int state_lost(struct state *state, const struct input_lost *lost, uint64_t time)
{
	state->lost_counted += lost->count;
	state->lost_unnumbered += lost->missed;
	return state_lose(state, time);
}

/* --- records --- */

static int on_filler(struct state *state, const void *record)
{
	(void)state, (void)record;
	return 0;
}

static int on_cni_exec(struct state *state, const void *record)
{
	const struct nns_cni_exec *exec = record;

	state_tell(state, (struct state_change){ .kind = STATE_CNI_EXEC, .time = exec->hdr.time, .cni_exec = exec });
	return 0;
}

static int on_cni_exit(struct state *state, const void *record)
{
	const struct nns_cni_exit *ended = record;

	state_tell(state, (struct state_change){ .kind = STATE_CNI_EXIT, .time = ended->hdr.time, .cni_exit = ended });
	return 0;
}

static const struct {
	uint16_t size;
	int (*take)(struct state *state, const void *record);
} record_types[NNS_KIND_MAX] = {
	[NNS_NETNS_CREATED] = { sizeof(struct nns_netns_created), state_take_created },
	[NNS_NETNS_CREATE_FAILED] = { sizeof(struct nns_netns_create_failed), state_take_create_failed },
	[NNS_NETNS_DYING] = { sizeof(struct nns_netns_end), state_take_dying },
	[NNS_NETNS_CLEANUP] = { sizeof(struct nns_netns_end), state_take_cleanup },
	[NNS_NETNS_FREED] = { sizeof(struct nns_netns_end), state_take_freed },
	[NNS_ADDR_ADDED] = { sizeof(struct nns_addr), state_take_addr_added },
	[NNS_ADDR_REMOVED] = { sizeof(struct nns_addr), state_take_addr_removed },
	[NNS_DEV_REGISTERED] = { sizeof(struct nns_dev), state_take_dev_added },
	[NNS_DEV_UNREGISTERED] = { sizeof(struct nns_dev), state_take_dev_removed },
	[NNS_DEV_MOVED] = { sizeof(struct nns_dev), state_take_dev_moved },
	[NNS_CENSUS_BEGIN] = { sizeof(struct nns_census_mark), state_take_census_begin },
	[NNS_CENSUS_NETNS] = { sizeof(struct nns_census_netns), state_take_census_netns },
	[NNS_CENSUS_DEV] = { sizeof(struct nns_dev), state_take_census_dev },
	[NNS_CENSUS_ADDR] = { sizeof(struct nns_addr), state_take_census_addr },
	[NNS_CENSUS_END] = { sizeof(struct nns_census_mark), state_take_census_end },
	[NNS_CENSUS_TASK] = { sizeof(struct nns_census_task), state_take_census_task },
	[NNS_FILLER] = { sizeof(struct nns_netns_end), on_filler },
	[NNS_CNI_EXEC] = { sizeof(struct nns_cni_exec), on_cni_exec },
	[NNS_CNI_EXIT] = { sizeof(struct nns_cni_exit), on_cni_exit },
};

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
	return state_lose(state, hdr->time);
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

/* --- what is looked up beside the records --- */

int state_holders(struct state *state, const struct input_holders *holders, uint64_t time)
{
	struct netns *netns = state_by_handle(state, holders->netns);

	return netns ? netns_holders_begin(netns, holders, time) : 0;
}

int state_holder(struct state *state, const struct input_holder *holder)
{
	struct netns *netns = state_by_handle(state, holder->netns);

	return netns && netns->holders ? netns_holders_add(netns->holders, holder) : 0;
}

int state_teardown(struct state *state, const struct input_teardown *told, uint64_t time)
{
	struct netns *netns = state_by_handle(state, told->netns);
	struct netns_teardown *teardown = netns ? netns_teardown_get(netns) : NULL;

	if (!netns)
		return 0;
	if (!teardown)
		return -ENOMEM;
	teardown->looked_at = time;
	for (uint32_t i = 0; i < teardown->leaving_count; i++)
		teardown->leaving[i].references = 0;
	return replace_text(&teardown->function, told->function);
}

void state_blocker(struct state *state, const struct input_blocker *blocker)
{
	const struct netns *netns = state_by_handle(state, blocker->netns);
	struct netns_teardown *teardown = netns ? netns->teardown : NULL;

	for (uint32_t i = 0; teardown && i < teardown->leaving_count; i++)
		if (teardown->leaving[i].device == blocker->device)
			teardown->leaving[i].references = blocker->references;
}

/* The log does not say of which netns it is: what the kernel waits for, all that are dying wait for. */
int state_kernel_log(struct state *state, const struct input_kernel_log *log, uint64_t time)
{
	struct entry *entry, *next;

	HASH_ITER(by_handle, state->by_handle, entry, next) {
		struct netns_teardown *teardown;

		if (entry->netns.phase < NETNS_DYING)
			continue;
		teardown = netns_teardown_get(&entry->netns);
		if (!teardown)
			return -ENOMEM;
		memset(teardown->log_device, 0, sizeof(teardown->log_device));
		memcpy(teardown->log_device, log->device, strnlen(log->device, sizeof(teardown->log_device) - 1));
		teardown->log_usage = log->usage;
		teardown->log_at = time;
	}
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
