/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which holders of a netns are told where there are too many: some of each kind, for a hundred mounts are to hide neither
 * the process that runs in it nor the descriptor that keeps it.
 */
#ifndef NETNSLEAK_HOLDER_ROOM_H
#define NETNSLEAK_HOLDER_ROOM_H

#include "input.h"

/* Of each netns.  struct input_holders.found says how many there were. */
#define HOLDERS_TOLD 64

struct holder_room {
	uint32_t left[HOLDER_KINDS];
};

/* counts: how many there are of each kind.  What one kind does not need, the others have. */
void holder_room_share(struct holder_room *ret, const uint32_t counts[static HOLDER_KINDS]);

/* Whether one more of this kind is to be told. */
bool holder_room_take(struct holder_room *room, enum holder_kind kind);

#endif
