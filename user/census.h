/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Runs the census programs (bpf/census.bpf.c) and hands out what they wrote.  Private to the tracer. */
#ifndef NETNSLEAK_USER_CENSUS_H
#define NETNSLEAK_USER_CENSUS_H

#include "tracer.h"

struct bpf_link;
struct census_state;

struct census {
	int program;		    /* of census_run; the BPF object's */
	int buffer;		    /* map of one struct census_buffer; the BPF object's */
	struct census_state *state; /* shared with the program */
	struct bpf_link *tasks;	    /* the task iterator; owned, may be NULL: then no task is counted */
	uint64_t number;	    /* censuses so far */
};

int census_run(struct census *census, tracer_record_fn fn, void *ctx);

#endif
