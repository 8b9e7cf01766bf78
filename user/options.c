/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"
#include "util.h"

enum option_type { OPTION_TEXT, OPTION_CHOICE, OPTION_LIST, OPTION_DURATION, OPTION_SIZE, OPTION_POWER };

struct option_spec {
	const char *name;
	char letter; /* 0: none */
	enum option_type type;
	size_t offset;
	int commands;	     /* enum command, or-ed */
	const char *metavar; /* of a choice: its values, separated by '|', which are numbered from 0 */
	const char *standard; /* default, as it would be typed; NULL: none */
	uint64_t minimum;
	const char *range; /* what is wanted where a value is understood and refused */
	const char *help;
};

#define MAX_POWER (1ull << 30) /* what the kernel gives a ring buffer on any machine */
#define AT(field) offsetof(struct options, field)
#define EVERY (COMMAND_TRACE | COMMAND_LIST | COMMAND_REPLAY | COMMAND_DOCTOR)

static const struct option_spec specs[] = {
	{ "format", 'o', OPTION_TEXT, AT(format), COMMAND_TRACE | COMMAND_LIST | COMMAND_REPLAY,
	  "json|table", "table", 0, NULL, "table for people, or one JSON object per line" },
	{ "output", 0, OPTION_TEXT, AT(output), COMMAND_TRACE | COMMAND_LIST | COMMAND_REPLAY, "FILE", NULL,
	  0, NULL, "append to FILE instead of stdout; trace opens it anew on SIGHUP" },
	{ "only", 0, OPTION_CHOICE, AT(only), COMMAND_TRACE | COMMAND_REPLAY, "all|lifecycle|findings", "all",
	  0, NULL, "what to tell: lifecycle leaves out addresses and devices" },
	{ "pods", 0, OPTION_LIST, AT(pods), COMMAND_TRACE | COMMAND_DOCTOR, "SOURCE", NULL, 0, NULL,
	  "where pods are known from; may be given several times (see below)" },
	{ "node", 0, OPTION_TEXT, AT(node), COMMAND_TRACE, "NAME", NULL, 0, NULL,
	  "this node's name in Kubernetes; default: $NODE_NAME, else the host name" },
	{ "netns-dir", 0, OPTION_LIST, AT(netns_dirs), COMMAND_TRACE | COMMAND_DOCTOR, "DIR",
	  NULL, 0, NULL, "where to look for left-over files; default: /run/netns and /run/docker/netns" },
	{ "duration", 0, OPTION_DURATION, AT(duration), COMMAND_TRACE, "TIME", NULL, 1, "a TIME above 0",
	  "stop after TIME (90, 90s, 10m, 1h30m); default: on SIGINT or SIGTERM" },
	{ "grace", 0, OPTION_DURATION, AT(grace), COMMAND_TRACE, "TIME", "60s", 0, NULL,
	  "how long after its pod is gone a netns may still be referenced" },
	{ "stuck-after", 0, OPTION_DURATION, AT(stuck_after), COMMAND_TRACE, "TIME", "60s", 1, "a TIME above 0",
	  "how long the kernel's teardown may stand still" },
	{ "orphan-age", 0, OPTION_DURATION, AT(orphan_age), COMMAND_TRACE, "TIME", "1h", 1, "a TIME above 0",
	  "how old a netns without pod and process may become" },
	{ "state", 0, OPTION_TEXT, AT(state), COMMAND_TRACE, "FILE", NULL, 0, NULL,
	  "remember bindings and reports in FILE, so that a restart loses and repeats nothing" },
	{ "record", 0, OPTION_TEXT, AT(record), COMMAND_TRACE, "FILE", NULL, 0, NULL,
	  "write all that comes in to FILE, for replay" },
	{ "record-max", 0, OPTION_SIZE, AT(record_max), COMMAND_TRACE, "SIZE", "1G", 65536, "64K or more",
	  "stop recording, not tracing, at SIZE" },
	{ "ready-file", 0, OPTION_TEXT, AT(ready_file), COMMAND_TRACE, "FILE", NULL, 0, NULL,
	  "make FILE when the first census is done and all sources were asked" },
	{ "attach", 0, OPTION_CHOICE, AT(attach), COMMAND_TRACE | COMMAND_DOCTOR, "auto|fentry|kprobe", "auto",
	  0, NULL, "how to hook kernel functions; auto: fentry where the kernel has it" },
	{ "ring-size", 0, OPTION_POWER, AT(ring_size), COMMAND_TRACE, "SIZE", "1M", 4096,
	  "a power of two from 4K to 1G", "ring buffer between kernel and netnsleak; a power of two" },
	{ "color", 0, OPTION_CHOICE, AT(color), EVERY, "auto|always|never", "auto", 0, NULL,
	  "colours; auto: on a terminal, unless NO_COLOR is set" },
};

static const struct {
	enum command command;
	const char *name, *argument, *help;
} commands[] = {
	{ COMMAND_TRACE, "trace", "", "watch this node and report netns that outlive their pods" },
	{ COMMAND_LIST, "list", "", "show every netns of the kernel, named or not" },
	{ COMMAND_REPLAY, "replay", " FILE", "judge a recording of trace --record again" },
	{ COMMAND_DOCTOR, "doctor", "", "say what this kernel and this process permit, and what to do" },
};

/* --- values --- */

static int number_parse(uint64_t *ret, const char **text)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	errno = 0;
	*ret = strtoull(*text, &end, 10);
	if (errno)
		return -EINVAL;
	*text = end;
	return 0;
}

/* ret += number * unit */
static int add_scaled(uint64_t *ret, uint64_t number, uint64_t unit)
{
	uint64_t product;

	if (__builtin_mul_overflow(number, unit, &product) || __builtin_add_overflow(*ret, product, ret) ||
	    *ret > INT64_MAX)
		return -EINVAL;
	return 0;
}

int duration_parse(uint64_t *ret, const char *text)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {
		{ "ms", NS_PER_MS },	   { "us", 1000 },		 { "ns", 1 },
		{ "s", NS_PER_S },	   { "m", 60 * NS_PER_S }, { "h", 3600 * NS_PER_S },
		{ "d", 86400 * NS_PER_S },
	};
	uint64_t sum = 0, number;
	bool alone = true;

	do {
		size_t i, length = 0;

		if (number_parse(&number, &text) < 0)
			return -EINVAL;
		while (isalpha((unsigned char)text[length]))
			length++;
		if (!length && !*text && alone) { /* a plain number is seconds; in 1h30 it could be anything */
			if (add_scaled(&sum, number, NS_PER_S) < 0)
				return -EINVAL;
			break;
		}
		alone = false;
		for (i = 0; i < ARRAY_SIZE(units); i++)
			if (strlen(units[i].name) == length && !strncmp(text, units[i].name, length))
				break;
		if (i == ARRAY_SIZE(units) || add_scaled(&sum, number, units[i].ns) < 0)
			return -EINVAL;
		text += length;
	} while (*text);
	*ret = sum;
	return 0;
}

int size_parse(uint64_t *ret, const char *text)
{
	static const char units[] = "KMGT";
	uint64_t number, sum = 0, unit = 1;
	const char *found;

	if (number_parse(&number, &text) < 0)
		return -EINVAL;
	if (*text) {
		found = strchr(units, toupper((unsigned char)*text));
		if (!found)
			return -EINVAL;
		unit = 1ull << (10 * (found - units + 1));
		text++;
		if (!strcmp(text, "iB") || !strcmp(text, "B"))
			text += strlen(text);
	}
	if (*text || add_scaled(&sum, number, unit) < 0)
		return -EINVAL;
	*ret = sum;
	return 0;
}

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
	case OPTION_TEXT:
		break;
	}
	if (strchr(spec->metavar, '|') && choice_parse(&choice, spec->metavar, text) < 0)
		return -EINVAL;
	*(const char **)field = text;
	return 0;
}

/* --- help --- */

static const char *command_name(enum command command)
{
	size_t i;

	for (i = 0; commands[i].command != command; i++)
		;
	return commands[i].name;
}

static void spec_help(const struct option_spec *spec)
{
	char left[64], letter[8] = "    ";

	if (spec->letter)
		snprintf(letter, sizeof(letter), "-%c, ", spec->letter);
	snprintf(left, sizeof(left), "%s--%s %s", letter, spec->name, spec->metavar);
	printf("  %s\n          %s", left, spec->help);
	if (spec->standard)
		printf(" [%s]", spec->standard);
	putchar('\n');
}

static void source_help(const struct source_type *type)
{
	char argument[32] = "";

	if (*type->argument)
		snprintf(argument, sizeof(argument), type->fallback ? "[:%s]" : ":%s", type->argument);
	printf("  %s%s\n          %s\n", type->scheme, argument, type->help);
}

static void command_help(enum command command)
{
	size_t i, which;

	for (which = 0; commands[which].command != command; which++)
		;
	printf("Usage: netnsleak %s [OPTION]...%s\n%c%s.\n\nOptions:\n", commands[which].name,
	       commands[which].argument, toupper((unsigned char)commands[which].help[0]),
	       commands[which].help + 1);
	for (i = 0; i < ARRAY_SIZE(specs); i++)
		if (specs[i].commands & (int)command)
			spec_help(&specs[i]);
	printf("  -h, --help\n          this text\n");
	if (command == COMMAND_TRACE || command == COMMAND_DOCTOR) {
		printf("\nSources of pods (default: auto):\n");
		for (i = 0; source_types[i]; i++)
			source_help(source_types[i]);
	}
	printf("\nExit status: 0 nothing found, 1 findings, 2 netnsleak failed, 3 incomplete knowledge.\n");
}

void options_help(void)
{
	size_t i;

	printf("Usage: netnsleak COMMAND [OPTION]...\n"
	       "Find network namespaces that outlive their Kubernetes pods.\n\nCommands:\n");
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].help);
	printf("\n  netnsleak COMMAND --help says more; netnsleak --version prints the version.\n"
	       "\nExit status: 0 nothing found, 1 findings, 2 netnsleak failed, 3 incomplete knowledge.\n");
}

/* --- parsing --- */

enum { OPTION_HELP = 1000 };

static const struct option_spec *spec_for(int value)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(specs); i++)
		if (value == (int)i + 2000 || (specs[i].letter && value == specs[i].letter))
			return &specs[i];
	return NULL;
}

static void getopt_tables(enum command command, struct option *longs, char *shorts)
{
	size_t i, count = 0;

	*shorts++ = ':';
	*shorts++ = 'h';
	for (i = 0; i < ARRAY_SIZE(specs); i++) {
		if (!(specs[i].commands & (int)command))
			continue;
		longs[count++] = (struct option){ specs[i].name, required_argument, NULL, (int)i + 2000 };
		if (specs[i].letter) {
			*shorts++ = specs[i].letter;
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

/* Of several letters behind one '-', getopt knows which; of a long name, which argument it stands in. */
static int refuse_option(enum command command, char **argv)
{
	char letter[] = { '-', (char)optopt, '\0' };
	bool is_letter = optopt > 0 && optopt < OPTION_HELP;

	return refuse(command, "no such option", is_letter ? letter : argv[optind - 1]);
}

static int option_apply(struct options *options, enum command command, int value)
{
	const struct option_spec *spec = spec_for(value);
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
	if (command == COMMAND_REPLAY) {
		if (optind == argc)
			return refuse(command, "replay wants the recording's FILE", "");
		options->argument = argv[optind++];
	}
	return optind < argc ? refuse(command, "one argument too many", argv[optind]) : 0;
}

int options_parse(struct options *ret, enum command command, int argc, char **argv)
{
	struct option longs[ARRAY_SIZE(specs) + 2];
	char shorts[2 * ARRAY_SIZE(specs) + 4];
	size_t i;
	int value, err = 0;

	*ret = (struct options){ 0 };
	for (i = 0; i < ARRAY_SIZE(specs); i++)
		if (specs[i].standard)
			value_set(ret, &specs[i], specs[i].standard);
	getopt_tables(command, longs, shorts);
	optind = 0; /* glibc: forget what an earlier call was at */
	opterr = 0;
	while (!err && (value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (value == OPTION_HELP || value == 'h') {
			command_help(command);
			return 1;
		}
		if (value == '?')
			err = refuse_option(command, argv);
		else if (value == ':')
			err = refuse(command, "a value is missing", argv[optind - 1]);
		else
			err = option_apply(ret, command, value);
	}
	return err ? err : arguments_parse(ret, command, argc, argv);
}

void options_free(struct options *options)
{
	free(options->pods.items);
	free(options->netns_dirs.items);
}

/* --- directories --- */

/* "/run/netns:/run/docker/netns" */
static char *joined(const struct option_list *dirs)
{
	char *text = strdup(dirs->count ? dirs->items[0] : "/run/netns:/run/docker/netns"), *longer;
	size_t i;

	for (i = 1; text && i < dirs->count; i++) {
		if (asprintf(&longer, "%s:%s", text, dirs->items[i]) < 0)
			longer = NULL;
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
