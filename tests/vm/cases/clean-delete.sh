#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Twenty pods of a real runtime, made and deleted as they should be: freed twenty times, no finding.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

containerd-up
list=()
ids=()
for n in {1..20}; do
	list+=("$(pod "clean-$n")")
done
pods "${list[@]}"
trace_start
for n in {1..20}; do
	ids+=("$(cri run --namespace shop --name "clean-$n" --uid "uid-clean-$n")")
	[ $((n % 5)) = 0 ] || continue
	for id in "${ids[@]}"; do
		cri stop "$id"
		cri rm "$id"
	done
	ids=()
done
await 120 20 '.event_name == "netns.freed" and (."k8s.pod.name" // "" | startswith("clean-"))'
pods
control
exactly 20 '.event_name == "netns.created" and .["netns.preexisting"] != true and (.["netns.creator.comm"] | startswith("containerd"))'
exactly 20 '.event_name == "netns.bound" and ."netns.binding" == "cni" and (."k8s.pod.name" | startswith("clean-"))'
exactly 20 '.event_name == "netns.dying" and (."k8s.pod.name" // "" | startswith("clean-"))'
exactly 20 '.event_name == "netns.freed" and (."k8s.pod.name" // "" | startswith("clean-"))'
trace_stop 1 netns.leaked control
