/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which functions the kernel has, by /proc/kallsyms (names only: addresses are hidden from most, and not needed).
 *
 * A compiler may take a function apart: callers in the same file then call NAME.part.0, NAME.isra.0 or NAME.constprop.0,
 * and a hook at NAME sees only the calls from elsewhere.  BTF tells nothing of it.
 */
#ifndef NETNSLEAK_SYMBOLS_H
#define NETNSLEAK_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>

struct symbol {
	const char *name; /* what to look for; not owned */
	bool found;	  /* there is a function of exactly this name */
	bool taken_apart; /* not all its callers call it */
};

/* Fill found and taken_apart of all.  0, or -errno where /proc/kallsyms cannot be read: then nothing is found. */
int symbols_find(struct symbol *symbols, size_t count);

#endif
