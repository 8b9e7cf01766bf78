#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A process's private mount namespace keeps a copy of the mount, which no one else can see.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

netns_pod cart
pods "$(pod cart)"
trace_start
unshare --mount --propagation private sleep infinity &
holder=$!
# It runs sleep once it has its copy.
wait-for 60 grep -qx sleep "/proc/$holder/comm"
grep -q /run/netns/cart "/proc/$holder/mountinfo" || fail "it has no copy"
netns_pod_delete cart
pods
await_leaked cart
event=$(events '.event_name == "netns.leaked"')
# Nothing of it is in the node's own mounts.
jq -e '(."netns.paths" // []) == [] and ."netns.references" == 1 and ."netns.tasks" == 0' <<<"$event" >/dev/null || fail "$event"
kill $holder
await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "cart"'
trace_stop 1 netns.leaked cart
