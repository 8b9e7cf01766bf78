/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * For the tests of the pure stages: feeds a pipeline with made-up inputs and writes down what it reports, one
 * short line each, so that a test compares the whole log with the whole expectation.
 *
 * Time is in seconds of boot time; real time is boot time plus FEED_EPOCH.
 */
#ifndef NETNSLEAK_FEED_H
#define NETNSLEAK_FEED_H

#include "metrics.h"
#include "pipeline.h"

#define SECOND ((uint64_t)1000000000)
#define FEED_EPOCH 1000000 /* s */
#define FEED_NODE "worker-1"

struct feed {
	struct pipeline *pipeline;
	uint64_t now;	   /* s */
	uint64_t seq;	   /* of CPU 0 */
	uint32_t censuses;
	uint64_t started[1000]; /* of a process that is called as a plugin */
	const char *container, *args; /* of such calls; NULL: c0ffee, and shop/cart's */
	bool details; /* log addresses, devices and source ups too */
	struct report_summary summary; /* the last that was reported */
	struct metrics metrics;
	char log[16384];
};

void feed_open(struct feed *feed);
void feed_open_with(struct feed *feed, uint64_t grace, uint64_t stuck_after, uint64_t orphan_age);
/* Its verdicts wait for what holds a suspect. */
void feed_open_finding_holders(struct feed *feed);
/* Its verdicts wait for what blocks a dying suspect. */
void feed_open_finding_blockers(struct feed *feed);
/* Told of all calls of CNI plugins. */
void feed_open_seeing_calls(struct feed *feed);
void feed_close(struct feed *feed);

/* What was logged since the last call must be exactly this. */
#define expect(feed, text) expect_at(feed, text, __FILE__, __LINE__)
void expect_at(struct feed *feed, const char *text, const char *file, int line);

/* The netns number n: handle n, cookie 100+n, inode number 1000+n, mix n*7. */
void feed_created(struct feed *feed, unsigned n);
void feed_created_as(struct feed *feed, unsigned n, unsigned cookie, unsigned inum, unsigned mix);
void feed_end(struct feed *feed, enum nns_kind kind, unsigned n); /* dying, cleanup, freed */
void feed_freed(struct feed *feed, unsigned n);			  /* all three */
void feed_addr(struct feed *feed, enum nns_kind kind, unsigned n, const char *address);
void feed_dev(struct feed *feed, enum nns_kind kind, unsigned n, unsigned ifindex, const char *name);
/* A dying netns was looked at; it waits for so many references of a device that was unregistered in netns `of`. */
void feed_teardown(struct feed *feed, unsigned n, const char *function);
void feed_blocker(struct feed *feed, unsigned n, unsigned of, unsigned ifindex, int references);
void feed_skip(struct feed *feed, unsigned count); /* so many records are lost, unseen */
void feed_lost(struct feed *feed, unsigned count); /* and counted */
void feed_missed_call(struct feed *feed);

/*
 * A process begins that is called as a CNI plugin, for pod shop/cart and container c0ffee: "DEL /opt/cni/bin/bridge eth0".
 * outer: the process within which it runs, 0: none.  leads: the inode number to which path leads when it is looked at; a
 * negative errno: to none; 0: it is not looked at.  Then a second passes.
 */
void feed_exec(struct feed *feed, unsigned pid, unsigned outer, const char *words, const char *path, int leads);
void feed_look(struct feed *feed, unsigned pid, int leads);
/* It goes over to another program: "DEL /opt/cni/bin/bridge eth0". */
void feed_go_over(struct feed *feed, unsigned pid, const char *words);
void feed_exit(struct feed *feed, unsigned pid, unsigned status); /* as wait(2) has it */
/* Both, a second apart: "DEL bridge eth0". */
void feed_call(struct feed *feed, const char *words, const char *path, int leads, unsigned status);

/* A census; told: those that the kernel has, tasks: their number in each. */
struct counted {
	unsigned n;
	int references;
	unsigned tasks;
	const char *address; /* NULL: none */
};
void feed_census(struct feed *feed, const struct counted *told, size_t count);
#define census(feed, ...)                                                                     \
	feed_census(feed, (const struct counted[]){ __VA_ARGS__ },                            \
		    sizeof((const struct counted[]){ __VA_ARGS__ }) / sizeof(struct counted))

/* Time goes on to `now`, with a tick at each deadline on the way; no census is made. */
void feed_until(struct feed *feed, uint64_t now);

/* SOURCE_SYNCING is that of a file written now, which shows nothing from before 30 s ago. */
void feed_source(struct feed *feed, const char *source, enum source_state state, bool authority);
/* SOURCE_SYNCING of a source that asks now; not all: it does not know all pods of the node. */
void feed_asked(struct feed *feed, const char *source, bool authority, bool knows_all);
/* as_of: s of boot time */
void feed_synced(struct feed *feed, const char *source, bool authority, uint64_t as_of);
void feed_pod(struct feed *feed, const char *source, const char *name, const char *ip);
/* For the rest: as feed_pod, then changed by the caller. */
struct input_pod feed_pod_of(const char *source, const char *name);
void feed_pod_input(struct feed *feed, const struct input_pod *pod);
/* cni says: netns with this inode number is the pod's; as_of: s of boot time */
void feed_binding(struct feed *feed, const char *pod, unsigned inum, uint64_t as_of);
void feed_binding_by(struct feed *feed, enum evidence evidence, const char *source, const char *pod,
		     unsigned inum, uint64_t as_of);
/* A whole listing of "file:pods", an authority, as of now: the names, NULL at the end. */
void feed_listing(struct feed *feed, ...) __attribute__((sentinel));
int feed_input(struct feed *feed, struct input input);

#endif
