#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Twenty pods of a real runtime, made and deleted as they should be: freed twenty times, no finding.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

total=20

containerd-up
list=()
for ((n = 1; n <= total; n++)); do
	list+=("$(pod "clean-$n")")
done
pods "${list[@]}"
trace_start

one_life()
{
	local id
	id=$(cri run --namespace shop --name "clean-$1" --uid "uid-clean-$1")
	cri stop "$id"
	cri rm "$id"
}
# Four at a time, as a node does.
for ((n = 1; n <= total; n++)); do
	one_life "$n" &
	[ $((n % 4)) != 0 ] || for job in $(jobs -rp); do
		[ "$job" = "$TRACE" ] || wait "$job" || fail "a pod could not be made and deleted"
	done
done
clean='(."k8s.pod.name" // "" | startswith("clean-"))'
await 120 $total ".event_name == \"netns.freed\" and $clean"
pods
control
exactly $total ".event_name == \"netns.bound\" and .\"netns.binding\" == \"cni\" and $clean"
exactly $total ".event_name == \"netns.dying\" and $clean"
exactly $total ".event_name == \"netns.freed\" and $clean"
exactly $total '.event_name == "netns.created" and ."netns.preexisting" != true and (."netns.creator.comm" | startswith("containerd"))'
trace_stop 1 netns.leaked control
