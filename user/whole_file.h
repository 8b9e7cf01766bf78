/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A file that appears whole, or not at all: it is written beside its place, as PATH.tmp, and renamed.
 */
#ifndef NETNSLEAK_WHOLE_FILE_H
#define NETNSLEAK_WHOLE_FILE_H

#include <limits.h>
#include <stdio.h>
#include <sys/types.h>

struct whole_file {
	FILE *stream;
	char path[PATH_MAX], beside[PATH_MAX];
};

/* Negative errno.  Whatever stands at either place is replaced, a link is not followed. */
int whole_file_open(struct whole_file *ret, const char *path, mode_t mode);

/*
 * Puts it in its place.  err: what went wrong while it was written, which is passed on; then, and where this fails,
 * nothing of it remains.  Closes it in any case.
 */
int whole_file_close(struct whole_file *file, int err);

#endif
