/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The command line: every option is declared once, in options.c, with its type, its help and the subcommands
 * that take it.  Parser and help (and later man page and completion) read that one table.
 */
#ifndef NETNSLEAK_OPTIONS_H
#define NETNSLEAK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum command {
	COMMAND_TRACE = 1,
	COMMAND_LIST = 2,
	COMMAND_REPLAY = 4,
	COMMAND_DOCTOR = 8,
};

enum option_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum option_only { ONLY_ALL, ONLY_LIFECYCLE, ONLY_FINDINGS };

struct option_list {
	const char **items;
	size_t count;
};

struct options {
	const char *format; /* of output: "json", "table" */
	const char *output; /* FILE, NULL: stdout */
	int only;	    /* enum option_only */
	int color;	    /* enum option_color */
	int attach;	    /* enum tracer_attach */
	struct option_list pods;
	struct option_list netns_dirs;
	const char *node;
	const char *record;
	const char *state;
	const char *ready_file;
	uint64_t record_max; /* bytes */
	uint64_t ring_size;  /* bytes */
	uint64_t duration;   /* ns, 0: until a signal */
	uint64_t grace, stuck_after, orphan_age; /* ns */
	const char *argument; /* of replay: FILE */
};

/*
 * argv from the subcommand's name on.  1: help was printed to stdout, nothing more to do; 0; -EINVAL: said on
 * stderr.  Lists belong to the caller, see options_free().
 */
int options_parse(struct options *ret, enum command command, int argc, char **argv);
void options_free(struct options *options);

/* The general help: the subcommands. */
void options_help(void);

struct source;
struct source_context;

/* source_paths on these directories, or on the usual ones where none are given.  Negative errno. */
int options_open_paths(struct source **ret, const struct option_list *dirs,
		       const struct source_context *context);

/* "90", "90s", "500ms", "10m", "1h30m", "2d" -> ns; "64K", "10M", "1G" -> bytes.  -EINVAL. */
int duration_parse(uint64_t *ret, const char *text);
int size_parse(uint64_t *ret, const char *text);

#endif
