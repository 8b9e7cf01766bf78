/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "source_auto.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"

#define MOST_CHILDREN 8
#define MOST_ALTERNATIVES 2

/* Alternatives, the best first.  A node may well have Docker beside the runtime of its pods. */
static const struct purpose {
	const char *what;
	const char *schemes[MOST_ALTERNATIVES];
} purposes[] = {
	{ "which pods there are", { "kube", "kubelet" } },
	{ "the pods' runtime", { "cri" } },
	{ "containers of Docker", { "docker" } },
	{ "containers of Podman", { "podman" } },
	{ "CNI", { "cni" } },
	{ "processes", { "cgroup" } },
};

struct child {
	struct source_auto *owner;
	struct source *source;
	size_t purpose;
	uint64_t down_since; /* boot ns; 0: it is in use */
	bool ever_up, settled; /* settled: what follows of its being down was done */
	bool absent; /* it said so itself */
};

struct source_auto {
	struct source source;
	const struct source_type *const *types;
	uint64_t patience;
	struct loop_timer *timer;
	struct child children[MOST_CHILDREN];
	size_t count;
	size_t next[ARRAY_SIZE(purposes)]; /* alternative, where the present one is down */
	uint64_t looked_at; /* boot ns: for what there is */
	bool look_due;	    /* again */
};

/* --- what is told on the way through --- */

static int settle_timer(struct source_auto *automatic)
{
	uint64_t first = automatic->look_due ? automatic->looked_at + automatic->patience : 0;

	for (size_t i = 0; i < automatic->count; i++) {
		const struct child *child = &automatic->children[i];
		uint64_t due = child->down_since + automatic->patience;

		if (child->down_since && !child->settled && (!first || due < first))
			first = due;
	}
	return loop_timer_set(automatic->timer, first);
}

static int note_state(struct child *child, enum source_state state)
{
	if (state == SOURCE_SYNCED) {
		child->down_since = 0;
		child->ever_up = true;
		child->settled = child->absent = false;
	} else if (state == SOURCE_DOWN && !child->down_since) {
		child->down_since = loop_now();
	} else if (state == SOURCE_ABSENT) {
		child->absent = true;
	} else {
		return 0;
	}
	return settle_timer(child->owner);
}

static int child_input(void *ctx, const struct input *input)
{
	struct child *child = ctx;
	const struct source_context *context = &child->owner->source.context;
	int err = context->input(context->input_ctx, input);

	return err || input->kind != INPUT_SOURCE ? err : note_state(child, input->source.state);
}

/* --- what is taken --- */

__attribute__((format(printf, 2, 3))) static int add_line(char **text, const char *format, ...)
{
	CLEANUP(free_pointer) char *line = NULL;
	char *joined;
	va_list arguments;

	va_start(arguments, format);
	line = vformatted(format, arguments);
	va_end(arguments);
	if (!line)
		return -ENOMEM;
	joined = formatted("%s%s%s", *text ? *text : "", *text ? "\n" : "", line);
	if (!joined)
		return -ENOMEM;
	free(*text);
	*text = joined;
	return 0;
}

static const struct source_type *type_of(const struct source_auto *automatic, const char *scheme)
{
	for (size_t i = 0; scheme && automatic->types[i]; i++)
		if (!strcmp(automatic->types[i]->scheme, scheme))
			return automatic->types[i];
	return NULL;
}

/* An error of the source itself: the others are used without it. */
static int take(struct source_auto *automatic, const struct source_type *type, const char *argument, size_t purpose,
		const char *reason)
{
	struct child *child = &automatic->children[automatic->count];
	struct source_context context = automatic->source.context;
	int err;

	if (automatic->count == MOST_CHILDREN)
		return -E2BIG;
	*child = (struct child){ .owner = automatic, .purpose = purpose, .down_since = loop_now() };
	context.input = child_input;
	context.input_ctx = child;
	context.unnamed = true;
	automatic->count++;
	err = type->open(&child->source, argument, &context);
	if (err) {
		automatic->count--;
		return err == -ENOMEM ? err : add_line(&automatic->source.account, "%s: not used: %s", type->scheme, source_strerror(err));
	}
	automatic->source.wants_nudges |= child->source->wants_nudges;
	return add_line(&automatic->source.account, "%s: %s", child->source->name, reason);
}

static int take_if_there(struct source_auto *automatic, const char *scheme, size_t purpose)
{
	const struct source_type *type = type_of(automatic, scheme);
	char reason[SOURCE_REASON_BYTES] = "";
	const char *argument = NULL;

	if (!type || !type->available)
		return 0;
	if (!type->available(&argument, reason))
		return add_line(&automatic->source.account, "%s: not used: %s", scheme, reason);
	return take(automatic, type, argument ? argument : type->fallback ? type->fallback : "", purpose, reason);
}

/* The first alternative, from automatic->next on, of which this node has something. */
static int take_next(struct source_auto *automatic, size_t purpose)
{
	size_t *next = &automatic->next[purpose], before = automatic->count;
	int err = 0;

	while (!err && automatic->count == before && *next < MOST_ALTERNATIVES)
		err = take_if_there(automatic, purposes[purpose].schemes[(*next)++], purpose);
	return err;
}

/* --- what dies --- */

static int tell_absent(const struct child *child)
{
	const struct source_context *context = &child->owner->source.context;
	struct input input = {
		.kind = INPUT_SOURCE,
		.time = context->now(),
		.source = { .source = child->source->name, .state = SOURCE_ABSENT, .authority = true,
			    .detail = "it has not answered since the start; no verdict waits for it, and it is used "
				      "when it does" },
	};

	return context->input(context->input_ctx, &input);
}

static int settle_children(struct source_auto *automatic, uint64_t now)
{
	int err = 0;

	for (size_t i = 0; !err && i < automatic->count; i++) {
		struct child *child = &automatic->children[i];

		if (!child->down_since || child->settled || now < child->down_since + automatic->patience)
			continue;
		child->settled = true;
		if (!child->ever_up && !child->absent)
			err = tell_absent(child);
		if (!err)
			err = take_next(automatic, child->purpose);
	}
	return err;
}

/* --- what appears later --- */

static bool has_child(const struct source_auto *automatic, size_t purpose)
{
	for (size_t i = 0; i < automatic->count; i++)
		if (automatic->children[i].purpose == purpose)
			return true;
	return false;
}

static bool lacks_something(const struct source_auto *automatic)
{
	for (size_t i = 0; i < ARRAY_SIZE(purposes); i++)
		if (!has_child(automatic, i))
			return true;
	return false;
}

static int look_again(struct source_auto *automatic, uint64_t now)
{
	int err = 0;

	if (!automatic->look_due || now < automatic->looked_at + automatic->patience)
		return 0;
	automatic->look_due = false;
	automatic->looked_at = now;
	for (size_t i = 0; !err && i < ARRAY_SIZE(purposes); i++) {
		if (has_child(automatic, i))
			continue;
		automatic->next[i] = 0;
		err = take_next(automatic, i);
	}
	return err;
}

static int on_timer(void *ctx, uint32_t events)
{
	struct source_auto *automatic = ctx;
	uint64_t now = loop_now();
	int err;

	(void)events;
	/* It was for the start. */
	free(automatic->source.account);
	automatic->source.account = NULL;
	err = settle_children(automatic, now);
	if (!err)
		err = look_again(automatic, now);
	return err ? err : settle_timer(automatic);
}

/* --- the source --- */

static void source_auto_close(struct source *source)
{
	struct source_auto *automatic = (struct source_auto *)source;

	while (automatic->count)
		source_close(automatic->children[--automatic->count].source);
	loop_timer_close(automatic->timer);
	source_fini(source);
	free(automatic);
}

static int nudge(struct source *source, uint32_t inum, uint32_t pid)
{
	struct source_auto *automatic = (struct source_auto *)source;
	int err = 0;

	for (size_t i = 0; !err && i < automatic->count; i++)
		err = source_nudge(automatic->children[i].source, inum, pid);
	return err;
}

static int netns_changed(struct source *source)
{
	struct source_auto *automatic = (struct source_auto *)source;
	int err = 0;

	for (size_t i = 0; !err && i < automatic->count; i++)
		err = source_netns_changed(automatic->children[i].source);
	if (err || automatic->look_due || !lacks_something(automatic))
		return err;
	automatic->look_due = true;
	return settle_timer(automatic);
}

/* "kube, cri:/run/containerd/containerd.sock, cni:/var/lib/cni": it tells nothing in its own name. */
static int set_name(struct source_auto *automatic)
{
	char *name = strdup(""), *joined;

	for (size_t i = 0; name && i < automatic->count; i++) {
		joined = formatted("%s%s%s", name, i ? ", " : "", automatic->children[i].source->name);
		free(name);
		name = joined;
	}
	if (!name)
		return -ENOMEM;
	free(automatic->source.name);
	automatic->source.name = name;
	return 0;
}

static int take_all(struct source_auto *automatic)
{
	int err = 0;

	automatic->looked_at = loop_now();
	for (size_t i = 0; !err && i < ARRAY_SIZE(purposes); i++)
		err = take_next(automatic, i);
	if (!err)
		err = set_name(automatic);
	return err ? err : settle_timer(automatic);
}

int source_auto_open_from(struct source **ret, const struct source_type *const *types, uint64_t patience,
			  const struct source_context *context)
{
	struct source_auto *automatic = calloc(1, sizeof(*automatic));
	int err;

	if (!automatic)
		return -ENOMEM;
	automatic->types = types;
	automatic->patience = patience;
	err = source_init(&automatic->source, &source_auto, "", context);
	if (!err)
		err = loop_timer_open(&automatic->timer, context->loop, on_timer, automatic);
	if (!err)
		err = take_all(automatic);
	if (err) {
		source_auto_close(&automatic->source);
		return err;
	}
	*ret = &automatic->source;
	return 0;
}

static int source_auto_open(struct source **ret, const char *argument, const struct source_context *context)
{
	if (*argument)
		return -EINVAL;
	return source_auto_open_from(ret, source_types, AUTO_PATIENCE, context);
}

/* All of them, for each may be the one that is taken. */
static int source_auto_check(const char *argument, struct checks *checks)
{
	int err = 0;

	(void)argument;
	for (size_t i = 0; !err && source_types[i]; i++) {
		const struct source_type *type = source_types[i];
		char reason[SOURCE_REASON_BYTES] = "";
		const char *found = NULL;
		struct check *check;

		if (!type->available)
			continue;
		if (type->available(&found, reason)) {
			err = type->check(found ? found : type->fallback ? type->fallback : "", checks);
			continue;
		}
		check = checks_add(checks, "source", CHECK_NO, false, type->scheme);
		if (!check)
			return -ENOMEM;
		snprintf(check->detail, sizeof(check->detail), "%s", reason);
	}
	return err;
}

const struct source_type source_auto = {
	.scheme = "auto",
	.argument = "",
	.fallback = "",
	.help = "those of the others that this node has, weaker ones in place of one that dies",
	.open = source_auto_open,
	.close = source_auto_close,
	.nudge = nudge,
	.netns_changed = netns_changed,
	.check = source_auto_check,
};
