#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: del-never-called | the runtime loses its state, and CNI DEL is never called | leaked: mount, its path, on
#   the node
#
# The runtime loses its state and its tasks, and CNI DEL is never called: device, address, cache file and mount stay when
# the pod goes. First known by the CNI cache alone, then by the runtime, of which nothing is believed while it is down.
# shellcheck disable=SC2016 # jq's variables
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

# lose PID, the pause process
lose()
{
	containerd-down KILL
	pkill -KILL -f containerd-shim
	kill -KILL "$1" 2>/dev/null || :
	awk '$5 ~ "^/run/containerd/" {print $5}' /proc/self/mountinfo | xargs -r umount -l || :
	rm -rf /var/lib/containerd /run/containerd
}

# made POD sets $id, $pid, $path and $ip
made()
{
	local status
	id=$(cri run --namespace shop --name "$1" --uid "uid-$1")
	status=$(cri status "$id" | jq -r '.pid, .netns, .ips[0]')
	{ read -r pid; read -r path; read -r ip; } <<<"$status"
	path=${path#/var}
}

# The netns is whole, and nothing but its mount holds it.
leaked()
{
	await_leaked "$1"
	says '."netns.paths" == [$path] and ."k8s.pod.uid" == "uid-" + $pod and ."container.id" == $id and ."netns.binding" == $binding and
		(."netns.binding_source" | startswith($binding)) and (."netns.addresses" | index($ip + "/24")) != null and
		(."pod.gone_source" | startswith("file:")) and ."pod.gone_reason" == "deleted" and
		(."netns.cause_evidence"[0] |
			test("^CNI ADD was called, .* before this; CNI DEL was never called since, and all of that time was watched$"))' \
		"$(events '.event_name == "netns.leaked"')" --arg path "$path" --arg pod "$1" --arg id "$id" --arg ip "$ip" \
		--arg binding "$2"
	held_by_mounts "$1" "$path" cni-del-never-called
	[ -e "$CNI_CACHE/netnsleak-$id-eth0" ] || fail "DEL was called: $(ls "$CNI_CACHE")"
}

containerd-up
pods "$(pod cart)"
trace_start
made cart
await 30 1 '.event_name == "netns.bound" and ."k8s.pod.name" == "cart" and ."netns.binding" == "cni"'
lose "$pid"
containerd-up
[ -z "$(cri list)" ] || fail "it remembers: $(cri list)"
exactly 0 '.event_name == "pod.gone"'
pods
leaked cart cni
exactly 0 '.event_name == "netns.device_removed" and ."k8s.pod.name" == "cart"'
rm -f "$CNI_CACHE"/*
umount "$path"
await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "cart"'
trace_stop 1 netns.leaked cart

rm -rf "${WORK:?}"/*
SOURCES=(--pods cri --pods cni)
pods "$(pod till)"
trace_start
made till
await 60 1 "$(bound_by_cri till)"
lose "$pid"
await 60 1 '.event_name == "trace.source_down" and ."trace.source" == "cri"'
# That this one is bound shows that the listing without the other was read.
ip netns add seen
ip -n seen link add eth0 type dummy
ip -n seen addr add 10.9.9.9/24 dev eth0
pods "$(pod seen 10.9.9.9)"
await 30 1 '.event_name == "netns.bound" and ."k8s.pod.name" == "seen"'
exactly 0 '.event_name == "pod.gone"'
# Longer than the grace: nothing is said while the runtime is down.
sleep $((${GRACE%s} + 1))
exactly 0 '.event_name == "netns.leaked"'
containerd-up
leaked till cri
sequence=$(jq -r 'select(.event_name | IN("pod.gone", "netns.leaked", "trace.source_up")) | .event_name' "$WORK/out" |
	tail -n 3 | tr '\n' ' ')
[ "$sequence" = "trace.source_up pod.gone netns.leaked " ] || fail "said while the runtime was down: $sequence"
trace_stop 1 netns.leaked till
