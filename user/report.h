/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What netnsleak says: one struct report for each event, made by the pipeline, spelled out by the sinks.
 */
#ifndef NETNSLEAK_REPORT_H
#define NETNSLEAK_REPORT_H

#include "cause.h"
#include "cni_calls.h"
#include "correlate.h"
#include "remedy.h"
#include "state.h"

enum report_kind {
	REPORT_NETNS_CREATED,
	REPORT_CREATE_FAILED,	/* task, error; no netns */
	REPORT_ADDRESS_ADDED,	/* addr */
	REPORT_ADDRESS_REMOVED, /* addr */
	REPORT_DEVICE_ADDED,	/* dev; other: its peer's netns, where known */
	REPORT_DEVICE_REMOVED,	/* likewise */
	REPORT_NETNS_BOUND,	/* pod, binding */
	REPORT_POD_GONE,	/* pod; netns where one is bound to it */
	REPORT_NETNS_DYING,
	REPORT_NETNS_FREED,	/* since: from pod gone, 0 where its pod was not gone */
	REPORT_NETNS_LEAKED,	/* since: from pod gone */
	REPORT_NETNS_RECOVERED, /* since: from pod gone; freed after it was reported leaked */
	REPORT_NETNS_STUCK,	/* since: from the start of dying */
	REPORT_NETNS_ORPHAN,	/* since: age */
	REPORT_NETNS_IP_CONFLICT, /* netns and other have ip, which is pod's */
	REPORT_NETNS_CONTRADICTED, /* netns is bound to pod, and text says who says otherwise: "cni:... says that ..." */
	REPORT_NETNS_SHARED,	/* pod and other_pod are both in it, says source */
	REPORT_NETNS_HOST_USED, /* pod is in the node's own netns, says source */
	REPORT_NETNS_PATH_LOST, /* since: the path of netns->binding leads elsewhere */
	REPORT_CNI_CALLED,	/* call, which ended well; netns where it was given one that is known */
	REPORT_CNI_FAILED,	/* call, which did not; likewise */
	REPORT_NETNS_EXPLAINED,	/* text: what it is; remedies; not of a session but of `explain` */
	REPORT_AUDIT_FINDING,	/* finding; netns, pod where it is about one; not of a session but of `audit`, as is the next */
	REPORT_AUDIT_SUMMARY,	/* audit */
	REPORT_TRACE_LOST,	/* count records missing */
	REPORT_TRACE_RESYNCED,	/* count netns told by the census */
	REPORT_SOURCE_DOWN,	/* source, text */
	REPORT_SOURCE_UP,	/* source */
	REPORT_TRACE_SUMMARY,	/* summary */
	REPORT_KIND_MAX
};

enum report_class {
	REPORT_FINDING,	  /* something to act on: exit status 1 */
	REPORT_LIFECYCLE, /* netns and pods come and go */
	REPORT_DETAIL,	  /* addresses and devices */
	REPORT_TOOL,	  /* about the tool itself */
};

/* Severities of the OpenTelemetry log data model. */
enum report_severity { SEVERITY_DEBUG = 5, SEVERITY_INFO = 9, SEVERITY_WARN = 13, SEVERITY_ERROR = 17 };

struct report_type {
	const char *event_name; /* "netns.leaked" */
	const char *label;	/* for tables: "leaked" */
	enum report_class class;
	enum report_severity severity;
};
extern const struct report_type report_types[REPORT_KIND_MAX];

struct report_summary {
	struct state_counts state;
	struct correlate_counts correlate;
	uint64_t leaked, recovered, stuck, orphans, conflicts; /* reported in this session */
	uint64_t leaked_now, stuck_now, orphans_now, conflicts_now; /* still there */
	uint64_t queued; /* of those that are dying: the kernel has not begun to clean them up; in the last summary alone */
	uint64_t dying_longest; /* ns that the oldest of those that are dying has been so; likewise */
	uint64_t findings_now; /* all of them */
	bool incomplete; /* the session ends without full knowledge */
};

/* The other end of a veth. */
struct report_peer {
	const struct netns_dev *dev, *peer; /* peer NULL: what it is like is not known */
	const struct netns *netns;	    /* of the peer; NULL: not known */
	char bridge[NNS_IFNAME_LEN];	    /* that the peer is in; "" none, or not known */
};

/* What a check of the audit has found.  Owned by the audit. */
struct report_finding {
	const char *check, *title; /* "pod-gone", "outlives its pod" */
	enum report_severity severity;
	const char *evidence;
	const struct remedy *remedies;
	size_t remedy_count;
	const struct cause *cause; /* why it is still there; NULL: not said */
};

struct report_audit {
	uint64_t netns, pods, matched, orphaned; /* netns; pods here; netns of pods that are there; of none, by identity or rule */
	uint64_t errors, warnings, notes;	 /* findings, and what is none */
	bool incomplete; /* not all could be looked at that a check needs */
};

/* How the netns of the node were looked at, where that was done once. */
struct report_survey {
	bool bpf; /* else by /proc and netlink */
	const char *const *unseen; /* what could not be seen, each a phrase; ends with NULL */
};

/* All pointers are valid during the call only; NULL where a kind has none. */
struct report {
	enum report_kind kind;
	uint64_t time;	      /* boot ns: of the event, not of its telling */
	int64_t wall;	      /* the same as real time, ns since 1970 */
	int64_t wall_offset;  /* add to any boot time in what follows */
	const char *node;
	const struct netns *netns;
	const struct netns *other;
	const struct pod *pod;	       /* the subject's pod, also of netns->binding; ip_conflict, unbound: other_pod */
	const struct pod *other_pod;   /* shared: the second; ip_conflict: whose address it is */
	const struct netns_addr *addr;
	const struct netns_dev *dev;
	const struct ip_address *ip;
	const struct nns_task *task;
	int error; /* negative errno */
	uint64_t since; /* ns, as said above */
	uint64_t count; /* stuck: of netns that wait behind it */
	bool reads_kernel_log; /* the session does */
	const char *source;
	const char *text;
	const struct report_summary *summary;
	const struct remedies *remedies;
	const struct report_peer *peers; /* explained */
	size_t peer_count;
	const struct routes *routes; /* explained; NULL: they could not be asked for */
	const struct cni_call *call;
	const struct cause *cause; /* of a finding that a netns is still there */
	const struct report_survey *survey; /* explained, audit */
	const struct report_finding *finding;
	const struct report_audit *audit;
};

typedef int (*report_fn)(void *ctx, const struct report *report);

const char *severity_name(enum report_severity severity); /* "WARN" */
enum report_severity report_severity(const struct report *report); /* its kind's, but a finding of the audit has its own */

/*
 * What several spellings share.
 */

/* The last part of its first path, "init" for the node's own, or NULL: it has no name. */
const char *netns_name(const struct netns *netns);
/* When the oldest file that it is mounted on was made: no kernel says when a netns was.  0: that is not known. */
int64_t netns_made_wall(const struct netns *netns);

/* Neither loopback nor link-local: one that others reach the netns by. */
bool netns_addr_is_global(const struct netns_addr *addr);

struct text;
/* "shop/cart-7c49cfcb97-lsv45", or the uid where no source has said the name. */
void report_pod_name(struct text *text, const struct pod *pod);
void report_netns_name(struct text *text, const struct netns *netns); /* as netns_name() has it, or its inode number */
void report_addresses(struct text *text, const struct ip_address *ips, size_t count); /* "10.0.0.1 +2" */
bool report_netns_addresses(struct text *text, const struct netns *netns); /* global ones, likewise; false: it has none */
/* " by containerd (pid 812)", or nothing. */
void report_creator(struct text *text, const struct nns_task *creator);
/* Of an ip_conflict: the pod on the other side, whose netns or whose address it is; NULL: there is none, or unknown. */
const struct pod *report_conflict_pod(const struct report *report);
/* What is known to hold it: "mount /run/netns/x (and 1 more); 2 tasks; 3 references". */
void report_held_by(struct text *text, const struct netns *netns);
/* "mount /run/x, private to cadvisor (pid 991)", "python3 (pid 12) fd 7, socket tcp 0.0.0.0:80 listening" */
void report_holder(struct text *text, const struct netns_holder *holder);
/* The first of them, and what of the references none of them accounts for. */
void report_holders(struct text *text, const struct netns_holders *holders);
/* "10 = 1 of its file + 1 of processes + 6 of sockets + 2 of files of /proc/PID/net + 0 unexplained" */
void report_references(struct text *text, const struct netns *netns);
/* What keeps a dying netns from being freed: "the kernel waits for its device eth0, ..." */
void report_teardown(struct text *text, const struct netns *netns);
/* "CNI DEL of plugin bridge for eth0" */
void report_call_name(struct text *text, const struct cni_call *call);
/* "exited with status 1 after 38ms; within it host-local exited with status 2" */
void report_call_end(struct text *text, const struct cni_call *call);
void report_call(struct text *text, const struct report *report); /* all of it */
/* One sentence without a full stop, the same as `body` in JSON.  Not made safe for a terminal. */
#define REPORT_BODY_LEN 1536
void report_body(struct text *text, const struct report *report);

/*
 * The report as a line of JSON, newline included; returns its length.  dropped: lines that the outlet could
 * not hand over so far, for the summary.
 */
#define REPORT_JSON_MAX 4096
size_t report_json(char line[REPORT_JSON_MAX], const struct report *report, uint64_t dropped);
/* Likewise with all that is known, in as much memory as there is; 0: it is too little. */
size_t report_json_whole(char *line, size_t size, const struct report *report);

#endif
