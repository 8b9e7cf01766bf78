/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many kernel events a second one core takes from a recording into state and verdict.
 *
 * usage: bench_replay [LIVES [ROUNDS]]
 *
 * Makes a recording in $TMPDIR of LIVES (100000) netns, each from creation to free with a veth and two addresses
 * beside the loopback's, LIVE of which exist at any time, and reads it ROUNDS (3) times into a pipeline whose
 * reports go nowhere: once with kernel events alone, once with a path and a pod for each netns, bound by the CNI
 * cache.  Prints the median of each, and the bytes of heap that one live netns takes.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pipeline.h"
#include "recording.h"
#include "util.h"

#define LIVE 1000
#define WALL_OFFSET ((int64_t)(1700000000 * NS_PER_S))
#define SOURCE "cni:/var/lib/cni"
#define PODS "file:/pods.json"

struct maker {
	input_fn fn;
	void *ctx;
	bool pods;
	uint64_t time, seq, events;
	int err;
};

/* CPU time: what else runs on the machine does not count. */
static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void put(struct maker *maker, struct input input)
{
	input.time = maker->time;
	if (!maker->err)
		maker->err = maker->fn(maker->ctx, &input);
}

/* --- kernel events --- */

static void put_record(struct maker *maker, struct nns_hdr *header, enum nns_kind kind, size_t size)
{
	bool numbered = kind < NNS_CENSUS_BEGIN;

	maker->time += 20000;
	maker->events += numbered;
	*header = (struct nns_hdr){ .kind = (nns_u16)kind, .size = (nns_u16)size, .cpu = 0,
				    .seq = numbered ? ++maker->seq : 0, .time = maker->time };
	put(maker, (struct input){ .kind = INPUT_KERNEL, .kernel = { .record = header, .size = size } });
}

static struct nns_ident ident_of(uint64_t n)
{
	/* As the kernel does it: memory and inode number of a freed one are used again. */
	uint64_t slot = n % (4 * LIVE);

	return (struct nns_ident){ .handle = 0x9e3779b97f4a7c15u ^ slot << 13, .cookie = n + 1,
				   .inum = 4026532000u + (nns_u32)slot,
				   .mix = (nns_u32)(n * 2654435761u) | 1 };
}

static struct nns_task task_of(uint64_t n)
{
	return (struct nns_task){ .pid = 1000 + (nns_u32)(n % 30000), .tid = 1000 + (nns_u32)(n % 30000),
				  .cgroup_id = 5000 + n % LIVE, .comm = "containerd-shim" };
}

static void put_device(struct maker *maker, enum nns_kind kind, uint64_t n, uint32_t ifindex)
{
	struct nns_dev dev = { .netns = ident_of(n), .ifindex = ifindex, .flags = NNS_DEV_UP };

	if (ifindex == 1) {
		strcpy(dev.ifname, "lo");
		dev.flags |= NNS_DEV_LOOPBACK;
	} else {
		strcpy(dev.ifname, "eth0");
		strcpy(dev.link_kind, "veth");
		dev.peer_ifindex = 10 + (nns_u32)(n % LIVE);
		dev.flags |= NNS_DEV_PEER;
	}
	put_record(maker, &dev.hdr, kind, sizeof(dev));
}

static void pod_address(uint64_t n, int family, uint8_t *address)
{
	uint32_t number = htonl((uint32_t)(n % 60000) + 10);

	if (family == AF_INET6)
		memcpy(address, (uint8_t[]){ 0xfd, 0, 0, 9 }, 4);
	memcpy(address + (family == AF_INET6 ? 12 : 0), &number, 4);
	address[family == AF_INET6 ? 12 : 0] = 10;
}

static void put_address(struct maker *maker, enum nns_kind kind, uint64_t n, uint32_t ifindex, int family)
{
	struct nns_addr addr = { .netns = ident_of(n), .ifindex = ifindex, .family = (nns_u8)family };

	if (ifindex == 1) {
		addr.addr[family == AF_INET ? 0 : 15] = family == AF_INET ? 127 : 1;
		addr.addr[3] = family == AF_INET;
		addr.prefixlen = family == AF_INET ? 8 : 128;
		addr.scope = 254;
		addr.flags = NNS_ADDR_LOOPBACK;
		strcpy(addr.ifname, "lo");
	} else {
		pod_address(n, family, addr.addr);
		addr.prefixlen = family == AF_INET ? 24 : 64;
		strcpy(addr.ifname, "eth0");
	}
	put_record(maker, &addr.hdr, kind, sizeof(addr));
}

static void put_addresses(struct maker *maker, enum nns_kind kind, uint64_t n)
{
	for (uint32_t ifindex = 1; ifindex <= 2; ifindex++) {
		put_address(maker, kind, n, ifindex, AF_INET);
		put_address(maker, kind, n, ifindex, AF_INET6);
	}
}

static void put_end(struct maker *maker, enum nns_kind kind, uint64_t n)
{
	struct nns_netns_end end = { .netns = ident_of(n), .task = task_of(n), .road = NNS_ROAD_NETNS_PUT };

	put_record(maker, &end.hdr, kind, sizeof(end));
}

static void put_empty_census(struct maker *maker)
{
	struct nns_census_mark mark = { .number = 1 };

	put_record(maker, &mark.hdr, NNS_CENSUS_BEGIN, sizeof(mark));
	put_record(maker, &mark.hdr, NNS_CENSUS_END, sizeof(mark));
}

/* --- pods --- */

struct names {
	char uid[64], name[64], key[64], path[64];
};

static void names_of(struct names *names, uint64_t n)
{
	snprintf(names->uid, sizeof(names->uid), "6f0c1d2e-0000-4000-8000-%012llx", (unsigned long long)n);
	snprintf(names->name, sizeof(names->name), "cart-7c49cfcb97-%05llx", (unsigned long long)n);
	snprintf(names->key, sizeof(names->key), "cbr0-%032llx-eth0", (unsigned long long)n);
	snprintf(names->path, sizeof(names->path), "/run/netns/cni-04b1c5aa-%012llx", (unsigned long long)n);
}

static void put_source(struct maker *maker, const char *source, bool authority, enum source_state state)
{
	put(maker, (struct input){ .kind = INPUT_SOURCE,
				   .source = { .source = source, .state = state, .authority = authority,
					       .as_of_wall = (int64_t)maker->time + WALL_OFFSET, .detail = "" } });
}

static void put_path(struct maker *maker, uint64_t n, bool present)
{
	struct names names;

	names_of(&names, n);
	put(maker, (struct input){ .kind = INPUT_PATH,
				   .path = { .path = names.path, .inum = ident_of(n).inum, .present = present,
					     .made_wall = (int64_t)maker->time + WALL_OFFSET } });
}

static void put_pod(struct maker *maker, uint64_t n)
{
	struct ip_address ips[2] = { { .family = AF_INET }, { .family = AF_INET6 } };
	struct names names;

	names_of(&names, n);
	pod_address(n, AF_INET, ips[0].bytes);
	pod_address(n, AF_INET6, ips[1].bytes);
	put_path(maker, n, true);
	put(maker, (struct input){ .kind = INPUT_POD,
				   .pod = { .source = PODS, .uid = names.uid, .alias_uid = "", .namespace_ = "shop",
					    .name = names.name, .node = "worker-1", .ips = ips, .ip_count = 2,
					    .phase = POD_RUNNING } });
	put(maker, (struct input){ .kind = INPUT_BINDING,
				   .binding = { .source = SOURCE, .evidence = EVIDENCE_CNI, .key = names.key,
						.pod_uid = names.uid, .pod_namespace = "shop",
						.pod_name = names.name, .container_id = names.key,
						.netns_path = names.path, .netns_inum = ident_of(n).inum,
						.ips = ips, .ip_count = 2,
						.as_of_wall = (int64_t)maker->time + WALL_OFFSET } });
}

static void put_pod_gone(struct maker *maker, uint64_t n)
{
	struct names names;

	names_of(&names, n);
	put(maker, (struct input){ .kind = INPUT_POD_GONE,
				   .pod_gone = { .source = PODS, .uid = names.uid,
						 .gone_wall = (int64_t)maker->time + WALL_OFFSET } });
	put(maker, (struct input){ .kind = INPUT_BINDING_GONE,
				   .binding_gone = { .source = SOURCE, .key = names.key } });
	put_path(maker, n, false);
}

/* --- lives --- */

static void be_born(struct maker *maker, uint64_t n)
{
	struct nns_netns_created created = { .netns = ident_of(n), .parent = { .handle = 1, .cookie = 1 },
					     .task = task_of(n) };

	put_device(maker, NNS_DEV_REGISTERED, n, 1);
	put_record(maker, &created.hdr, NNS_NETNS_CREATED, sizeof(created));
	put_device(maker, NNS_DEV_MOVED, n, 2);
	put_addresses(maker, NNS_ADDR_ADDED, n);
	if (maker->pods)
		put_pod(maker, n);
}

static void die(struct maker *maker, uint64_t n)
{
	if (maker->pods)
		put_pod_gone(maker, n);
	put_end(maker, NNS_NETNS_DYING, n);
	put_end(maker, NNS_NETNS_CLEANUP, n);
	put_addresses(maker, NNS_ADDR_REMOVED, n);
	put_device(maker, NNS_DEV_UNREGISTERED, n, 2);
	put_device(maker, NNS_DEV_UNREGISTERED, n, 1);
	put_end(maker, NNS_NETNS_FREED, n);
}

static void begin(struct maker *maker)
{
	maker->time = 1000 * NS_PER_S;
	put(maker, (struct input){ .kind = INPUT_SESSION,
				   .session = { .version = "bench", .node = "worker-1", .kernel_release = "6.12",
						.boot_id = "boot", .wall_offset = WALL_OFFSET, .grace = 60 * NS_PER_S,
						.stuck_after = 60 * NS_PER_S, .orphan_age = 3600 * NS_PER_S } });
	put_empty_census(maker);
	if (!maker->pods)
		return;
	put_source(maker, PODS, true, SOURCE_SYNCING);
	put_source(maker, PODS, true, SOURCE_SYNCED);
	put_source(maker, SOURCE, false, SOURCE_SYNCING);
	put_source(maker, SOURCE, false, SOURCE_SYNCED);
}

/* --- measuring --- */

static int ignore_report(void *ctx, const struct report *report)
{
	(void)report;
	++*(uint64_t *)ctx;
	return 0;
}

static int write_input(void *ctx, const struct input *input)
{
	return recording_write(ctx, input);
}

static int make_recording(const char *path, uint64_t lives, bool pods, uint64_t *ret_events)
{
	struct recording_writer *writer;
	struct maker maker = { .fn = write_input, .pods = pods };
	int err = recording_writer_open(&writer, path, 0);

	if (err)
		return err;
	maker.ctx = writer;
	begin(&maker);
	for (uint64_t n = 0; n < lives + LIVE && !maker.err; n++) {
		if (n < lives)
			be_born(&maker, n);
		if (n >= LIVE)
			die(&maker, n - LIVE);
	}
	err = recording_writer_close(writer);
	*ret_events = maker.events;
	return maker.err ? maker.err : err;
}

static int replay(const char *path, double *ret_seconds, struct report_summary *ret)
{
	struct recording_reader *reader;
	struct pipeline *pipeline;
	struct input input;
	uint64_t reports = 0;
	double start = now();
	int err = recording_reader_open(&reader, path);

	if (err)
		return err;
	err = pipeline_new(&pipeline, ignore_report, &reports);
	while (!err && (err = recording_read(reader, &input)) > 0)
		err = pipeline_input(pipeline, &input);
	*ret_seconds = now() - start;
	if (!err)
		pipeline_summary(pipeline, ret);
	pipeline_free(pipeline);
	recording_reader_close(reader);
	return err;
}

static int compare_doubles(const void *left, const void *right)
{
	const double *a = left, *b = right;

	return (*a > *b) - (*a < *b);
}

/* All that was written must have been understood, or the figure is worth nothing. */
static int check(const struct report_summary *summary, uint64_t lives)
{
	const struct state_counts *state = &summary->state;

	if (state->created == lives && state->freed == lives && !state->live && !state->lost && !state->bad &&
	    !summary->leaked && !summary->orphans && !summary->conflicts)
		return 0;
	fprintf(stderr, "bench_replay: the replay does not add up\n");
	return -EBADMSG;
}

static int measure(const char *path, uint64_t lives, int rounds, bool pods)
{
	double *seconds = calloc((size_t)rounds, sizeof(*seconds));
	struct report_summary summary;
	uint64_t events = 0;
	int err = seconds ? make_recording(path, lives, pods, &events) : -ENOMEM;

	for (int i = 0; i < rounds && !err; i++)
		err = replay(path, &seconds[i], &summary);
	if (!err)
		err = check(&summary, lives);
	if (!err) {
		qsort(seconds, (size_t)rounds, sizeof(*seconds), compare_doubles);
		printf("%s %.0f\n", pods ? "events_with_pods" : "events", (double)events / seconds[rounds / 2]);
	}
	free(seconds);
	return err;
}

static int measure_heap(bool pods)
{
	static const uint64_t marks[] = { LIVE, 3 * LIVE };
	size_t bytes[ARRAY_SIZE(marks)];
	uint64_t reports = 0, n = 0;
	struct pipeline *pipeline;
	struct maker maker = { .fn = pipeline_input, .pods = pods };
	int err = pipeline_new(&pipeline, ignore_report, &reports);

	if (err)
		return err;
	maker.ctx = pipeline;
	begin(&maker);
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		for (; n < marks[i]; n++)
			be_born(&maker, n);
		bytes[i] = mallinfo2().uordblks;
	}
	pipeline_free(pipeline);
	printf("%s %.0f\n", pods ? "heap_with_pods" : "heap",
	       (double)(bytes[1] - bytes[0]) / (double)(marks[1] - marks[0]));
	return maker.err;
}

int main(int argc, char **argv)
{
	uint64_t lives = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
	int rounds = argc > 2 ? atoi(argv[2]) : 3, err = 0, fd;
	const char *directory = getenv("TMPDIR");
	char path[4096];

	snprintf(path, sizeof(path), "%s/bench-replay-XXXXXX", directory ? directory : "/tmp");
	fd = mkstemp(path);
	if (fd < 0) {
		perror(path);
		return 2;
	}
	close(fd);
	for (int pods = 0; pods <= 1 && !err; pods++)
		err = measure(path, lives, rounds > 0 ? rounds : 1, pods);
	for (int pods = 0; pods <= 1 && !err; pods++)
		err = measure_heap(pods);
	unlink(path);
	if (err)
		fprintf(stderr, "bench_replay: %s\n", strerror(-err));
	return err ? 2 : 0;
}
