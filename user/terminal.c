/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "util.h"

/* A screen of its own, without wrapping at its edge and without a cursor. */
#define ENTER "\033[?1049h\033[?7l\033[?25l\033[H\033[2J"
#define LEAVE "\033[0m\033[?7h\033[?25h\033[?1049l"

static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGSYS };

static struct {
	int fd;
	bool open;
	volatile sig_atomic_t entered;
	struct termios before;
	struct sigaction actions[ARRAY_SIZE(fatal)];
} terminal = { .fd = -1 };

int terminal_check(void)
{
	const char *name = getenv("TERM");

	if (!isatty(STDOUT_FILENO))
		return -ENOTTY;
	return !name || !*name || !strcmp(name, "dumb") ? -ENOTSUP : 0;
}

/* What a handler of signals may do too. */
static void put(const char *bytes, size_t length)
{
	while (length) {
		ssize_t written = write(STDOUT_FILENO, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return;
		bytes += written;
		length -= (size_t)written;
	}
}

void terminal_leave(void)
{
	if (!terminal.entered)
		return;
	terminal.entered = 0;
	put(LEAVE, sizeof(LEAVE) - 1);
	tcsetattr(terminal.fd, TCSANOW, &terminal.before);
}

void terminal_enter(void)
{
	struct termios raw;

	if (!terminal.entered && tcgetattr(terminal.fd, &terminal.before) < 0)
		return;
	raw = terminal.before;
	cfmakeraw(&raw);
	raw.c_oflag = terminal.before.c_oflag;
	terminal.entered = 1;
	tcsetattr(terminal.fd, TCSANOW, &raw);
	put(ENTER, sizeof(ENTER) - 1);
}

static void die(int number)
{
	terminal_leave();
	/* As it would have died without us: a sanitizer, say, has a word to say. */
	for (size_t i = 0; i < ARRAY_SIZE(fatal); i++)
		if (fatal[i] == number)
			sigaction(number, &terminal.actions[i], NULL);
	raise(number);
}

/* Of its own open file, so that what is set there is nobody else's. */
static int open_keys(void)
{
	const int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	int fd = open("/proc/self/fd/1", flags);

	if (fd < 0)
		fd = open("/dev/tty", flags);
	return fd < 0 ? -errno : fd;
}

int terminal_open(void)
{
	struct sigaction action = { .sa_handler = die, .sa_flags = SA_NODEFER };
	int fd = open_keys();

	if (fd < 0)
		return fd;
	terminal.fd = fd;
	terminal.open = true;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(fatal); i++)
		sigaction(fatal[i], &action, &terminal.actions[i]);
	atexit(terminal_leave);
	terminal_enter();
	return 0;
}

void terminal_close(void)
{
	if (!terminal.open)
		return;
	terminal_leave();
	for (size_t i = 0; i < ARRAY_SIZE(fatal); i++)
		sigaction(fatal[i], &terminal.actions[i], NULL);
	close(terminal.fd);
	terminal.fd = -1;
	terminal.open = false;
}

int terminal_fd(void)
{
	return terminal.fd;
}

void terminal_stop_job(void)
{
	sigset_t stop, before;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_BLOCK, &stop, &before);
	kill(0, SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL); /* it stops here */
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void terminal_size(unsigned *ret_rows, unsigned *ret_columns)
{
	struct winsize size;
	bool known = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col;

	*ret_rows = known ? size.ws_row : 24;
	*ret_columns = known ? size.ws_col : 80;
}
