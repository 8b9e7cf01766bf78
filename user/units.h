/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Times and sizes, as people type them.
 */
#ifndef NETNSLEAK_UNITS_H
#define NETNSLEAK_UNITS_H

#include <stdint.h>

/* "90", "90s", "500ms", "10m", "1h30m", "2d" -> ns; "64K", "10M", "1G" -> bytes.  -EINVAL. */
int duration_parse(uint64_t *ret, const char *text);
int size_parse(uint64_t *ret, const char *text);

#endif
