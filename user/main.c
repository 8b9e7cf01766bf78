/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "options.h"
#include "say.h"
#include "util.h"
#include "version.h"

static const struct {
	const char *name;
	enum command command;
	int (*run)(const struct options *options);
} commands[] = {
	{ "trace", COMMAND_TRACE, cmd_trace },
	{ "list", COMMAND_LIST, cmd_list },
	{ "replay", COMMAND_REPLAY, cmd_replay },
	{ "doctor", COMMAND_DOCTOR, cmd_doctor },
};

static int run(size_t which, int argc, char **argv)
{
	struct options options;
	int err = options_parse(&options, commands[which].command, argc, argv), status = STATUS_FAILED;

	if (err == 1)
		status = 0;
	else if (!err)
		status = commands[which].run(&options);
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

int main(int argc, char **argv)
{
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
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(argv[1], commands[i].name))
			return printed(run(i, argc - 1, argv + 1));
	say("no such command: %s; see 'netnsleak --help'", argv[1]);
	return STATUS_FAILED;
}
