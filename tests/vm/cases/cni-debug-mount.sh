#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A CNI plugin bind-mounts the pod's netns for debugging and forgets it; the pod of a real runtime goes.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

containerd-up
cni-leave-mount
pods "$(pod cart)"
trace_start
# The runtime may not have read its changed configuration yet.
made()
{
	id=$(cri run --namespace shop --name cart --uid uid-cart)
	[ ! -e "/run/debug-netns/$id" ] || return 0
	cri stop "$id"
	cri rm "$id"
	return 1
}
until made; do
	sleep 1
done
ip=$(cri status "$id" | jq -r '.ips[0]')
cri stop "$id"
cri rm "$id"
pods
await_leaked cart
event=$(events '.event_name == "netns.leaked"')
jq -e --arg path "/run/debug-netns/$id" --arg id "$id" --arg ip "$ip" '
	."netns.paths" == [$path] and ."netns.path" == $path and ."netns.references" == 1 and ."netns.tasks" == 0 and
	."netns.binding" == "cni" and ."container.id" == $id and ."pod.gone_seconds" >= 2 and
	."k8s.namespace.name" == "shop" and ."k8s.pod.uid" == "uid-cart"' <<<"$event" >/dev/null || fail "$event"
# CNI DEL took the address with the device: what is left is the bare netns.
jq -e '(."netns.addresses" // []) == []' <<<"$event" >/dev/null || fail "$event"
exactly 1 ".event_name == \"netns.address_added\" and .\"netns.address.ip\" == \"$ip\""
umount "/run/debug-netns/$id"
await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "cart"'
trace_stop 1 netns.leaked cart
