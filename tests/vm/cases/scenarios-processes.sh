#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What processes of another netns keep of a pod's, all at once; tests/pin.c does it. Each has a twin that let go.
# scenario: named | a handle opened by its name, never closed (kata-containers/kata-containers#13049) | leaked:
#   descriptor, and the mount it was opened by, detached
# scenario: inherited | a daemon's handle, leaked into the proxy that it started (moby/moby#41136) | leaked: one file,
#   two descriptors
# scenario: nameless | a handle got from a socket, in a collector (GoogleCloudPlatform/netd#522) | leaked: descriptor
# scenario: flight | a handle sent to a process that never takes it, invisible to who follows descriptors
#   (falcosecurity/libs#1364) | leaked: its file, in use by neither a mount nor a descriptor
# scenario: uring | a handle registered with an io_uring, and closed (axboe/liburing#1192) | leaked: its file, in use
#   by neither a mount nor a descriptor
# scenario: tun | /dev/net/tun, inherited by what a VPN started (tailscale/tailscale#5069) | leaked: tun
# scenario: proc | files of /proc/PID/net, in a collector | leaked: two files of /proc/PID/net
# scenario: netlink | a daemon's netlink socket, leaked into a proxy (moby/moby#32090, weaveworks/weave#2842) |
#   leaked: socket
# scenario: packet | a capture that was never stopped, in an agent that entered the pod to sniff
#   (metalbear-co/mirrord-agent#48) | leaked: socket
# scenario: unix | a Unix socket that a container made and handed out | leaked: socket
# scenario: listen | a node's proxy listens in the pod's netns, and has a connection there that no one takes
#   (istio/ztunnel#1629) | leaked: two sockets, and one without a descriptor
# scenario: orphan | a connection closed by a pod while its peer could not be reached: only the kernel has that socket
#   (moby/moby#5618) | leaked: a socket without a descriptor
# scenario: mptcp | multipath TCP, as Go's listeners use since 1.24 (golang/go#69016, checkpoint-restore/criu#2655) |
#   leaked: one descriptor, two sockets | 6.1 6.12 newest
# scenario: thread | one thread of a daemon did not find its way back, the others are elsewhere
#   (containernetworking/cni#183, containernetworking/cni#262) | leaked: process, its thread
# scenario: execed | what was executed in a container whose first process has ended, and its child
#   (opencontainers/runc#4047) | leaked: two processes, one nsproxy
# scenario: leaderless | the first thread of a process has ended, which so looks like a zombie, and runs
#   (google/gvisor#14645); the twin is one indeed (kata-containers/kata-containers#5739) | leaked: process, its thread
# shellcheck disable=SC2153 # HELD is case.sh's
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

# linked NAME NODE_ADDRESS POD_ADDRESS connects its netns with the node
linked()
{
	printf '%s\n' "link add $1 type veth peer name eth0 netns $1" "addr add $2/24 dev $1" "link set $1 up" | ip -batch -
	printf '%s\n' "addr add $3/24 dev eth0" "link set eth0 up" | ip -n "$1" -batch -
}

modprobe tun
leaks=(named inherited nameless flight uring tun proc netlink packet unix listen orphan thread execed leaderless)
# Debian has it from 6.1 on.
[ "$KERNEL" = 5.10 ] || leaks+=(mptcp)
twins=("${leaks[@]/%/-ok}")
bare_pods "${leaks[@]}" "${twins[@]}"
linked orphan 10.77.0.1 10.77.0.2
linked orphan-ok 10.78.0.1 10.78.0.2
with_twin named kata-runtime fd
with_twin inherited docker-proxy inherited
with_twin nameless netd skns
with_twin flight sandboxd flight
with_twin uring dragonfly uring
with_twin tun mosh-server tun
with_twin proc collector proc
with_twin netlink docker-proxy netlink
with_twin packet sniffer packet
with_twin unix spire-agent unix
with_twin listen ztunnel listen
with_twin thread weaver thread
with_twin execed sleep tasks
with_twin leaderless java leaderless
[[ " ${leaks[*]} " != *" mptcp "* ]] || with_twin mptcp gobgpd mptcp
bare_pods_listed "${leaks[@]}" "${twins[@]}"
trace_start
await_event 60 netns.bound "${leaks[@]}" "${twins[@]}"
# The kernel gives up such a socket after some minutes.
pinned orphan kubelet orphan orphan 10.77.0.1
pinned orphan-ok kubelet orphan- orphan-ok 10.78.0.1
bare_pods_delete "${leaks[@]}" "${twins[@]}"
pods
await_event 60 netns.freed "${twins[@]}"
await_event 60 netns.leaked "${leaks[@]}"
for thread in "/proc/${OTHER[leaderless]}/task/"*; do
	[ "${thread##*/}" = "${OTHER[leaderless]}" ] || break
done
held_as <<END
named: 1 = 1 nsfs, 0 unexplained, 0 tasks, fd-held
named: mount  in null detached
named: descriptor ${HELD[named]} kata-runtime fd 40
inherited: 1 = 1 nsfs, 0 unexplained, 0 tasks, fd-held
inherited: descriptor ${HELD[inherited]} docker-proxy fd 40
inherited: descriptor ${OTHER[inherited]} docker-proxy fd 40
nameless: 1 = 1 nsfs, 0 unexplained, 0 tasks, fd-held
nameless: descriptor ${HELD[nameless]} netd fd 40
flight: 1 = 1 nsfs, 0 unexplained (1 of nsfs), 0 tasks, fd-held
uring: 1 = 1 nsfs, 0 unexplained (1 of nsfs), 0 tasks, fd-held
tun: 1 = 1 sockets, 0 unexplained, 0 tasks, fd-held
tun: tun ${HELD[tun]} mosh-server fd 40
proc: 2 = 2 proc_files, 0 unexplained, 0 tasks, fd-held
proc: proc_file ${HELD[proc]} collector fd 40
proc: proc_file ${HELD[proc]} collector fd 41
netlink: 1 = 1 sockets, 0 unexplained, 0 tasks, socket-held
netlink: socket ${HELD[netlink]} docker-proxy fd 40 netlink route
packet: 1 = 1 sockets, 0 unexplained, 0 tasks, socket-held
packet: socket ${HELD[packet]} sniffer fd 40 packet raw
unix: 1 = 1 sockets, 0 unexplained, 0 tasks, socket-held
unix: socket ${HELD[unix]} spire-agent fd 40 unix stream
listen: 3 = 3 sockets, 0 unexplained, 0 tasks, socket-held
listen: socket ${HELD[listen]} ztunnel fd 40 tcp 127.0.0.1:8080 listening
listen: socket ${HELD[listen]} ztunnel fd 41 tcp 127.0.0.1:8081 to 127.0.0.1:8080 established
orphan: 1 = 1 sockets, 0 unexplained, 0 tasks, socket-held
thread: 1 = 1 nsproxies, 0 unexplained, 1 tasks, task-survives
thread: process ${HELD[thread]} weaver thread ${OTHER[thread]}
execed: 1 = 1 nsproxies, 0 unexplained, 2 tasks, task-survives
execed: process ${HELD[execed]} sleep
execed: process ${OTHER[execed]} sleep
leaderless: 1 = 1 nsproxies, 0 unexplained, 1 tasks, task-survives
leaderless: process ${OTHER[leaderless]} java thread ${thread##*/}
$([[ " ${leaks[*]} " != *" mptcp "* ]] || cat <<MPTCP
mptcp: 2 = 2 sockets, 0 unexplained, 0 tasks, socket-held
mptcp: socket ${HELD[mptcp]} gobgpd fd 40 mptcp 127.0.0.1:8080
MPTCP
)
END
says '.body | contains("1 socket without a descriptor")' \
	"$(events '.event_name == "netns.leaked" and ."k8s.pod.name" == "orphan"')"
kill "${HELD[@]}"
await_event 60 netns.recovered "${leaks[@]}"
trace_stop_leaked "${leaks[@]}"
