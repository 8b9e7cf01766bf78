#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: clean-delete | pods of a real runtime, made and deleted as they should be, 20 times (6 on 6.1 and 6.12) | freed as
#   often, no finding
#
# Pods of a real runtime, made and deleted as they should be: each is freed, no finding.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

case ${KERNEL:-} in
6.1 | 6.12) total=6 ;; # for each takes ten seconds of a guest
*) total=20 ;;
esac

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
for command in ADD DEL; do
	exactly $total ".event_name == \"cni.called\" and $clean and .\"cni.plugin\" == \"bridge\" and .\"cni.command\" == \"$command\" and
		.\"cni.netns_found\" == \"netns\" and (.\"cni.delegates\" | map([.plugin, .exit_status])) == [[\"host-local\", 0]]"
done
exactly 0 '.event_name == "cni.failed"'
exactly $total ".event_name == \"netns.dying\" and $clean"
exactly $total ".event_name == \"netns.freed\" and $clean"
exactly $total '.event_name == "netns.created" and ."netns.preexisting" != true and (."netns.creator.comm" | startswith("containerd"))'
trace_stop 1 netns.leaked control
