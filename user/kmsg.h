/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the kernel's log, record by record: "6,1234,15972294,-;words", then a newline and what else is known of it. */
#ifndef NETNSLEAK_KMSG_H
#define NETNSLEAK_KMSG_H

#define KMSG "/dev/kmsg"
#define KMSG_BYTES 8192 /* the kernel refuses to give a part of a record */

/* A descriptor, the caller's, which begins at the oldest record and never waits; or a negative errno. */
int kmsg_open(const char *path);

/* 1; 0: there is no more for now; or a negative errno. */
int kmsg_read(int fd, char record[static KMSG_BYTES]);

#endif
