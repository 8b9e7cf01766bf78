/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "top_live.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

#include "explaining.h"
#include "loop.h"
#include "outlet.h"
#include "progress.h"
#include "say.h"
#include "terminal.h"
#include "util.h"

#define DRAW_INTERVAL (250 * NS_PER_MS)
#define CLOCK_INTERVAL (1 * NS_PER_S)
/* What takes its time is done more seldom: not more than a part of the time is spent on it. */
#define DRAW_PART 20
/* A key that begins as others do and does not go on for so long is Escape. */
#define KEY_PATIENCE (50 * NS_PER_MS)
#define LEAVE_PATIENCE (500 * NS_PER_MS)

struct top_live {
	struct top_live_options options;
	struct top top;
	struct top_rates rates;
	struct keys keys;
	struct grid shown, next;
	bool shown_known; /* that the terminal shows it */
	bool changed;	  /* rows or facts may be others */
	bool draw;	  /* at once */
	uint64_t drawn_at, next_at;
	struct loop_timer *timer, *key_timer;
	int signals;
	char *bytes; /* owned; room for what is drawn */
	size_t room;
	char *sources_down; /* owned */
	FILE *said; /* for stderr, when the screen is left */
	char *said_bytes;
	size_t said_size;
};

/* --- facts --- */

static int note_source(void *ctx, const char *source, bool up)
{
	char **down = ctx;
	char *longer = up ? NULL : formatted("%s%s%s", *down ? *down : "", *down ? ", " : "", source);

	if (!longer)
		return up ? 0 : -ENOMEM;
	free(*down);
	*down = longer;
	return 0;
}

static int gather_facts(struct top_live *live, struct top_facts *ret)
{
	const struct pipeline *pipeline = live->options.pipeline(live->options.ctx);
	int err;

	free(live->sources_down);
	live->sources_down = NULL;
	err = correlate_each_source(pipeline_correlate(pipeline), note_source, &live->sources_down);
	*ret = (struct top_facts){
		.node = live->options.node,
		.kernel = live->options.kernel,
		.recording = live->options.recording,
		.sources_down = live->sources_down ? live->sources_down : "",
	};
	pipeline_summary(pipeline, &ret->summary);
	live->options.facts(live->options.ctx, ret);
	if (ret->recording)
		return err;
	top_rates_note(&live->rates, ret->now, ret->summary.state.created, ret->summary.state.freed);
	top_rates_tell(&live->rates, ret->now, &ret->created, &ret->freed);
	return err;
}

/* --- drawing --- */

static int resize(struct top_live *live)
{
	unsigned rows, columns;
	int err;

	terminal_size(&rows, &columns);
	if (live->next.cells && live->next.rows == rows && live->next.columns == columns)
		return 0;
	err = grid_resize(&live->next, rows, columns);
	if (!err)
		err = grid_resize(&live->shown, rows, columns);
	if (err)
		return err;
	live->shown_known = false;
	free(live->bytes);
	live->room = grid_diff_room(&live->next);
	live->bytes = malloc(live->room);
	return live->bytes ? 0 : -ENOMEM;
}

/* What the terminal does not take now is drawn the next time. */
static int send(struct top_live *live)
{
	struct text text = { .bytes = live->bytes, .capacity = live->room };
	struct grid old = live->shown;
	int written;

	text_reset(&text);
	grid_diff(live->shown_known ? &live->shown : NULL, &live->next, live->options.color, &text);
	if (!text.length)
		return 0;
	written = outlet_now(live->options.outlet, text.bytes, text.length);
	if (written < 0)
		return written;
	live->draw = !written;
	if (!written)
		return 0;
	live->shown = live->next;
	live->next = old;
	live->shown_known = true;
	return 0;
}

/* collect: the rows too, not only what a key has changed of how they are shown. */
static int draw(struct top_live *live, bool collect)
{
	const uint64_t began = loop_now();
	struct top_facts facts;
	uint64_t cost;
	int err = resize(live);

	if (!err)
		err = gather_facts(live, &facts);
	if (!err && collect)
		err = top_collect(&live->top, live->options.pipeline(live->options.ctx), &facts, live->options.grace);
	if (err)
		return err;
	live->draw = false;
	top_draw(&live->top, &facts, &live->next);
	err = send(live);
	if (!collect)
		return err;
	cost = DRAW_PART * (loop_now() - began);
	live->changed = false;
	live->drawn_at = loop_now();
	live->next_at = live->drawn_at + (cost > DRAW_INTERVAL ? cost : DRAW_INTERVAL);
	return err;
}

void top_live_changed(struct top_live *live)
{
	live->changed = true;
}

int top_live_settle(struct top_live *live)
{
	const bool ages = !live->options.recording;
	const uint64_t now = loop_now(), tick = live->drawn_at + CLOCK_INTERVAL;
	int err = 0;

	if ((live->changed && now >= live->next_at) || (ages && now >= tick && now >= live->next_at))
		err = draw(live, true);
	else if (live->draw)
		err = draw(live, false);
	if (err)
		return err;
	if (live->changed)
		return loop_timer_set(live->timer, live->next_at);
	return ages ? loop_timer_set(live->timer, live->drawn_at + CLOCK_INTERVAL) : 0;
}

/* --- what is asked for --- */

struct wanted {
	uint64_t handle;
	const struct netns *found;
};

static int find(void *ctx, struct netns *netns)
{
	struct wanted *wanted = ctx;

	if (netns->handle != wanted->handle)
		return 0;
	wanted->found = netns;
	return 1;
}

static int spell(char **ret, const struct explanation *explanation)
{
	size_t size;
	FILE *file = open_memstream(ret, &size);
	int err;

	if (!file)
		return -ENOMEM;
	err = explain_print(file, explanation);
	return fclose(file) || err ? -ENOMEM : 0;
}

static int explain(struct top_live *live, const struct netns *netns)
{
	const struct pipeline *pipeline = live->options.pipeline(live->options.ctx);
	struct explanation what = { .netns = netns, .grace = live->options.grace, .recorded = live->options.recording != NULL };
	struct explaining explaining;
	struct top_facts facts = { 0 };
	char *text = NULL;
	TEXT(title, TOP_TITLE_LEN);
	int err;

	live->options.facts(live->options.ctx, &facts);
	what.now = facts.now;
	what.wall_offset = facts.wall_offset;
	what.undecided = !netns->initial && pipeline_is_undecided(pipeline, netns);
	explaining_gather(&explaining, &what, pipeline);
	if (!what.recorded)
		explaining_ask(&explaining);
	err = spell(&text, &explaining.explanation);
	if (err) {
		free(text);
		return err;
	}
	text_add(&title, "explain ");
	if (netns->binding)
		report_pod_name(&title, netns->binding->pod);
	else
		text_printf(&title, "netns %u", netns->inum);
	top_show(&live->top, TOP_MODE_EXPLAIN, title.bytes, text);
	return 0;
}

static int explain_selected(struct top_live *live)
{
	struct wanted wanted = { .handle = live->top.selected };
	char *gone;
	int err = 0;

	state_each(pipeline_state(live->options.pipeline(live->options.ctx)), find, &wanted);
	if (wanted.found && live->options.look)
		err = live->options.look(live->options.ctx, wanted.found);
	if (wanted.found)
		return err ? err : explain(live, wanted.found);
	gone = strdup("it was freed meanwhile\n");
	if (!gone)
		return -ENOMEM;
	top_show(&live->top, TOP_MODE_EXPLAIN, "explain", gone);
	return 0;
}

static int suspend(struct top_live *live)
{
	outlet_drain(live->options.outlet, LEAVE_PATIENCE);
	terminal_leave();
	terminal_stop_job();
	terminal_enter();
	live->shown_known = false;
	return 0;
}

static int step(struct top_live *live, enum top_action action)
{
	int err = live->options.step(live->options.ctx, action);

	live->changed = true;
	live->next_at = 0;
	return err;
}

static int act(struct top_live *live, enum top_action action)
{
	live->draw |= action != TOP_DO_NOTHING;
	switch (action) {
	case TOP_DO_DRAW_ALL:
		live->shown_known = false;
		return 0;
	case TOP_DO_COLLECT:
		live->changed = true;
		live->next_at = 0;
		return 0;
	case TOP_DO_EXPLAIN:
		return explain_selected(live);
	case TOP_DO_BACK:
	case TOP_DO_FORWARD:
	case TOP_DO_FIRST:
	case TOP_DO_LAST:
		return step(live, action);
	case TOP_DO_SUSPEND:
		return suspend(live);
	case TOP_DO_QUIT:
		loop_stop(live->options.loop);
		return 0;
	case TOP_DO_NOTHING:
	case TOP_DO_DRAW:
		break;
	}
	return 0;
}

/* --- what comes in --- */

static int take_keys(struct top_live *live, bool done)
{
	struct key key;
	int err = 0;

	while (!err && keys_next(&live->keys, done, &key))
		err = act(live, top_key(&live->top, &key));
	return err;
}

static int on_key_timer(void *ctx, uint32_t events)
{
	(void)events;
	return take_keys(ctx, true);
}

static int on_keys(void *ctx, uint32_t events)
{
	struct top_live *live = ctx;
	char bytes[256];
	ssize_t count;
	int err = 0;

	while (!err && (count = read(terminal_fd(), bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < count && !err; i++) {
			keys_add(&live->keys, bytes[i]);
			err = take_keys(live, false);
		}
	/* The terminal is gone. */
	if (!err && events & (EPOLLHUP | EPOLLERR))
		return -EPIPE;
	return err ? err : loop_timer_set(live->key_timer, live->keys.length ? loop_now() + KEY_PATIENCE : 0);
}

static int on_signal(void *ctx, uint32_t events)
{
	struct top_live *live = ctx;
	struct signalfd_siginfo info;
	int err = 0;

	(void)events;
	while (!err && read(live->signals, &info, sizeof(info)) == sizeof(info)) {
		live->draw = true;
		if (info.ssi_signo == SIGTSTP) {
			err = suspend(live);
		} else if (info.ssi_signo == SIGCONT) {
			terminal_enter();
			live->shown_known = false;
		} else if (info.ssi_signo != SIGWINCH) {
			loop_stop(live->options.loop);
		}
	}
	return err;
}

static int on_timer(void *ctx, uint32_t events)
{
	(void)ctx; /* what is due is done in top_live_settle() */
	(void)events;
	return 0;
}

int top_live_report(void *ctx, const struct report *report)
{
	return top_report(&((struct top_live *)ctx)->top, report);
}

void top_live_forget_reports(struct top_live *live)
{
	top_forget_messages(&live->top);
}

/* --- what is said meanwhile --- */

static void on_said(void *ctx, const char *line)
{
	struct top_live *live = ctx;
	const uint64_t now = loop_now();

	if (live->said)
		fprintf(live->said, "%s\n", line);
	if (!top_say(&live->top, line, now, wall_now()))
		live->changed = true;
}

/* --- open, close --- */

static int open_signals(struct top_live *live)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGTSTP);
	sigaddset(&set, SIGCONT);
	/* A session has these itself. */
	if (live->options.recording) {
		sigaddset(&set, SIGINT);
		sigaddset(&set, SIGTERM);
		sigaddset(&set, SIGHUP);
	}
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	live->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (live->signals < 0)
		return -errno;
	return loop_add(live->options.loop, live->signals, EPOLLIN, on_signal, live);
}

int top_live_open(struct top_live **ret, const struct top_live_options *options)
{
	struct top_live *live = calloc(1, sizeof(*live));
	int err;

	if (!live)
		return -ENOMEM;
	live->options = *options;
	live->signals = -1;
	live->changed = true;
	top_init(&live->top, !options->recording, options->color);
	err = loop_timer_open(&live->timer, options->loop, on_timer, live);
	if (!err)
		err = loop_timer_open(&live->key_timer, options->loop, on_key_timer, live);
	if (!err)
		err = open_signals(live);
	if (!err)
		err = terminal_open();
	if (!err)
		err = loop_add(options->loop, terminal_fd(), EPOLLIN, on_keys, live);
	if (err) {
		top_live_close(live);
		return err;
	}
	live->said = open_memstream(&live->said_bytes, &live->said_size);
	say_to(on_said, live);
	progress_silence(true);
	*ret = live;
	return 0;
}

void top_live_close(struct top_live *live)
{
	if (!live)
		return;
	say_to(NULL, NULL);
	progress_silence(false);
	outlet_drain(live->options.outlet, LEAVE_PATIENCE);
	if (terminal_fd() >= 0)
		loop_remove(live->options.loop, terminal_fd());
	terminal_close();
	if (live->signals >= 0)
		loop_remove(live->options.loop, live->signals);
	close_descriptor(&live->signals);
	loop_timer_close(live->timer);
	loop_timer_close(live->key_timer);
	if (live->said && !fclose(live->said))
		fputs(live->said_bytes, stderr);
	free(live->said_bytes);
	top_free(&live->top);
	grid_free(&live->shown);
	grid_free(&live->next);
	free(live->bytes);
	free(live->sources_down);
	free(live);
}
