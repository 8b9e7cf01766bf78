/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Tells the stages who holds a netns: what was found, added up, and put into words that stand when the processes are gone.
 */
#ifndef NETNSLEAK_HOLDERS_TELL_H
#define NETNSLEAK_HOLDERS_TELL_H

#include "holders.h"
#include "input.h"

/*
 * INPUT_HOLDERS and its INPUT_HOLDERs, HOLDERS_TOLD at most, for each netns; of one that went meanwhile, that nothing is
 * known.  proc: "/proc", for the cgroups.  -ENOMEM, or what input returned.
 */
int holders_tell(const struct holders_found *found, const char *proc, uint64_t now, input_fn input, void *ctx);

/* They could not be looked for: nobody is to wait for them. */
int holders_tell_unknown(uint64_t netns, uint64_t now, input_fn input, void *ctx);

/* "tcp 127.0.0.1:80 listening", "netlink route"; of a descriptor of another kind "". */
#define HOLDERS_WHAT_BYTES 160
void holders_describe(const struct holders_file *file, char ret[static HOLDERS_WHAT_BYTES]);

#endif
