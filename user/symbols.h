/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which functions the kernel has, by /proc/kallsyms.  Hooks need names only: addresses are hidden from most.
 *
 * A compiler may take a function apart: callers in the same file then call NAME.part.0, NAME.isra.0 or NAME.constprop.0,
 * and a hook at NAME sees only the calls from elsewhere.  BTF tells nothing of it.
 */
#ifndef NETNSLEAK_SYMBOLS_H
#define NETNSLEAK_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbol {
	const char *name; /* what to look for; not owned */
	bool found;	  /* there is a function of exactly this name */
	bool taken_apart; /* not all its callers call it */
};

/* Fill found and taken_apart of all.  0, or -errno where /proc/kallsyms cannot be read: then nothing is found. */
int symbols_find(struct symbol *symbols, size_t count);

/*
 * The address of one of a few names that BPF programs need; 0: there is none, or it is hidden from us.  They are noted
 * when symbols_find() reads the list, which takes longer than all else that a start does; libbpf would read it anew for
 * each object.  Names of data are in the list only with CONFIG_KALLSYMS_ALL.
 */
uint64_t symbols_noted(const char *name);

#define SYMBOL_BYTES 128

/* An address in the kernel's code, and the function that it is in. */
struct symbol_at {
	uint64_t address;
	uint64_t begin; /* of the function; 0: not known */
	char name[SYMBOL_BYTES];
};

/* Fill begin and name of all.  0, or -errno; -EPERM: addresses are hidden from us. */
int symbols_at(struct symbol_at *all, size_t count);
/* From where to where a function goes.  0, or -errno; -ENOENT: there is none; -EPERM: addresses are hidden from us. */
int symbols_extent(const char *name, uint64_t *ret_begin, uint64_t *ret_end);

#endif
