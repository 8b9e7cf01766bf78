#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: create-fails | the creation of a netns fails after it exists | freed, no finding
#
# Creation fails after the netns exists: it is freed, and nothing is found.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

trace_start
limits=/proc/sys/user
time_namespaces=$(<$limits/max_time_namespaces)
net_namespaces=$(<$limits/max_net_namespaces)
echo 0 >$limits/max_time_namespaces
for _ in {1..10}; do
	# A time namespace is made after the network namespace, and may not be.
	! unshare --net --time true 2>/dev/null || fail "unshare worked"
done
echo "$time_namespaces" >$limits/max_time_namespaces
await 30 10 '.event_name == "netns.freed"'
echo 0 >$limits/max_net_namespaces
! unshare --net true 2>/dev/null || fail "unshare worked"
echo "$net_namespaces" >$limits/max_net_namespaces
control
exactly 10 '.event_name == "netns.created" and ."netns.preexisting" != true and ."netns.creator.comm" == "unshare"'
exactly 10 '.event_name == "netns.freed"'
exactly 1 '.event_name == "netns.create_failed" and ."error.type" == "ENOSPC" and ."netns.creator.comm" == "unshare"'
trace_stop 1 netns.leaked control
