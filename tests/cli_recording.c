/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Usage: cli_recording FILE [clean|leak|max|strange|disorder]
 *        cli_recording FILE page|hostile [NETNS LEAKS [RESTORED]]
 *
 * Writes a small recording for tests/cli-check: of a session without a finding, with one leak, cut at a bound of
 * its size, with a frame of a kind that does not exist, or without its beginning.  And for tests/report-check: of NETNS
 * netns with pods that all go, of which LEAKS leak, with what a page has to show of them, and of RESTORED netns that an
 * earlier session reported; hostile: by names that are not to become a part of it.
 */
#include <stdio.h>
#include <stdlib.h>
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

/* Those that were there before the session are beside the others, RESTORED on. */
#define RESTORED 5000
static uint64_t restored_from = RESTORED, restored_to = RESTORED;

static void put_census_netns(struct nns_hdr hdr, uint64_t n)
{
	struct nns_census_netns told = { .hdr = hdr, .netns = { n, 100 + n, (uint32_t)(1000 + n), (uint32_t)n },
					 .references = 1, .flags = n == 1 ? NNS_NETNS_INIT : 0 };

	told.hdr.kind = NNS_CENSUS_NETNS;
	told.hdr.size = sizeof(told);
	put_record(&told, sizeof(told));
}

static void put_census(uint64_t netns)
{
	struct nns_hdr hdr = { .kind = NNS_CENSUS_BEGIN, .size = sizeof(struct nns_census_mark), .time = now * SECOND };
	struct nns_census_mark mark = { .hdr = hdr, .number = now };
	uint64_t n;

	put_record(&mark, sizeof(mark));
	for (n = 1; n <= netns; n++)
		put_census_netns(hdr, n);
	for (n = restored_from; n < restored_to; n++)
		put_census_netns(hdr, n);
	mark.hdr.kind = NNS_CENSUS_END;
	mark.netns = netns + restored_to - restored_from;
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

/* --- for a page --- */

#define HOSTILE "</script><img src=x onerror=alert(1)><!--\"'&amp;\\u0041\x1b[2J\xe2\x80\xae\xff"

struct names {
	const char *node, *kernel, *source, *pod, *path, *comm, *socket, *plugin;
};
static const struct names plain_names = { "worker-1", "6.1.0", "file:pods", "cart", "/run/netns/cart", "cadvisor",
					  "tcp 127.0.0.1:80 listening", "/opt/cni/bin/bridge" };
static const struct names hostile_names = { "w" HOSTILE, "k" HOSTILE, "s" HOSTILE, "p" HOSTILE, "/run/" HOSTILE, "<b>'\"&</b>",
					    "tcp " HOSTILE, "/opt/" HOSTILE };
static uint64_t seq;

static struct nns_hdr hdr_of(enum nns_kind kind, size_t size)
{
	return (struct nns_hdr){ .kind = kind, .size = (uint16_t)size, .seq = ++seq, .time = now * SECOND };
}

/* The name of the pod of netns n, in a buffer that the next call but three takes. */
static const char *numbered(const char *name, uint64_t n)
{
	static char buffers[4][256];
	static unsigned next;
	char *buffer = buffers[next++ % 4];

	snprintf(buffer, sizeof(buffers[0]), "%s-%llu", name, (unsigned long long)n);
	return buffer;
}

static void put_page_session(const struct names *names)
{
	put((struct input){ .kind = INPUT_SESSION,
			    .session = { .version = "test", .node = names->node, .kernel_release = names->kernel, .boot_id = "b",
					 .wall_offset = (int64_t)(EPOCH * SECOND), .grace = 60 * SECOND,
					 .stuck_after = 60 * SECOND, .orphan_age = 3600 * SECOND, .finds_holders = true,
					 .sees_calls = true } });
}

static void put_pods(const struct names *names, uint64_t count)
{
	struct input_source source = { .source = names->source, .state = SOURCE_SYNCING, .authority = true, .detail = "" };
	uint64_t n;

	put((struct input){ .kind = INPUT_SOURCE, .source = source });
	for (n = 2; n < count + 2; n++)
		put((struct input){ .kind = INPUT_POD,
				    .pod = { .source = names->source, .uid = numbered("uid", n), .alias_uid = "",
					     .namespace_ = "shop", .name = numbered(names->pod, n), .node = names->node,
					     .phase = POD_RUNNING } });
	source.state = SOURCE_SYNCED;
	source.as_of_wall = (int64_t)((EPOCH + now) * SECOND);
	put((struct input){ .kind = INPUT_SOURCE, .source = source });
}

static void put_bound(const struct names *names, uint64_t n)
{
	put((struct input){ .kind = INPUT_PATH, .path = { .path = numbered(names->path, n), .inum = (uint32_t)(1000 + n), .present = true } });
	put((struct input){ .kind = INPUT_BINDING,
			    .binding = { .source = "cni:/c", .evidence = EVIDENCE_CNI, .key = numbered("k", n),
					 .pod_uid = numbered("uid", n), .pod_namespace = "shop", .pod_name = numbered(names->pod, n),
					 .container_id = numbered("c", n), .netns_path = numbered(names->path, n),
					 .netns_inum = (uint32_t)(1000 + n), .as_of_wall = (int64_t)((EPOCH + now) * SECOND) } });
}

static void put_end(enum nns_kind kind, uint64_t n)
{
	struct nns_netns_end end = { .hdr = hdr_of(kind, sizeof(end)), .netns = { n, 100 + n, (uint32_t)(1000 + n), (uint32_t)n } };

	put_record(&end, sizeof(end));
}

/* A call for the pod of netns n that fails. */
static void put_failed_call(const struct names *names, uint64_t n)
{
	struct nns_cni_exec exec = { .started = now * SECOND, .pid = 900, .parent_pid = 812, .parent_comm = "containerd",
				     .command = "DEL", .ifname = "eth0" };
	struct nns_cni_exit ended = { .started = now * SECOND, .pid = 900, .status = 0x100 };

	exec.hdr = hdr_of(NNS_CNI_EXEC, sizeof(exec));
	snprintf(exec.container_id, sizeof(exec.container_id), "c-%llu", (unsigned long long)n);
	snprintf(exec.netns_path, sizeof(exec.netns_path), "%s", numbered(names->path, n));
	snprintf(exec.program, sizeof(exec.program), "%s", names->plugin);
	put_record(&exec, sizeof(exec));
	put((struct input){ .kind = INPUT_CNI_NETNS,
			    .cni_netns = { .pid = 900, .started = now * SECOND, .inum = (uint32_t)(1000 + n) } });
	now++;
	ended.hdr = hdr_of(NNS_CNI_EXIT, sizeof(ended));
	put_record(&ended, sizeof(ended));
}

/* A mount, a socket, and one reference that is the kernel's. */
static void put_holders(const struct names *names, uint64_t n)
{
	struct input_holder holder = { .netns = n, .kind = HOLDER_MOUNT, .comm = "", .what = numbered(names->path, n), .cgroup = "",
				       .flags = HOLDER_NODE };

	put((struct input){ .kind = INPUT_HOLDERS, .holders = { .netns = n, .counted = 3, .nsfs = 1, .sockets = 1, .unexplained = 1,
								.found = 2 } });
	put((struct input){ .kind = INPUT_HOLDER, .holder = holder });
	holder = (struct input_holder){ .netns = n, .kind = HOLDER_SOCKET, .pid = 991, .fd = 14, .comm = names->comm,
					.what = names->socket, .cgroup = "" };
	put((struct input){ .kind = INPUT_HOLDER, .holder = holder });
}

/* An earlier session reported it as leaked, while its pod was long gone. */
static void put_restored(const struct names *names, uint64_t n)
{
	put((struct input){ .kind = INPUT_RESTORED,
			    .restored = { .cookie = 100 + n, .inum = (uint32_t)(1000 + n), .mix = (uint32_t)n,
					  .evidence = EVIDENCE_CNI, .pod_uid = numbered("uid", n), .pod_namespace = "shop",
					  .pod_name = numbered(names->pod, n), .container_id = numbered("c", n),
					  .bound_wall = (int64_t)((EPOCH - 900) * SECOND), .gone_wall = (int64_t)(EPOCH * SECOND + SECOND / 2),
					  .leaked_wall = (int64_t)(EPOCH * SECOND + SECOND * 3 / 4), .creator = "",
					  .netns_path = numbered(names->path, n), .cause = "", .cause_evidence = "" } });
	restored_to = n + 1;
}

static void put_freed(uint64_t n)
{
	put_end(NNS_NETNS_DYING, n);
	put_end(NNS_NETNS_CLEANUP, n);
	put_end(NNS_NETNS_FREED, n);
}

/*
 * Netns 2 on.  The first leak; of the others, which are freed in time, the last few after their pods went, and the last of
 * all hangs in its teardown.  Of those that an earlier session reported, the first is freed.
 */
static void put_page(const struct names *names, uint64_t count, uint64_t leaks, uint64_t restored)
{
	struct input_source down = { .source = names->source, .state = SOURCE_DOWN, .authority = true, .detail = names->path };
	const uint64_t last = count + 1, late = last - (count < 200 ? count / 4 : 50);
	uint64_t n;

	put_page_session(names);
	for (n = 0; n < restored; n++)
		put_restored(names, RESTORED + n);
	put_census(1);
	for (n = 2; n <= last; n++) {
		now = 2 + 90 * (n - 2) / count;
		put_created(n, ++seq);
		put_bound(names, n);
	}
	put_pods(names, count);
	now = 95;
	for (n = 2 + leaks; n < late; n++)
		put_freed(n);
	now = 100;
	put_failed_call(names, 2);
	put_pods(names, 0);
	for (n = late; n < last; n++) {
		now = 102 + 40 * (n - late) / (last - late);
		put_freed(n);
	}
	put_end(NNS_NETNS_DYING, last);
	put_end(NNS_NETNS_CLEANUP, last);
	if (restored)
		put_freed(restored_from++);
	now = 170;
	put((struct input){ .kind = INPUT_TICK });
	for (n = 2; n < 2 + leaks; n++)
		put_holders(names, n);
	put_census(1 + leaks);
	now = 230;
	put((struct input){ .kind = INPUT_TICK });
	put_census(1 + leaks);
	put((struct input){ .kind = INPUT_SOURCE, .source = down });
	now = 240;
}

static int write_page(int argc, char **argv)
{
	uint64_t count = argc > 4 ? strtoull(argv[3], NULL, 10) : 6, leaks = argc > 4 ? strtoull(argv[4], NULL, 10) : 2;
	uint64_t restored = argc > 5 ? strtoull(argv[5], NULL, 10) : 0;

	if (recording_writer_open(&writer, argv[1], 0) < 0)
		return 2;
	put_page(strcmp(argv[2], "page") ? &hostile_names : &plain_names, count, leaks, restored);
	put((struct input){ .kind = INPUT_END });
	return recording_writer_close(writer) < 0 || failed ? 2 : 0;
}

int main(int argc, char **argv)
{
	const char *what = argc >= 3 ? argv[2] : "";
	uint64_t n;

	if (!strcmp(what, "page") || !strcmp(what, "hostile"))
		return write_page(argc, argv);
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
