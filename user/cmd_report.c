/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "history.h"
#include "page.h"
#include "progress.h"
#include "replay.h"
#include "say.h"
#include "util.h"
#include "whole_file.h"

/* Each report goes to the page, and the exit status is taken from it. */
struct telling {
	struct history *history;
	uint64_t findings;
	bool incomplete, findings_left;
};

static int tell(void *ctx, const struct report *report)
{
	struct telling *telling = ctx;

	telling->findings += report_types[report->kind].class == REPORT_FINDING;
	if (report->summary) {
		telling->incomplete = report->summary->incomplete;
		telling->findings_left = report->summary->findings_now > 0;
	}
	return history_report(telling->history, report);
}

/* --- where it goes --- */

/* A device or a FIFO has no place that another file could take; of a FIFO, the reader is to be there. */
static int write_straight(const char *path, const struct history *history, const char *notice)
{
	CLEANUP(close_descriptor) int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	FILE *file;
	int err;

	if (fd < 0)
		return -errno;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	file = fdopen(fd, "w");
	if (!file)
		return -errno;
	(void)take_descriptor(&fd);
	err = page_write(file, report_page, history, notice);
	errno = 0;
	if ((fflush(file) || ferror(file)) && !err)
		err = errno ? -errno : -EIO;
	fclose(file);
	return err;
}

static int write_stdout(const struct history *history, const char *notice)
{
	int err = page_write(stdout, report_page, history, notice);

	errno = 0;
	if ((fflush(stdout) || ferror(stdout)) && !err)
		err = errno ? -errno : -EIO;
	clearerr(stdout); /* it is said here, not once more by main() */
	return err;
}

static int write_page(const char *path, const struct history *history, const char *notice)
{
	struct whole_file file;
	struct stat is;
	int err;

	if (!path)
		return write_stdout(history, notice);
	if (stat(path, &is) == 0 && !S_ISREG(is.st_mode))
		return write_straight(path, history, notice);
	err = whole_file_open(&file, path, 0644);
	return err ? err : whole_file_close(&file, page_write(file.stream, report_page, history, notice));
}

/* --- what of --- */

static const char *notice_of(enum replay_end end)
{
	switch (end) {
	case REPLAY_DAMAGED:
		return "The recording is damaged: this page shows what stands whole before that.";
	case REPLAY_CUT:
		return "The recording ends before its session did: netnsleak was killed, had no room to record, or the file was cut.";
	case REPLAY_BOUND:
		return "Recorded up to --record-max: what came later is not here.";
	case REPLAY_WHOLE:
		break;
	}
	return NULL;
}

static int status_of(const struct telling *telling, enum replay_end end)
{
	if (end == REPLAY_DAMAGED || end == REPLAY_CUT)
		return STATUS_FAILED;
	if (telling->findings || telling->findings_left)
		return 1;
	return telling->incomplete || end == REPLAY_BOUND ? 3 : 0;
}

/* Of a file that is no recording there is no page. */
static int run(struct replay *replay, struct telling *telling, const char *output)
{
	int err = replay_feed(replay);
	enum replay_end end;

	progress_begin("making the page");
	if (!err)
		err = history_settle(telling->history, pipeline_state(replay->pipeline));
	if (err) {
		replay_say_error(replay, err);
		return STATUS_FAILED;
	}
	end = replay_say_end(replay);
	if (!replay->any)
		return STATUS_FAILED;
	if (!output)
		progress_end();
	err = write_page(output, telling->history, notice_of(end));
	if (err && err != -EPIPE) {
		say("cannot write to %s: %s%s", output ? output : "stdout", strerror(-err), say_remedy(err));
		return STATUS_FAILED;
	}
	return status_of(telling, end);
}

int cmd_report(const struct options *options)
{
	struct telling telling = { 0 };
	struct replay replay;
	int err = history_new(&telling.history), status;

	signal(SIGPIPE, SIG_IGN);
	if (err) {
		say("cannot report on %s: %s", options->argument, strerror(-err));
		return STATUS_FAILED;
	}
	if (replay_open(&replay, options->argument, tell, &telling)) {
		history_free(telling.history);
		return STATUS_FAILED;
	}
	replay.tap = history_input;
	replay.tap_ctx = telling.history;
	status = run(&replay, &telling, options->output);
	replay_close(&replay);
	history_free(telling.history);
	return status;
}
