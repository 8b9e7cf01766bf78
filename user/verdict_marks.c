/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What an earlier session has reported.
 */
#include "verdict_private.h"

#include <errno.h>
#include <stdlib.h>

/* What an earlier session reported of a netns that no census has told yet. */
struct marks {
	struct marks *next;
	uint64_t cookie;
	uint32_t inum, mix;
	int64_t leaked_wall, stuck_wall, orphan_wall, conflict_wall;
};

int verdicts_restored(struct verdicts *verdicts, const struct input_restored *restored)
{
	struct marks *marks;

	if (!restored->leaked_wall && !restored->stuck_wall && !restored->orphan_wall && !restored->conflict_wall)
		return 0;
	marks = calloc(1, sizeof(*marks));
	if (!marks)
		return -ENOMEM;
	*marks = (struct marks){
		.next = verdicts->marks,
		.cookie = restored->cookie,
		.inum = restored->inum,
		.mix = restored->mix,
		.leaked_wall = restored->leaked_wall,
		.stuck_wall = restored->stuck_wall,
		.orphan_wall = restored->orphan_wall,
		.conflict_wall = restored->conflict_wall,
	};
	verdicts->marks = marks;
	return 0;
}

/* When it was reported does not matter any more, that it was does: 1 is "long ago". */
static void mark(uint64_t *reported_at, int64_t wall, uint64_t *count)
{
	if (!wall || *reported_at)
		return;
	*reported_at = 1;
	++*count;
}

int verdicts_apply_marks(struct verdicts *verdicts, struct netns *netns)
{
	struct marks **slot = &verdicts->marks, *marks;

	while ((marks = *slot)) {
		if (marks->cookie != netns->cookie || marks->inum != netns->inum || marks->mix != netns->mix) {
			slot = &marks->next;
			continue;
		}
		if (!verdict_get(netns))
			return -ENOMEM;
		*slot = marks->next;
		mark(&netns->verdict->leaked_at, marks->leaked_wall, &verdicts->counts.leaked_now);
		mark(&netns->verdict->stuck_at, marks->stuck_wall, &verdicts->counts.stuck_now);
		mark(&netns->verdict->orphan_at, marks->orphan_wall, &verdicts->counts.orphans_now);
		mark(&netns->verdict->conflict_at, marks->conflict_wall, &verdicts->counts.conflicts_now);
		free(marks);
	}
	return 0;
}

void verdicts_forget_marks(struct verdicts *verdicts)
{
	struct marks *marks;

	while ((marks = verdicts->marks)) {
		verdicts->marks = marks->next;
		free(marks);
	}
}
