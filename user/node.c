/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "util.h"

int64_t node_wall_offset(void)
{
	return wall_now() - (int64_t)loop_now();
}

static void read_boot_id(char *ret, size_t size)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	*ret = '\0';
	if (!file)
		return;
	if (!fgets(ret, (int)size, file))
		*ret = '\0';
	ret[strcspn(ret, "\n")] = '\0';
	fclose(file);
}

void node_init(struct node *ret, const char *name)
{
	*ret = (struct node){ .wall_offset = node_wall_offset() };
	uname(&ret->uts);
	if (!name)
		name = getenv("NODE_NAME");
	if (!name || !*name)
		name = ret->uts.nodename;
	snprintf(ret->name, sizeof(ret->name), "%s", name);
	read_boot_id(ret->boot_id, sizeof(ret->boot_id));
}
