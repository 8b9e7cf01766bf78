#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# kernels: 6.1 newest
# No --pods at all: netnsleak takes what the node has, says what and why, and binds a pod by its process. There is no
# source that may say that it is gone, so nothing is found.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

uid=6f0c3a52-58b1-4a8e-9d0e-d8f0f7a1c001
cgroup=/sys/fs/cgroup/kubepods.slice/kubepods-pod${uid//-/_}.slice/crio-c1.scope
mkdir -p "$cgroup"
ip netns add cart
(echo $BASHPID >"$cgroup/cgroup.procs" && exec ip netns exec cart sleep 1000) &
process=$!
until grep -q sleep "/proc/$process/comm"; do sleep 0.05; done

netnsleak trace -o json --output "$WORK/out" --node "$NODE" --grace "$GRACE" --ready-file "$WORK/ready" \
	--record "$WORK/record" --attach "${ATTACH:-auto}" 2>"$WORK/err" &
TRACE=$!
until [ -e "$WORK/ready" ]; do
	kill -0 $TRACE || fail "netnsleak ended: $(cat "$WORK/err")"
	sleep 0.1
done
await 30 1 ".event_name == \"netns.bound\" and .\"k8s.pod.uid\" == \"$uid\" and .\"netns.binding\" == \"cgroup\""
grep -q "pods: cni:/var/lib/cni: libcni's cache is" "$WORK/err" || fail "cni is not told of: $(cat "$WORK/err")"
grep -q "pods: cgroup:/proc: the node's processes can be seen" "$WORK/err" || fail "cgroup is not told of: $(cat "$WORK/err")"
kill $process
wait $process || :
ip netns del cart
await 30 1 '.event_name == "netns.freed"'
trace_stop 0
