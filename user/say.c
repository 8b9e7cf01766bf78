/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void say(const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* One write, so that lines of several writers do not mix. */
	fprintf(stderr, "netnsleak: %s\n", text);
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
