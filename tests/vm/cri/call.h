/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Calls of the runtime's CRI: gRPC, that is one HTTP/2 request a call, in which a protobuf message follows a byte 0 and
 * its length in four bytes.  libcurl does the HTTP/2.
 */
#ifndef NETNSLEAK_CRI_CALL_H
#define NETNSLEAK_CRI_CALL_H

#include <protobuf-c/protobuf-c.h>

struct runtime;

/* Negative: no memory.  Whether anyone is there, the first call says. */
int runtime_open(struct runtime **ret);
void runtime_close(struct runtime *runtime);

/*
 * Negative: refused, or no answer; why is said on stderr.  Else *ret, a ProtobufCMessage * of that type, is the answer,
 * to be freed with free_message().
 */
int runtime_call(struct runtime *runtime, const char *method, const ProtobufCMessage *request,
		 const ProtobufCMessageDescriptor *type, void *ret);

/* Negative: the stream ends with it, and the function has said why. */
typedef int (*message_fn)(const ProtobufCMessage *message);

/* Hands on messages as they come.  Always ends with a negative error, which is said on stderr. */
int runtime_stream(struct runtime *runtime, const char *method, const ProtobufCMessage *request,
		   const ProtobufCMessageDescriptor *type, message_fn fn);

/* One line on stderr, behind the program's name.  Returns a negative error. */
int refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For CLEANUP */
void free_message(void *variable);

#endif
