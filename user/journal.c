/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool journal_is_stdout(void)
{
	const char *name = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;
	int end = 0;

	if (!name || sscanf(name, "%llu:%llu%n", &device, &inode, &end) != 2 || name[end])
		return false;
	return !fstat(STDOUT_FILENO, &st) && st.st_dev == device && st.st_ino == inode;
}
