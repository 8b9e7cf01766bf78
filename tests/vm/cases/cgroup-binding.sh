#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# kernels: 5.10 newest
# No runtime, no CNI cache and no address says whose the netns are: the cgroups of the processes in them do, of one
# that was there before netnsleak and of one that is made later. Both leak. A process without a pod binds nothing.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

declare -A uid=([early]=6f0c3a52-58b1-4a8e-9d0e-d8f0f7a1c001 [late]=2f1c8d0e4b5a69788796a5b4c3d2e1f0)
declare -A cgroup=([early]=kubepods/burstable/pod${uid[early]}/c1
	[late]=kubepods.slice/kubepods-pod${uid[late]}.slice/cri-containerd-c1.scope [nobody]=system.slice/some.service)
processes=()

# process NAME starts one in that pod's cgroup and in a netns that is mounted besides
process()
{
	ip netns add "$1"
	mkdir -p "/sys/fs/cgroup/${cgroup[$1]}"
	(echo $BASHPID >"/sys/fs/cgroup/${cgroup[$1]}/cgroup.procs" && exec ip netns exec "$1" sleep 1000) &
	processes+=($!)
	until grep -q sleep "/proc/$!/comm"; do sleep 0.05; done
}

pod_of() { pod "$1" '' ".metadata.uid = \"${uid[$1]}\""; }

process early
process nobody
pods "$(pod_of early)" "$(pod_of late)"
trace_start --pods cgroup
await 30 1 '.event_name == "netns.bound" and ."k8s.pod.name" == "early"'
process late
await 60 1 '.event_name == "netns.bound" and ."k8s.pod.name" == "late"'
exactly 2 '.event_name == "netns.bound" and ."netns.binding" == "cgroup" and ."netns.binding_source" == "cgroup:/proc"'
exactly 2 '.event_name == "netns.bound"'
kill "${processes[@]}"
wait "${processes[@]}" || :
pods
await_leaked early
await_leaked late
exactly 1 ".event_name == \"netns.leaked\" and .\"k8s.pod.uid\" == \"${uid[late]}\" and .\"netns.paths\" == [\"/run/netns/late\"]"
trace_stop 1 netns.leaked early netns.leaked late
