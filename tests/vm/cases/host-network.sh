#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: host-network | a pod on the host's network goes | nothing
#
# A pod on the host's network binds nothing; when it goes, nothing is leaked.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

containerd-up
ip link add node0 type dummy
ip addr add 10.77.0.1/24 dev node0
host=$(pod agent 10.77.0.1 '.spec.hostNetwork = true')
pods "$host"
trace_start
id=$(cri run --namespace shop --name agent --uid uid-agent --host-network)
control "$host"
exactly 0 '.event_name == "netns.bound" and ."k8s.pod.name" == "agent"'
cri stop "$id"
cri rm "$id"
pods
await 30 1 '.event_name == "pod.gone" and ."k8s.pod.name" == "agent"'
exactly 0 '.event_name == "netns.leaked" and ."k8s.pod.name" == "agent"'
trace_stop 1 netns.leaked control
