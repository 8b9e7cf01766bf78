/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one table of options and the one of commands (options.c), for what parses them and what tells of them.
 */
#ifndef NETNSLEAK_OPTIONS_PRIVATE_H
#define NETNSLEAK_OPTIONS_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "options.h"

enum option_type { OPTION_TEXT, OPTION_WORD, OPTION_ADDRESS, OPTION_CHOICE, OPTION_LIST, OPTION_DURATION, OPTION_SIZE, OPTION_POWER };

struct option_spec {
	const char *name;
	char letter; /* 0: none */
	enum option_type type;
	size_t offset;
	int commands;	     /* enum command, or-ed */
	const char *metavar; /* of a word or a choice: its values, separated by '|'; a choice's are numbered from 0 */
	const char *standard; /* default, as it would be typed; NULL: none */
	uint64_t minimum;
	const char *range; /* what is wanted where a value is understood and refused */
	const char *help;
};

struct command_spec {
	enum command command;
	const char *name, *argument, *help; /* argument: with the blank before it */
};

extern const struct option_spec option_specs[];
extern const struct command_spec command_specs[];
extern const size_t option_spec_count, command_spec_count;

/* What --help prints of one command. */
void options_help_command(enum command command);
/* The fields of its rows. */
void options_help_fields(enum command command);

#endif
