/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the tests of sources share: a temporary directory, a loop, and a log of what a source told, one line an
 * input.  A step waits until the log holds what it expects, not for a time; only a failure takes the time.
 */
#ifndef NETNSLEAK_TESTS_SOURCE_HARNESS_H
#define NETNSLEAK_TESTS_SOURCE_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "loop.h"
#include "source.h"
#include "util.h"

#define PATIENCE (60 * NS_PER_S) /* of a busy machine */

struct harness {
	char directory[64];
	struct loop *loop;
	struct loop_timer *patience;
	struct source *source;
	char log[16384];
	const char *awaited;
	size_t pods;
	int64_t as_of; /* of the last SOURCE_SYNCED or binding */
	int64_t asked; /* of the last SOURCE_SYNCING */
	bool quiet;    /* count, do not log */
};

static inline void log_ips(char *text, size_t size, const struct ip_address *ips, size_t count)
{
	*text = '\0';
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(text);

		if (used)
			text[used++] = ',';
		assert_non_null(inet_ntop(ips[i].family, ips[i].bytes, text + used, (socklen_t)(size - used)));
	}
}

static inline void log_line(struct harness *harness, const char *line)
{
	size_t used = strlen(harness->log);

	snprintf(harness->log + used, sizeof(harness->log) - used, "%s\n", line);
	if (harness->awaited && strstr(harness->log, harness->awaited))
		loop_stop(harness->loop);
}

static inline int log_input(void *ctx, const struct input *input)
{
	static const char *const states[] = { "syncing", "synced", "down", "absent" };
	struct harness *harness = ctx;
	char line[2048], ips[1024];

	assert_true(input->time != 0);
	switch (input->kind) {
	case INPUT_POD:
		harness->pods++;
		assert_string_equal(input->pod.source, harness->source ? harness->source->name : input->pod.source);
		log_ips(ips, sizeof(ips), input->pod.ips, input->pod.ip_count);
		snprintf(line, sizeof(line), "pod %s/%s uid=%s alias=%s node=%s ips=%s%s%s phase=%d finished=%lld",
			 input->pod.namespace_, input->pod.name, input->pod.uid, input->pod.alias_uid,
			 input->pod.node, ips, input->pod.host_network ? " host" : "",
			 input->pod.terminating ? " terminating" : "", (int)input->pod.phase,
			 (long long)input->pod.finished_wall);
		break;
	case INPUT_BINDING:
		harness->as_of = input->binding.as_of_wall;
		log_ips(ips, sizeof(ips), input->binding.ips, input->binding.ip_count);
		snprintf(line, sizeof(line), "binding %s %d %s/%s uid=%s container=%s path=%s inum=%u ips=%s",
			 input->binding.key, (int)input->binding.evidence, input->binding.pod_namespace,
			 input->binding.pod_name, input->binding.pod_uid, input->binding.container_id,
			 input->binding.netns_path, input->binding.netns_inum, ips);
		break;
	case INPUT_BINDING_GONE:
		snprintf(line, sizeof(line), "gone %s", input->binding_gone.key);
		break;
	case INPUT_PATH:
		snprintf(line, sizeof(line), "%s %s %u%s", input->path.present ? "there" : "away", input->path.path,
			 input->path.inum, input->path.made_wall ? " made" : "");
		break;
	case INPUT_SOURCE:
		if (input->source.state == SOURCE_SYNCED)
			harness->as_of = input->source.as_of_wall;
		if (input->source.state == SOURCE_SYNCING)
			harness->asked = input->source.as_of_wall;
		snprintf(line, sizeof(line), "%s%s%s%s", states[input->source.state],
			 input->source.authority ? " authority" : "", *input->source.detail ? " " : "",
			 input->source.detail);
		break;
	default:
		fail_msg("a source told input kind %d", (int)input->kind);
		return -EPROTO;
	}
	if (!harness->quiet || input->kind == INPUT_SOURCE)
		log_line(harness, line);
	return 0;
}

static inline int lose_patience(void *ctx, uint32_t events)
{
	struct harness *harness = ctx;

	(void)events;
	loop_stop(harness->loop);
	return -ETIME;
}

/* Runs the loop until the log, from now on, holds `text`. */
static inline void await(struct harness *harness, const char *text)
{
	int err = 0;

	harness->awaited = text;
	assert_int_equal(loop_timer_set(harness->patience, loop_now() + PATIENCE), 0);
	if (!strstr(harness->log, text))
		err = loop_run(harness->loop);
	loop_timer_set(harness->patience, 0);
	harness->awaited = NULL;
	if (err)
		fail_msg("%s: waited for \"%s\", got:\n%s", strerror(-err), text, harness->log);
}

/* Waits until the last line of the log is `text`, checks the whole log, and empties it. */
static inline void expect_log(struct harness *harness, const char *text)
{
	const char *line = text + strlen(text) - 1;

	while (line > text && line[-1] != '\n')
		line--;
	await(harness, line);
	assert_string_equal(harness->log, text);
	harness->log[0] = '\0';
}

/* Lets the loop go on for `ns`: what must not come has time to. */
static inline void expect_silence(struct harness *harness, int64_t ns)
{
	assert_int_equal(loop_timer_set(harness->patience, loop_now() + (uint64_t)ns), 0);
	assert_int_equal(loop_run(harness->loop), -ETIME);
	assert_string_equal(harness->log, "");
}

static inline void path_in(const struct harness *harness, char path[static 256], const char *name)
{
	snprintf(path, 256, "%s/%s", harness->directory, name);
}

static inline void write_bytes(const struct harness *harness, const char *name, const char *bytes, size_t length)
{
	char path[256];
	int fd;

	path_in(harness, path, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, length), length);
	assert_int_equal(close(fd), 0);
}

static inline void write_file(const struct harness *harness, const char *name, const char *text)
{
	write_bytes(harness, name, text, strlen(text));
}

static inline void rename_file(const struct harness *harness, const char *from, const char *to)
{
	char a[256], b[256];

	path_in(harness, a, from);
	path_in(harness, b, to);
	assert_int_equal(rename(a, b), 0);
}

static inline void remove_file(const struct harness *harness, const char *name)
{
	char path[256];

	path_in(harness, path, name);
	assert_int_equal(unlink(path), 0);
}

static inline struct source_context harness_context(struct harness *harness)
{
	return (struct source_context){
		.loop = harness->loop, .input = log_input, .input_ctx = harness, .now = loop_now,
	};
}

/* Opens "scheme:DIRECTORY/name". */
static inline void open_source(struct harness *harness, const char *scheme, const char *name)
{
	struct source_context context = harness_context(harness);
	char spec[300];

	snprintf(spec, sizeof(spec), "%s:%s%s%s", scheme, harness->directory, *name ? "/" : "", name);
	assert_int_equal(source_open(&harness->source, spec, &context), 0);
	assert_string_equal(harness->source->name, spec);
}

static inline int harness_setup(void **state)
{
	struct harness *harness = calloc(1, sizeof(*harness));

	if (!harness)
		return -1;
	strcpy(harness->directory, "/tmp/netnsleak-test.XXXXXX");
	*state = harness;
	if (!mkdtemp(harness->directory))
		return -1;
	return loop_open(&harness->loop) ||
	       loop_timer_open(&harness->patience, harness->loop, lose_patience, harness);
}

static inline int remove_one(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
	(void)stat;
	(void)type;
	(void)walk;
	if (remove(path) == 0)
		return 0;
	/* A test that failed may leave mounts. */
	while (errno == EBUSY && umount2(path, MNT_DETACH) == 0)
		;
	return remove(path);
}

static inline int harness_teardown(void **state)
{
	struct harness *harness = *state;

	source_close(harness->source);
	loop_timer_close(harness->patience);
	loop_close(harness->loop);
	nftw(harness->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(harness);
	return 0;
}

#endif
