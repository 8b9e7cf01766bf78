#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: restart | netnsleak is killed between pod gone and the end of the grace, and started again | leaked once:
#   mount; the right age
#
# netnsleak is killed between the pod's end and the grace's, and started again: leaked once, with the right age.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

GRACE=10s
netns_pod cart
pods "$(pod cart)"
trace_start --state "$WORK/state"
pods
# At once: a slow machine must not let the grace pass.
wait-for 30 grep -q '"gone":' "$WORK/state"
kill -KILL "$TRACE"
wait "$TRACE" 2>/dev/null || :
gone=$(events '.event_name == "pod.gone" and ."k8s.pod.name" == "cart"' | jq -r .timestamp)
[ -n "$gone" ] || fail "no pod.gone"
exactly 0 '.event_name == "netns.leaked"'
# The CNI cache goes while no one looks.
rm "$CNI_CACHE/net-container-cart-eth0"
mv "$WORK/out" "$WORK/first"
trace_start --state "$WORK/state"
await_leaked cart
event=$(events '.event_name == "netns.leaked"')
jq -e --arg gone "${gone%.*}" '."pod.gone_seconds" >= 10 and (."pod.gone_at" | startswith($gone))' <<<"$event" >/dev/null || fail "gone at $gone: $event"
held_by_mounts cart /run/netns/cart mount-left
trace_stop 1 netns.leaked cart
mv "$WORK/out" "$WORK/second"
# A third time: it was told; the leak is still there, so the status says findings. By the end of another netns's life it
# would have been told again.
trace_start --state "$WORK/state"
netns_pod other 10.9.0.3
await 30 1 '.event_name == "netns.bound" and ."k8s.pod.name" == "other"'
netns_pod_delete other
await 30 1 '.event_name == "netns.freed" and ."k8s.pod.name" == "other"'
trace_stop 1
