/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "survey.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "holders.h"
#include "holders_settle.h"
#include "holders_tell.h"
#include "loop.h"
#include "proc_census.h"
#include "progress.h"
#include "refusal.h"
#include "say.h"
#include "state.h"
#include "util.h"

#define PROC "/proc"
#define NOT_OUR_PROCESSES "processes outside this PID namespace, or hidden from this user"

void survey_unseen(struct survey *survey, const char *what)
{
	size_t count;

	for (count = 0; survey->unseen[count]; count++)
		if (!strcmp(survey->unseen[count], what))
			return;
	if (count < SURVEY_UNSEEN)
		survey->unseen[count] = what;
}

/* --- opening --- */

static void open_holders(struct survey *survey)
{
	int err;

	if (!sees_all_processes()) {
		say("this process is not in the node's PID namespace: it cannot be told what holds a netns; run it on the node, or in a "
		    "pod with hostPID");
		survey_unseen(survey, NOT_OUR_PROCESSES);
		survey_unseen(survey, "what holds a netns");
		return;
	}
	err = holders_open(&survey->holders, tracer_salt(survey->tracer));
	if (!err)
		return;
	refusal_say_without("what holds a netns", err);
	survey_unseen(survey, "what holds a netns");
}

int survey_open(struct survey *ret, const char *command, bool bpf)
{
	struct tracer_options options = { .census_only = true };
	struct text text = { .bytes = ret->refusal, .capacity = sizeof(ret->refusal) };
	int err;

	*ret = (struct survey){ 0 };
	ret->report.unseen = ret->unseen;
	if (!bpf) {
		text_add(&text, "as --bpf never asks for");
		return 0;
	}
	progress_begin("loading BPF");
	err = tracer_open(&ret->tracer, &options);
	ret->report.bpf = !err;
	if (!err)
		return 0;
	refusal_text(&text, &options, err);
	say("%s without BPF, by /proc and netlink: %s", command, ret->refusal);
	return err == -ENOMEM ? err : 0;
}

void survey_close(struct survey *survey)
{
	holders_close(survey->holders);
	tracer_close(survey->tracer);
	looks_free(survey->looks, survey->look_count);
	proc_scan_free(&survey->scan);
	*survey = (struct survey){ 0 };
}

/* --- what could not be seen --- */

static bool any_look_failed(const struct survey *survey)
{
	for (size_t i = 0; i < survey->look_count; i++)
		if (survey->looks[i].err)
			return true;
	return false;
}

static void note_unseen(struct survey *survey)
{
	const struct proc_scan *scan = &survey->scan;

	if (!survey->tracer) {
		survey_unseen(survey,
			      "references that the kernel counts, and netns that only the kernel, a tun device, a file of "
			      "/proc/PID/net or something in flight holds");
		survey_unseen(survey, "netns whose teardown has begun, and what it waits for");
	}
	if (!scan->all_processes)
		survey_unseen(survey, NOT_OUR_PROCESSES);
	else if (scan->unread_tasks)
		survey_unseen(survey, "the netns of some processes");
	if (!survey->tracer && scan->unread_files)
		survey_unseen(survey, "what some processes have open");
	if (!survey->tracer && scan->unread_sockets)
		survey_unseen(survey, "to which netns some sockets belong");
	if (!survey->tracer && scan->unread_mounts)
		survey_unseen(survey, "mounts in other mount namespaces");
	if (any_look_failed(survey))
		survey_unseen(survey, SURVEY_NOT_ENTERED);
	if (!scan->node_is_known)
		survey_unseen(survey, "which netns is the node's own");
}

void survey_say_unseen(const struct survey *survey)
{
	TEXT(text, 1024);

	for (size_t i = 0; survey->unseen[i]; i++) {
		text_add(&text, i ? "; " : "");
		text_add(&text, survey->unseen[i]);
	}
	if (text.length)
		say("not seen: %s", text.bytes);
}

/* --- looking --- */

static int scan(struct survey *survey, unsigned int what)
{
	int err;

	progress_begin("reading /proc");
	err = proc_scan(&survey->scan, PROC, what);

	if (err)
		say("cannot read /proc: %s", strerror(-err));
	return err;
}

static int look(struct survey *survey)
{
	int err;

	progress_begin("looking into each netns");
	err = proc_census_look(&survey->looks, &survey->look_count, &survey->scan, PROC);

	if (err)
		say("cannot look into the netns: %s", strerror(-err));
	else
		note_unseen(survey);
	return err;
}

int survey_census(struct survey *survey, tracer_record_fn fn, void *ctx)
{
	int err;

	if (!survey->tracer) {
		err = scan(survey, PROC_FILES | PROC_SOCKETS | PROC_MOUNTS);
		if (!err)
			err = look(survey);
		return err ? err : proc_census_tell(&survey->scan, survey->looks, survey->look_count, loop_now(), fn, ctx);
	}
	progress_begin("walking the kernel's list of netns");
	err = tracer_census(survey->tracer, fn, ctx);
	if (err)
		say("cannot walk the kernel's list of netns: %s", strerror(-err));
	return err;
}

/* Nonzero: no process and no mount leads there. */
static int is_out_of_reach(void *ctx, struct netns *netns)
{
	return netns->phase == NETNS_REFERENCED && !proc_scan_leads_to(ctx, netns->inum);
}

int survey_look(struct survey *survey, const struct state *state)
{
	int err;

	if (!survey->tracer)
		return 0;
	/* What processes have open takes most of the time, and few netns have nothing else that leads there. */
	err = scan(survey, PROC_MOUNTS);
	if (!err && state_each(state, is_out_of_reach, &survey->scan)) {
		proc_scan_free(&survey->scan);
		err = scan(survey, PROC_FILES | PROC_SOCKETS | PROC_MOUNTS);
	}
	return err ? err : look(survey);
}

/* --- holders --- */

static int find_by_bpf(struct survey *survey, const struct nns_ident *idents, size_t count, uint64_t node, input_fn input,
		       void *ctx)
{
	struct holders_found found;
	int err = holders_settle(survey->holders, idents, count, node, &found);

	if (err)
		say("cannot look for what holds the netns: %s", strerror(-err));
	else
		err = holders_tell(&found, PROC, loop_now(), input, ctx);
	holders_found_free(&found);
	return err == -ENOMEM ? err : 0;
}

int survey_find_holders(struct survey *survey, const struct netns *const *netns, size_t count, uint64_t node,
			input_fn input, void *ctx)
{
	CLEANUP(free_pointer) struct nns_ident *idents = calloc(count + 1, sizeof(*idents));
	int err = idents ? 0 : -ENOMEM;

	for (size_t i = 0; i < count && !err; i++) {
		idents[i] = (struct nns_ident){ .handle = netns[i]->handle, .cookie = netns[i]->cookie, .inum = netns[i]->inum,
						.mix = netns[i]->mix };
		if (!survey->tracer)
			err = proc_census_holders(&survey->scan, PROC, netns[i]->handle, netns[i]->inum, loop_now(), input, ctx);
	}
	if (err || !survey->tracer || !count)
		return err;
	progress_begin("looking for what holds %zu netns", count);
	/* Not before: it takes as long as all the rest where there is little to find, and a listing finds nothing. */
	if (!survey->holders_tried)
		open_holders(survey);
	survey->holders_tried = true;
	return !survey->holders ? 0 : find_by_bpf(survey, idents, count, node, input, ctx);
}
