/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The sources of a session.
 */
#include "session_private.h"

#include <errno.h>
#include <string.h>

#include "loop.h"
#include "say.h"
#include "source.h"
#include "util.h"

static struct source_context context_of(struct session *session)
{
	return (struct source_context){ .loop = session->loop, .input = session_source_input,
					.input_ctx = session, .now = loop_now,
					.node = session->node.name };
}

static void say_account(const struct source *source)
{
	CLEANUP(free_pointer) char *account = source->account ? strdup(source->account) : NULL;
	char *rest = account, *line;

	while (rest && (line = strsep(&rest, "\n")))
		say("pods: %s", line);
}

static int open_source(struct session *session, const char *spec)
{
	struct source_context context = context_of(session);
	struct source *source = NULL;
	int err = source_open(&source, spec, &context);

	if (err) {
		say("cannot use --pods %s: %s", spec,
		    err == -EINVAL ? "no such source, or its argument is missing; 'netnsleak trace --help' has the sources" :
				     source_strerror(err));
		return err;
	}
	session->sources[session->source_count++] = source;
	session->nudges |= source->wants_nudges;
	say_account(source);
	return 0;
}

static int open_paths(struct session *session)
{
	struct source_context context = context_of(session);
	int err = options_open_paths(&session->sources[0], &session->options->netns_dirs, &context);

	if (err)
		say("cannot watch the node's mounts: %s", strerror(-err));
	else
		session->source_count = 1;
	return err;
}

int session_open_sources(struct session *session)
{
	const struct option_list *pods = &session->options->pods;
	size_t i;
	int err;

	session->sources = calloc(pods->count + 2, sizeof(*session->sources));
	err = session->sources ? open_paths(session) : -ENOMEM;
	if (!err && !pods->count)
		err = open_source(session, "auto");
	for (i = 0; !err && i < pods->count; i++)
		err = open_source(session, pods->items[i]);
	return err;
}
