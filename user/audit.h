/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * `netnsleak audit`: what is wrong with the netns of this node now.
 *
 * A view is put together once: the state that a census has filled, with the bindings of the pods' sources; what netlink
 * says within each netns; what /proc has; what the sources said, and what stands in files.  Checks are pure functions of it.
 * To add one: a row in audit_checks[] (audit.c), the function in a file audit_*.c, a row in tests/test_audit.c.
 *
 * A check says nothing where the view lacks what it would take to be sure.
 */
#ifndef NETNSLEAK_AUDIT_H
#define NETNSLEAK_AUDIT_H

#include "kernel_lines.h"
#include "look.h"
#include "node_files.h"
#include "proc_scan.h"
#include "report.h"
#include "statements.h"

struct audit_netns {
	const struct netns *netns;
	const struct look *look; /* NULL: it could not be entered */
	const struct pod *pod;	 /* that it is bound to, there or gone; NULL: none is known */
	int64_t made_wall;	 /* the oldest that is known of it; 0: nothing is */
};

/* What the stages themselves have found amiss with what the sources say. */
struct audit_dispute {
	enum report_kind kind; /* REPORT_NETNS_CONTRADICTED, _SHARED, _HOST_USED */
	uint32_t inum;
	char *text; /* the report's body, owned by the caller */
};

struct audit_view {
	struct audit_netns *netns; /* owned; all that are referenced, the node's own among them */
	size_t count;
	uint64_t dying; /* besides */
	const struct audit_netns *node; /* the node's own; NULL: it is not known */
	const struct look *looks;
	size_t look_count;
	const struct proc_scan *scan;
	const struct statements *statements;
	const struct node_files *files;
	const struct kernel_lines *log;
	const struct audit_dispute *disputes;
	size_t dispute_count;
	const char *node_name;
	uint64_t now; /* boot ns */
	int64_t wall_now, grace, orphan_age; /* ns */
	bool sources_answer; /* each source that may say that a pod is gone is in use */
};

struct audit_finding {
	struct report_finding report;
	const struct netns *netns; /* NULL: it is about something else */
	char *evidence;		   /* owned; report.evidence */
	struct remedy *remedies;   /* owned; report.remedies */
	struct cause *cause;	   /* owned; report.cause */
};

struct audit {
	struct audit_finding *findings; /* owned */
	size_t count, capacity;
	int err;
};

struct audit_check {
	const char *id; /* stable */
	enum report_severity severity; /* of INFO: a note, which is no finding for the exit status */
	const char *title;
	void (*run)(const struct audit_view *view, const struct audit_check *check, struct audit *audit);
};

extern const struct audit_check audit_checks[];
extern const size_t audit_check_count;

/* netns of the view, from a state.  -ENOMEM. */
int audit_view_fill(struct audit_view *view, const struct state *state);
void audit_view_free(struct audit_view *view);

/* All checks; the findings in their order.  -ENOMEM. */
int audit_run(struct audit *ret, const struct audit_view *view);
void audit_free(struct audit *audit);

/* --- for the checks --- */

/* One more finding; NULL: no memory, which audit_run() returns. */
struct audit_finding *audit_add(struct audit *audit, const struct audit_check *check, const struct audit_netns *netns,
				const char *format, ...) __attribute__((format(printf, 4, 5)));
/* finding may be NULL, command "" */
void audit_advise(struct audit *audit, struct audit_finding *finding, bool safe, const char *why, const char *command, ...)
	__attribute__((format(printf, 5, 6)));

/* Bound to a pod of Kubernetes that is there, runs, and is not about to end; and older than the grace. */
bool audit_is_pods(const struct audit_view *view, const struct audit_netns *netns);
/* A device that somebody made: neither loopback nor one that a module puts into every netns. */
bool audit_dev_is_real(const struct look_dev *dev);
size_t audit_real_devices(const struct look *look);
/* It connects the pod: it has one of the pod's addresses, or is the only one that somebody made. */
bool audit_dev_is_uplink(const struct audit_netns *netns, const struct look_dev *dev);
bool audit_addr_is_global(const struct look_addr *addr);
struct ip_address audit_addr_ip(const struct look_addr *addr);
bool audit_has_address(const struct audit_netns *netns, const struct ip_address *ip);
/*
 * A netns is mounted there on the node, or whether one is cannot be seen.  From within a container, or of a directory whose
 * mounts do not come to it, each netns is a plain file or is not there at all.
 */
bool audit_may_be_mounted(const struct audit_view *view, const char *path);
bool audit_is_dockers_path(const char *path); /* of an overlay network of Docker's: nobody is ever in it */
const struct audit_netns *audit_by_inum(const struct audit_view *view, uint32_t inum);
/* Older than this; false where its age is not known. */
bool audit_is_older(const struct audit_view *view, int64_t made_wall, int64_t ns);

/* "shop/cart", "netns cni-04b1c5aa of shop/cart", "10.0.1.5", "02:42:ac:11:00:02"; in a buffer that the next 8 calls leave alone. */
const char *audit_pod_name(const struct pod *pod);
const char *audit_netns_name(const struct audit_netns *netns);
const char *audit_ip_name(const struct ip_address *ip);
const char *audit_quoted(const char *path); /* for a shell */
const char *audit_mac_name(const uint8_t mac[static LOOK_MAC_LEN]);

/* The checks, by file. */
#define AUDIT_CHECK(name) void name(const struct audit_view *view, const struct audit_check *check, struct audit *audit)
AUDIT_CHECK(audit_pod_gone);
AUDIT_CHECK(audit_orphan);
AUDIT_CHECK(audit_disputed);
AUDIT_CHECK(audit_shared);
AUDIT_CHECK(audit_in_node);
AUDIT_CHECK(audit_sandbox_path);
AUDIT_CHECK(audit_count_limit);
AUDIT_CHECK(audit_count_pods);
AUDIT_CHECK(audit_address_duplicate);
AUDIT_CHECK(audit_mac_duplicate);
AUDIT_CHECK(audit_neighbour);
AUDIT_CHECK(audit_pod_no_interface);
AUDIT_CHECK(audit_pod_interface_down);
AUDIT_CHECK(audit_pod_no_address);
AUDIT_CHECK(audit_pod_no_route);
AUDIT_CHECK(audit_pod_address);
AUDIT_CHECK(audit_cni_address);
AUDIT_CHECK(audit_veth_missing);
AUDIT_CHECK(audit_veth_down);
AUDIT_CHECK(audit_veth_elsewhere);
AUDIT_CHECK(audit_veth_bridge);
AUDIT_CHECK(audit_veth_route);
AUDIT_CHECK(audit_file);
AUDIT_CHECK(audit_dead_link);
AUDIT_CHECK(audit_mount_deleted);
AUDIT_CHECK(audit_mount_covered);
AUDIT_CHECK(audit_mount_foreign);
AUDIT_CHECK(audit_mount_double);
AUDIT_CHECK(audit_allocation);
AUDIT_CHECK(audit_cni_cache);
AUDIT_CHECK(audit_cni_cache_missing);
AUDIT_CHECK(audit_allocation_missing);
AUDIT_CHECK(audit_cilium_queue);
AUDIT_CHECK(audit_rules);
AUDIT_CHECK(audit_resolv);
AUDIT_CHECK(audit_kernel_log);

#endif
