#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: stuck-terminating | a pod is Terminating for long | nothing, until it is gone
#
# A pod is Terminating for long: its containers do not end, then a finalizer keeps it when they have. Nothing is said,
# for as long as the API has it. Then it goes, and something holds its netns: the clock starts with the end that was
# seen, not with the deletionTimestamp.
# shellcheck disable=SC2016 # jq's variables
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

containerd-up
mounted_pod cart
pods "$(pod cart)"
SOURCES=(--pods cri)
trace_start
await 30 1 "$(bound_by_cri cart)"
going=$(terminating "$(pod cart)")
grep -q deletionTimestamp <<<"$going" || fail "not terminating: $going"
pods "$going"
control "$going"
finding='."k8s.pod.name" == "cart" and (.event_name | IN("netns.leaked", "pod.gone", "netns.path_lost"))'
exactly 0 "$finding"
stopped=$(date +%s.%N)
cri stop "$id"
cri rm "$id"
control "$going"
exactly 0 "$finding"
released=$(date +%s.%N)
pods
await_leaked cart
says '."netns.paths" == ["/run/debug-netns/" + $id] and ."netns.references" == 1 and ."netns.tasks" == 0 and
	."netns.binding" == "cri" and ."container.id" == $id and ."k8s.pod.uid" == "uid-cart" and
	."pod.gone_source" == "cri" and ."pod.gone_reason" == "deleted" and
	(."pod.gone_at" | from_iso) >= $stopped and (."pod.gone_at" | from_iso) <= $released and
	(.timestamp | from_iso) >= $released + 2 and
	((.timestamp | from_iso) - (."pod.gone_at" | from_iso) - ."pod.gone_seconds" | fabs) < 0.1' \
	"$(events '.event_name == "netns.leaked" and ."k8s.pod.name" == "cart"')" \
	--arg id "$id" --argjson stopped "$stopped" --argjson released "$released"
exactly 1 '.event_name == "pod.gone" and ."k8s.pod.name" == "cart"'
umount "/run/debug-netns/$id"
await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "cart"'
trace_stop 1 netns.leaked cart netns.leaked control netns.leaked control2
