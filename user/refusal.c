/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "refusal.h"

#include <string.h>

#include "format.h"
#include "say.h"

#define COMPLAINT_SHOWN 320

void refusal_reason(struct text *text, int err, const char *complaint)
{
	size_t length = strlen(complaint), cut = length > COMPLAINT_SHOWN ? length - COMPLAINT_SHOWN : 0;
	const char *between = ": ";

	text_add(text, strerror(-err));
	for (const char *line = complaint + cut; *line; line += *line == '\n') {
		size_t all = strcspn(line, "\n"), blank = strspn(line, " \t\r");

		if (blank < all) {
			text_add(text, between);
			text_add_bytes(text, line + blank, all - blank);
			between = "; ";
		}
		line += all;
	}
}

void refusal_text(struct text *text, const struct tracer_options *options, int err)
{
	struct checks checks = { 0 };
	const struct check *refusal;

	tracer_probe(options, &checks);
	refusal = checks_refusal(&checks);
	if (refusal) {
		text_printf(text, "%s: %s; %s", refusal->subject, refusal->detail, refusal->remedy);
	} else {
		refusal_reason(text, err, tracer_complaint());
		text_add(text, "; 'netnsleak doctor' says what this kernel permits");
	}
	checks_free(&checks);
}

void refusal_say(const char *what, const struct tracer_options *options, int err)
{
	TEXT(why, 1024);

	refusal_text(&why, options, err);
	say("cannot %s: %s", what, why.bytes);
}

void refusal_say_without(const char *what, int err)
{
	TEXT(why, 1024);

	refusal_reason(&why, err, tracer_complaint());
	say("cannot look for %s: %s", what, why.bytes);
}
