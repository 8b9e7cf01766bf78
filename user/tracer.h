/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The live kernel: loads and attaches the BPF programs, hands out their records, runs the census.
 *
 * With holders.h and teardown.h all of user space that knows libbpf.  It holds no reference to any netns.  Functions return a
 * negative errno and print nothing; what a refusal means and what to do about it is in the checks
 * (checks.h), which tracer_probe() fills before anything is loaded.
 */
#ifndef NETNSLEAK_TRACER_H
#define NETNSLEAK_TRACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checks.h"

enum tracer_attach {
	TRACER_ATTACH_AUTO,   /* per hook: fentry/fexit where the kernel has it, else kprobe/kretprobe */
	TRACER_ATTACH_FENTRY, /* fentry/fexit or nothing */
	TRACER_ATTACH_KPROBE, /* kprobe/kretprobe or nothing */
};

struct tracer_options {
	enum tracer_attach attach;
	uint32_t ring_bytes; /* a power of two and whole pages; 0: TRACER_RING_BYTES */
	bool census_only;    /* no hooks, no ring: tracer_census() alone works */
};

#define TRACER_RING_BYTES (1u << 20)

struct tracer;

/* One record of events.h, valid during the call.  A negative return stops the dispatch and is passed on. */
typedef int (*tracer_record_fn)(void *ctx, const void *record, size_t size);

/* How each hook was attached, for the header line and for doctor. */
struct tracer_hook {
	const char *purpose;  /* "netns created", "address added (IPv4)", ... */
	const char *function; /* the kernel function that was chosen, NULL where none could be */
	const char *how;      /* "fentry", "fexit", "kprobe", "kretprobe", NULL */
	bool required;	      /* without it, no trace */
};

/*
 * Ask what this kernel and this process permit, hook by hook, without attaching anything.
 * Appends to checks.  Returns 0 also where the answers are no; an error only where it could not ask.
 */
int tracer_probe(const struct tracer_options *options, struct checks *checks);

/* Configure, load, attach, then switch on.  ret is untouched on failure. */
int tracer_open(struct tracer **ret, const struct tracer_options *options);
void tracer_close(struct tracer *tracer); /* NULL is fine */

/* The last lines that libbpf said, empty if it had nothing to say: what explains a refusal. */
const char *tracer_complaint(void);

/* Are all calls of CNI plugins told, from the exec to the exit? */
bool tracer_sees_calls(const struct tracer *tracer);

/* What the handles of its records are mixed with (bpf/events.h); not to be told to anybody. */
uint64_t tracer_salt(const struct tracer *tracer);

/* Readable when records wait; goes into the caller's epoll.  -1 with census_only. */
int tracer_fd(const struct tracer *tracer);

/* Hand out all the records that wait, in order.  Returns how many, or a negative errno. */
int tracer_dispatch(struct tracer *tracer, tracer_record_fn fn, void *ctx);

/* Records that found no room since tracer_open().  Reads shared memory, no system call. */
uint64_t tracer_lost(const struct tracer *tracer);

/* What the kernel may not have let the hooks see since then (hooks.h). */
struct tracer_missed {
	uint64_t events; /* but for the next */
	uint64_t calls;	 /* CNI plugins that began */
};

/* Asks the kernel about each program. */
struct tracer_missed tracer_missed(const struct tracer *tracer);

/*
 * Walk the kernel's list of netns: hands out NNS_CENSUS_BEGIN, then for each netns NNS_CENSUS_NETNS with its
 * devices and addresses, then NNS_CENSUS_END.  A netns that lives throughout is told exactly once.
 * Task counts are those of the moment.
 */
int tracer_census(struct tracer *tracer, tracer_record_fn fn, void *ctx);

/* The hooks in use, for display; *ret_count of them, owned by the tracer. */
const struct tracer_hook *tracer_hooks(const struct tracer *tracer, size_t *ret_count);

#endif
