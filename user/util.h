/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Small things that several files of user/ need.
 */
#ifndef NETNSLEAK_UTIL_H
#define NETNSLEAK_UTIL_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "input.h"

/* A variable that gives its resource back at the end of its scope: CLEANUP(free_pointer) char *text = NULL; */
#define CLEANUP(function) __attribute__((cleanup(function)))

static inline void free_pointer(void *variable)
{
	free(*(void **)variable);
}

static inline void close_descriptor(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Hands the resource on, so that the end of the scope leaves it alone. */
#define TAKE_PTR(pointer)                       \
	__extension__({                         \
		__typeof__(pointer) taken_ = (pointer); \
		(pointer) = NULL;               \
		taken_;                         \
	})

static inline int take_descriptor(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Whether this process is in the node's own PID namespace; false too where that cannot be told. */
bool sees_all_processes(void);

#define NS_PER_S 1000000000ll
#define NS_PER_MS 1000000ll

/* A file may bear any time: one that does not fit comes out as the last or the first that does. */
static inline int64_t timespec_to_ns(const struct timespec *time)
{
	int64_t ns;

	if (__builtin_mul_overflow(time->tv_sec, NS_PER_S, &ns) || __builtin_add_overflow(ns, time->tv_nsec, &ns))
		return time->tv_sec < 0 ? INT64_MIN : INT64_MAX;
	return ns;
}

/* *text, owned or NULL, becomes a copy of `with`, unless it says so already.  -ENOMEM: it stays as it is. */
int replace_text(char **text, const char *with);

/* As printf() would print it; to be freed.  NULL: no memory. */
__attribute__((format(printf, 1, 2))) char *formatted(const char *format, ...);
__attribute__((format(printf, 1, 0))) char *vformatted(const char *format, va_list arguments);

const char *last_part(const char *path); /* behind the last slash */

int64_t wall_now(void); /* CLOCK_REALTIME, ns since 1970 */

/*
 * "10.0.1.5" or "fd00::5", and where `prefix` says so with "/24" behind it, which is checked and dropped.
 * An IPv4-mapped IPv6 address comes out as IPv4.  -EINVAL: it is neither.
 */
int ip_address_parse(struct ip_address *ret, const char *text, bool prefix);
bool ip_address_equal(const struct ip_address *a, const struct ip_address *b);

/* RFC 3339, with any fraction and offset: ns since 1970.  -EINVAL: it is none. */
int rfc3339_parse(int64_t *ret, const char *text);

/* Whether all of it is UTF-8 (no overlong form, no surrogate) without control characters. */
bool text_is_printable(const char *text, size_t length);
bool text_is_ascii(const char *text); /* and printable: may be cut anywhere */

#endif
