#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: rprivate-copy | a process's private mount namespace keeps a copy of the mount on another file | leaked:
#   mount, its path, whose mount namespace
#
# A process's private mount namespace keeps a copy of the mount, which no one else can see. A copy over the same file
# holds nothing: who unlinks the file makes the kernel take down all mounts on it, in all mount namespaces. One over
# another file stays.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

netns_pod cart
netns_pod till 10.9.0.3
pods "$(pod cart)" "$(pod till)"
trace_start
touch "$WORK/copy"
# shellcheck disable=SC2016 # expanded by that shell
unshare --mount --propagation private sh -c 'mount --bind /run/netns/cart "$1" && exec sleep infinity' sh "$WORK/copy" &
holder=$!
# It runs sleep once it has its copies.
wait-for 60 grep -qx sleep "/proc/$holder/comm"
for copy in /run/netns/till /run/netns/cart "$WORK/copy"; do
	grep -qF " $copy " "/proc/$holder/mountinfo" || fail "it has no copy $copy"
done
! grep -qF " $WORK/copy " /proc/self/mountinfo || fail "others see its copy"
netns_pod_delete cart
netns_pod_delete till
pods
await 60 1 '.event_name == "netns.freed" and ."k8s.pod.name" == "till"'
await_leaked cart
# Nothing of it is in the node's own mounts.
says '(."netns.paths" // []) == []' "$(events '.event_name == "netns.leaked"')"
held_as <<END
cart: 1 = 1 nsfs, 0 unexplained, 0 tasks, mount-private-copy
cart: mount $WORK/copy in $(mntns $holder) $holder sleep
END
kill $holder
await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "cart"'
trace_stop 1 netns.leaked cart
