/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Messages of the Container Runtime Interface (cri.proto) to and from bytes.  What a runtime sends is bounded while it
 * is unpacked, and its texts are held to be printable before anyone sees them.
 */
#ifndef NETNSLEAK_CRI_H
#define NETNSLEAK_CRI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input.h"

#define CRI_MOST_IPS 16
#define CRI_ID_BYTES 128 /* of a sandbox's id, with its end; runtimes use 64 hexadecimal digits */

#define CRI_VERSION "/runtime.v1.RuntimeService/Version"
#define CRI_LIST "/runtime.v1.RuntimeService/ListPodSandbox"
#define CRI_STATUS "/runtime.v1.RuntimeService/PodSandboxStatus"

/* Requests.  They return the number of bytes. */
#define CRI_REQUEST_BYTES (CRI_ID_BYTES + 16)
size_t cri_version_request(uint8_t request[static CRI_REQUEST_BYTES]);
size_t cri_status_request(uint8_t request[static CRI_REQUEST_BYTES], const char *id); /* verbose; id shorter than CRI_ID_BYTES */

struct cri_version {
	char name[32];	  /* "containerd", "cri-o" */
	char version[64]; /* "1.6.20~ds1" */
};

/* -EBADMSG: not such a message. */
int cri_version_read(struct cri_version *ret, const uint8_t *bytes, size_t size);

struct cri_sandbox {
	const char *id;
	const char *pod_uid, *pod_namespace, *pod_name;
	int64_t created_wall;
	bool ready; /* it runs; else it is stopped, or being made */
};

/* What fn returns, where it is not 0, ends the reading. */
typedef int (*cri_sandbox_fn)(void *ctx, const struct cri_sandbox *sandbox);

/*
 * All sandboxes of a ListPodSandboxResponse, or none.  -EBADMSG: not such a message, or too large.  *ret_bad: how many
 * were left out for an id or a pod's name that cannot be shown.
 */
int cri_list_read(const uint8_t *bytes, size_t size, cri_sandbox_fn fn, void *ctx, size_t *ret_bad);

struct cri_status {
	bool host_network; /* it has no netns of its own */
	char *netns_path;  /* owned; "" where the runtime does not tell */
	struct ip_address ips[CRI_MOST_IPS];
	size_t ip_count;
};

/* -EBADMSG: *ret_reason, static, says why. */
int cri_status_read(struct cri_status *ret, const uint8_t *bytes, size_t size, const char **ret_reason);

/*
 * The netns path in what a verbose status has under "info".  containerd and CRI-O: the sandbox's OCI specification,
 * {"runtimeSpec":{"linux":{"namespaces":[{"type":"network","path":"/var/run/netns/cni-..."}]}}}.  containerd, of a
 * sandbox whose task is gone: {"sandboxMetadata":{"Metadata":{"NetNSPath":"..."}}}.  "": it has none, as on the host's
 * network.  -EBADMSG: not JSON, or a path that cannot be shown.
 */
int cri_netns_path(char **ret, const char *info);

#endif
