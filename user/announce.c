/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "announce.h"

#include <inttypes.h>
#include <stdio.h>

#include "checks.h"
#include "format.h"
#include "node.h"
#include "options.h"
#include "output.h"
#include "report.h"
#include "say.h"
#include "source.h"
#include "tracer.h"
#include "util.h"

/* What stands in the netns directories and is no netns: a plain file that was left over, a dead link. */
static void say_stale(const struct option_list *dirs)
{
	static const char *const standard[] = { "/run/netns", "/run/docker/netns" };
	size_t i, count = dirs->count ? dirs->count : ARRAY_SIZE(standard);
	struct checks checks = { 0 };

	for (i = 0; i < count; i++)
		source_paths.check(dirs->count ? dirs->items[i] : standard[i], &checks);
	for (i = 0; i < checks.count; i++)
		if (checks.items[i].answer == CHECK_NO)
			say("%s: %s; %s", checks.items[i].subject, checks.items[i].detail, checks.items[i].remedy);
	checks_free(&checks);
}

static void say_missing_hooks(const struct tracer_hook *hooks, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!hooks[i].function)
			say("this kernel has no hook for: %s; 'netnsleak doctor' says more", hooks[i].purpose);
}

void announce_wrong_node(const struct node *node, const struct report_summary *summary)
{
	if (summary->correlate.pods_elsewhere && !summary->correlate.pods_here)
		say("all of the %" PRIu64 " pods with a node run on others than %s: is that this node's name? (--node)",
		    summary->correlate.pods_elsewhere, node->name);
}

/* "worker-3, Linux 6.12.107: 14 of 14 hooks by fentry; pods from file:/…; 41 netns, 38 bound to pods" */
int announce(const struct announcement *what, struct output *output)
{
	const struct report_summary *summary = what->summary;
	size_t count, i, fentry = 0, kprobe = 0, used = 0;
	const struct tracer_hook *hooks = tracer_hooks(what->tracer, &count);
	char text[1024], duration[FORMAT_DURATION_LEN];
	int length;

	for (i = 0; i < count; i++) {
		used += hooks[i].function != NULL;
		fentry += hooks[i].how && hooks[i].how[0] == 'f';
		kprobe += hooks[i].how && hooks[i].how[0] == 'k';
	}
	say_missing_hooks(hooks, count);
	say_stale(&what->options->netns_dirs);
	length = snprintf(text, sizeof(text), "%s, Linux %s: %zu of %zu hooks by %s; pods from ",
			  what->node->name, what->node->uts.release, used, count,
			  !kprobe ? "fentry" : fentry ? "fentry and kprobe" : "kprobe");
	for (i = 1; i < what->source_count && length < (int)sizeof(text); i++)
		length += snprintf(text + length, sizeof(text) - (size_t)length, "%s%s", i > 1 ? ", " : "",
				   what->sources[i]->name);
	if (length < (int)sizeof(text))
		length += snprintf(text + length, sizeof(text) - (size_t)length,
				   "; %" PRIu64 " netns, %" PRIu64 " bound to pods", summary->state.live,
				   summary->correlate.bound);
	if (what->options->duration && length < (int)sizeof(text))
		snprintf(text + length, sizeof(text) - (size_t)length, "; it ends after %s, or on Ctrl-C",
			 format_duration(what->options->duration, duration));
	announce_wrong_node(what->node, summary);
	return output_begin(output, text);
}
