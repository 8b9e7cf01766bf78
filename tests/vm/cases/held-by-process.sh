#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: nsfs-fd-inherit | a daemon of its own holds a descriptor of the netns | leaked: descriptor, pid, fd; and
#   the mount it was opened by, detached
# scenario: socket-held | a socket of the netns lives on in a process of another | leaked: socket, pid, fd, of which
#   kind
# scenario: surviving-pause | a task of the pod lives on | leaked: process, its pid, its cgroup
#
# Three pods go, and processes keep what was theirs: a daemon that has nothing to do with the pod a descriptor of its
# netns (nsfs-fd-inherit), another one a socket of it (socket-held), and a task of the pod lives on (surviving-pause).
# shellcheck disable=SC2153 # HELD is case.sh's
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

netns_pod nsfs-fd-inherit
netns_pod socket-held 10.9.0.3
netns_pod surviving-pause 10.9.0.4
pods "$(pod nsfs-fd-inherit)" "$(pod socket-held)" "$(pod surviving-pause)"
trace_start
sleep infinity 9</run/netns/nsfs-fd-inherit &
HELD[nsfs-fd-inherit]=$!
pinned socket-held proxy netlink
ip netns exec surviving-pause sleep infinity &
HELD[surviving-pause]=$!
wait-for 20 test -e "/proc/${HELD[nsfs-fd-inherit]}/fd/9"
# It runs sleep once it is in the netns.
wait-for 60 grep -qx sleep "/proc/${HELD[surviving-pause]}/comm"
mkdir -p /sys/fs/cgroup/kubepods/poduid-surviving-pause
echo "${HELD[surviving-pause]}" >/sys/fs/cgroup/kubepods/poduid-surviving-pause/cgroup.procs
for name in nsfs-fd-inherit socket-held surviving-pause; do
	netns_pod_delete $name
done
pods
await_event 60 netns.leaked nsfs-fd-inherit socket-held surviving-pause
exactly 0 '.event_name == "netns.leaked" and (."netns.paths" // []) != []'
held_as <<END
nsfs-fd-inherit: 1 = 1 nsfs, 0 unexplained, 0 tasks, fd-held
nsfs-fd-inherit: mount  in null detached
nsfs-fd-inherit: descriptor ${HELD[nsfs-fd-inherit]} sleep fd 9
socket-held: 1 = 1 sockets, 0 unexplained, 0 tasks, socket-held
socket-held: socket ${HELD[socket-held]} proxy fd 40 netlink route
surviving-pause: 1 = 1 nsproxies, 0 unexplained, 1 tasks, task-survives
surviving-pause: process ${HELD[surviving-pause]} sleep cgroup /kubepods/poduid-surviving-pause
END
kill "${HELD[@]}"
await_event 60 netns.recovered nsfs-fd-inherit socket-held surviving-pause
trace_stop_leaked nsfs-fd-inherit socket-held surviving-pause
# What has ended is in its cgroup until it is quite gone.
wait-for 60 rmdir /sys/fs/cgroup/kubepods/poduid-surviving-pause
# Others may have made cgroups there as well.
rmdir /sys/fs/cgroup/kubepods 2>/dev/null || :
