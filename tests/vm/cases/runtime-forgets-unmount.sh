#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: runtime-forgets-unmount | the runtime and its tasks go, the mount stays | leaked: mount, its path, on the
#   node
#
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
# shellcheck disable=SC2016 # jq's variable
says '."netns.paths" == [$path]' "$(events '.event_name == "netns.leaked"')" --arg path "${path#/var}"
held_by_mounts cart "${path#/var}" cni-del-never-called
umount "$path"
await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "cart"'
trace_stop 1 netns.leaked cart
