/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "events.h"
#include "recording.h"
#include "util.h"

#define HEADER 24 /* of the file, and of a frame */
#define TICK 24	  /* the frame of INPUT_TICK */

static char path[] = "/tmp/netnsleak-test.XXXXXX";

static int setup(void **state)
{
	int fd;

	(void)state;
	memcpy(path + sizeof(path) - 7, "XXXXXX", 6);
	fd = mkstemp(path);
	return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

/* Every field has a value of its own. */
static const struct ip_address ips[] = {
	{ AF_INET, { 10, 0, 1, 5 } },
	{ AF_INET6, { 0xfd, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 } },
};

static const struct nns_netns_end record = {
	.hdr = { .kind = NNS_NETNS_FREED, .size = sizeof(record), .cpu = 3, .seq = 77, .time = 1002 },
	.netns = { 0x1122334455667788, UINT64_MAX, 4026532281u, 0xdeadbeef },
};

static const struct input inputs[] = {
	{ .kind = INPUT_SESSION, .time = 1001,
	  .session = { "v1", "worker-3", "6.1.0", "b-o-o-t", -1795269731004182731, 11, 12, UINT64_MAX, true, true, true, true } },
	{ .kind = INPUT_KERNEL, .time = 1002, .kernel = { &record, sizeof(record) } },
	{ .kind = INPUT_LOST, .time = 1003, .lost = { 1ull << 63, 5, UINT64_MAX } },
	{ .kind = INPUT_POD, .time = 1004,
	  .pod = { "file:/p", "u1", "m1", "shop", "cart", "worker-3", ips, 2, true, false, POD_FAILED, INT64_MIN } },
	{ .kind = INPUT_POD, .time = 1004,
	  .pod = { "file:/p", "u2", "", "", "", "", NULL, 0, false, true, POD_PHASE_UNKNOWN, 0 } },
	{ .kind = INPUT_POD_GONE, .time = 1005, .pod_gone = { "file:/p", "u1", 1795269731004182731 } },
	{ .kind = INPUT_BINDING, .time = 1006,
	  .binding = { "cni:/c", EVIDENCE_CRI, "key", "u1", "shop", "cart", "c1", "/run/netns/\xff\n", 4026532281u,
		       ips + 1, 1, 1795269731004182732 } },
	{ .kind = INPUT_BINDING_GONE, .time = 1007, .binding_gone = { "cni:/c", "key" } },
	{ .kind = INPUT_SOURCE, .time = 1008, .source = { "file:/p", SOURCE_DOWN, true, 1, "no\tsuch file" } },
	{ .kind = INPUT_PATH, .time = 1009, .path = { "/run/netns/a b", 4026532282u, true, 2 } },
	{ .kind = INPUT_RESTORED, .time = 1010,
	  .restored = { UINT64_MAX, 1, 2, EVIDENCE_CNI, "u1", "shop", "cart", "c1", ips, 2, 3, 4, 9, 5, 6, 7, 8, 10, "runc", 42,
			"/run/netns/x", "cni-del-failed", "it failed" } },
	{ .kind = INPUT_CLOCK, .time = 1011, .clock = { -5 } },
	{ .kind = INPUT_HOLDERS, .time = 1012, .holders = { UINT64_MAX, 10, 1, 1, 6, 2, -1, 3, -2, 9 } },
	{ .kind = INPUT_HOLDER, .time = 1012,
	  .holder = { UINT64_MAX, HOLDER_PROC_FILE, 1, 2, 3, "cat", "/proc/1/net/tcp", "/kubepods/x", 31, 4, 5, 6 } },
	{ .kind = INPUT_TEARDOWN, .time = 1013, .teardown = { UINT64_MAX, "default_device_exit_batch" } },
	{ .kind = INPUT_BLOCKER, .time = 1013, .blocker = { UINT64_MAX, 1, -2 } },
	{ .kind = INPUT_KERNEL_LOG, .time = 1014, .kernel_log = { "eth0", -3 } },
	{ .kind = INPUT_CNI_NETNS, .time = 1015, .cni_netns = { 1, UINT64_MAX, 2, -3 } },
	{ .kind = INPUT_TICK, .time = 0 },
	{ .kind = INPUT_END, .time = UINT64_MAX },
};

#define SAME_TEXT(member) assert_string_equal(a->member, b->member)
#define SAME(member) assert_true(a->member == b->member)

static void same_ips(const struct ip_address *a, const struct ip_address *b, size_t count)
{
	if (count)
		assert_memory_equal(a, b, count * sizeof(*a));
}

static void same_session(const struct input_session *a, const struct input_session *b)
{
	SAME_TEXT(version);
	SAME_TEXT(node);
	SAME_TEXT(kernel_release);
	SAME_TEXT(boot_id);
	SAME(wall_offset);
	SAME(grace);
	SAME(stuck_after);
	SAME(orphan_age);
	SAME(finds_holders);
	SAME(finds_blockers);
	SAME(reads_kernel_log);
	SAME(sees_calls);
}

static void same_kernel(const struct input_kernel *a, const struct input_kernel *b)
{
	SAME(size);
	assert_memory_equal(a->record, b->record, a->size);
	assert_int_equal((uintptr_t)a->record % 8, 0);
}

static void same_pod(const struct input_pod *a, const struct input_pod *b)
{
	SAME_TEXT(source);
	SAME_TEXT(uid);
	SAME_TEXT(alias_uid);
	SAME_TEXT(namespace_);
	SAME_TEXT(name);
	SAME_TEXT(node);
	SAME(ip_count);
	same_ips(a->ips, b->ips, a->ip_count);
	SAME(host_network);
	SAME(terminating);
	SAME(phase);
	SAME(finished_wall);
}

static void same_binding(const struct input_binding *a, const struct input_binding *b)
{
	SAME_TEXT(source);
	SAME(evidence);
	SAME_TEXT(key);
	SAME_TEXT(pod_uid);
	SAME_TEXT(pod_namespace);
	SAME_TEXT(pod_name);
	SAME_TEXT(container_id);
	SAME_TEXT(netns_path);
	SAME(netns_inum);
	SAME(ip_count);
	same_ips(a->ips, b->ips, a->ip_count);
	SAME(as_of_wall);
}

static void same_restored(const struct input_restored *a, const struct input_restored *b)
{
	SAME(cookie);
	SAME(inum);
	SAME(mix);
	SAME(evidence);
	SAME_TEXT(pod_uid);
	SAME_TEXT(pod_namespace);
	SAME_TEXT(pod_name);
	SAME_TEXT(container_id);
	SAME(ip_count);
	same_ips(a->ips, b->ips, a->ip_count);
	SAME(bound_wall);
	SAME(gone_wall);
	SAME(released_wall);
	SAME(leaked_wall);
	SAME(stuck_wall);
	SAME(orphan_wall);
	SAME(conflict_wall);
	SAME(born_wall);
	SAME_TEXT(creator);
	SAME(creator_pid);
	SAME_TEXT(netns_path);
	SAME_TEXT(cause);
	SAME_TEXT(cause_evidence);
}

static void same_holder(const struct input_holder *a, const struct input_holder *b)
{
	SAME(netns);
	SAME(kind);
	SAME(pid);
	SAME(tid);
	SAME(fd);
	SAME_TEXT(comm);
	SAME_TEXT(what);
	SAME_TEXT(cgroup);
	SAME(flags);
	SAME(mount_id);
	SAME(parent_mount_id);
	SAME(mntns_inum);
}

static void same_input(const struct input *a, const struct input *b)
{
	SAME(kind);
	SAME(time);
	switch (a->kind) {
	case INPUT_SESSION:
		same_session(&a->session, &b->session);
		break;
	case INPUT_KERNEL:
		same_kernel(&a->kernel, &b->kernel);
		break;
	case INPUT_LOST:
		SAME(lost.count);
		SAME(lost.missed);
		SAME(lost.calls);
		break;
	case INPUT_POD:
		same_pod(&a->pod, &b->pod);
		break;
	case INPUT_POD_GONE:
		SAME_TEXT(pod_gone.source);
		SAME_TEXT(pod_gone.uid);
		SAME(pod_gone.gone_wall);
		break;
	case INPUT_BINDING:
		same_binding(&a->binding, &b->binding);
		break;
	case INPUT_BINDING_GONE:
		SAME_TEXT(binding_gone.source);
		SAME_TEXT(binding_gone.key);
		break;
	case INPUT_SOURCE:
		SAME_TEXT(source.source);
		SAME(source.state);
		SAME(source.authority);
		SAME(source.as_of_wall);
		SAME_TEXT(source.detail);
		break;
	case INPUT_PATH:
		SAME_TEXT(path.path);
		SAME(path.inum);
		SAME(path.present);
		SAME(path.made_wall);
		break;
	case INPUT_RESTORED:
		same_restored(&a->restored, &b->restored);
		break;
	case INPUT_CLOCK:
		SAME(clock.wall_offset);
		break;
	case INPUT_HOLDERS:
		assert_memory_equal(&a->holders, &b->holders, sizeof(a->holders));
		break;
	case INPUT_CNI_NETNS:
		SAME(cni_netns.pid);
		SAME(cni_netns.started);
		SAME(cni_netns.inum);
		SAME(cni_netns.error);
		break;
	case INPUT_HOLDER:
		same_holder(&a->holder, &b->holder);
		break;
	case INPUT_TEARDOWN:
		SAME(teardown.netns);
		SAME_TEXT(teardown.function);
		break;
	case INPUT_BLOCKER:
		assert_memory_equal(&a->blocker, &b->blocker, offsetof(struct input_blocker, references) + 4);
		break;
	case INPUT_KERNEL_LOG:
		SAME_TEXT(kernel_log.device);
		SAME(kernel_log.usage);
		break;
	default:
		break;
	}
}

static struct recording_writer *open_writer(uint64_t max_bytes)
{
	struct recording_writer *writer = NULL;

	assert_int_equal(recording_writer_open(&writer, path, max_bytes), 0);
	return writer;
}

static struct recording_reader *open_reader(void)
{
	struct recording_reader *reader = NULL;

	assert_int_equal(recording_reader_open(&reader, path), 0);
	return reader;
}

static void write_all(void)
{
	struct recording_writer *writer = open_writer(0);

	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++)
		assert_int_equal(recording_write(writer, &inputs[i]), 0);
	assert_int_equal(recording_writer_close(writer), 0);
}

static void write_ticks(struct recording_writer *writer, uint64_t count)
{
	for (uint64_t i = 1; i <= count; i++) {
		struct input tick = { .kind = INPUT_TICK, .time = i };

		assert_int_equal(recording_write(writer, &tick), 0);
	}
}

/* Reads `count` ticks and then `end`; with a text where that is an error. */
static void expect_ticks(uint64_t count, int end, const char *text)
{
	struct recording_reader *reader = open_reader();
	struct input input;

	for (uint64_t i = 1; i <= count; i++) {
		assert_int_equal(recording_read(reader, &input), 1);
		assert_int_equal(input.kind, INPUT_TICK);
		assert_int_equal(input.time, i);
	}
	/* What it says at the end it says again. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(recording_read(reader, &input), end);
	if (text) {
		char error[512];

		snprintf(error, sizeof(error), "%s: %s", path, text);
		assert_string_equal(recording_reader_error(reader), error);
	} else {
		assert_string_equal(recording_reader_error(reader), "");
	}
	recording_reader_close(reader);
}

static void round_trip(void **state)
{
	bool seen[INPUT_KIND_MAX] = { false };
	struct recording_reader *reader;
	struct input input;
	struct stat file;

	(void)state;
	write_all();
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_size % 8, 0);
	reader = open_reader();
	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
		assert_int_equal(recording_read(reader, &input), 1);
		same_input(&input, &inputs[i]);
		seen[input.kind] = true;
	}
	assert_int_equal(recording_read(reader, &input), 0);
	assert_int_equal(recording_reader_skipped(reader), 0);
	assert_false(recording_reader_cut(reader));
	recording_reader_close(reader);
	recording_reader_close(NULL);
	for (int kind = INPUT_SESSION; kind < INPUT_KIND_MAX; kind++)
		assert_true(seen[kind]);
}

/* The file is made for its owner alone, and anew. */
static void made_anew(void **state)
{
	struct stat file;

	(void)state;
	write_all();
	assert_int_equal(recording_writer_close(open_writer(0)), 0);
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_size, HEADER);
	assert_int_equal(file.st_mode & 0777, 0600);
	expect_ticks(0, 0, NULL);
}

/* Through a pipe, a byte at a time. */
static void from_pipe(void **state)
{
	struct recording_reader *reader = NULL;
	struct input input;
	int fds[2], saved = dup(STDIN_FILENO);
	pid_t pid;

	(void)state;
	write_all();
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		int file = open(path, O_RDONLY | O_CLOEXEC);
		char byte;

		while (read(file, &byte, 1) == 1)
			if (write(fds[1], &byte, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(fds[1]);
	assert_int_equal(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
	assert_int_equal(recording_reader_open(&reader, "-"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(inputs); i++) {
		assert_int_equal(recording_read(reader, &input), 1);
		same_input(&input, &inputs[i]);
	}
	assert_int_equal(recording_read(reader, &input), 0);
	recording_reader_close(reader);
	close(fds[0]);
	if (saved >= 0) {
		assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
		close(saved);
	}
}

/* Cut anywhere, it gives what was whole, and says where it ends. */
static void truncated(void **state)
{
	char text[128];

	(void)state;
	for (off_t length = HEADER + 3 * TICK; length >= 0; length--) {
		uint64_t whole = length < HEADER ? 0 : (uint64_t)(length - HEADER) / TICK;
		struct recording_writer *writer = open_writer(0);

		write_ticks(writer, 3);
		assert_int_equal(recording_writer_close(writer), 0);
		assert_int_equal(truncate(path, length), 0);
		snprintf(text, sizeof(text), "damaged at byte %d: it ends within %s; what stood before it was read",
			 length < HEADER ? 0 : (int)(HEADER + whole * TICK), length < HEADER ? "its header" : "a frame");
		if (length == 0)
			expect_ticks(0, -EBADMSG, "not a recording: it is empty");
		else if (length >= HEADER && (length - HEADER) % TICK == 0)
			expect_ticks(whole, 0, NULL);
		else
			expect_ticks(whole, -EBADMSG, text);
	}
}

static void flip(off_t offset, uint8_t bits)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, offset), 1);
	byte ^= bits;
	assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
	close(fd);
}

/* Any bit that flips in a frame is seen; what stands before is read. */
static void damaged(void **state)
{
	struct recording_writer *writer = open_writer(0);

	(void)state;
	write_ticks(writer, 3);
	assert_int_equal(recording_writer_close(writer), 0);
	for (int bit = 0; bit < 8 * TICK; bit++) {
		struct recording_reader *reader;
		struct input input;

		flip(HEADER + TICK + bit / 8, (uint8_t)(1 << bit % 8));
		reader = open_reader();
		assert_int_equal(recording_read(reader, &input), 1);
		assert_int_equal(recording_read(reader, &input), -EBADMSG);
		assert_non_null(strstr(recording_reader_error(reader), "damaged at byte 48: "));
		recording_reader_close(reader);
		flip(HEADER + TICK + bit / 8, (uint8_t)(1 << bit % 8));
	}
	expect_ticks(3, 0, NULL);
	flip(HEADER + TICK + 16, 1);
	expect_ticks(1, -EBADMSG, "damaged at byte 48: the checksum is wrong; what stood before it was read");
	flip(HEADER + TICK + 3, 0x80);
	expect_ticks(1, -EBADMSG, "damaged at byte 48: a frame of impossible length; what stood before it was read");
}

static void put_file(const void *bytes, size_t length)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	assert_int_equal(write(fd, bytes, length), length);
	close(fd);
}

/* Written again from the words in recording.c: that they say what is done is tested too. */
static uint64_t add_sum(uint64_t sum, const void *bytes, size_t words)
{
	uint64_t word;

	for (size_t i = 0; i < words; i++) {
		memcpy(&word, (const char *)bytes + 8 * i, 8);
		sum = (sum ^ word) * 0x9e3779b97f4a7c15;
		sum = sum ^ sum >> 32;
	}
	return sum;
}

/* A header with these numbers and the right checksum. */
static void put_header(uint32_t byte_order, uint32_t version)
{
	char header[HEADER] = "\x89NNSREC\n";
	uint64_t sum;

	memcpy(header + 8, &byte_order, 4);
	memcpy(header + 12, &version, 4);
	sum = add_sum(0, header, 2);
	memcpy(header + 16, &sum, 8);
	put_file(header, sizeof(header));
}

static void other_files(void **state)
{
	static const char text[] = "{\"kind\":\"List\",\"items\":[]}";

	(void)state;
	put_file(text, sizeof(text));
	expect_ticks(0, -EBADMSG, "not a recording of netnsleak trace --record");
	put_file("x", 1);
	expect_ticks(0, -EBADMSG, "not a recording of netnsleak trace --record");
	put_header(0x01020304, 1);
	expect_ticks(0, 0, NULL);
	put_header(0x01020304, 2);
	expect_ticks(0, 0, NULL);
	put_header(0x01020304, 0);
	expect_ticks(0, -EBADMSG, "of version 0, this netnsleak reads versions 1 to 6: use the one that recorded it");
	put_header(0x01020304, 7);
	expect_ticks(0, -EBADMSG, "of version 7, this netnsleak reads versions 1 to 6: use the one that recorded it");
	put_header(0x04030201, 0x01000000);
	expect_ticks(0, -EBADMSG, "recorded on a machine of the other byte order: replay it on such a one");
	put_header(0x01020304, 1);
	flip(12, 4);
	expect_ticks(0, -EBADMSG, "damaged at byte 0: the checksum is wrong; what stood before it was read");
}

/* Appends a frame with the right checksum. */
static void put_frame(uint32_t type, const void *payload, uint32_t length)
{
	size_t padded = (length + 7u) & ~7u;
	uint32_t head[6] = { length, type, 0, 0, 5, 0 };
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	char frame[256] = "";
	uint64_t sum;

	memcpy(frame, head, sizeof(head));
	memcpy(frame + sizeof(head), payload, length);
	sum = add_sum(add_sum(1, frame, 1), frame + 16, 1 + padded / 8);
	memcpy(frame + 8, &sum, 8);
	assert_int_equal(write(fd, frame, sizeof(head) + padded), sizeof(head) + padded);
	close(fd);
}

/* A recording of version 1 has no restored.released_wall. */
static void older_version(void **state)
{
	const int64_t walls[] = { 3, 4, 5, 6, 7, 8 };
	char payload[96] = "";
	struct recording_reader *reader;
	struct input input;

	(void)state;
	payload[16] = EVIDENCE_CNI; /* behind cookie, inum and mix; four empty texts and no address follow */
	memcpy(payload + 44, walls, sizeof(walls));
	put_header(0x01020304, 1);
	put_frame(INPUT_RESTORED, payload, 92);
	reader = open_reader();
	assert_int_equal(recording_read(reader, &input), 1);
	assert_int_equal(input.restored.evidence, EVIDENCE_CNI);
	assert_int_equal(input.restored.gone_wall, 4);
	assert_int_equal(input.restored.released_wall, 0);
	assert_int_equal(input.restored.leaked_wall, 5);
	assert_int_equal(input.restored.conflict_wall, 8);
	assert_string_equal(input.restored.cause, "");
	recording_reader_close(reader);
	put_header(0x01020304, 2);
	put_frame(INPUT_RESTORED, payload, 92);
	expect_ticks(0, -EBADMSG, "damaged at byte 24: the fields do not fit; what stood before it was read");
}

/* Each version has one or two fields more, at the end: what it does not have is not so. */
static void each_version(void **state)
{
	static const size_t sessions[] = { [1] = 52, [2] = 52, [3] = 53, [4] = 55, [5] = 56, [6] = 56 };
	static const size_t restored[] = { [1] = 92, [2] = 100, [3] = 100, [4] = 117, [5] = 132, [6] = 132 };
	static const size_t losts[] = { [1] = 8, [2] = 8, [3] = 8, [4] = 8, [5] = 8, [6] = 24 };
	static const uint64_t lost[] = { 1, 1, 1 };
	char session[56] = "", nothing[132] = "";
	struct recording_reader *reader;
	struct input input;

	(void)state;
	memset(session + 52, 1, 4);
	for (uint32_t version = 1; version <= 6; version++) {
		put_header(0x01020304, version);
		put_frame(INPUT_SESSION, session, sessions[version]);
		put_frame(INPUT_LOST, lost, losts[version]);
		put_frame(INPUT_RESTORED, nothing, restored[version]);
		reader = open_reader();
		assert_int_equal(recording_read(reader, &input), 1);
		assert_int_equal(input.session.finds_holders, version >= 3);
		assert_int_equal(input.session.finds_blockers, version >= 4);
		assert_int_equal(input.session.reads_kernel_log, version >= 4);
		assert_int_equal(input.session.sees_calls, version >= 5);
		assert_int_equal(recording_read(reader, &input), 1);
		assert_int_equal(input.lost.count, 1);
		assert_int_equal(input.lost.missed, version >= 6);
		assert_int_equal(input.lost.calls, version >= 6);
		assert_int_equal(recording_read(reader, &input), 1);
		assert_string_equal(input.restored.creator, "");
		assert_string_equal(input.restored.netns_path, "");
		assert_string_equal(input.restored.cause_evidence, "");
		assert_int_equal(recording_read(reader, &input), 0);
		recording_reader_close(reader);
	}
}

static void unknown_type(void **state)
{
	struct recording_reader *reader;
	struct input input;

	(void)state;
	put_header(0x01020304, 1);
	put_frame(INPUT_KIND_MAX, "future", 6);
	put_frame(0, "", 0);
	put_frame(INPUT_TICK, "", 0);
	reader = open_reader();
	assert_int_equal(recording_read(reader, &input), 1);
	assert_int_equal(input.kind, INPUT_TICK);
	assert_int_equal(input.time, 5);
	assert_int_equal(recording_read(reader, &input), 0);
	assert_int_equal(recording_reader_skipped(reader), 2);
	recording_reader_close(reader);
}

/* The checksum is right and the fields lie: an input is never made of that. */
static void hostile_fields(void **state)
{
	static const struct {
		uint32_t type;
		const char *payload;
		uint32_t length;
	} cases[] = {
		{ INPUT_TICK, "x", 1 },					  /* more than there is */
		{ INPUT_LOST, "1234567", 7 },				  /* less */
		{ INPUT_BINDING_GONE, "\1\0\0\0a\0\1\0\0\0b", 11 },	  /* no NUL at the end */
		{ INPUT_BINDING_GONE, "\1\0\0\0ax\1\0\0\0b\0", 12 },	  /* none within */
		{ INPUT_BINDING_GONE, "\2\0\0\0\0a\0\1\0\0\0b\0", 13 },	  /* one too early */
		{ INPUT_BINDING_GONE, "\xff\xff\xff\xff", 4 },		  /* a length beyond all */
		{ INPUT_SOURCE, "\0\0\0\0\0\4\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0", 23 },	  /* no such state */
		{ INPUT_SOURCE, "\0\0\0\0\0\2\0\0\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0", 23 },	  /* no such bool */
		{ INPUT_POD, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\xff", 34 },
	};
	char text[128];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		put_header(0x01020304, 1);
		put_frame(cases[i].type, cases[i].payload, cases[i].length);
		snprintf(text, sizeof(text), "damaged at byte 24: the fields do not fit; what stood before it was read");
		expect_ticks(0, -EBADMSG, text);
	}
	/* The same with a state and a bool that are: the table above fails for the reason it gives. */
	put_header(0x01020304, 1);
	put_frame(INPUT_SOURCE, "\0\0\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0", 23);
	{
		struct recording_reader *reader = open_reader();
		struct input input;

		assert_int_equal(recording_read(reader, &input), 1);
		assert_int_equal(input.source.state, SOURCE_DOWN);
		recording_reader_close(reader);
	}
}

/* The bound holds to the byte, is said once, and stands in the file. */
static void bounded(void **state)
{
	(void)state;
	for (uint64_t max = HEADER + TICK; max < HEADER + 5 * TICK; max++) {
		struct recording_writer *writer = open_writer(max);
		uint64_t fit = (max - HEADER - TICK) / TICK; /* the mark takes one */
		struct input tick = { .kind = INPUT_TICK, .time = fit + 1 };
		struct recording_reader *reader;
		struct input input;
		struct stat file;

		write_ticks(writer, fit);
		assert_int_equal(recording_write(writer, &tick), -EFBIG);
		assert_int_equal(recording_write(writer, &tick), 0);
		assert_int_equal(recording_flush(writer), 0);
		assert_int_equal(recording_writer_close(writer), 0);
		assert_int_equal(stat(path, &file), 0);
		assert_true((uint64_t)file.st_size <= max);
		expect_ticks(fit, 0, NULL);
		reader = open_reader();
		while (recording_read(reader, &input) == 1)
			;
		assert_true(recording_reader_cut(reader));
		recording_reader_close(reader);
	}
}

/* A file that cannot grow keeps its whole frames; the error is told once. */
static void full_disk(void **state)
{
	struct rlimit before, limit;
	struct recording_writer *writer;
	int err = 0, errors = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = 100001; /* in the midst of a frame */
	signal(SIGXFSZ, SIG_IGN);
	writer = open_writer(0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (uint64_t i = 1; i <= 20000; i++) {
		struct input tick = { .kind = INPUT_TICK, .time = i };
		int error = recording_write(writer, &tick);

		err = error ? error : err;
		errors += error != 0;
	}
	assert_int_equal(recording_writer_close(writer), 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(errors, 1);
	assert_int_equal(err, -EFBIG);
	expect_ticks((100001 - HEADER) / TICK, 0, NULL);
}

static void no_space(void **state)
{
	struct input tick = { .kind = INPUT_TICK, .time = 1 };
	struct recording_writer *writer = NULL;

	(void)state;
	assert_int_equal(recording_writer_open(&writer, "/dev/full", 0), 0);
	assert_int_equal(recording_write(writer, &tick), 0);
	assert_int_equal(recording_flush(writer), -ENOSPC);
	assert_int_equal(recording_write(writer, &tick), 0);
	assert_int_equal(recording_flush(writer), 0);
	assert_int_equal(recording_writer_close(writer), 0);
	assert_int_equal(recording_writer_open(&writer, "/dev/full", 0), 0);
	assert_int_equal(recording_writer_close(writer), -ENOSPC);
	assert_int_equal(recording_writer_close(NULL), 0);
}

static void cannot_open(void **state)
{
	struct recording_writer *writer = NULL;
	struct recording_reader *reader = NULL;
	struct input input;

	(void)state;
	assert_int_equal(recording_writer_open(&writer, "/nowhere/file", 0), -ENOENT);
	assert_int_equal(recording_writer_open(&writer, "/tmp", 0), -EISDIR);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(recording_writer_open(&writer, path, 0), -ENXIO);
	assert_null(writer);
	assert_int_equal(recording_reader_open(&reader, "/nowhere/file"), -ENOENT);
	assert_null(reader);
	assert_int_equal(recording_reader_open(&reader, "/tmp"), 0);
	assert_int_equal(recording_read(reader, &input), -EISDIR);
	assert_string_equal(recording_reader_error(reader), "/tmp: cannot be read at byte 0: Is a directory");
	recording_reader_close(reader);
}

/* One input that is too large is refused, and the recording goes on. */
static void oversized(void **state)
{
	struct recording_writer *writer = open_writer(0);
	char *large = malloc((1 << 20) + 1);
	struct input kernel = { .kind = INPUT_KERNEL, .time = 2, .kernel = { large, (1 << 20) + 1 } };
	struct input path_ = { .kind = INPUT_PATH, .time = 2, .path = { .path = large } };
	struct recording_reader *reader;
	struct input input;

	(void)state;
	memset(large, 'x', 1 << 20);
	large[1 << 20] = '\0';
	write_ticks(writer, 1);
	assert_int_equal(recording_write(writer, &kernel), -EMSGSIZE);
	assert_int_equal(recording_write(writer, &path_), -EMSGSIZE);
	kernel.kernel.size--;
	assert_int_equal(recording_write(writer, &kernel), 0);
	assert_int_equal(recording_writer_close(writer), 0);
	reader = open_reader();
	assert_int_equal(recording_read(reader, &input), 1);
	assert_int_equal(recording_read(reader, &input), 1);
	same_input(&input, &kernel);
	assert_int_equal(recording_read(reader, &input), 0);
	recording_reader_close(reader);
	free(large);
}

/* Of this process alone: the machine may be busy. */
static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)timespec_to_ns(&now);
}

/* The bench holds the figures; here they are shown. */
static void speed(void **state)
{
	struct recording_writer *writer = open_writer(0);
	struct nns_addr addr = { .hdr = { .kind = NNS_ADDR_ADDED, .size = sizeof(addr) } };
	struct input input = { .kind = INPUT_KERNEL, .kernel = { &addr, sizeof(addr) } };
	struct recording_reader *reader;
	double start = cpu_ns(), written, read_;
	const uint64_t count = 1000000;

	(void)state;
	for (uint64_t i = 1; i <= count; i++) {
		input.time = addr.hdr.time = addr.hdr.seq = i;
		assert_int_equal(recording_write(writer, &input), 0);
	}
	assert_int_equal(recording_writer_close(writer), 0);
	written = cpu_ns();
	reader = open_reader();
	for (uint64_t i = 1; i <= count; i++) {
		if (recording_read(reader, &input) != 1 || input.time != i)
			fail_msg("record %llu: %s", (unsigned long long)i, recording_reader_error(reader));
	}
	read_ = cpu_ns();
	recording_reader_close(reader);
	print_message("%zu-byte records: %.1f million written a second, %.1f million read\n", sizeof(addr),
		      1e3 * (double)count / (written - start), 1e3 * (double)count / (read_ - written));
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(round_trip),     TEST(made_anew), TEST(from_pipe), TEST(truncated), TEST(damaged),
		TEST(other_files),    TEST(older_version), TEST(each_version), TEST(unknown_type), TEST(hostile_fields), TEST(bounded), TEST(full_disk),
		TEST(no_space),	      TEST(cannot_open), TEST(oversized), TEST(speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
