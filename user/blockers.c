/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "blockers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "pipeline.h"
#include "refusal.h"
#include "teardown.h"
#include "util.h"

/* Devices of all suspects, each after the other's. */
struct look {
	uint64_t *netns; /* owned; handles of the suspects */
	size_t netns_count;
	struct teardown_device *devices; /* owned */
	uint64_t *owners;		 /* owned; of each device, the suspect that it blocks */
	size_t device_count;
	bool counting; /* what there is to be room for */
};

static int note_suspect(void *ctx, struct netns *netns)
{
	const struct netns_teardown *teardown = netns->teardown;
	struct look *look = ctx;

	if (netns->phase < NETNS_DYING)
		return 0;
	if (!look->counting)
		look->netns[look->netns_count] = netns->handle;
	look->netns_count++;
	for (uint32_t i = 0; teardown && i < teardown->leaving_count; i++) {
		const struct netns_leaving *leaving = &teardown->leaving[i];

		if (!look->counting) {
			look->owners[look->device_count] = netns->handle;
			look->devices[look->device_count] = (struct teardown_device){
				.device = leaving->device, .netns = leaving->netns, .ifindex = leaving->ifindex,
			};
		}
		look->device_count++;
	}
	return 0;
}

static int note_suspects(struct look *look, const struct pipeline *pipeline)
{
	look->counting = true;
	pipeline_each_suspect(pipeline, note_suspect, look);
	look->netns = calloc(look->netns_count + 1, sizeof(*look->netns));
	look->devices = calloc(look->device_count + 1, sizeof(*look->devices));
	look->owners = calloc(look->device_count + 1, sizeof(*look->owners));
	if (!look->netns || !look->devices || !look->owners)
		return -ENOMEM;
	look->counting = false;
	look->netns_count = look->device_count = 0;
	pipeline_each_suspect(pipeline, note_suspect, look);
	return 0;
}

static void free_look(struct look *look)
{
	free(look->netns);
	free(look->devices);
	free(look->owners);
}

static void load(struct blockers *blockers, uint64_t salt)
{
	int err = blockers->tried ? 0 : teardown_open(&blockers->teardown, salt);

	blockers->tried = true;
	if (err)
		refusal_say_without("what blocks the end of a netns", err);
}

/* Where it cannot be seen the verdicts do not wait for it. */
static void ask(struct blockers *blockers, struct look *look, char function[static SYMBOL_BYTES])
{
	function[0] = '\0';
	if (!blockers->teardown)
		return;
	if (teardown_look(blockers->teardown, look->devices, look->device_count))
		look->device_count = 0;
	if (teardown_function(blockers->teardown, function))
		function[0] = '\0';
}

static int tell(const struct look *look, const char *function, input_fn input, void *ctx)
{
	uint64_t now = loop_now();
	int err = 0;

	for (size_t i = 0; i < look->netns_count && !err; i++)
		err = input(ctx, &(struct input){ .kind = INPUT_TEARDOWN, .time = now,
						  .teardown = { .netns = look->netns[i], .function = function } });
	for (size_t i = 0; i < look->device_count && !err; i++)
		if (look->devices[i].present && look->devices[i].references > 0)
			err = input(ctx, &(struct input){ .kind = INPUT_BLOCKER, .time = now,
							  .blocker = { .netns = look->owners[i],
								       .device = look->devices[i].device,
								       .references = look->devices[i].references } });
	return err;
}

int blockers_look(struct blockers *blockers, uint64_t salt, const struct pipeline *pipeline, input_fn input, void *ctx)
{
	CLEANUP(free_look) struct look look = { 0 };
	char function[SYMBOL_BYTES];
	int err = note_suspects(&look, pipeline);

	if (err || !look.netns_count)
		return err;
	load(blockers, salt);
	ask(blockers, &look, function);
	return tell(&look, function, input, ctx);
}

void blockers_close(struct blockers *blockers)
{
	teardown_close(blockers->teardown);
}
