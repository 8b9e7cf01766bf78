/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "checks.h"
#include "commands.h"
#include "node.h"
#include "output.h"
#include "progress.h"
#include "say.h"
#include "source.h"
#include "tracer.h"
#include "version.h"

static const char *color_of(const struct check *check)
{
	if (check->answer == CHECK_YES)
		return "\033[32m";
	return check->answer == CHECK_NO && check->required ? "\033[31m" : "\033[33m";
}

static void print_check(const struct check *check, int width, bool color)
{
	printf("  %s%-14s%s  %-*s  %s\n", color ? color_of(check) : "", check_answer_name(check->answer),
	       color ? "\033[0m" : "", width, check->subject, check->detail);
	if (check->answer != CHECK_YES && *check->remedy)
		printf("                  -> %s\n", check->remedy);
}

static void print_checks(const struct checks *checks, bool color)
{
	const char *group = "";
	int width = 0;
	size_t i;

	for (i = 0; i < checks->count; i++)
		if ((int)strlen(checks->items[i].subject) > width)
			width = (int)strlen(checks->items[i].subject);
	for (i = 0; i < checks->count; i++) {
		if (strcmp(group, checks->items[i].group))
			printf("%s%s\n", *group ? "\n" : "", checks->items[i].group);
		group = checks->items[i].group;
		print_check(&checks->items[i], width, color);
	}
}

static int ask(const struct options *options, struct checks *checks)
{
	static const char *const standard_dirs[] = { "/run/netns", "/run/docker/netns" };
	struct tracer_options tracer = { .attach = (enum tracer_attach)options->attach };
	const struct option_list *dirs = &options->netns_dirs;
	size_t i, count = dirs->count ? dirs->count : 2;
	int err;

	progress_begin("trying what this kernel permits");
	err = tracer_probe(&tracer, checks);
	for (i = 0; !err && i < count; i++)
		err = source_paths.check(dirs->count ? dirs->items[i] : standard_dirs[i], checks);
	progress_begin("asking the sources of pods");
	if (!err && !options->pods.count)
		err = source_check("auto", checks);
	for (i = 0; !err && i < options->pods.count; i++) {
		progress_begin("asking --pods %s", options->pods.items[i]);
		err = source_check(options->pods.items[i], checks);
		if (err == -EINVAL)
			say("no such source, or its argument is missing: --pods %s", options->pods.items[i]);
	}
	return err;
}

int cmd_doctor(const struct options *options)
{
	struct checks checks = { 0 };
	const struct check *refusal;
	struct node node;
	size_t i;
	int err, status = 0;

	node_init(&node, NULL);
	err = ask(options, &checks);
	progress_end();
	printf("netnsleak %s on %s, Linux %s %s\n\n", NETNSLEAK_VERSION, node.name, node.uts.release,
	       node.uts.machine);
	print_checks(&checks, output_wants_color(options));
	refusal = checks_refusal(&checks);
	if (refusal)
		printf("\nNot ready: netnsleak cannot trace here: %s: %s\n"
		       "list, explain and audit work, by /proc and netlink, and say what these do not show.\n",
		       refusal->subject, refusal->detail);
	else
		printf("\nReady: netnsleak can trace here.\n");
	for (i = 0; i < checks.count; i++)
		if (checks.items[i].answer == CHECK_NO && *checks.items[i].remedy)
			status = 1;
	if (err) {
		say("could not ask everything: %s", strerror(-err));
		status = STATUS_FAILED;
	}
	checks_free(&checks);
	return refusal ? STATUS_FAILED : status;
}
