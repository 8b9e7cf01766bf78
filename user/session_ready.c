/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The session says that it has begun, when there is something to say.
 */
#include "session_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "announce.h"
#include "loop.h"
#include "progress.h"
#include "say.h"

/* Not a device, say. */
void session_remove_ready_file(const struct session *session)
{
	struct stat file;

	if (!lstat(session->options->ready_file, &file) && S_ISREG(file.st_mode))
		unlink(session->options->ready_file);
}

static int make_ready_file(struct session *session)
{
	const char *path = session->options->ready_file;
	FILE *file = path ? fopen(path, "we") : NULL;

	if (!path)
		return 0;
	if (file)
		fprintf(file, "%d\n", (int)getpid());
	if (!file || fclose(file)) {
		int err = -errno;

		say("cannot make the ready file %s: %s%s", path, strerror(-err), say_remedy(err));
		return err;
	}
	session->ready_file = true;
	return 0;
}

int session_say_header(struct session *session, const struct report_summary *summary)
{
	const struct announcement what = {
		.options = session->options,
		.node = &session->node,
		.tracer = session->tracer,
		.sources = session->sources,
		.source_count = session->source_count,
		.summary = summary,
	};

	progress_end();
	session->ready_due = 0;
	session->begun = true;
	return announce(&what, &session->output);
}

/* The sources have had their first word, so that what the header counts is what there is. */
int session_settle_ready(struct session *session, const struct report_summary *summary, uint64_t now)
{
	int err;

	if (!session->ready_due || (summary->correlate.sources_pending && now < session->ready_due))
		return 0;
	err = session_say_header(session, summary);
	if (err)
		return err;
	if (make_ready_file(session)) {
		session->failed = true;
		loop_stop(session->loop);
	}
	return 0;
}
