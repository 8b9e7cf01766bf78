/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "options_private.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listener.h"
#include "source.h"
#include "util.h"

#define MAX_POWER (1ull << 30) /* what the kernel gives a ring buffer on any machine */
#define AT(field) offsetof(struct options, field)
#define TABLES (COMMAND_TRACE | COMMAND_LIST | COMMAND_AUDIT | COMMAND_REPLAY)
#define PRINTING (COMMAND_TRACE | COMMAND_LIST | COMMAND_EXPLAIN | COMMAND_REPLAY)
#define EVERY (COMMAND_AUDIT | COMMAND_TRACE | COMMAND_TOP | COMMAND_LIST | COMMAND_EXPLAIN | COMMAND_REPLAY | COMMAND_DOCTOR)

const struct option_spec option_specs[] = {
	{ "format", 'o', OPTION_WORD, AT(format), COMMAND_TRACE | COMMAND_REPLAY,
	  "json|table|wide|csv|otlp-json", "table", 0, NULL, "for people, one JSON object per line, or the same for OTLP, or CSV" },
	{ "format", 'o', OPTION_WORD, AT(format), COMMAND_LIST,
	  "json|table|wide|csv", "table", 0, NULL, "table for people, one JSON object per line, or CSV" },
	{ "format", 'o', OPTION_WORD, AT(format), COMMAND_EXPLAIN,
	  "json|table", "table", 0, NULL, "for people, or one JSON object" },
	{ "format", 'o', OPTION_WORD, AT(format), COMMAND_AUDIT,
	  "json|table|wide|csv|classic|npd", "table", 0, NULL,
	  "table, JSON, CSV; classic: [OK], [ISSUE] as of old; npd: for node-problem-detector" },
	{ "format", 'o', OPTION_WORD, AT(format), COMMAND_REPORT,
	  "html", "html", 0, NULL, "one page that needs nothing but itself" },
	{ "fields", 0, OPTION_TEXT, AT(fields), TABLES, "FIELD,...", NULL, 0, NULL,
	  "columns of the table or of the CSV; --fields help lists all" },
	{ "filter", 0, OPTION_LIST, AT(filters), TABLES, "FIELD=VALUE", NULL, 0, NULL,
	  "only such rows; also != ~ !~ (a regular expression) < <= > >=; several: all are met" },
	{ "sort", 0, OPTION_TEXT, AT(sort), COMMAND_LIST | COMMAND_AUDIT, "FIELD,...", NULL, 0, NULL,
	  "in this order; -FIELD: from the greatest down" },
	{ "output", 0, OPTION_TEXT, AT(output), PRINTING | COMMAND_AUDIT, "FILE", NULL,
	  0, NULL, "append to FILE instead of stdout; trace opens it anew on SIGHUP" },
	{ "output", 0, OPTION_TEXT, AT(output), COMMAND_REPORT, "FILE", NULL, 0, NULL,
	  "write to FILE, whole or not at all, instead of stdout" },
	{ "only", 0, OPTION_CHOICE, AT(only), COMMAND_TRACE | COMMAND_REPLAY, "all|lifecycle|findings", "all",
	  0, NULL, "what to tell: lifecycle leaves out addresses and devices" },
	{ "pods", 0, OPTION_LIST, AT(pods), COMMAND_TRACE | COMMAND_TOP | COMMAND_EXPLAIN | COMMAND_AUDIT | COMMAND_DOCTOR, "SOURCE", NULL, 0, NULL,
	  "where pods are known from; may be given several times (see below)" },
	{ "node", 0, OPTION_TEXT, AT(node), COMMAND_TRACE | COMMAND_TOP | COMMAND_EXPLAIN | COMMAND_AUDIT, "NAME", NULL, 0, NULL,
	  "this node's name in Kubernetes; default: $NODE_NAME, else the host name" },
	{ "netns-dir", 0, OPTION_LIST, AT(netns_dirs), COMMAND_TRACE | COMMAND_TOP | COMMAND_AUDIT | COMMAND_DOCTOR, "DIR",
	  NULL, 0, NULL, "where to look for left-over files; default: /run/netns and /run/docker/netns" },
	{ "duration", 0, OPTION_DURATION, AT(duration), COMMAND_TRACE | COMMAND_TOP, "TIME", NULL, 1, "a TIME above 0",
	  "stop after TIME (90, 90s, 10m, 1h30m); default: on SIGINT or SIGTERM" },
	{ "grace", 0, OPTION_DURATION, AT(grace), COMMAND_TRACE | COMMAND_TOP | COMMAND_EXPLAIN | COMMAND_AUDIT, "TIME", "60s", 0, NULL,
	  "how long after its pod is gone a netns may still be referenced" },
	{ "stuck-after", 0, OPTION_DURATION, AT(stuck_after), COMMAND_TRACE | COMMAND_TOP, "TIME", "60s", 1, "a TIME above 0",
	  "how long the kernel's teardown may stand still" },
	{ "orphan-age", 0, OPTION_DURATION, AT(orphan_age), COMMAND_TRACE | COMMAND_TOP | COMMAND_AUDIT, "TIME", "1h", 1, "a TIME above 0",
	  "how old a netns without pod and process may become" },
	{ "state", 0, OPTION_TEXT, AT(state), COMMAND_TRACE | COMMAND_TOP | COMMAND_EXPLAIN | COMMAND_AUDIT, "FILE", NULL, 0, NULL,
	  "keep bindings and reports in FILE, so that a restart repeats nothing; others read it" },
	{ "record", 0, OPTION_TEXT, AT(record), COMMAND_TRACE | COMMAND_TOP, "FILE", NULL, 0, NULL,
	  "write all that comes in to FILE, for replay" },
	{ "replay", 0, OPTION_TEXT, AT(replay), COMMAND_TOP, "FILE", NULL, 0, NULL,
	  "show a recording of trace --record, and not this node" },
	{ "record-max", 0, OPTION_SIZE, AT(record_max), COMMAND_TRACE | COMMAND_TOP, "SIZE", "1G", 65536, "64K or more",
	  "stop recording, not tracing, at SIZE" },
	{ "ready-file", 0, OPTION_TEXT, AT(ready_file), COMMAND_TRACE, "FILE", NULL, 0, NULL,
	  "make FILE after the first census, when each source has answered or 5 s have passed" },
	{ "metrics", 0, OPTION_ADDRESS, AT(metrics), COMMAND_TRACE, LISTENER_METAVAR, NULL, 0, "a path of at most 107 bytes",
	  "answer /metrics (for Prometheus), /healthz and /readyz there; of a bare PORT at 127.0.0.1" },
	{ "attach", 0, OPTION_CHOICE, AT(attach), COMMAND_TRACE | COMMAND_TOP | COMMAND_DOCTOR, "auto|fentry|kprobe", "auto",
	  0, NULL, "how to hook kernel functions; auto: fentry where the kernel has it" },
	{ "bpf", 0, OPTION_CHOICE, AT(bpf), COMMAND_LIST | COMMAND_EXPLAIN | COMMAND_AUDIT, "auto|never", "auto", 0, NULL,
	  "never: by /proc and netlink alone, as where the kernel refuses BPF" },
	{ "seccomp", 0, OPTION_CHOICE, AT(seccomp), COMMAND_TRACE | COMMAND_TOP | COMMAND_LIST | COMMAND_EXPLAIN | COMMAND_AUDIT | COMMAND_REPLAY | COMMAND_REPORT,
	  "auto|never", "auto", 0, NULL, "auto: refuse itself all system calls that it does not need, where the kernel can" },
	{ "root", 0, OPTION_TEXT, AT(root), COMMAND_AUDIT, "DIR", NULL, 0, NULL,
	  "before the path of each of the node's files: /proc/1/root, /host" },
	{ "out-dir", 0, OPTION_TEXT, AT(out_dir), COMMAND_AUDIT, "DIR", NULL, 0, NULL,
	  "write node_netns_list.txt, node_netns_details.json and node_pod_ip_map.txt there as well" },
	{ "ring-size", 0, OPTION_POWER, AT(ring_size), COMMAND_TRACE | COMMAND_TOP, "SIZE", "1M", 4096,
	  "a power of two from 4K to 1G", "ring buffer between kernel and netnsleak; a power of two" },
	{ "color", 0, OPTION_CHOICE, AT(color), EVERY, "auto|always|never", "auto", 0, NULL,
	  "colours; auto: on a terminal, unless NO_COLOR is set" },
};

const struct command_spec command_specs[] = {
	{ COMMAND_TRACE, "trace", "", "watch this node and report netns that outlive their pods" },
	{ COMMAND_TOP, "top", "", "watch this node on a screen: every netns, leaks first, to sort, to filter, to explain" },
	{ COMMAND_LIST, "list", "", "show every netns of the kernel, named or not" },
	{ COMMAND_EXPLAIN, "explain", " NETNS", "say all of one netns: whose it is, what holds it, what would free it" },
	{ COMMAND_AUDIT, "audit", "", "look once for what is wrong with this node's netns" },
	{ COMMAND_REPLAY, "replay", " FILE", "judge a recording of trace --record again" },
	{ COMMAND_REPORT, "report", " FILE", "make a page of a recording of trace --record, to look at and to keep" },
	{ COMMAND_DOCTOR, "doctor", "", "say what this kernel and this process permit, and what to do" },
};

const size_t option_spec_count = ARRAY_SIZE(option_specs), command_spec_count = ARRAY_SIZE(command_specs);

/* --- values --- */

/* Which of "a|b|c" it is, or -EINVAL. */
static int choice_parse(int *ret, const char *choices, const char *text)
{
	size_t length = strlen(text);
	int i;

	for (i = 0;; i++) {
		size_t this = strcspn(choices, "|");

		if (this == length && !strncmp(choices, text, length)) {
			*ret = i;
			return 0;
		}
		if (!choices[this])
			return -EINVAL;
		choices += this + 1;
	}
}

static int list_add(struct option_list *list, const char *text)
{
	const char **items = reallocarray(list->items, list->count + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	items[list->count++] = text;
	list->items = items;
	return 0;
}

static int value_set(struct options *options, const struct option_spec *spec, const char *text)
{
	void *field = (char *)options + spec->offset;
	uint64_t *number = field;
	int err, choice;

	switch (spec->type) {
	case OPTION_LIST:
		return list_add(field, text);
	case OPTION_CHOICE:
		return choice_parse(field, spec->metavar, text);
	case OPTION_DURATION:
		err = duration_parse(number, text);
		return err ? err : *number < spec->minimum ? -ERANGE : 0;
	case OPTION_SIZE:
	case OPTION_POWER:
		err = size_parse(number, text);
		if (!err && spec->type == OPTION_POWER && (*number & (*number - 1) || *number > MAX_POWER))
			return -ERANGE;
		return err ? err : *number < spec->minimum ? -ERANGE : 0;
	case OPTION_ADDRESS:
		err = listener_check(text);
		if (err)
			return err;
		*(const char **)field = text;
		return 0;
	case OPTION_WORD:
		if (choice_parse(&choice, spec->metavar, text) < 0)
			return -EINVAL;
		break;
	case OPTION_TEXT:
		break;
	}
	*(const char **)field = text;
	return 0;
}

/* --- parsing --- */

static const char *command_name(enum command command)
{
	size_t i;

	for (i = 0; command_specs[i].command != command; i++)
		;
	return command_specs[i].name;
}

enum { OPTION_HELP = 1000 };

static const struct option_spec *spec_for(enum command command, int value)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(option_specs); i++)
		if (value == (int)i + 2000 ||
		    (option_specs[i].commands & (int)command && option_specs[i].letter && value == option_specs[i].letter))
			return &option_specs[i];
	return NULL;
}

static void getopt_tables(enum command command, struct option *longs, char *shorts)
{
	size_t i, count = 0;

	*shorts++ = ':';
	*shorts++ = 'h';
	for (i = 0; i < ARRAY_SIZE(option_specs); i++) {
		if (!(option_specs[i].commands & (int)command))
			continue;
		longs[count++] = (struct option){ option_specs[i].name, required_argument, NULL, (int)i + 2000 };
		if (option_specs[i].letter) {
			*shorts++ = option_specs[i].letter;
			*shorts++ = ':';
		}
	}
	longs[count++] = (struct option){ "help", no_argument, NULL, OPTION_HELP };
	longs[count] = (struct option){ 0 };
	*shorts = '\0';
}

static int refuse(enum command command, const char *what, const char *which)
{
	fprintf(stderr, "netnsleak: %s%s%s; see 'netnsleak %s --help'\n", what, *which ? ": " : "", which,
		command_name(command));
	return -EINVAL;
}

/* "--sort", "--sort=age" */
static bool is_name(const char *word, const char *name)
{
	size_t length = strlen(name);

	return !strncmp(word, name, length) && (!word[length] || word[length] == '=');
}

/* Of several letters behind one '-', getopt knows which; of a long name, which argument it stands in. */
static int refuse_option(enum command command, char **argv)
{
	char letter[] = { '-', (char)optopt, '\0' };
	bool is_letter = optopt > 0 && optopt < OPTION_HELP;

	if (!is_letter && is_name(argv[optind - 1], "--sort"))
		return refuse(command, "--sort is for list and audit: what is told as it happens has the order of time", "");
	return refuse(command, "no such option", is_letter ? letter : argv[optind - 1]);
}

static int option_apply(struct options *options, enum command command, int value)
{
	const struct option_spec *spec = spec_for(command, value);
	char what[128];
	int err = value_set(options, spec, optarg);

	if (err != -EINVAL && err != -ERANGE)
		return err;
	snprintf(what, sizeof(what), "--%s wants %s, not '%.40s'", spec->name,
		 err == -ERANGE ? spec->range : spec->metavar, optarg);
	return refuse(command, what, "");
}

static int arguments_parse(struct options *options, enum command command, int argc, char **argv)
{
	if (command & (COMMAND_REPLAY | COMMAND_REPORT | COMMAND_EXPLAIN)) {
		if (optind == argc)
			return refuse(command, command == COMMAND_EXPLAIN ? "explain wants a NETNS" :
				      command == COMMAND_REPLAY ? "replay wants the recording's FILE" :
								  "report wants the recording's FILE", "");
		options->argument = argv[optind++];
	}
	return optind < argc ? refuse(command, "one argument too many", argv[optind]) : 0;
}

int options_parse(struct options *ret, enum command command, int argc, char **argv)
{
	struct option longs[ARRAY_SIZE(option_specs) + 2];
	char shorts[2 * ARRAY_SIZE(option_specs) + 4];
	size_t i;
	int value, err = 0;

	*ret = (struct options){ 0 };
	for (i = 0; i < ARRAY_SIZE(option_specs); i++)
		if (option_specs[i].standard && option_specs[i].commands & (int)command)
			value_set(ret, &option_specs[i], option_specs[i].standard);
	getopt_tables(command, longs, shorts);
	optind = 0; /* glibc: forget what an earlier call was at */
	opterr = 0;
	while (!err && (value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (value == OPTION_HELP || value == 'h') {
			options_help_command(command);
			return 1;
		}
		if (value == '?')
			err = refuse_option(command, argv);
		else if (value == ':')
			err = refuse(command, "a value is missing", argv[optind - 1]);
		else
			err = option_apply(ret, command, value);
	}
	if (!err && ret->fields && !strcmp(ret->fields, "help")) {
		options_help_fields(command);
		return 1;
	}
	return err ? err : arguments_parse(ret, command, argc, argv);
}

void options_free(struct options *options)
{
	free(options->pods.items);
	free(options->netns_dirs.items);
	free(options->filters.items);
}

/* --- directories --- */

/* "/run/netns:/run/docker/netns" */
static char *joined(const struct option_list *dirs)
{
	char *text = strdup(dirs->count ? dirs->items[0] : "/run/netns:/run/docker/netns"), *longer;
	size_t i;

	for (i = 1; text && i < dirs->count; i++) {
		longer = formatted("%s:%s", text, dirs->items[i]);
		free(text);
		text = longer;
	}
	return text;
}

int options_open_paths(struct source **ret, const struct option_list *dirs,
		       const struct source_context *context)
{
	char *argument = joined(dirs);
	int err = argument ? source_paths.open(ret, argument, context) : -ENOMEM;

	free(argument);
	return err;
}
