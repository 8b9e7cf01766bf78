#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: sandbox-kept | the API no longer has the pod, the runtime keeps its sandbox | nothing, until the runtime
#   lets go
#
# The API has no such pod any more, and the runtime keeps its sandbox: no leak, for as long as it does. Then it lets go,
# and something else still holds the netns.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

containerd-up
mounted_pod cart
pods "$(pod cart)"
SOURCES=(--pods cri)
trace_start
await 30 1 "$(bound_by_cri cart)"
pods
control
exactly 0 '."k8s.pod.name" == "cart" and (.event_name == "netns.leaked" or .event_name == "pod.gone")'
# Stopped, with its netns, is kept as well; this runtime unmounts it as it stops.
cri stop "$id"
await_leaked cart
cri rm "$id"
exactly 1 '.event_name == "pod.gone" and ."k8s.pod.name" == "cart"'
umount "/run/debug-netns/$id"
await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "cart"'
trace_stop 1 netns.leaked cart netns.leaked control
