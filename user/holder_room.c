/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "holder_room.h"

void holder_room_share(struct holder_room *ret, const uint32_t counts[static HOLDER_KINDS])
{
	uint32_t room = HOLDERS_TOLD;
	bool any = true;

	*ret = (struct holder_room){ 0 };
	while (room && any) {
		any = false;
		for (unsigned kind = 0; kind < HOLDER_KINDS && room; kind++) {
			if (ret->left[kind] == counts[kind])
				continue;
			ret->left[kind]++;
			room--;
			any = true;
		}
	}
}

bool holder_room_take(struct holder_room *room, enum holder_kind kind)
{
	if (!room->left[kind])
		return false;
	room->left[kind]--;
	return true;
}
