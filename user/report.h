/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What netnsleak says: one struct report for each event, made by the pipeline, spelled out by the sinks.
 */
#ifndef NETNSLEAK_REPORT_H
#define NETNSLEAK_REPORT_H

#include "correlate.h"
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
	uint64_t leaked_now;				       /* still there */
	uint64_t findings_now; /* leaked, stuck, orphans and conflicts that are still there */
	bool incomplete; /* the session ends without full knowledge */
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
	const struct pod *pod;	       /* the subject's pod, also of netns->binding */
	const struct pod *other_pod;
	const struct netns_addr *addr;
	const struct netns_dev *dev;
	const struct ip_address *ip;
	const struct nns_task *task;
	int error; /* negative errno */
	uint64_t since; /* ns, as said above */
	uint64_t count;
	const char *source;
	const char *text;
	const struct report_summary *summary;
};

typedef int (*report_fn)(void *ctx, const struct report *report);

const char *severity_name(enum report_severity severity); /* "WARN" */

/*
 * What several spellings share.
 */

/* The last part of its first path, "init" for the node's own, or NULL: it has no name. */
const char *netns_name(const struct netns *netns);

/* Neither loopback nor link-local: one that others reach the netns by. */
bool netns_addr_is_global(const struct netns_addr *addr);

struct text;
/* "shop/cart-7c49cfcb97-lsv45", or the uid where no source has said the name. */
void report_pod_name(struct text *text, const struct pod *pod);
/* What is known to hold it: "mount /run/netns/x (and 1 more); 2 tasks; 3 references". */
void report_held_by(struct text *text, const struct netns *netns);
/* One sentence without a full stop, the same as `body` in JSON.  Not made safe for a terminal. */
#define REPORT_BODY_LEN 1536
void report_body(struct text *text, const struct report *report);

/*
 * The report as a line of JSON, newline included; returns its length.  dropped: lines that the outlet could
 * not hand over so far, for the summary.
 */
#define REPORT_JSON_MAX 4096
size_t report_json(char line[REPORT_JSON_MAX], const struct report *report, uint64_t dropped);

#endif
