/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "refusal.h"

#include <string.h>

#include "say.h"

void refusal_say(const char *what, const struct tracer_options *options, int err)
{
	struct checks checks = { 0 };
	const struct check *refusal;

	tracer_probe(options, &checks);
	refusal = checks_refusal(&checks);
	if (refusal)
		say("cannot %s: %s: %s; %s", what, refusal->subject, refusal->detail, refusal->remedy);
	else
		say("cannot %s: %s; 'netnsleak doctor' says what this kernel permits; %s", what,
		    strerror(-err), tracer_complaint());
	checks_free(&checks);
}
