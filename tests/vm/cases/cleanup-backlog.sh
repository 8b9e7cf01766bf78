#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: cleanup-backlog | 150 netns are deleted at once | freed, no finding
#
# Many netns are deleted at once: all are freed, late or not, and nothing is stuck.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

trace_start
for n in {1..150}; do
	echo "netns add many-$n"
done | ip -batch -
for n in {1..150}; do
	ip link add "a$n" type veth peer name "b$n"
	ip link set "b$n" netns "many-$n"
done
for n in {1..150}; do
	echo "netns del many-$n"
done | ip -batch -
await 200 150 '.event_name == "netns.freed"'
control
exactly 150 '.event_name == "netns.freed"'
exactly 150 '.event_name == "netns.dying"'
trace_stop 1 netns.leaked control
