/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What cJSON alone would do worse.
 */
#ifndef NETNSLEAK_JSON_PARSE_H
#define NETNSLEAK_JSON_PARSE_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* For CLEANUP(). */
static inline void free_json(cJSON **json)
{
	cJSON_Delete(*json);
}

/*
 * One object, well-formed all through: cJSON alone would take broken UTF-8, and text behind the end.  -EBADMSG: it is
 * none, and reason, of so many bytes, says why; -ENOMEM.
 */
int json_parse(cJSON **ret, const char *text, size_t length, char *reason, size_t reason_bytes);

#endif
