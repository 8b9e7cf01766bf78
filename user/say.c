/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "say.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "format.h"
#include "progress.h"

/* How long a reader of stderr that stands still may hold up the loop, once. */
#define PATIENCE_MS 100
#define SAID 1024

static unsigned unsaid;
static void (*listener)(void *ctx, const char *line);
static void *listener_ctx;

void say_to(void (*fn)(void *ctx, const char *line), void *ctx)
{
	listener = fn;
	listener_ctx = ctx;
}

/* A pipe that can be written to has room for a line of ours, and so has a terminal. */
static bool can_write(int timeout)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&out, 1, timeout) != 0;
}

void say(const char *format, ...)
{
	char text[SAID], missing[64] = "";
	TEXT(safe, 2 * SAID);
	va_list arguments;

	if (!listener && !can_write(unsaid ? 0 : PATIENCE_MS)) {
		unsaid++;
		return;
	}
	if (unsaid)
		snprintf(missing, sizeof(missing), "(%u messages found no reader) ", unsaid);
	unsaid = 0;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* Names of pods, files and processes are anybody's: none is to speak to the terminal. */
	text_add_safe(&safe, text);
	if (listener) {
		char line[2 * SAID + 80];

		snprintf(line, sizeof(line), "netnsleak: %s%s", missing, safe.bytes);
		listener(listener_ctx, line);
		return;
	}
	progress_hide();
	/* One write, so that lines of several writers do not mix. */
	fprintf(stderr, "netnsleak: %s%s\n", missing, safe.bytes);
}

const char *say_remedy(int err)
{
	switch (-err) {
	case ENOENT:
	case ENOTDIR:
		return "; name a file in a directory that exists";
	case EISDIR:
		return "; name a file, not a directory";
	case EINVAL:
		return "; name a regular file";
	case EACCES:
	case EPERM:
	case EROFS:
		return "; name a file that this user may use";
	case ENOSPC:
	case EDQUOT:
		return "; make room on the disk";
	case ENXIO:
		return "; it is a pipe: start its reader first";
	case EBADF:
		return "; it is closed";
	default:
		return "";
	}
}
