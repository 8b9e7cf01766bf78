/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "commands.h"
#include "session.h"

int cmd_trace(const struct options *options)
{
	return session_run(options);
}
