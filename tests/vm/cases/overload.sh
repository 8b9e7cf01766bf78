#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: overload | more events than the ring holds | the loss is counted, a census repairs it; leaked: mount
#
# More events than the ring holds: the loss is counted, a census repairs it, and the verdicts are the same.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

netns_pod cart
pods "$(pod cart)"
trace_start --ring-size 4096
kill -STOP "$TRACE"
for n in {1..60}; do
	ip netns add "burst-$n"
done
for n in {1..30}; do
	ip netns del "burst-$n"
done
ip -n burst-31 link add eth0 type dummy
ip -n burst-31 addr add 10.9.3.1/24 dev eth0
pods
kill -CONT "$TRACE"
await 60 1 '.event_name == "trace.resynced"'
await_leaked cart
exactly 0 '.event_name == "trace.lost" and ."trace.lost_records" < 1'
[ "$(count '.event_name == "trace.lost"')" -ge 1 ] || fail "no loss was told"
netnsleak list -o json >"$WORK/list"
# What the state says lives is what the kernel says: 30 of the burst, cart, the node's own.
live=$(jq -rs 'map(select(.event_name == "netns.created") | ."netns.id") - map(select(.event_name == "netns.freed") | ."netns.id") | length' "$WORK/out")
held_by_mounts cart /run/netns/cart mount-left
trace_stop 1 netns.leaked cart
summary=$(events '.event_name == "trace.summary"')
jq -e --argjson live "$(wc -l <"$WORK/list")" '."trace.netns" == $live and ."trace.lost_records" > 0' <<<"$summary" >/dev/null ||
	fail "list has $(wc -l <"$WORK/list"), created less freed $live: $summary"
[ "$(wc -l <"$WORK/list")" = 32 ] || fail "list has not 32 netns: $(cat "$WORK/list")"
