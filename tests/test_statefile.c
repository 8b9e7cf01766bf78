/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a session leaves to the next: written by a pipeline, read back field by field, and all that can be wrong
 * with the file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "feed.h"
#include "statefile.h"
#include "util.h"

#define BOOT_ID "b-o-o-t"
#define OFFSET 1790000000000000000

static const struct statefile_boot boot = { BOOT_ID, OFFSET };

static char dir[] = "/tmp/netnsleak-test.XXXXXX";
static char path[64], aside[64], temporary[64];

static int setup(void **state)
{
	(void)state;
	memcpy(dir + sizeof(dir) - 7, "XXXXXX", 6);
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/state", dir);
	snprintf(aside, sizeof(aside), "%s/state.bad", dir);
	snprintf(temporary, sizeof(temporary), "%s/state.tmp", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	remove(path);
	remove(aside);
	remove(temporary);
	return rmdir(dir);
}

/* --- what is loaded --- */

struct loaded {
	size_t count;
	int fail_at, fail_with; /* the input that is refused */
	struct input_restored last;
	char uid[300], namespace_[64], name[64], container[64];
	struct ip_address ips[64];
};

static int on_input(void *ctx, const struct input *input)
{
	struct loaded *loaded = ctx;
	const struct input_restored *restored = &input->restored;

	assert_int_equal(input->kind, INPUT_RESTORED);
	assert_true(input->time > 0);
	loaded->last = *restored;
	snprintf(loaded->uid, sizeof(loaded->uid), "%s", restored->pod_uid);
	snprintf(loaded->namespace_, sizeof(loaded->namespace_), "%s", restored->pod_namespace);
	snprintf(loaded->name, sizeof(loaded->name), "%s", restored->pod_name);
	snprintf(loaded->container, sizeof(loaded->container), "%s", restored->container_id);
	memcpy(loaded->ips, restored->ips, restored->ip_count * sizeof(loaded->ips[0]));
	return (int)++loaded->count == loaded->fail_at ? loaded->fail_with : 0;
}

/* Into a pipeline, whose time is made up. */
static int restore(void *ctx, const struct input *input)
{
	return feed_input(ctx, *input);
}

static int load(struct loaded *ret)
{
	*ret = (struct loaded){ 0 };
	return statefile_load(path, &boot, on_input, ret);
}

static void write_bytes(const char *text, size_t length)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

static bool exists(const char *name)
{
	struct stat file;

	return lstat(name, &file) == 0;
}

/* --- round trip --- */

/* A leaked pod with two addresses, an orphan, a stuck one, and two that are not worth a word. */
static void feed_all(struct feed *feed)
{
	struct input_pod pod;
	struct ip_address ips[2];

	feed_open_with(feed, 60, 60, 500);
	census(feed, { 1, 5, 90, NULL });
	feed->now = 10;
	feed_created_as(feed, 2, 0xffffffff, 4026532281u, 0xdeadbeef);
	pod = feed_pod_of("file:pods", "cart");
	pod.ips = ips;
	pod.ip_count = 2;
	assert_int_equal(ip_address_parse(&ips[0], "10.0.1.5", false), 0);
	assert_int_equal(ip_address_parse(&ips[1], "fd00::5", false), 0);
	feed_source(feed, "file:pods", SOURCE_SYNCING, true);
	feed_pod_input(feed, &pod);
	feed_synced(feed, "file:pods", true, 10);
	feed_binding(feed, "cart", 4026532281u, 11);
	feed->now = 100;
	feed_listing(feed, NULL);
	feed_until(feed, 160);
	census(feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL });
	feed_created(feed, 3);
	feed_end(feed, NNS_NETNS_DYING, 3);
	feed_until(feed, 230);
	census(feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL }, { 3, 0, 0, NULL });
	feed_created(feed, 4);
	feed_until(feed, 731);
	census(feed, { 1, 5, 90, NULL }, { 2, 1, 0, NULL }, { 3, 0, 0, NULL }, { 4, 1, 0, NULL });
	feed_created(feed, 5);
	expect(feed, "1 netns.created 1\n10 netns.created 2\n10 netns.bound 2 cart by cni\n100 pod.gone 2 cart\n"
		     "160 netns.leaked 2 cart +60\n160 netns.created 3\n160 netns.dying 3\n230 netns.stuck 3 +70\n"
		     "230 netns.created 4\n731 netns.orphan 4 +501\n731 netns.created 5\n");
}

static int64_t wall(uint64_t seconds)
{
	return (int64_t)((FEED_EPOCH + seconds) * SECOND);
}

static int collect(void *ctx, const struct input *input)
{
	struct input_restored *all = ctx;
	const struct input_restored *restored = &input->restored;
	size_t i = restored->mix == 0xdeadbeef ? 0 : restored->inum - 1002;

	assert_true(i < 3);
	assert_int_equal(all[i].inum, 0); /* each once */
	all[i] = *restored;
	assert_string_equal(restored->creator, "runc");
	assert_int_equal(restored->creator_pid, 42);
	if (i == 0) {
		assert_string_equal(restored->pod_uid, "uid-cart");
		assert_string_equal(restored->pod_namespace, "shop");
		assert_string_equal(restored->pod_name, "cart");
		assert_string_equal(restored->container_id, "c0ffee");
		assert_int_equal(restored->ip_count, 2);
		assert_int_equal(restored->ips[0].family, AF_INET);
		assert_memory_equal(restored->ips[0].bytes, ((uint8_t[16]){ 10, 0, 1, 5 }), 16);
		assert_int_equal(restored->ips[1].family, AF_INET6);
		assert_memory_equal(restored->ips[1].bytes, ((uint8_t[16]){ 0xfd, [15] = 5 }), 16);
	} else {
		assert_string_equal(restored->pod_uid, "");
		assert_int_equal(restored->ip_count, 0);
	}
	return 0;
}

static void round_trip(void **state)
{
	struct input_restored all[3] = { 0 };
	struct feed feed;
	struct stat file;

	(void)state;
	feed_all(&feed);
	assert_int_equal(statefile_save(path, &boot, feed.pipeline), 0);
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_mode & 0777, 0600);
	assert_false(exists(temporary));
	assert_int_equal(statefile_load(path, &boot, collect, all), 0);
	assert_int_equal(all[0].cookie, 0xffffffff);
	assert_int_equal(all[0].inum, 4026532281u);
	assert_int_equal(all[0].mix, 0xdeadbeef);
	assert_int_equal(all[0].evidence, EVIDENCE_CNI);
	assert_int_equal(all[0].born_wall, wall(10));
	assert_int_equal(all[0].bound_wall, wall(11));
	assert_int_equal(all[0].gone_wall, wall(100));
	assert_int_equal(all[0].leaked_wall, wall(160));
	assert_int_equal(all[0].stuck_wall, 0);
	assert_int_equal(all[0].orphan_wall, 0);
	assert_int_equal(all[0].conflict_wall, 0);
	assert_int_equal(all[1].inum, 1003);
	assert_int_equal(all[1].cookie, 103);
	assert_int_equal(all[1].evidence, EVIDENCE_NONE);
	assert_int_equal(all[1].stuck_wall, wall(230));
	assert_int_equal(all[1].leaked_wall, 0);
	assert_int_equal(all[2].inum, 1004);
	assert_int_equal(all[2].orphan_wall, wall(731));
	feed_close(&feed);
}

static int check_cause(void *ctx, const struct input *input)
{
	const struct input_restored *restored = &input->restored;

	++*(int *)ctx;
	assert_string_equal(restored->container_id, "c0ffee");
	assert_string_equal(restored->netns_path, "/run/netns/cart");
	assert_string_equal(restored->cause, "cni-del-failed");
	assert_string_equal(restored->cause_evidence,
			    "CNI DEL of plugin bridge for eth0 exited with status 1 after 1.0s, at 1970-01-12T13:46:43Z");
	return 0;
}

/* Where the calls of CNI plugins show why a netns is still there, and as long as they do. */
static void cause(void **state)
{
	struct feed feed;
	uint64_t version;
	int count = 0;

	(void)state;
	feed_open_seeing_calls(&feed);
	feed_census(&feed, NULL, 0);
	feed_listing(&feed, "cart", NULL);
	feed_created(&feed, 2);
	feed_input(&feed, (struct input){ .kind = INPUT_PATH, .path = { .path = "/run/netns/cart", .inum = 1002, .present = true } });
	feed_call(&feed, "ADD bridge eth0", "/run/netns/cart", 1002, 0);
	feed_listing(&feed, NULL);
	version = pipeline_remember_version(feed.pipeline);
	feed_call(&feed, "DEL bridge eth0", "/run/netns/cart", 1002, 0x100);
	assert_true(pipeline_remember_version(feed.pipeline) > version);
	assert_int_equal(statefile_save(path, &boot, feed.pipeline), 0);
	assert_int_equal(statefile_load(path, &boot, check_cause, &count), 0);
	assert_int_equal(count, 1);
	feed_close(&feed);
}

static int keep_cause(void *ctx, const struct input *input)
{
	return snprintf(ctx, 64, "%s", input->restored.cause) < 64 ? 0 : -ENOSPC;
}

static void remember(const struct feed *feed, const char *expected)
{
	char found[64] = "(none)";

	assert_int_equal(statefile_save(path, &boot, feed->pipeline), 0);
	assert_int_equal(statefile_load(path, &boot, keep_cause, found), 0);
	assert_string_equal(found, expected);
}

/* The runtime has its time for a DEL: that there was none is remembered once it is over. */
static void cause_that_may_pass(void **state)
{
	struct feed feed;

	(void)state;
	feed_open_seeing_calls(&feed);
	feed_census(&feed, NULL, 0);
	feed_listing(&feed, "cart", NULL);
	feed_created(&feed, 2);
	feed_input(&feed, (struct input){ .kind = INPUT_PATH, .path = { .path = "/run/netns/cart", .inum = 1002, .present = true } });
	feed_call(&feed, "ADD bridge eth0", "/run/netns/cart", 1002, 0);
	feed.now += 10;
	feed_listing(&feed, NULL);
	remember(&feed, "");
	feed_until(&feed, feed.now + 120);
	census(&feed, { 2, 1, 0, NULL });
	assert_non_null(strstr(feed.log, "netns.leaked 2 cart"));
	remember(&feed, "cni-del-never-called");
	feed_close(&feed);
}

/* The clock is set between two sessions: as long ago as it was, it stays. */
static void clock_is_set(void **state)
{
	const struct statefile_boot later = { BOOT_ID, OFFSET + 3600000000000ll };
	struct input_restored all[3] = { 0 };
	struct feed feed;

	(void)state;
	feed_all(&feed);
	assert_int_equal(statefile_save(path, &boot, feed.pipeline), 0);
	assert_int_equal(statefile_load(path, &later, collect, all), 0);
	assert_int_equal(all[0].bound_wall, wall(11) + 3600000000000ll);
	assert_int_equal(all[0].gone_wall, wall(100) + 3600000000000ll);
	assert_int_equal(all[0].leaked_wall, wall(160) + 3600000000000ll);
	assert_int_equal(all[0].stuck_wall, 0);
	feed_close(&feed);
}

/* The next session reports nothing twice, counts what is still there, and says the same when it saves in turn. */
static void next_session(void **state)
{
	struct feed feed, next;
	struct report_summary summary;

	(void)state;
	feed_all(&feed);
	assert_int_equal(statefile_save(path, &boot, feed.pipeline), 0);
	feed_close(&feed);
	feed_open_with(&next, 60, 60, 500);
	next.now = 800;
	assert_int_equal(statefile_load(path, &boot, restore, &next), 0);
	feed_created_as(&next, 2, 0xffffffff, 4026532281u, 0xdeadbeef);
	census(&next, { 1, 5, 90, NULL }, { 2, 1, 0, NULL }, { 3, 0, 0, NULL }, { 4, 1, 0, NULL });
	feed_listing(&next, NULL);
	next.log[0] = '\0';
	feed_until(&next, 1200);
	census(&next, { 1, 5, 90, NULL }, { 2, 1, 0, NULL }, { 3, 0, 0, NULL }, { 4, 1, 0, NULL });
	expect(&next, "");
	/* When and by whom it was made is known, though no census says it. */
	assert_int_equal(state_by_handle(pipeline_state(next.pipeline), 4)->born, 230 * SECOND);
	assert_string_equal(state_by_handle(pipeline_state(next.pipeline), 4)->creator.comm, "runc");
	assert_true(state_by_handle(pipeline_state(next.pipeline), 4)->preexisting);
	pipeline_summary(next.pipeline, &summary);
	assert_int_equal(summary.leaked_now, 1);
	assert_int_equal(summary.leaked, 0);
	feed_freed(&next, 2);
	expect(&next, "1200 netns.dying 2 cart\n1200 netns.freed 2 cart +1100\n1200 netns.recovered 2 cart +1100\n");
	pipeline_summary(next.pipeline, &summary);
	assert_int_equal(summary.leaked_now, 0);
	feed_close(&next);
}

/* A conflict is remembered too, of a netns that has no other deadline. */
static void conflict_once(void **state)
{
	struct feed feed;

	(void)state;
	feed_open(&feed);
	census(&feed, { 1, 5, 90, NULL });
	feed.now = 10;
	feed_source(&feed, "file:pods", SOURCE_SYNCING, true);
	feed_pod(&feed, "file:pods", "cart", "10.0.1.5");
	feed_pod(&feed, "file:pods", "shop", NULL);
	feed_synced(&feed, "file:pods", true, 10);
	feed_created(&feed, 2);
	feed_binding(&feed, "cart", 1002, 11);
	feed_created(&feed, 3);
	feed_binding(&feed, "shop", 1003, 11);
	feed_addr(&feed, NNS_ADDR_ADDED, 2, "10.0.1.5");
	feed_addr(&feed, NNS_ADDR_ADDED, 3, "10.0.1.5");
	feed_until(&feed, 80);
	feed.log[0] = '\0';
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 1, "10.0.1.5" }, { 3, 1, 1, "10.0.1.5" });
	expect(&feed, "80 netns.ip_conflict 3/2 shop\n");
	assert_int_equal(statefile_save(path, &boot, feed.pipeline), 0);
	feed_close(&feed);

	feed_open(&feed);
	feed.now = 100;
	assert_int_equal(statefile_load(path, &boot, restore, &feed), 0);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 1, "10.0.1.5" }, { 3, 1, 1, "10.0.1.5" });
	feed_source(&feed, "file:pods", SOURCE_SYNCING, true);
	feed_pod(&feed, "file:pods", "cart", "10.0.1.5");
	feed_pod(&feed, "file:pods", "shop", NULL);
	feed_synced(&feed, "file:pods", true, 100);
	feed.log[0] = '\0';
	feed_until(&feed, 400);
	census(&feed, { 1, 5, 90, NULL }, { 2, 1, 1, "10.0.1.5" }, { 3, 1, 1, "10.0.1.5" });
	expect(&feed, "");
	feed_close(&feed);
}

/* --- files that are not ours to believe --- */

static void none_and_another_boot(void **state)
{
	const struct statefile_boot another = { "another", OFFSET };
	struct loaded loaded;
	struct feed feed;

	(void)state;
	assert_int_equal(load(&loaded), 0);
	assert_int_equal(loaded.count, 0);
	feed_all(&feed);
	assert_int_equal(statefile_save(path, &another, feed.pipeline), 0);
	feed_close(&feed);
	assert_int_equal(load(&loaded), 0);
	assert_int_equal(loaded.count, 0);
	assert_true(exists(path));
	assert_false(exists(aside));
}

#define FILE_OF(format, version, offset, netns) \
	"{\"format\":" format ",\"version\":" version ",\"boot_id\":\"" BOOT_ID "\",\"wall_offset\":" offset ",\"netns\":" netns
#define NAME "\"netnsleak-state\""
#define OFFSET_TEXT "\"1790000000000000000\""
#define HEAD FILE_OF(NAME, "1", OFFSET_TEXT, "[")

static void is_set_aside(const char *text, size_t length)
{
	struct loaded loaded;

	remove(aside);
	write_bytes(text, length);
	if (load(&loaded) != -EBADMSG)
		fail_msg("taken: %.200s", text);
	assert_int_equal(loaded.count, 0);
	assert_false(exists(path));
	assert_true(exists(aside));
	assert_int_equal(load(&loaded), 0); /* as if there was none */
}

static void damaged(void **state)
{
	static const char good[] = HEAD "{\"inum\":\"5\"}]}\n";
	static const char *const bad[] = {
		"", " ", "{", "[]", "null", "\"x\"", "1e999", "{}", "{\"netns\":[]}", HEAD, HEAD "]", HEAD "]}x",
		HEAD "{]}", HEAD "]}{}",
		FILE_OF(NAME, "2", OFFSET_TEXT, "[]}"),
		FILE_OF(NAME, "\"1\"", OFFSET_TEXT, "[]}"),
		FILE_OF(NAME, "1", OFFSET_TEXT, "{}}"),
		"{\"format\":\"netnsleak-state\",\"version\":1,\"boot_id\":\"" BOOT_ID "\"}",
		FILE_OF("\"netnsleak\"", "1", OFFSET_TEXT, "[]}"),
		FILE_OF("7", "1", OFFSET_TEXT, "[]}"), FILE_OF(NAME, "1", "1790000000000000000", "[]}"),
		FILE_OF(NAME, "1", "\"-9223372036854775808\"", "[]}"),
	};
	char text[sizeof(good) + 16], *deep;
	struct loaded loaded;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		is_set_aside(bad[i], strlen(bad[i]));
	/* Cut anywhere; the newline at its end is nobody's loss. */
	for (i = 0; i + 2 < sizeof(good) - 1; i++)
		is_set_aside(good, i);
	/* Zeros, within and behind. */
	memset(text, 0, sizeof(text));
	memcpy(text, good, sizeof(good) - 1);
	is_set_aside(text, sizeof(text));
	text[40] = '\0';
	is_set_aside(text, sizeof(good) - 1);
	/* Nested deeper than any stack. */
	deep = malloc(1 << 20);
	assert_non_null(deep);
	memset(deep, '[', 1 << 20);
	is_set_aside(deep, 1 << 20);
	memcpy(deep, HEAD, sizeof(HEAD) - 1);
	is_set_aside(deep, 1 << 20);
	free(deep);
	write_bytes(good, sizeof(good) - 1);
	assert_int_equal(load(&loaded), 0);
	assert_int_equal(loaded.count, 1);
}

/* A whole file with parts that say nothing: those are left out. */
static void wrong_types(void **state)
{
	static const char text[] = HEAD
		"1,null,\"x\",[],{},{\"inum\":5},{\"inum\":null},{\"inum\":\"0\"},{\"inum\":\"x\"},"
		"{\"cookie\":7,\"inum\":\"99999999999999999999999\",\"mix\":[],\"evidence\":\"magic\",\"pod\":[1],"
		"\"container_id\":{},\"bound\":1e300,\"gone\":\"-99999999999999999999999\",\"leaked\":true},"
		"{\"cookie\":\"-1\",\"inum\":\"6\",\"evidence\":\"cri\",\"pod\":{\"uid\":1,\"namespace\":[],"
		"\"name\":\"n\",\"ips\":[1,\"x\",\"10.0.0.1/24\",\"10.0.0.1\",null,\"::ffff:10.0.0.2\"]},"
		"\"gone\":\"9223372036854775807\",\"leaked\":\"-9223372036854775808\"}]}";
	struct loaded loaded;
	struct feed feed;

	(void)state;
	write_bytes(text, sizeof(text) - 1);
	assert_int_equal(load(&loaded), 0);
	assert_int_equal(loaded.count, 2);
	assert_int_equal(loaded.last.inum, 6);
	assert_int_equal(loaded.last.evidence, EVIDENCE_CRI);
	assert_string_equal(loaded.uid, "");
	assert_string_equal(loaded.namespace_, "");
	assert_string_equal(loaded.name, "n");
	assert_int_equal(loaded.last.ip_count, 2);
	assert_memory_equal(loaded.ips[1].bytes, ((uint8_t[16]){ 10, 0, 0, 2 }), 16);
	assert_int_equal(loaded.last.gone_wall, INT64_MAX);
	assert_int_equal(loaded.last.leaked_wall, INT64_MIN);
	/* And no stage minds. */
	feed_open(&feed);
	assert_int_equal(statefile_load(path, &boot, restore, &feed), 0);
	feed_created_as(&feed, 6, 0, 6, 0);
	feed_created_as(&feed, 7, (unsigned)-1, 6, 0);
	feed_until(&feed, 1000);
	assert_int_equal(statefile_save(path, &boot, feed.pipeline), 0);
	feed_close(&feed);
}

/* The same netns twice is one leak. */
static void told_twice(void **state)
{
#define LEAKED "{\"cookie\":\"102\",\"inum\":\"1002\",\"mix\":\"14\",\"evidence\":\"cni\",\"pod\":{\"uid\":\"u\",\"name\":\"n\"}," \
	       "\"gone\":\"1000000000000001\",\"leaked\":\"1000000000000001\"}"
	static const char text[] = HEAD LEAKED "," LEAKED "," LEAKED "]}";
	struct report_summary summary;
	struct feed feed;

	(void)state;
	write_bytes(text, sizeof(text) - 1);
	feed_open(&feed);
	assert_int_equal(statefile_load(path, &boot, restore, &feed), 0);
	feed_created(&feed, 2);
	pipeline_summary(feed.pipeline, &summary);
	assert_int_equal(summary.leaked_now, 1);
	feed_freed(&feed, 2);
	pipeline_summary(feed.pipeline, &summary);
	assert_int_equal(summary.leaked_now, 0);
	feed_close(&feed);
}

static void many_addresses(void **state)
{
	char *text = malloc(1 << 16), *at = text;
	struct loaded loaded;
	int i;

	(void)state;
	assert_non_null(text);
	at += sprintf(at, HEAD "{\"inum\":\"5\",\"pod\":{\"ips\":[");
	for (i = 0; i < 1000; i++)
		at += sprintf(at, "%s\"10.0.%d.%d\"", i ? "," : "", i / 256, i % 256);
	at += sprintf(at, "]}}]}");
	write_bytes(text, (size_t)(at - text));
	free(text);
	assert_int_equal(load(&loaded), 0);
	assert_int_equal(loaded.last.ip_count, 64);
}

static void refused_input(void **state)
{
	struct loaded loaded = { .fail_at = 2, .fail_with = -ENOMEM };
	static const char text[] = HEAD "{\"inum\":\"5\"},{\"inum\":\"6\"},{\"inum\":\"7\"}]}";

	(void)state;
	write_bytes(text, sizeof(text) - 1);
	assert_int_equal(statefile_load(path, &boot, on_input, &loaded), -ENOMEM);
	assert_int_equal(loaded.count, 2);
	assert_true(exists(path));
}

/* --- no regular file --- */

static void no_regular_file(void **state)
{
	struct loaded loaded;
	struct feed feed;

	(void)state;
	feed_all(&feed);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(load(&loaded), -EISDIR);
	assert_int_equal(statefile_save(path, &boot, feed.pipeline), -EISDIR);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(load(&loaded), -EINVAL); /* at once */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("/dev/zero", path), 0);
	assert_int_equal(load(&loaded), -EINVAL);
	assert_false(exists(aside));
	assert_false(exists(temporary));
	feed_close(&feed);
}

/* A name for the temporary file that something else has: it goes, and what a link leads to is left alone. */
static void leftovers(void **state)
{
	char victim[80];
	struct loaded loaded;
	struct stat file;
	struct feed feed;

	(void)state;
	feed_all(&feed);
	assert_int_equal(mkfifo(temporary, 0600), 0);
	assert_int_equal(statefile_save(path, &boot, feed.pipeline), 0);
	snprintf(victim, sizeof(victim), "%s/victim", dir);
	assert_int_equal(mknod(victim, S_IFREG | 0600, 0), 0);
	assert_int_equal(symlink(victim, temporary), 0);
	assert_int_equal(statefile_save(path, &boot, feed.pipeline), 0);
	assert_int_equal(stat(victim, &file), 0);
	assert_int_equal(file.st_size, 0);
	assert_int_equal(unlink(victim), 0);
	assert_int_equal(mkdir(temporary, 0700), 0);
	assert_int_equal(statefile_save(path, &boot, feed.pipeline), -EEXIST);
	/* The old one is as it was. */
	assert_int_equal(load(&loaded), 0);
	assert_int_equal(loaded.count, 3);
	feed_close(&feed);
}

static void no_directory(void **state)
{
	char long_path[5000];
	struct feed feed;

	(void)state;
	feed_all(&feed);
	assert_int_equal(statefile_save("/nowhere/state", &boot, feed.pipeline), -ENOENT);
	memset(long_path, 'x', sizeof(long_path));
	long_path[sizeof(long_path) - 1] = '\0';
	assert_int_equal(statefile_save(long_path, &boot, feed.pipeline), -ENAMETOOLONG);
	feed_close(&feed);
}

/* The disk is full: the old file stays, nothing else is left.  Needs the right to mount. */
static void full_disk(void **state)
{
	char inside[80], filler[80];
	static const char zeros[4096];
	struct loaded loaded = { 0 };
	struct feed feed;
	FILE *file;

	(void)state;
	if (mount("tmpfs", dir, "tmpfs", 0, "size=16k") < 0) {
		assert_int_equal(errno, EPERM);
		skip();
	}
	feed_all(&feed);
	snprintf(inside, sizeof(inside), "%s/state", dir);
	snprintf(filler, sizeof(filler), "%s/filler", dir);
	assert_int_equal(statefile_save(inside, &boot, feed.pipeline), 0);
	file = fopen(filler, "we");
	assert_non_null(file);
	while (fwrite(zeros, sizeof(zeros), 1, file) == 1 && !fflush(file))
		;
	fclose(file);
	assert_int_equal(statefile_save(inside, &boot, feed.pipeline), -ENOSPC);
	assert_int_equal(statefile_load(inside, &boot, on_input, &loaded), 0);
	assert_int_equal(loaded.count, 3);
	assert_false(exists(temporary));
	assert_int_equal(umount(dir), 0);
	feed_close(&feed);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(round_trip),    TEST(cause),	    TEST(cause_that_may_pass), TEST(clock_is_set),
		TEST(next_session),  TEST(conflict_once),   TEST(none_and_another_boot), TEST(damaged),
		TEST(wrong_types),   TEST(told_twice),	    TEST(many_addresses),      TEST(refused_input),
		TEST(no_regular_file), TEST(leftovers),	    TEST(no_directory),	       TEST(full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
