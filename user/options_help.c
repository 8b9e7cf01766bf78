/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the tables of options.c say, to people (--help), and as JSON (--dump-options), from which tools/doc makes man
 * page, completions and README's table.
 */
#include "options_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "choose.h"
#include "json_writer.h"
#include "source.h"
#include "util.h"
#include "version.h"

#define SOURCE_COMMANDS (COMMAND_TRACE | COMMAND_TOP | COMMAND_DOCTOR | COMMAND_EXPLAIN | COMMAND_AUDIT)
#define SOURCE_STANDARD "auto"
#define DUMP_BYTES 65536

/* What a line of help has no room for. */
static const struct {
	enum command command;
	const char *text;
} notes[] = {
	{ COMMAND_EXPLAIN, "NETNS is a cookie, an inode number, a name (of /run/netns, say), a path, a pod (NAME or\n"
			   "NAMESPACE/NAME), a container's id, or a process's." },
	{ COMMAND_TOP, "On the screen ? says what the keys do, and q quits. It may run beside a session of trace." },
};

static const char *const exit_statuses[] = { "nothing found", "findings", "netnsleak failed", "incomplete knowledge" };

static const char *command_note(enum command command)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(notes); i++)
		if (notes[i].command == command)
			return notes[i].text;
	return NULL;
}

/* --- to people --- */

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

static void field_help(const struct table_column *column)
{
	char names[96];

	snprintf(names, sizeof(names), "%s%s%s", column->field, column->alias ? ", " : "", column->alias ? column->alias : "");
	printf("  %-40s  %s\n", names, column->help);
}

void options_help_fields(enum command command)
{
	const struct fields_kind *kind = fields_of_command(command);

	printf("Attributes of JSON:\n");
	for (size_t i = 0; i < kind->count; i++)
		if (kind->columns[i].flags & TABLE_ATTRIBUTE)
			field_help(&kind->columns[i]);
	printf("\nFor people:\n");
	for (size_t i = 0; i < kind->count; i++)
		if (!(kind->columns[i].flags & TABLE_ATTRIBUTE))
			field_help(&kind->columns[i]);
}

static void exit_status_help(void)
{
	size_t i;

	printf("\nExit status:");
	for (i = 0; i < ARRAY_SIZE(exit_statuses); i++)
		printf("%s %zu %s", i ? "," : "", i, exit_statuses[i]);
	printf(".\n");
}

void options_help_command(enum command command)
{
	const char *note = command_note(command);
	size_t i, which;

	for (which = 0; command_specs[which].command != command; which++)
		;
	printf("Usage: netnsleak %s [OPTION]...%s\n%c%s.\n\nOptions:\n", command_specs[which].name,
	       command_specs[which].argument, toupper((unsigned char)command_specs[which].help[0]),
	       command_specs[which].help + 1);
	for (i = 0; i < option_spec_count; i++)
		if (option_specs[i].commands & (int)command)
			spec_help(&option_specs[i]);
	printf("  -h, --help\n          this text\n");
	if (note)
		printf("\n%s\n", note);
	if (command & SOURCE_COMMANDS) {
		printf("\nSources of pods (default: %s):\n", SOURCE_STANDARD);
		for (i = 0; source_types[i]; i++)
			source_help(source_types[i]);
	}
	exit_status_help();
}

void options_help(void)
{
	size_t i;

	printf("Usage: netnsleak COMMAND [OPTION]...\n"
	       "Find network namespaces that outlive their Kubernetes pods.\n\nCommands:\n");
	for (i = 0; i < command_spec_count; i++)
		printf("  %-8s %s\n", command_specs[i].name, command_specs[i].help);
	printf("\n  netnsleak COMMAND --help says more; netnsleak --version prints the version.\n");
	exit_status_help();
}

/* --- as JSON --- */

/* Lines of help are broken and indented for the terminal: here they are one. */
static void add_text(struct json_line *line, const char *key, size_t key_length, const char *text)
{
	char joined[1024];
	size_t length = 0;

	for (; *text && length < sizeof(joined); text++) {
		if (!isspace((unsigned char)*text))
			joined[length++] = *text;
		else if (length && joined[length - 1] != ' ')
			joined[length++] = ' ';
	}
	if (*text)
		line->full = true;
	json_text_bytes(line, key, key_length, joined, length, JSON_NO_CAP);
}

static void add_commands_of(struct json_line *line, const struct option_spec *spec)
{
	size_t opened, i;

	if (!json_open(line, JSON_KEY("commands"), &opened))
		return;
	for (i = 0; i < command_spec_count; i++)
		if (spec->commands & (int)command_specs[i].command)
			add_text(line, JSON_ELEMENT, command_specs[i].name);
	json_close_array(line, opened);
}

static void add_choices(struct json_line *line, const char *choices)
{
	size_t opened, length;

	if (!json_open(line, JSON_KEY("choices"), &opened))
		return;
	for (;; choices += length + 1) {
		length = strcspn(choices, "|");
		json_text_bytes(line, JSON_ELEMENT, choices, length, JSON_NO_CAP);
		if (!choices[length])
			break;
	}
	json_close_array(line, opened);
}

/* Of the rows of a command. */
static void add_fields_of(struct json_line *line, const struct fields_kind *kind)
{
	size_t opened;

	if (!json_open(line, JSON_KEY("fields"), &opened))
		return;
	for (size_t i = 0; i < kind->count; i++) {
		const struct table_column *column = &kind->columns[i];
		size_t object;

		if (!json_open(line, JSON_ELEMENT, &object))
			break;
		add_text(line, JSON_KEY("name"), column->field);
		if (column->alias)
			add_text(line, JSON_KEY("alias"), column->alias);
		json_bool(line, JSON_KEY("attribute"), column->flags & TABLE_ATTRIBUTE);
		add_text(line, JSON_KEY("help"), column->help);
		json_close_object(line, object);
	}
	json_close_array(line, opened);
}

static void add_option(struct json_line *line, const struct option_spec *spec)
{
	add_text(line, JSON_KEY("name"), spec->name);
	if (spec->letter)
		json_text_bytes(line, JSON_KEY("letter"), &spec->letter, 1, JSON_NO_CAP);
	add_text(line, JSON_KEY("value"), spec->metavar);
	if (spec->type == OPTION_WORD || spec->type == OPTION_CHOICE)
		add_choices(line, spec->metavar);
	if (spec->standard)
		add_text(line, JSON_KEY("default"), spec->standard);
	json_bool(line, JSON_KEY("repeatable"), spec->type == OPTION_LIST);
	add_text(line, JSON_KEY("help"), spec->help);
	add_commands_of(line, spec);
}

static void add_command(struct json_line *line, const struct command_spec *spec)
{
	const char *note = command_note(spec->command);

	add_text(line, JSON_KEY("name"), spec->name);
	if (*spec->argument)
		add_text(line, JSON_KEY("argument"), spec->argument);
	add_text(line, JSON_KEY("help"), spec->help);
	if (note)
		add_text(line, JSON_KEY("note"), note);
	if (fields_of_command(spec->command))
		add_fields_of(line, fields_of_command(spec->command));
}

static void add_source(struct json_line *line, const struct source_type *type)
{
	add_text(line, JSON_KEY("scheme"), type->scheme);
	if (*type->argument)
		add_text(line, JSON_KEY("argument"), type->argument);
	json_bool(line, JSON_KEY("argument_needed"), !type->fallback);
	if (type->fallback && *type->fallback)
		add_text(line, JSON_KEY("default"), type->fallback);
	add_text(line, JSON_KEY("help"), type->help);
}

/* One object for each, from one of the tables. */
static void add_all(struct json_line *line, const char *key, size_t key_length, size_t count,
		    void (*add)(struct json_line *line, size_t which))
{
	size_t opened, object, i;

	if (!json_open(line, key, key_length, &opened))
		return;
	for (i = 0; i < count && json_open(line, JSON_ELEMENT, &object); i++) {
		add(line, i);
		json_close_object(line, object);
	}
	json_close_array(line, opened);
}

static void add_command_at(struct json_line *line, size_t which)
{
	add_command(line, &command_specs[which]);
}

static void add_option_at(struct json_line *line, size_t which)
{
	add_option(line, &option_specs[which]);
}

static void add_source_at(struct json_line *line, size_t which)
{
	add_source(line, source_types[which]);
}

static void add_exit_statuses(struct json_line *line)
{
	size_t opened, i;

	if (!json_open(line, JSON_KEY("exit_statuses"), &opened))
		return;
	for (i = 0; i < ARRAY_SIZE(exit_statuses); i++)
		add_text(line, JSON_ELEMENT, exit_statuses[i]);
	json_close_array(line, opened);
}

int options_dump(void)
{
	static char bytes[DUMP_BYTES];
	struct json_line line;
	size_t sources = 0;

	while (source_types[sources])
		sources++;
	json_begin(&line, bytes, sizeof(bytes), false);
	add_text(&line, JSON_KEY("version"), NETNSLEAK_VERSION);
	add_all(&line, JSON_KEY("commands"), command_spec_count, add_command_at);
	add_all(&line, JSON_KEY("options"), option_spec_count, add_option_at);
	add_text(&line, JSON_KEY("source_default"), SOURCE_STANDARD);
	add_all(&line, JSON_KEY("sources"), sources, add_source_at);
	add_exit_statuses(&line);
	if (line.full)
		return -ENOBUFS;
	fwrite(bytes, 1, json_end(&line), stdout);
	return 0;
}
