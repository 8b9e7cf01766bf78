/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tells when entries of directories change, through inotify(7).  A directory need not exist: its nearest
 * ancestor that does is watched until it comes, and again when it went.
 */
#ifndef NETNSLEAK_WATCH_H
#define NETNSLEAK_WATCH_H

#include <stdint.h>

struct loop;
struct watch;

#define WATCH_DIRECTORIES 5

/*
 * name: an entry of the directory was written and closed, renamed, linked, made, removed, or its permissions
 * changed: mask is inotify's IN_*.  NULL: the directory itself came, went or was exchanged, or the kernel
 * dropped events: look at all of it.  Negative: the loop ends with it.
 */
typedef int (*watch_fn)(void *ctx, unsigned int directory, const char *name, uint32_t mask);

/* -EMFILE: the user's inotify instances are used up (fs.inotify.max_user_instances). */
int watch_open(struct watch **ret, struct loop *loop, watch_fn fn, void *ctx);
void watch_close(struct watch *watch); /* NULL is fine */

/*
 * Watch this path as directory number `directory`, in place of what had that number; NULL: no more.
 * A directory that may not be read counts as absent.  Negative errno of inotify_add_watch(2), -ENOSPC:
 * fs.inotify.max_user_watches is used up.
 */
int watch_directory(struct watch *watch, unsigned int directory, const char *path);

#endif
