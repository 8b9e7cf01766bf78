/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The state file: what a session leaves to the next one of the same boot, so that a restart between a pod's
 * deletion and the report loses nothing and reports nothing twice.
 *
 * JSON, replaced as a whole by rename, so that there is always a whole one:
 *   {"format":"netnsleak-state","version":1,"boot_id":"…","wall_offset":"…","netns":[{"cookie":"4097","inum":"…",
 *    "mix":"…","evidence":"cni","pod":{"uid":…,"namespace":…,"name":…,"ips":[…]},"container_id":…,"bound":"ns since 1970",
 *    "gone":…,"leaked":…,"stuck":…,"orphan":…,"conflict":…,"born":…,"creator":…,"creator_pid":…,"path":…,"cause":…,
 *    "cause_evidence":…}]}
 * What is not known, or an older netnsleak did not know of, is not there.
 * Times are those of the node's clock when the file was written, which boot time plus wall_offset gave.  Should the
 * clock have been set since, they are shifted with it: how long ago something was does not change by that.
 */
#ifndef NETNSLEAK_STATEFILE_H
#define NETNSLEAK_STATEFILE_H

#include "input.h"
#include "pipeline.h"

struct statefile_boot {
	const char *id;	     /* /proc/sys/kernel/random/boot_id */
	int64_t wall_offset; /* ns: wall time = boot time + this, in this session */
};

/*
 * Hands out what the file remembers of this boot.  0 also where there is no file, or it is of another boot:
 * the identities in it mean nothing then.  -EBADMSG: it is damaged; it was set aside as PATH.bad.  -EISDIR, -EINVAL:
 * a directory, or something else that is no regular file; it was left alone.
 */
int statefile_load(const char *path, const struct statefile_boot *boot, input_fn fn, void *ctx);

/* Likewise for who looks on: the file is left as it is, and has to be there (-ENOENT). */
int statefile_read(const char *path, const struct statefile_boot *boot, input_fn fn, void *ctx);

int statefile_save(const char *path, const struct statefile_boot *boot, const struct pipeline *pipeline);

#endif
