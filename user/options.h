/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The command line: every option is declared once, in options.c, with its type, its help and the subcommands
 * that take it.  Parser, help, man page and completion read that one table.
 */
#ifndef NETNSLEAK_OPTIONS_H
#define NETNSLEAK_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "units.h"

enum command {
	COMMAND_TRACE = 1,
	COMMAND_LIST = 2,
	COMMAND_REPLAY = 4,
	COMMAND_DOCTOR = 8,
	COMMAND_EXPLAIN = 16,
	COMMAND_AUDIT = 32,
	COMMAND_REPORT = 64,
	COMMAND_TOP = 128,
};

enum option_bpf { BPF_AUTO, BPF_NEVER };
enum option_seccomp { SECCOMP_AUTO, SECCOMP_NEVER };
enum option_color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum option_only { ONLY_ALL, ONLY_LIFECYCLE, ONLY_FINDINGS };

struct option_list {
	const char **items;
	size_t count;
};

struct options {
	/* Of output: "json", "table", "wide", "csv"; of trace and replay "otlp-json" too, of audit "classic" and "npd"; of report "html"; of
	 * top NULL: none. */
	const char *format;
	const char *output; /* FILE, NULL: stdout */
	const char *fields, *sort; /* names, as fields.h has them; NULL: not said */
	struct option_list filters;
	int only;	    /* enum option_only */
	int color;	    /* enum option_color */
	int attach;	    /* enum tracer_attach */
	struct option_list pods;
	struct option_list netns_dirs;
	const char *node;
	const char *record;
	const char *replay; /* top: a recording to show, NULL: this node */
	const char *state;
	const char *root;    /* audit: before the path of each file of the node, NULL: nothing */
	const char *out_dir; /* audit: where to write files for other tools, NULL: nowhere */
	int bpf;	    /* enum option_bpf */
	int seccomp;	    /* enum option_seccomp */
	const char *ready_file;
	const char *metrics; /* where to listen, as listener.h has it; NULL: nowhere */
	uint64_t record_max; /* bytes */
	uint64_t ring_size;  /* bytes */
	uint64_t duration;   /* ns, 0: until a signal */
	uint64_t grace, stuck_after, orphan_age; /* ns */
	const char *argument; /* of replay, report: FILE; of explain: NETNS */
};

/*
 * argv from the subcommand's name on.  1: help was printed to stdout, nothing more to do; 0; -EINVAL: said on
 * stderr.  Lists belong to the caller, see options_free().
 */
int options_parse(struct options *ret, enum command command, int argc, char **argv);
void options_free(struct options *options);

/* The general help: the subcommands. */
void options_help(void);
/* All that there is to say of commands, options and sources, as one JSON object.  -ENOBUFS: it has become too long. */
int options_dump(void);

struct source;
struct source_context;

/* source_paths on these directories, or on the usual ones where none are given.  Negative errno. */
int options_open_paths(struct source **ret, const struct option_list *dirs,
		       const struct source_context *context);

#endif
