/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inputs in a file, to be fed to the pipeline again.
 *
 * A header of 24 bytes (struct file_header in recording_private.h): magic, byte order, version.  Then frames, each of
 *
 *     u32 length   of the payload
 *     u32 type     enum input_kind, or one of the recording's own from 0x80000000
 *     u64 sum      checksum of all of the frame but this field: add_sum() in recording.c
 *     u64 time     struct input.time
 *     payload, and zeros up to a multiple of 8
 *
 * in the byte order of the machine, as bpf/events.h is.  The payload of INPUT_KERNEL is the record as the
 * kernel gave it, so it lies aligned; that of any other is its fields in the order of input_fields[]:
 * integers as they are, texts as u32 length, bytes and a NUL, addresses as u32 count and 17 bytes each.
 *
 * The order of the fields and bpf/events.h are part of the version: whoever changes them counts it up.  Version 2
 * has what version 1 has, and besides restored.released_wall, SOURCE_ABSENT and the kind NNS_CENSUS_TASK;
 * version 3 besides what holds a netns; version 4 besides what blocks one that is dying, and who made it; version 5 besides
 * the calls of CNI plugins, and the cause that they show; version 6 besides what hooks may have missed.  All are read.
 */
#ifndef NETNSLEAK_RECORDING_H
#define NETNSLEAK_RECORDING_H

#include <stdbool.h>
#include <stdint.h>

#include "input.h"

struct recording_writer;
struct recording_reader;

/* Makes the file anew, for its owner alone.  max_bytes 0: no bound. */
int recording_writer_open(struct recording_writer **ret, const char *path, uint64_t max_bytes);

/*
 * What goes wrong is said once; what comes after is then not recorded and gives 0.  -EFBIG: max_bytes is
 * reached, and the file ends with a mark that says so.  -EMSGSIZE: one input of more than 1 MiB, which alone is
 * not recorded: a replay without it would say something else, so end the recording.  What write(2) says, -ENOSPC,
 * -EIO: the file was cut behind the last whole frame.
 */
int recording_write(struct recording_writer *writer, const struct input *input);
int recording_flush(struct recording_writer *writer);
int recording_writer_close(struct recording_writer *writer); /* flushes; NULL is fine */

/* "-" is stdin.  A file that is no recording shows at the first read. */
int recording_reader_open(struct recording_reader **ret, const char *path);
void recording_reader_close(struct recording_reader *reader); /* NULL is fine */

/*
 * 1: *ret is the next input, what it points to valid until the next call.  0: the end.  -EBADMSG: damaged
 * here, or no recording at all; whatever stood whole before was given.  Else what read(2) said.
 */
int recording_read(struct recording_reader *reader, struct input *ret);

/* How many bytes of the file were read, and how many it has; 0: that is not known. */
void recording_reader_progress(const struct recording_reader *reader, uint64_t *ret_done, uint64_t *ret_size);

/* After a negative errno: one sentence with the file, the byte and the reason. */
const char *recording_reader_error(const struct recording_reader *reader);
bool recording_reader_cut(const struct recording_reader *reader);	 /* at the end: it had reached max_bytes */
uint64_t recording_reader_skipped(const struct recording_reader *reader); /* frames of unknown type */

#endif
