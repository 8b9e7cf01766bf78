/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "confine.h"
#include "on_demand.h"
#include "options.h"
#include "progress.h"
#include "say.h"
#include "util.h"
#include "version.h"

static const struct {
	const char *name;
	enum command command;
	int (*run)(const struct options *options);
} commands[] = {
	{ "trace", COMMAND_TRACE, cmd_trace },
	{ "top", COMMAND_TOP, cmd_top },
	{ "list", COMMAND_LIST, cmd_list },
	{ "explain", COMMAND_EXPLAIN, cmd_explain },
	{ "audit", COMMAND_AUDIT, cmd_audit },
	{ "replay", COMMAND_REPLAY, cmd_replay },
	{ "report", COMMAND_REPORT, cmd_report },
	{ "doctor", COMMAND_DOCTOR, cmd_doctor },
};

static int run_command(size_t which, const struct options *options)
{
	confine_command(options, commands[which].command);
	return commands[which].run(options);
}

static int run(size_t which, bool on_demand, int argc, char **argv)
{
	struct options options;
	int err = options_parse(&options, commands[which].command, argc, argv), status = STATUS_FAILED;
	const char *refused = !err && on_demand ? on_demand_refused(&options, commands[which].command) : NULL;

	if (err == 1)
		status = 0;
	else if (refused)
		say("%s would leave something on the node, which is to stay as it was; redirect what kubectl prints", refused);
	else if (!err)
		status = run_command(which, &options);
	progress_end();
	options_free(&options);
	return status;
}

/*
 * Who starts us with stdout or stderr closed would have the next file that is opened take its place, and get our
 * lines.  A placeholder that cannot be written makes it the error that it is.
 */
static void hold_standard_descriptors(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			_exit(STATUS_FAILED);
}

/* What help, version and doctor have printed. */
static int printed(int status)
{
	if (!fflush(stdout) && !ferror(stdout))
		return status;
	say("cannot write to stdout: %s%s", strerror(errno), say_remedy(-errno));
	return STATUS_FAILED;
}

static int dump_options(void)
{
	int err = options_dump();

	if (err)
		say("cannot tell of the options: %s", strerror(-err));
	return err ? STATUS_FAILED : 0;
}

int main(int argc, char **argv)
{
	bool on_demand = argc > 2 && !strcmp(argv[1], "--on-demand");
	int status = STATUS_FAILED;
	size_t i;

	hold_standard_descriptors();
	setlocale(LC_CTYPE, "");
	if (argc < 2) {
		say("which command? see 'netnsleak --help'");
		return STATUS_FAILED;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version")) {
		printf("netnsleak %s\n", NETNSLEAK_VERSION);
		return printed(0);
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		options_help();
		return printed(0);
	}
	if (!strcmp(argv[1], "--dump-options")) /* for what is made from it, see tools/doc */
		return printed(dump_options());
	if (on_demand) { /* for tools/plugin */
		argc--;
		argv++;
		if (on_demand_begin(&status) != 0)
			return status;
	}
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return printed(run(i, on_demand, argc - 1, argv + 1));
	say("no such command: %s; see 'netnsleak --help'", argv[1]);
	return STATUS_FAILED;
}
