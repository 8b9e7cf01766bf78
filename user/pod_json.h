/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A pod as the Kubernetes API spells it (core/v1 Pod, JSON) to struct input_pod.
 *
 * Strict where a verdict hangs on it: a missing uid, name or namespace, a wrong type, a key that comes twice
 * in an object that is read, text that no terminal should see, an address that is none: each is an error, for
 * a pod that is read wrong is a pod that seems gone.  Unknown phases and keys are fine, the API grows.
 */
#ifndef NETNSLEAK_POD_JSON_H
#define NETNSLEAK_POD_JSON_H

#include <cjson/cJSON.h>

#include "input.h"
#include "json_items.h"

#define POD_REASON_BYTES 160

/* What input_pod points to lies behind it in the same allocation: free() frees all.  source is left "". */
struct pod_json {
	struct input_pod pod;
	bool from_api; /* a kubelet says that it has it from the API server, not from a file of its own */
};

/* All that is read of a pod, and "code" of a Status, which a watch may send instead: for json_items.h. */
extern const struct json_keep pod_json_keep[];

/* text: one object that json_items let pass.  -EBADMSG: reason says why; -ENOMEM. */
int pod_json_parse(struct pod_json **ret, const char *text, size_t length, char reason[static POD_REASON_BYTES]);

/* Likewise, of one that is parsed already. */
int pod_json_read(struct pod_json **ret, const cJSON *object, char reason[static POD_REASON_BYTES]);

/*
 * The member `key` of object.  *ret NULL: there is none, or it is null.  -EBADMSG: it comes twice.  type is
 * one of cJSON_String, cJSON_Object, cJSON_Array, cJSON_Number, cJSON_True (either boolean); another type is -EBADMSG.
 */
int json_member(const cJSON **ret, const cJSON *object, const char *key, int type,
		char reason[static POD_REASON_BYTES]);
/* A member that is true or false; not there is false.  Errors as above. */
int json_flag(bool *ret, const cJSON *object, const char *key, char reason[static POD_REASON_BYTES]);
/* Puts it into reason and returns -EBADMSG. */
int json_bad(char reason[static POD_REASON_BYTES], const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
