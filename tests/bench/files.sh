# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What is measured here and in a guest: a search among 20,000 open files of 20 processes.

# with_files COMMAND... does so while they are open
with_files()
{
	local keeper status=0
	exec 5< <(ulimit -n 10000 && exec bench_netns files 20000 20)
	keeper=$!
	read -r -u 5
	"$@" || status=$?
	kill "$keeper"
	exec 5<&-
	return $status
}

# walk_ms INUM: ms of CPU of looking for that netns in all descriptors of all processes, as people do; the median of 5
walk_ms()
{
	local _ TIMEFORMAT='%U %S'
	for _ in 1 2 3 4 5; do
		{ time find /proc/[0-9]*/fd -lname "net:\[$1\]" >/dev/null 2>&1 || true; } 2>&1
	done | awk '{ print ($1 + $2) * 1000 }' | sort -n | sed -n 3p
}
