/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "say.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

/* How long a reader of stderr that stands still may hold up the loop, once. */
#define PATIENCE_MS 100

static unsigned unsaid;

/* A pipe that can be written to has room for a line of ours, and so has a terminal. */
static bool can_write(int timeout)
{
	struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&out, 1, timeout) != 0;
}

void say(const char *format, ...)
{
	char text[1024], missing[64] = "";
	va_list arguments;

	if (!can_write(unsaid ? 0 : PATIENCE_MS)) {
		unsaid++;
		return;
	}
	if (unsaid)
		snprintf(missing, sizeof(missing), "(%u messages found no reader) ", unsaid);
	unsaid = 0;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* One write, so that lines of several writers do not mix. */
	fprintf(stderr, "netnsleak: %s%s\n", missing, text);
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
