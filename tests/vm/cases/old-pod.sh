#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: old-pod | a pod that ran for a day is deleted | nothing before the grace is over, then leaked: mount
#
# A pod that ran for a day is deleted now: nothing is said before the grace is over, and the clock starts now.
# shellcheck disable=SC2016 # jq's variables
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

GRACE=8s
netns_pod cart
# This node is up for a minute: what is older than that, or than the netns, would not be believed.
pods "$(pod cart)"
touch -d '1 day ago' "$WORK/pods.json"
started=$(date +%s)
trace_start
await 30 1 '.event_name == "netns.bound" and ."k8s.pod.name" == "cart"'
pods
await_leaked cart
gone=$(events '.event_name == "pod.gone"' | jq -r .timestamp)
# Both times are netnsleak's own: how slow this guest is does not matter.
says '."netns.preexisting" and ."pod.gone_seconds" >= 8 and (."pod.gone_at" | from_iso) > $started and
	(."pod.gone_at" | from_iso) <= ($gone | from_iso) and (.timestamp | from_iso) - (."pod.gone_at" | from_iso) >= 8' \
	"$(events '.event_name == "netns.leaked"')" --arg gone "$gone" --argjson started "$started"
held_by_mounts cart /run/netns/cart mount-left
trace_stop 1 netns.leaked cart
