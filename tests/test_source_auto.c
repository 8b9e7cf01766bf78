/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * auto, with made-up sources: which it takes, what it says of that, and what it does when one dies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "source_auto.h"

#define SHORT (20 * NS_PER_MS)

/* What one scheme is like. */
struct fake {
	bool there, starts_up, starts_absent;
	int open_error;
	const char *argument;
	struct source *source; /* while it is open */
	unsigned opened, closed, nudged;
};

enum { KUBE, KUBELET, CRI, DOCKER, PODMAN, FAKES };

static struct fake fakes[FAKES];

static struct bench {
	struct loop *loop;
	struct loop_timer *patience;
	struct source *source;
	const char *awaited;
	char log[4096];
} bench;

static struct fake *fake_of(const struct source_type *type);

static int fake_open(const struct source_type *type, struct source **ret, const char *argument,
		     const struct source_context *context)
{
	struct fake *fake = fake_of(type);
	int err;

	fake->opened++;
	if (fake->open_error)
		return fake->open_error;
	fake->source = calloc(1, sizeof(*fake->source));
	assert_non_null(fake->source);
	assert_int_equal(source_init(fake->source, type, argument, context), 0);
	fake->source->wants_nudges = type->nudge != NULL;
	assert_true(context->unnamed);
	err = source_tell_state(fake->source,
				fake->starts_up ? SOURCE_SYNCED : fake->starts_absent ? SOURCE_ABSENT : SOURCE_DOWN, true,
				fake->starts_up, fake->starts_up ? "" : "no");
	*ret = fake->source;
	return err;
}

static void fake_close(struct source *source)
{
	struct fake *fake = fake_of(source->type);

	fake->closed++;
	fake->source = NULL;
	source_fini(source);
	free(source);
}

static int fake_nudge(struct source *source, uint32_t inum, uint32_t pid)
{
	assert_int_equal(inum, 1002);
	assert_int_equal(pid, 42);
	fake_of(source->type)->nudged++;
	return 0;
}

static bool fake_available(const struct source_type *type, const char **ret_argument, char *reason)
{
	struct fake *fake = fake_of(type);

	snprintf(reason, SOURCE_REASON_BYTES, fake->there ? "its socket is there" : "there is no socket");
	if (fake->argument)
		*ret_argument = fake->argument;
	return fake->there;
}

/* available() is not told of which type it is: one of each. */
#define FAKE(name, pass_nudge, default_argument)                                                                     \
	static const struct source_type name##_type;                                                                 \
	static int name##_open(struct source **ret, const char *argument, const struct source_context *context)     \
	{                                                                                                            \
		return fake_open(&name##_type, ret, argument, context);                                              \
	}                                                                                                            \
	static bool name##_available(const char **ret_argument, char reason[static SOURCE_REASON_BYTES])            \
	{                                                                                                            \
		return fake_available(&name##_type, ret_argument, reason);                                           \
	}                                                                                                            \
	static const struct source_type name##_type = {                                                              \
		.scheme = #name, .fallback = default_argument, .open = name##_open, .close = fake_close,             \
		.available = name##_available, .nudge = pass_nudge,                                                  \
	}

FAKE(kube, NULL, "");
FAKE(kubelet, NULL, NULL);
FAKE(cri, NULL, "/run/cri.sock");
FAKE(docker, fake_nudge, "/run/docker.sock");
FAKE(podman, NULL, "/run/podman.sock");

/* file is no choice of auto's: it has no available(). */
static const struct source_type file_type = { .scheme = "file" };

static const struct source_type *const types[] = { &file_type,	 &podman_type, &docker_type, &cri_type,
						   &kubelet_type, &kube_type,	NULL };

static struct fake *fake_of(const struct source_type *type)
{
	static const struct source_type *const order[FAKES] = { &kube_type, &kubelet_type, &cri_type, &docker_type,
								&podman_type };

	for (size_t i = 0; i < FAKES; i++)
		if (order[i] == type)
			return &fakes[i];
	fail_msg("no such type");
	return NULL;
}

static int log_input(void *ctx, const struct input *input)
{
	static const char *const states[] = { "syncing", "synced", "down", "absent" };
	size_t used = strlen(bench.log);

	(void)ctx;
	assert_int_equal(input->kind, INPUT_SOURCE);
	assert_true(input->time != 0);
	snprintf(bench.log + used, sizeof(bench.log) - used, "%s %s\n", input->source.source,
		 states[input->source.state]);
	if (bench.awaited && strstr(bench.log, bench.awaited))
		loop_stop(bench.loop);
	return 0;
}

static int lose_patience(void *ctx, uint32_t events)
{
	(void)ctx;
	(void)events;
	return -ETIME;
}

static void await(const char *text)
{
	int err = 0;

	bench.awaited = text;
	assert_int_equal(loop_timer_set(bench.patience, loop_now() + 60 * NS_PER_S), 0);
	if (!strstr(bench.log, text))
		err = loop_run(bench.loop);
	bench.awaited = NULL;
	if (err)
		fail_msg("waited for \"%s\", got:\n%s", text, bench.log);
}

static void expect(const char *text)
{
	assert_string_equal(bench.log, text);
	bench.log[0] = '\0';
}

/* What must not come has five times as long as it would take. */
static void expect_nothing(void)
{
	assert_int_equal(loop_timer_set(bench.patience, loop_now() + 5 * SHORT), 0);
	assert_int_equal(loop_run(bench.loop), -ETIME);
	expect("");
}

static void open_auto(uint64_t patience)
{
	const struct source_context context = { .loop = bench.loop, .input = log_input, .now = loop_now };

	assert_int_equal(source_auto_open_from(&bench.source, types, patience, &context), 0);
}

static void the_best_of_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < FAKES; i++)
		fakes[i].there = fakes[i].starts_up = true;
	fakes[DOCKER].there = fakes[PODMAN].there = false;
	open_auto(SHORT);
	expect("kube synced\ncri:/run/cri.sock synced\n");
	assert_string_equal(bench.source->name, "kube, cri:/run/cri.sock");
	assert_string_equal(bench.source->account, "kube: its socket is there\ncri:/run/cri.sock: its socket is there\n"
						   "docker: not used: there is no socket\npodman: not used: there is no socket");
	assert_false(bench.source->wants_nudges);
	expect_nothing();
	assert_int_equal(fakes[DOCKER].opened, 0);
	assert_int_equal(fakes[KUBELET].opened, 0);
}

/* Docker and Podman beside the runtime of the pods. */
static void engines_beside(void **state)
{
	(void)state;
	fakes[CRI] = fakes[DOCKER] = fakes[PODMAN] = (struct fake){ .there = true, .starts_up = true };
	open_auto(SHORT);
	expect("cri:/run/cri.sock synced\ndocker:/run/docker.sock synced\npodman:/run/podman.sock synced\n");
	assert_string_equal(bench.source->name, "cri:/run/cri.sock, docker:/run/docker.sock, podman:/run/podman.sock");
}

/* What says itself that it is absent is not said to be so once more. */
static void absent_by_itself(void **state)
{
	(void)state;
	fakes[PODMAN] = (struct fake){ .there = true, .starts_absent = true };
	fakes[KUBE] = (struct fake){ .there = true, .starts_absent = true };
	fakes[KUBELET] = (struct fake){ .there = true, .starts_up = true, .argument = "x" };
	open_auto(SHORT);
	expect("kube absent\npodman:/run/podman.sock absent\n");
	await("kubelet:x synced\n");
	expect("kubelet:x synced\n");
	expect_nothing();
	assert_int_equal(source_tell_state(fakes[PODMAN].source, SOURCE_SYNCED, true, 1, ""), 0);
	expect("podman:/run/podman.sock synced\n");
}

static void weaker_ones(void **state)
{
	(void)state;
	fakes[KUBELET] = (struct fake){ .there = true, .starts_up = true, .argument = "https://localhost:10250" };
	fakes[DOCKER] = fakes[PODMAN] = (struct fake){ .there = true, .starts_up = true };
	open_auto(SHORT);
	expect("kubelet:https://localhost:10250 synced\ndocker:/run/docker.sock synced\npodman:/run/podman.sock synced\n");
	assert_string_equal(bench.source->account,
			    "kube: not used: there is no socket\nkubelet:https://localhost:10250: its socket is there\n"
			    "cri: not used: there is no socket\ndocker:/run/docker.sock: its socket is there\n"
			    "podman:/run/podman.sock: its socket is there");
	assert_true(bench.source->wants_nudges);
	assert_int_equal(source_nudge(bench.source, 1002, 42), 0);
	assert_int_equal(fakes[DOCKER].nudged, 1);
}

static void nothing_there(void **state)
{
	(void)state;
	open_auto(SHORT);
	expect("");
	assert_string_equal(bench.source->name, "");
	expect_nothing();
}

/* One that cannot be opened at all is told of, and the next one is taken at once. */
static void cannot_be_opened(void **state)
{
	(void)state;
	fakes[KUBE] = (struct fake){ .there = true, .open_error = -EINVAL };
	fakes[KUBELET] = (struct fake){ .there = true, .starts_up = true, .argument = "x" };
	open_auto(SHORT);
	expect("kubelet:x synced\n");
	assert_non_null(strstr(bench.source->account, "kube: not used: Invalid argument\n"));
}

/* It dies, and is not back in time: the weaker one comes in.  Then it is back, and dies again: nothing is left. */
static void one_dies(void **state)
{
	(void)state;
	fakes[KUBE] = fakes[KUBELET] = (struct fake){ .there = true, .starts_up = true, .argument = "x" };
	open_auto(SHORT);
	expect("kube:x synced\n");
	assert_int_equal(source_tell_state(fakes[KUBE].source, SOURCE_DOWN, true, 0, "no"), 0);
	await("kubelet:x synced\n");
	expect("kube:x down\nkubelet:x synced\n");
	assert_int_equal(fakes[KUBE].closed, 0);
	assert_int_equal(source_tell_state(fakes[KUBE].source, SOURCE_SYNCED, true, 0, ""), 0);
	assert_int_equal(source_tell_state(fakes[KUBE].source, SOURCE_DOWN, true, 0, "no"), 0);
	expect("kube:x synced\nkube:x down\n");
	expect_nothing();
	assert_int_equal(fakes[KUBELET].opened, 1);
}

static void back_in_time(void **state)
{
	(void)state;
	fakes[KUBE] = fakes[KUBELET] = (struct fake){ .there = true, .starts_up = true, .argument = "x" };
	open_auto(SHORT);
	assert_int_equal(source_tell_state(fakes[KUBE].source, SOURCE_DOWN, true, 0, "no"), 0);
	assert_int_equal(source_tell_state(fakes[KUBE].source, SOURCE_DOWN, true, 0, "still no"), 0);
	assert_int_equal(source_tell_state(fakes[KUBE].source, SOURCE_SYNCED, true, 0, ""), 0);
	bench.log[0] = '\0';
	expect_nothing();
}

/* One that never answers is not waited for; the next one may be like it. */
static void never_up(void **state)
{
	(void)state;
	fakes[KUBE] = fakes[KUBELET] = (struct fake){ .there = true, .argument = "x" };
	open_auto(SHORT);
	expect("kube:x down\n");
	await("kubelet:x absent\n");
	expect("kube:x absent\nkubelet:x down\nkubelet:x absent\n");
	expect_nothing();
	assert_int_equal(source_tell_state(fakes[KUBE].source, SOURCE_SYNCED, true, 0, ""), 0);
	expect("kube:x synced\n");
}

/* A runtime that is started later is found when a netns comes; what was found is not looked for again. */
static void appears_later(void **state)
{
	(void)state;
	fakes[KUBE] = (struct fake){ .there = true, .starts_up = true };
	open_auto(SHORT);
	expect("kube synced\n");
	fakes[DOCKER] = (struct fake){ .there = true, .starts_up = true };
	expect_nothing();
	assert_int_equal(source_netns_changed(bench.source), 0);
	assert_int_equal(source_netns_changed(bench.source), 0);
	await("docker:/run/docker.sock synced\n");
	expect("docker:/run/docker.sock synced\n");
	assert_int_equal(source_netns_changed(bench.source), 0);
	expect_nothing();
	assert_int_equal(fakes[KUBE].opened, 1);
	assert_int_equal(fakes[DOCKER].opened, 1);
}

static int ignore_input(void *ctx, const struct input *input)
{
	(void)ctx;
	(void)input;
	return 0;
}

/* The node's own: whatever it has, this program's types do not fail, and cni is always among them. */
static void real_types(void **state)
{
	const struct source_context context = { .loop = bench.loop, .input = ignore_input, .now = loop_now };

	(void)state;
	assert_int_equal(source_open(&bench.source, "auto:x", &context), -EINVAL);
	assert_int_equal(source_open(&bench.source, "auto", &context), 0);
	assert_non_null(strstr(bench.source->name, "cni:/var/lib/cni"));
	assert_non_null(strstr(bench.source->account, "cni:/var/lib/cni: libcni's cache is "));
}

static int setup(void **state)
{
	(void)state;
	memset(fakes, 0, sizeof(fakes));
	memset(&bench, 0, sizeof(bench));
	return loop_open(&bench.loop) || loop_timer_open(&bench.patience, bench.loop, lose_patience, NULL);
}

static int teardown(void **state)
{
	(void)state;
	source_close(bench.source);
	loop_timer_close(bench.patience);
	loop_close(bench.loop);
	for (size_t i = 0; i < FAKES; i++)
		if (fakes[i].source || (fakes[i].opened && !fakes[i].open_error && !fakes[i].closed))
			return -1;
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_best_of_all), TEST(weaker_ones), TEST(nothing_there), TEST(cannot_be_opened),
		TEST(one_dies),	       TEST(back_in_time), TEST(never_up),     TEST(appears_later),
		TEST(engines_beside),  TEST(absent_by_itself), TEST(real_types),
	};

	return cmocka_run_group_tests_name("source_auto", tests, NULL, NULL);
}
