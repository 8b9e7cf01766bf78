#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The runtime itself says whose a netns is: pods made before and while it is watched, one that leaks, and the runtime
# stopped and started again. No CNI cache is read. (On the other kernels it is another version of containerd.)
# kernels: newest
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

containerd-up
cni-leave-mount
version=$(cri version)
netnsleak doctor --pods cri >"$WORK/doctor" || :
grep -E "^  yes +cri:/run/containerd/containerd.sock " "$WORK/doctor" | grep -qF " $version, 0 sandboxes with a netns;" ||
	fail "doctor: $(grep -A1 cri "$WORK/doctor")"
old=$(cri run --namespace shop --name old --uid uid-old)
pods "$(pod old)" "$(pod cart)" "$(pod next)"
SOURCES=(--pods cri)
trace_start
await 30 1 "$(bound_by_cri old)"

pod_mounted_by_cni cart
await 60 1 "$(bound_by_cri cart) and .\"container.id\" == \"$id\""
ip=$(cri status "$id" | jq -r '.ips[0]')
cri stop "$id"
cri rm "$id"
pods "$(pod old)" "$(pod next)"
await_leaked cart
event=$(events '.event_name == "netns.leaked"')
jq -e --arg path "/run/debug-netns/$id" --arg id "$id" --arg ip "$ip" '
	."netns.paths" == [$path] and ."netns.references" == 1 and ."netns.binding" == "cri" and
	."netns.binding_source" == "cri" and ."container.id" == $id and ."k8s.pod.uid" == "uid-cart" and
	(."k8s.pod.ips" | index($ip)) != null' <<<"$event" >/dev/null || fail "$event"

# Of the others nothing is said while the runtime is away, and it is used again when it is back.
containerd-down
await 30 1 '.event_name == "trace.source_down" and ."trace.source" == "cri"'
containerd-up
await 60 2 '.event_name == "trace.source_up" and ."trace.source" == "cri"'
next=$(cri run --namespace shop --name next --uid uid-next)
await 60 1 "$(bound_by_cri next)"
umount "/run/debug-netns/$id"
await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "cart"'
exactly 1 "$(bound_by_cri old)"
exactly 1 "$(bound_by_cri next)"
exactly 0 '.event_name == "pod.gone" and ."k8s.pod.name" != "cart"'
trace_stop 1 netns.leaked cart
umount "/run/debug-netns/$old" "/run/debug-netns/$next"
