/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Asks the kernel why a dying netns is not freed: which of its devices is still referenced, and in what function the
 * worker is that takes netns down.
 *
 * Loads BPF programs of its own, attaches nothing, holds no reference when it returns.
 */
#ifndef NETNSLEAK_TEARDOWN_H_USER
#define NETNSLEAK_TEARDOWN_H_USER

#include <stddef.h>
#include <stdint.h>

#include "../bpf/teardown.h"
#include "symbols.h"

struct teardown;

/* As holders_open(). */
int teardown_open(struct teardown **ret, uint64_t salt);
void teardown_close(struct teardown *teardown); /* NULL is fine */

/* Fills in the second part of all. */
int teardown_look(struct teardown *teardown, struct teardown_device *devices, size_t count);

/*
 * The function that cleanup_net() has called and that has not returned; one that calls what a part of the kernel has
 * registered for the end of a netns is looked through.  "": cleanup_net() is not at work, or where it is cannot be seen.
 */
int teardown_function(struct teardown *teardown, char ret[static SYMBOL_BYTES]);

#endif
