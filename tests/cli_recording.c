/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Usage: cli_recording FILE [clean|leak|max|strange|disorder]
 *
 * Writes a small recording for tests/cli-check: of a session without a finding, with one leak, cut at a bound of
 * its size, with a frame of a kind that does not exist, or without its beginning.
 */
#include <stdio.h>
#include <string.h>

#include "events.h"
#include "recording.h"
#include "util.h"

#define SECOND 1000000000ull
#define EPOCH 1700000000ull

static struct recording_writer *writer;
static uint64_t now = 1;
static int failed;

static void put(struct input input)
{
	input.time = now * SECOND;
	failed |= recording_write(writer, &input);
}

static void put_record(const void *record, size_t size)
{
	put((struct input){ .kind = INPUT_KERNEL, .kernel = { record, size } });
}

static void put_census(uint64_t netns)
{
	struct nns_hdr hdr = { .kind = NNS_CENSUS_BEGIN, .size = sizeof(struct nns_census_mark), .time = now * SECOND };
	struct nns_census_mark mark = { .hdr = hdr, .number = now };
	uint64_t n;

	put_record(&mark, sizeof(mark));
	for (n = 1; n <= netns; n++) {
		struct nns_census_netns told = { .hdr = hdr, .netns = { n, 100 + n, (uint32_t)(1000 + n), (uint32_t)n },
						 .references = 1, .flags = n == 1 ? NNS_NETNS_INIT : 0 };

		told.hdr.kind = NNS_CENSUS_NETNS;
		told.hdr.size = sizeof(told);
		put_record(&told, sizeof(told));
	}
	mark.hdr.kind = NNS_CENSUS_END;
	mark.netns = netns;
	put_record(&mark, sizeof(mark));
}

static void put_created(uint64_t n, uint64_t seq)
{
	struct nns_netns_created created = {
		.hdr = { .kind = NNS_NETNS_CREATED, .size = sizeof(created), .seq = seq, .time = now * SECOND },
		.netns = { n, 100 + n, (uint32_t)(1000 + n), (uint32_t)n },
		.task = { .pid = 42, .comm = "runc" },
	};

	put_record(&created, sizeof(created));
}

static void put_listing(const char *name)
{
	int64_t wall = (int64_t)((EPOCH + now) * SECOND);
	struct input_source source = { .source = "file:pods", .state = SOURCE_SYNCING, .authority = true, .detail = "" };

	put((struct input){ .kind = INPUT_SOURCE, .source = source });
	if (name)
		put((struct input){ .kind = INPUT_POD, .pod = { .source = "file:pods", .uid = "u", .alias_uid = "",
								.namespace_ = "shop", .name = name, .node = "worker-1",
								.phase = POD_RUNNING } });
	source.state = SOURCE_SYNCED;
	source.as_of_wall = wall;
	put((struct input){ .kind = INPUT_SOURCE, .source = source });
}

static void put_session(void)
{
	put((struct input){ .kind = INPUT_SESSION,
			    .session = { .version = "test", .node = "worker-1", .kernel_release = "6.1.0", .boot_id = "b",
					 .wall_offset = (int64_t)(EPOCH * SECOND), .grace = 60 * SECOND,
					 .stuck_after = 60 * SECOND, .orphan_age = 3600 * SECOND } });
}

static void put_leak(void)
{
	put_created(2, 1);
	put((struct input){ .kind = INPUT_BINDING,
			    .binding = { .source = "cni:/c", .evidence = EVIDENCE_CNI, .key = "k", .pod_uid = "u",
					 .pod_namespace = "shop", .pod_name = "cart", .container_id = "c0ffee",
					 .netns_path = "/run/netns/cart", .netns_inum = 1002,
					 .as_of_wall = (int64_t)((EPOCH + now) * SECOND) } });
	now = 100;
	put_listing(NULL);
	now = 160;
	put((struct input){ .kind = INPUT_TICK });
	put_census(2);
}

int main(int argc, char **argv)
{
	const char *what = argc == 3 ? argv[2] : "";
	uint64_t n;

	if (argc != 3 || recording_writer_open(&writer, argv[1], strcmp(what, "max") ? 0 : 4096) < 0)
		return 2;
	if (strcmp(what, "disorder"))
		put_session();
	put_census(1);
	now = 10;
	put_listing("cart");
	if (!strcmp(what, "leak"))
		put_leak();
	for (n = 0; n < 100 && !strcmp(what, "max"); n++)
		put_created(10 + n, 1 + n);
	if (!strcmp(what, "strange"))
		put((struct input){ .kind = (enum input_kind)77 });
	put((struct input){ .kind = INPUT_END });
	return recording_writer_close(writer) < 0 || (failed && strcmp(what, "max")) ? 2 : 0;
}
