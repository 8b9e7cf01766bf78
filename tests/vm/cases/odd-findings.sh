#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A netns of nobody's, without a process, is an orphan when it is old; one with a process is none. A netns that has the
# address of a living pod's is in conflict with it.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

netns_pod cart 10.9.0.2
ip netns add twin
ip -n twin link add eth0 type dummy
ip -n twin addr add 10.9.0.2/24 dev eth0
ip netns add nobody
ip netns add busy
ip netns exec busy sleep infinity &
sleeper=$!
wait-for 60 grep -qx sleep "/proc/$sleeper/comm"
pods "$(pod cart 10.9.0.2)"
trace_start --orphan-age 3s
await 60 2 '.event_name == "netns.orphan"'
await 60 1 '.event_name == "netns.ip_conflict"'
exactly 1 '.event_name == "netns.orphan" and ."netns.path" == "/run/netns/nobody" and ."netns.tasks" == 0'
exactly 1 '.event_name == "netns.orphan" and ."netns.path" == "/run/netns/twin"'
exactly 1 '.event_name == "netns.ip_conflict" and ."netns.path" == "/run/netns/twin" and ."netns.conflict.path" == "/run/netns/cart" and
	."netns.conflict.ip" == "10.9.0.2" and ."netns.conflict.pod.name" == "cart"'
kill $sleeper
trace_stop 1 netns.ip_conflict cart netns.orphan - netns.orphan -
