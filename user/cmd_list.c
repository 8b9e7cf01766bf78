/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "choose.h"
#include "commands.h"
#include "list.h"
#include "loop.h"
#include "node.h"
#include "outlet.h"
#include "output.h"
#include "progress.h"
#include "say.h"
#include "source.h"
#include "state.h"
#include "survey.h"

struct listing {
	struct state *state;
	struct loop *loop; /* source_paths wants one, though it is never run */
	struct survey survey;
	struct source *paths;
};

static void ignore_change(void *ctx, const struct state_change *change)
{
	(void)ctx;
	(void)change;
}

static int on_record(void *ctx, const void *record, size_t size)
{
	struct listing *listing = ctx;

	return state_record(listing->state, record, size);
}

static int on_input(void *ctx, const struct input *input)
{
	struct listing *listing = ctx;

	if (input->kind != INPUT_PATH)
		return 0;
	return state_path(listing->state, input->path.path, input->path.inum, input->path.present,
			  input->path.made_wall);
}

static int take_paths(struct listing *listing)
{
	struct source_context context = { .loop = listing->loop, .input = on_input, .input_ctx = listing,
					  .now = loop_now };
	int err = source_paths.open(&listing->paths, "", &context);

	if (err)
		say("cannot read the node's mounts: %s; paths are not shown", strerror(-err));
	return 0;
}

static int print(struct listing *listing, const struct options *options, const struct node *node, struct fields *fields)
{
	struct list_options list = {
		.json = !strcmp(options->format, "json"),
		.csv = !strcmp(options->format, "csv"),
		.fields = fields,
		.color = output_wants_color(options),
		.node = node->name,
		.now = loop_now(),
		.wall_offset = node->wall_offset,
		.survey = &listing->survey.report,
	};
	int err = outlet_open(&list.outlet, options->output, NULL);

	if (!err)
		err = list_print(listing->state, &list);
	outlet_close(list.outlet, 0);
	if (err && err != -EPIPE)
		say("cannot write to %s: %s%s", options->output ? options->output : "stdout", strerror(-err),
		    say_remedy(err));
	return err == -EPIPE ? 0 : err;
}

int cmd_list(const struct options *options)
{
	struct listing listing = { 0 };
	struct fields *fields;
	struct node node;
	int err;

	signal(SIGPIPE, SIG_IGN);
	if (choose_fields(&fields, options, &list_fields))
		return STATUS_FAILED;
	node_init(&node, options->node);
	err = state_new(&listing.state, ignore_change, NULL);
	if (!err)
		err = loop_open(&listing.loop);
	if (!err)
		err = survey_open(&listing.survey, "list", options->bpf != BPF_NEVER);
	if (!err)
		err = survey_census(&listing.survey, on_record, &listing);
	survey_say_unseen(&listing.survey);
	if (!err)
		err = take_paths(&listing);
	progress_end();
	if (!err)
		err = print(&listing, options, &node, fields);
	source_close(listing.paths);
	survey_close(&listing.survey);
	loop_close(listing.loop);
	state_free(listing.state);
	fields_close(fields);
	return err ? STATUS_FAILED : 0;
}
