/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of node_files share.  Private to them. */
#ifndef NETNSLEAK_NODE_FILES_PRIVATE_H
#define NETNSLEAK_NODE_FILES_PRIVATE_H

#include <dirent.h>
#include <sys/stat.h>

#include "node_files.h"

#define NODE_PATH_BYTES 4096

/* One more, zeroed; NULL: no memory. */
void *node_files_add(void **array, size_t *count, size_t *capacity, size_t size);

/*
 * *ret: a regular file of at most so many bytes, terminated, the caller's; NULL: there is none that can be read, which is
 * noted unless it is not there.  -ENOMEM.
 */
int node_files_text(struct node_files *files, const char *path, size_t most, char **ret, struct stat *ret_stat);

/* What is there and cannot be used.  -ENOMEM. */
int node_files_note(struct node_files *files, const char *path, int err);

/*
 * Each entry of the directory but hidden ones.  Where there is none, nothing; one that cannot be read is noted.  What fn
 * returned, if not 0; -ENOMEM.
 */
int node_files_each(struct node_files *files, const char *directory,
		    int (*fn)(void *ctx, const char *directory, const char *name), void *ctx);

int node_files_read_allocations(struct node_files *files, const char *root);

#endif
