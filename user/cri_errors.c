/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cri_errors.h"

#include <errno.h>
#include <stddef.h>

struct cri_error cri_error(int err)
{
	static const char start[] = "start the runtime, or name another socket: --pods cri:SOCKET";
	struct cri_error error = { .why = NULL };

	switch (err) {
	case -ENOENT:
		error.why = "it does not exist";
		error.remedy = start;
		break;
	case -ENOTSOCK:
		error.why = "it is not a socket";
		error.remedy = "name the runtime's socket: --pods cri:SOCKET";
		break;
	case -EACCES:
	case -EPERM:
		error.why = "it may not be opened";
		error.remedy = "run as root";
		break;
	case -ECONNREFUSED:
		error.why = "nobody listens on it";
		error.remedy = start;
		break;
	case -ELIBACC:
		error.why = "libcurl.so.4 cannot be loaded";
		error.remedy = "install it (Debian: libcurl4)";
		break;
	case -ETIMEDOUT:
		error.why = "it does not answer within 10 s";
		error.remedy = "look at the runtime's log, it may hang";
		break;
	case -ECONNRESET:
		error.why = "it hung up without an answer";
		error.remedy = "look at the runtime's log";
		break;
	case -ENOSYS:
		error.remedy = "it has no CRI v1: enable the cri plugin (disabled_plugins in containerd's config.toml), or update "
			       "to containerd 1.6 or CRI-O 1.23 at least";
		break;
	case -EAGAIN:
		error.remedy = "wait; if it stays so, look at the runtime's log";
		break;
	case -EBADMSG:
	case -EPROTO:
		error.remedy = "is it a container runtime's CRI socket?";
		break;
	default:
		error.remedy = "look at the runtime's log";
		break;
	}
	return error;
}
