#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Every reference of a netns is accounted for: mounts upon each other and in another mount namespace, a descriptor, a
# process, sockets of several kinds, one of them in flight between two processes, open files of /proc/PID/net.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

ip netns add held
ip link add bridge9 type bridge
ip link add veth9 type veth peer name eth0 netns held
ip link set veth9 master bridge9 up
ip -n held addr add 10.8.0.2/24 dev eth0
ip -n held link set eth0 up
ip -n held link set lo up
ip -n held route add default via 10.8.0.1
ip -n held route add unreachable 10.7.0.0/16
ip -n held route add 10.6.0.0/16 via 10.8.0.9 table 200
ip -n held rule add from 10.8.0.2 lookup 200 priority 100
mkdir -p /run/debug-netns
: >/run/debug-netns/twice
mount --bind /run/netns/held /run/debug-netns/twice
mount --bind /run/netns/held /run/debug-netns/twice
unshare -m --propagation private sleep infinity &
private=$!
wait-for 60 grep -qx sleep "/proc/$private/comm"
# There the paths below it lead elsewhere: to unmount them by these would unmount another thing.
nsenter -t $private -m mount -t tmpfs none /run/debug-netns
: >/run/debug-netns/later
mount --bind /run/netns/held /run/debug-netns/later
# One byte less is told whole; this one has lost its beginning, and says so.
long=/run/debug-netns/$(printf 'a%.0s' {1..240})
mkdir -p "$long"
long=$long/$(printf 'b%.0s' {1..253})
: >"$long"
[ ${#long} = 511 ] || fail "the long path has ${#long} bytes"
mount --bind /run/netns/held "$long"
ip netns exec held sleep infinity &
inside=$!
wait-for 60 grep -qx sleep "/proc/$inside/comm"
modprobe tun
cat >"$WORK/hold.py" <<'P'
import array, ctypes, os, socket, sys, time
home, held = os.open("/proc/self/ns/net", 0), os.open("/run/netns/held", 0)
libc = ctypes.CDLL(None)
assert libc.setns(held, 0x40000000) == 0
tcp = socket.socket()
tcp.bind(("127.0.0.1", 8080))
tcp.listen()
netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
seq, single = open("/proc/self/net/unix"), open("/proc/self/net/sockstat")
tun = os.open("/dev/net/tun", os.O_RDWR)
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
assert libc.setns(home, 0x40000000) == 0
left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [udp.fileno()]))])
udp.close()
open(sys.argv[1], "w").close()
time.sleep(100000)
P
/usr/bin/python3 "$WORK/hold.py" "$WORK/held" &
holder=$!
wait-for 60 test -e "$WORK/held"
pods

# explain NETNS
explain() { netnsleak explain -o json --pods "file:$WORK/pods.json" "$1" >"$WORK/said" || fail "explain ended with $?"; }

explain held
# A mount upon another comes again where that one has peers: the mount tables say how many there are.
inum=$(stat -L -c %i /run/netns/held)
mounts() { grep -cF "net:[$inum]" "/proc/$1/mountinfo"; }
hidden=$(grep -F "net:[$inum]" /proc/$private/mountinfo | grep -cF ' /run/debug-netns/')
wrong=$(jq -c --argjson inside $inside --argjson holder $holder --argjson private $private \
	--argjson node_mounts "$(mounts self)" --argjson private_mounts "$(mounts $private)" --argjson hidden "$hidden" '
	def number(f): [."netns.holders"[] | select(f)] | length;
	{references: ."netns.references", nsfs: ."netns.held_by.nsfs", nsproxies: ."netns.held_by.nsproxies",
	 sockets: ."netns.held_by.sockets", proc_files: ."netns.held_by.proc_files", unexplained: ."netns.held_by.unexplained",
	 in_use_elsewhere: ."netns.held_by.nsfs_unexplained",
	 node: number(.type == "mount" and .node), private: number(.type == "mount" and .node == false and .comm == "sleep" and .pid == $private),
	 hidden: number(.hidden and .node == false and .pid == $private and (.path | startswith("/run/debug-netns/"))), all_hidden: number(.hidden),
	 covered: number(.type == "mount" and .node and .covered and .path == "/run/debug-netns/twice"),
	 cut: [."netns.holders"[] | select(.cut and .node) | .path | length],
	 inside: number(.type == "process" and .pid == $inside), descriptor: number(.type == "descriptor" and .pid == $holder),
	 listening: number(.type == "socket" and .pid == $holder and .socket == "tcp 127.0.0.1:8080 listening"),
	 netlink: number(.type == "socket" and .pid == $holder and .socket == "netlink route"),
	 tun: number(.type == "tun" and .pid == $holder), proc: number(.type == "proc_file" and .pid == $holder),
	 remedies: ."netns.remedies"} |
	select(. != {references: 8, nsfs: 1, nsproxies: 1, sockets: 4, proc_files: 2, unexplained: 0, in_use_elsewhere: null,
		node: $node_mounts, private: $private_mounts, hidden: $hidden, all_hidden: $hidden, covered: 1, cut: [507], inside: 1,
		descriptor: 1, listening: 1, netlink: 1, tun: 1, proc: 2, remedies: []})' "$WORK/said")
[ -z "$wrong" ] || fail "$wrong, where there are $(mounts self) and $(mounts $private) mounts; $(cat "$WORK/said")"

# shellcheck disable=SC2016 # these are jq's
says '."netns.peers" == [{device: "eth0", peer_ifindex: $ifindex, peer: "veth9", up: true, netns: $node, node: true, bridge: "bridge9"}] and
	([."netns.routes"[] | select(.family == "ipv4") | [.table, .type, .destination, .gateway, .device]] | sort) == [
		[200, "unicast", "10.6.0.0/16", "10.8.0.9", "eth0"], [254, "unicast", "10.8.0.0/24", null, "eth0"],
		[254, "unicast", "default", "10.8.0.1", "eth0"], [254, "unreachable", "10.7.0.0/16", null, null]] and
	[."netns.rules"[].rule] == ["100: from 10.8.0.2 lookup 200"]' "$(cat "$WORK/said")" \
	--argjson ifindex "$(cat /sys/class/net/veth9/ifindex)" --arg node "$(netnsleak list -o json | jq -r 'select(."netns.initial") | ."netns.id"')"
netnsleak explain --pods "file:$WORK/pods.json" held >"$WORK/told" || fail "explain ended with $?"
for line in ' /run/netns/held, since ' ' eth0 10.8.0.2/24.*, veth, peer veth9 on the node, in bridge bridge9$' \
	' default via 10.8.0.1 dev eth0$' ' unreachable 10.7.0.0/16$' 'rules       100: from 10.8.0.2 lookup 200$' \
	"held by     mount /run/netns/held" " mount /run/netns/held\$" "python3 (pid $holder) fd [0-9]*, socket tcp 127.0.0.1:8080 listening$" \
	'references  8 = 1 of its file + 1 of processes + 4 of sockets + 2 of files of /proc/PID/net + 0 unexplained$'; do
	grep -q "$line" "$WORK/told" || fail "explain does not say $line: $(cat "$WORK/told")"
done

# Who does not see all processes takes none of them for the kernel.
unshare -pf --mount-proc netnsleak explain -o json --pods "file:$WORK/pods.json" held >"$WORK/said" || fail "explain ended with $?"
! grep -q held_by "$WORK/said" || fail "$(cat "$WORK/said")"

# One after the other lets go; the socket in flight is the last.
kill $inside
for ((i = 0; i < 20; i++)); do
	umount -l "$long" /run/debug-netns/twice /run/debug-netns/later /run/netns/held 2>/dev/null || :
done
kill $private
wait $private $inside || :
! grep -qF "net:[$inum]" /proc/self/mountinfo || fail "still mounted: $(grep nsfs /proc/self/mountinfo)"
explain "$inum"
jq -e '."netns.references" == 7 and ."netns.held_by.nsfs" == 1 and ."netns.held_by.sockets" == 4 and ."netns.held_by.proc_files" == 2 and
	."netns.held_by.unexplained" == 0 and ."netns.held_by.nsproxies" == 0 and ([."netns.holders"[] | select(.type == "mount" and (.detached | not))] | length) == 0 and
	([."netns.remedies"[] | .command | select(.)] | unique) == ["kill '"$holder"'"]' "$WORK/said" >/dev/null || fail "$(cat "$WORK/said")"
kill $holder
ip link del bridge9
