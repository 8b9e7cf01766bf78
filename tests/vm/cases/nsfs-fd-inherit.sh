#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A daemon that has nothing to do with the pod holds a descriptor of its netns.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

netns_pod cart
pods "$(pod cart)"
trace_start
sleep infinity 9</run/netns/cart &
holder=$!
wait-for 20 test -e "/proc/$holder/fd/9"
netns_pod_delete cart
pods
await_leaked cart
event=$(events '.event_name == "netns.leaked"')
jq -e '(."netns.paths" // []) == [] and ."netns.references" == 1 and ."netns.tasks" == 0' <<<"$event" >/dev/null || fail "$event"
kill $holder
await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "cart"'
trace_stop 1 netns.leaked cart
