/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The subcommands.  Each says what goes wrong on stderr and returns the exit status:
 * 0 nothing found, 1 findings, 2 netnsleak failed, 3 incomplete knowledge.
 */
#ifndef NETNSLEAK_COMMANDS_H
#define NETNSLEAK_COMMANDS_H

#include "options.h"

#define STATUS_FAILED 2

int cmd_trace(const struct options *options);
int cmd_list(const struct options *options);
int cmd_explain(const struct options *options);
int cmd_audit(const struct options *options);
int cmd_replay(const struct options *options);
int cmd_report(const struct options *options);
int cmd_top(const struct options *options);
int cmd_doctor(const struct options *options);

#endif
