/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "health.h"

#include "format.h"
#include "util.h"

bool health_is_ready(const struct health *health, struct text *why)
{
	if (health->census_failures)
		text_printf(why, "not ready: the kernel's netns cannot be counted, which failed %u times in a row", health->census_failures);
	else if (!health->counted)
		text_add(why, "not ready: before the first census");
	else if (health->resyncing)
		text_add(why, "not ready: kernel records were lost, and the next census is not done");
	else if (!health->begun)
		text_add(why, "not ready: pod sources have not answered yet");
	else
		text_add(why, "ready");
	return health->begun && health->counted && !health->resyncing && !health->census_failures;
}

bool health_is_alive(const struct health *health, struct text *why)
{
	const bool overdue = health->overdue_since && health->now > health->overdue_since + HEALTH_OVERDUE;
	const bool unread = health->unread_since && health->now > health->unread_since + HEALTH_UNREAD;
	char since[FORMAT_DURATION_LEN];

	if (overdue)
		text_printf(why, "unhealthy: what was due %s ago has not been done",
			    format_duration(health->now - health->overdue_since, since));
	else if (unread)
		text_printf(why, "unhealthy: the reader of the output has taken nothing for %s",
			    format_duration(health->now - health->unread_since, since));
	else
		text_add(why, "healthy");
	return !overdue && !unread;
}
