/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an error of a container runtime's socket means.
 */
#ifndef NETNSLEAK_CRI_ERRORS_H
#define NETNSLEAK_CRI_ERRORS_H

/* Static texts. */
struct cri_error {
	const char *why;    /* NULL: what was said with the error says it */
	const char *remedy; /* what to do */
};

/* err: a negative errno, of the socket or of a question (grpc.h). */
struct cri_error cri_error(int err);

#endif
