/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --fields, --filter, --sort and the tables of -o, as the command line has them.
 */
#ifndef NETNSLEAK_CHOOSE_H
#define NETNSLEAK_CHOOSE_H

#include "fields.h"
#include "options.h"

/* *ret NULL: nothing was asked for, and all is to be as ever.  Negative errno, said: what is wrong, and what to do. */
int choose_fields(struct fields **ret, const struct options *options, const struct fields_kind *kind);

/* The fields of a command's rows; NULL: it has no table. */
const struct fields_kind *fields_of_command(enum command command);

#endif
