/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The capabilities that netnsleak needs: which, when, what for, and what is lost without.  Its table is what doctor prints,
 * what a process gives up by, and what tools/deploy/capabilities grants (a test compares them).
 */
#ifndef NETNSLEAK_PRIVILEGES_H
#define NETNSLEAK_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/capability.h>

/* Since Linux 5.8; headers may be older. */
#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

/* When: a set of these. */
enum privilege_phase {
	PRIVILEGE_LOAD = 1, /* trace, until its BPF programs are attached */
	PRIVILEGE_RUN = 2,  /* trace, from then on */
	PRIVILEGE_LOOK = 4, /* list, explain, audit */
	PRIVILEGE_WRITE = 8, /* any, where a file that was named cannot be written or asked without: see privileges_keep() */
	PRIVILEGE_REPLAY = 16, /* replay, report, top --replay: what they read may come from anybody */
	PRIVILEGE_REACH = 32, /* these, where a file that was named lies behind the /proc/PID/root or fd of a process */
};

struct privilege {
	int capability;
	const char *name;     /* "CAP_BPF" */
	unsigned int phases;  /* enum privilege_phase */
	bool required;	      /* trace cannot run without */
	const char *why;      /* "to load and run BPF programs": what it is needed for */
	const char *without;  /* "audit counts no rules": what is lost */
};

extern const struct privilege privileges[];
extern const size_t privilege_count;

#define CAPABILITY_BIT(capability) (UINT64_C(1) << (capability))

/* The capabilities of these phases, a bit each. */
uint64_t privileges_of(unsigned int phases);

/* What this process may use now.  -errno: it cannot be told. */
int privileges_held(uint64_t *ret);

/*
 * Gives up all of this thread's capabilities but these, of which those that it does not have are no error; of the bounding set
 * too, where it may; and no program that is executed later gains any (no_new_privs).  Threads that are made later are like
 * it.  Negative errno: not all were given up.
 */
int privileges_keep(uint64_t capabilities);
/* The same, as a trial: they can be had back, by privileges_keep() with more. */
int privileges_try(uint64_t capabilities);

/* Whether this process may do no more than before by executing a program; and its mode of seccomp(2): 0, 1 or 2, -1 unknown. */
struct privilege_status {
	bool no_new_privs;
	int seccomp;
};
void privileges_status(struct privilege_status *ret);

#endif
