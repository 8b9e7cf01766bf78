#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The runtime goes away with the pod's tasks and CNI cache; the mount of the netns stays.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

containerd-up
pods "$(pod cart)"
trace_start
id=$(cri run --namespace shop --name cart --uid uid-cart)
status=$(cri status "$id")
pid=$(jq -r .pid <<<"$status")
path=$(jq -r .netns <<<"$status")
await 30 1 '.event_name == "netns.bound" and ."k8s.pod.name" == "cart"'
containerd-down KILL
pkill -KILL -f containerd-shim
kill -KILL "$pid" 2>/dev/null || :
rm -f "$CNI_CACHE"/*
pods
await_leaked cart
event=$(events '.event_name == "netns.leaked"')
jq -e --arg path "${path#/var}" '."netns.paths" == [$path] and ."netns.references" == 1 and ."netns.tasks" == 0' \
	<<<"$event" >/dev/null || fail "$event"
umount "$path"
await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "cart"'
trace_stop 1 netns.leaked cart
