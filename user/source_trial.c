/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "source_trial.h"

#include "loop.h"
#include "util.h"

static int take_input(void *ctx, const struct input *input)
{
	struct source_trial *trial = ctx;

	trial->bindings += input->kind == INPUT_BINDING;
	if (input->kind != INPUT_SOURCE || input->source.state == SOURCE_SYNCING)
		return 0;
	trial->known = true;
	trial->state = input->source.state;
	loop_stop(trial->loop);
	return replace_text(&trial->detail, input->source.detail);
}

static int lose_patience(void *ctx, uint32_t events)
{
	struct source_trial *trial = ctx;

	(void)events;
	loop_stop(trial->loop);
	return 0;
}

static int limit(struct source_trial *trial, uint64_t patience)
{
	int err = loop_timer_open(&trial->patience, trial->loop, lose_patience, trial);

	return err ? err : loop_timer_set(trial->patience, loop_now() + patience);
}

int source_trial_run(struct source_trial *trial, const struct source_type *type, const char *argument, uint64_t patience)
{
	struct source_context context = { .input = take_input, .input_ctx = trial, .now = loop_now, .unnamed = true };
	int err;

	*trial = (struct source_trial){ .loop = NULL };
	err = loop_open(&trial->loop);
	if (!err && patience)
		err = limit(trial, patience);
	if (err)
		return err;
	context.loop = trial->loop;
	err = type->open(&trial->source, argument, &context);
	return err || trial->known ? err : loop_run(trial->loop);
}

void source_trial_end(struct source_trial *trial)
{
	source_close(trial->source);
	loop_timer_close(trial->patience);
	loop_close(trial->loop);
	free(trial->detail);
}
