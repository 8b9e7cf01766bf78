#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: reused-address | a leaked netns and a new pod have one address | leaked and ip-conflict: mount; the new
#   pod is healthy
#
# A pod goes, its netns stays with its address, and the next pod gets that address at once: the leak is the first one's,
# the conflict names both, and of the second nothing is said. First with a real runtime, whose netns was unmounted
# behind its back: it gives the address back and leaves the device. Then with nothing to go by but the addresses.
# shellcheck disable=SC2016 # jq's variables
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

ip=10.88.0.7
mkdir -p /etc/cni/net.d
cat >/etc/cni/net.d/10-one-address.conflist <<END
{"cniVersion": "1.0.0", "name": "one", "plugins": [{"type": "bridge", "bridge": "cni0", "isGateway": true,
 "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.0.0/24", "rangeStart": "$ip", "rangeEnd": "$ip"}],
  [{"subnet": "fd88::/64"}]]}}]}
END
containerd-up
# Longer than the next pod takes to start: until then its container has a copy of each mount, which holds the netns too.
GRACE=15s
mounted_pod cart
pods "$(pod cart $ip)"
SOURCES=(--pods cri)
trace_start
await 30 1 "$(bound_by_cri cart)"
pods "$(terminating "$(pod cart $ip)")"
umount "$netns"
cri stop "$id"
cri rm "$id"
pods
next=$(cri run --namespace shop --name till --uid uid-till)
next_netns=$(cri status "$next" | jq -r .netns)
pods "$(pod till $ip)"
await 60 1 "$(bound_by_cri till)"
await_leaked cart
await 60 1 '.event_name == "netns.ip_conflict"'
says '."netns.paths" == ["/run/debug-netns/" + $id] and
	."netns.binding" == "cri" and ."container.id" == $id and ."k8s.pod.uid" == "uid-cart" and
	(."netns.addresses" | index($ip + "/24")) != null and
	(."pod.gone_source" | . == "cri" or startswith("file:"))' \
	"$(events '.event_name == "netns.leaked"')" --arg id "$id" --arg ip $ip
says '."netns.path" == "/run/debug-netns/" + $id and ."container.id" == $id and ."k8s.pod.name" == "cart" and
	."k8s.pod.uid" == "uid-cart" and ."netns.conflict.ip" == $ip and ."netns.conflict.path" == $next_netns and
	."netns.conflict.pod.name" == "till" and ."netns.conflict.pod.uid" == "uid-till" and
	."netns.conflict.pod.gone" == false and (.body | contains("shop/cart") and contains("shop/till"))' \
	"$(events '.event_name == "netns.ip_conflict"')" --arg id "$id" --arg ip $ip --arg next_netns "${next_netns#/var}"
# The second goes as it should, and takes nothing of the first's with it.
cri stop "$next"
cri rm "$next"
pods
await 60 1 '.event_name == "netns.freed" and ."k8s.pod.name" == "till"'
control
held_by_mounts cart "/run/debug-netns/$id" mount-extra control /run/netns/control mount-left
umount "/run/debug-netns/$id"
await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "cart"'
exactly 1 "$(bound_by_cri cart)"
trace_stop 1 netns.leaked cart netns.ip_conflict cart netns.leaked control

rm -rf "${WORK:?}"/*
containerd-down
ip netns del control
CONTROLS=0
SOURCES=()
# Longer than it takes to make a netns and to list its pod: before that, which of the two is wrong is not known.
GRACE=5s
netns_pod old
pods "$(pod old 10.9.0.2)"
trace_start
await 30 1 '.event_name == "netns.bound" and ."k8s.pod.name" == "old" and ."netns.binding" == "ip"'
# Made before the listing says that the old one is gone.
netns_pod new
pods "$(pod new 10.9.0.2)"
await_leaked old
await 60 1 '.event_name == "netns.ip_conflict"'
says '."netns.paths" == ["/run/netns/old"] and ."netns.binding" == "ip" and ."k8s.pod.uid" == "uid-old" and
	(."pod.gone_source" | startswith("file:"))' "$(events '.event_name == "netns.leaked"')"
says '."netns.path" == "/run/netns/old" and ."k8s.pod.name" == "old" and ."netns.conflict.path" == "/run/netns/new" and
	."netns.conflict.pod.name" == "new" and ."netns.conflict.pod.uid" == "uid-new"' \
	"$(events '.event_name == "netns.ip_conflict"')"
# The new one's netns is freed while it is listed: what is left is the old one's all the same, also when the new one goes.
netns_pod_delete new
control "$(pod new 10.9.0.2)"
control
exactly 0 '.event_name == "netns.bound" and ."k8s.pod.name" == "new"'
held_by_mounts old /run/netns/old mount-left control /run/netns/control mount-left control2 /run/netns/control2 mount-left
trace_stop 1 netns.leaked old netns.ip_conflict old netns.leaked control netns.leaked control2
