#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A task of the pod lives on after it.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

netns_pod cart
pods "$(pod cart)"
trace_start
ip netns exec cart sleep infinity &
holder=$!
# It runs sleep once it is in the netns.
wait-for 60 grep -qx sleep "/proc/$holder/comm"
netns_pod_delete cart
pods
await_leaked cart
event=$(events '.event_name == "netns.leaked"')
jq -e '(."netns.paths" // []) == [] and ."netns.tasks" == 1 and ."netns.references" >= 1' <<<"$event" >/dev/null || fail "$event"
kill $holder
await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "cart"'
trace_stop 1 netns.leaked cart
