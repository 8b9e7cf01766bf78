#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A pod that ran for a day is deleted now: nothing is said before the grace is over, and the clock starts now.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

GRACE=8s
netns_pod cart
# This node is up for a minute: what is older than that, or than the netns, would not be believed.
pods "$(pod cart)"
touch -d '1 day ago' "$WORK/pods.json"
trace_start
await 30 1 '.event_name == "netns.bound" and ."k8s.pod.name" == "cart"'
pods
await 30 1 '.event_name == "pod.gone"'
exactly 0 '.event_name == "netns.leaked"'
await_leaked cart
event=$(events '.event_name == "netns.leaked"')
jq -e '."pod.gone_seconds" >= 8 and ."pod.gone_seconds" < 15 and ."netns.preexisting"' <<<"$event" >/dev/null || fail "$event"
trace_stop 1 netns.leaked cart
