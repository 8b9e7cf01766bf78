#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Devices registered, unregistered and moved; addresses added and removed: exact counts and contents.

# shellcheck source=tests/kernel_lib.sh
. "${TESTS:-/mnt/netnsleak/tests}/kernel_lib.sh"

modprobe -q dummy numdummies=0
modprobe -q veth
sysctl -qw net.ipv6.conf.default.accept_dad=0 2>/dev/null

handle_of() { sed -n "s/^created netns=\([0-9a-f]*\) .*/\1/p" "$LOG" | tail -n 1; }
devices() { echo "$(count "^dev_registered .*dev=$1 ") $(count "^dev_unregistered .*dev=$1 ") $(count "^dev_moved .*dev=$1 ")"; }
line() { tail -n +$((mark + 1)) "$LOG" | grep -E "$1" | tail -n 1; }
field() { line "$1" | grep -oE " $2=[^ ]*" | head -n 1 | cut -d= -f2; }

for attach in $KERNEL_ATTACH; do
	tracer_start "$attach"
	ip netns add a
	wait_for 10 has '^created ' 1
	a=$(handle_of)
	host=$(field '^created ' parent)
	is "$attach: the loopback's registration" "$(count "^dev_registered netns=$a .*dev=lo ifindex=1 ")" 1

	mark_here
	ip link add nns0 type dummy
	ip link add nns1 type veth peer name nns2
	wait_for 10 has '^dev_registered .*dev=nns1 ' 1
	is "$attach: dummy registered, unregistered, moved" "$(devices nns0)" "1 0 0"
	is "$attach: ... with kind and netns" "$(count "^dev_registered netns=$host .*dev=nns0 .*kind=dummy")" 1
	is "$attach: veth, both ends" "$(devices nns1), $(devices nns2)" "1 0 0, 1 0 0"
	is "$attach: ... with kind" "$(count '^dev_registered .*kind=veth')" 2

	mark_here
	index=$(cat /sys/class/net/nns2/ifindex)
	peer=$(cat /sys/class/net/nns1/ifindex)
	ip -n a link add filler type dummy # so that an index is taken there
	ip link set nns2 netns a name eth0
	wait_for 10 has '^dev_moved ' 1
	is "$attach: moved once" "$(count '^dev_moved ')" 1
	is "$attach: ... into a, from the host" "$(count "^dev_moved netns=$a .* other=$host ")" 1
	is "$attach: ... its old index" "$(field '^dev_moved ' old_ifindex)" "$index"
	is "$attach: ... its new index" "$(field '^dev_moved ' ifindex)" "$(ip netns exec a cat /sys/class/net/eth0/ifindex)"
	is "$attach: ... its peer" "$(field '^dev_moved ' peer_ifindex) $(field '^dev_moved ' peer_netns)" "$peer $host"
	is "$attach: a move is no registration" "$(count '^dev_(un)?registered .*dev=(eth0|nns2) ')" 0

	mark_here
	ip link set nns0 netns a
	wait_for 10 has '^dev_moved .*dev=nns0' 1
	ip link set nns1 netns nowhere 2>/dev/null
	ip -n a link add nns1 type dummy
	ip link set nns1 netns a 2>/dev/null # refused: the name is taken there
	wait_for 10 has '^dev_registered .*dev=nns1' 1
	is "$attach: a move that fails is none" "$(count '^dev_moved .*dev=nns1')" 0

	mark_here
	ip -n a addr add 10.9.8.7/24 dev eth0
	ip -n a addr add 10.9.8.8/24 dev eth0 # a secondary one
	ip -n a addr add 169.254.3.4/16 scope link dev eth0
	ip -n a addr add fd00:9::7/64 dev eth0 nodad
	ip -n a link set lo up
	ip -n a link set eth0 up
	ip link set nns1 up
	wait_for 10 has "^addr_added netns=$a .*dev=eth0 .*addr=fe80:" 1
	has_addr() { is "$attach: told: $1" "$(line "^addr_added netns=$a .* addr=$1 " | grep -oE 'dev=[^ ]* ifindex=[0-9]*|scope=.*' | tr '\n' ' ')" "$2 "; }
	eth0="dev=eth0 ifindex=$(ip netns exec a cat /sys/class/net/eth0/ifindex)"
	has_addr 10.9.8.7/24 "$eth0 scope=0 flags=0"
	has_addr 10.9.8.8/24 "$eth0 scope=0 flags=0"
	has_addr 169.254.3.4/16 "$eth0 scope=253 flags=2"
	has_addr fd00:9::7/64 "$eth0 scope=0 flags=0"
	has_addr 127.0.0.1/8 "dev=lo ifindex=1 scope=254 flags=1"
	has_addr ::1/128 "dev=lo ifindex=1 scope=254 flags=1"
	has_addr 'fe80:[0-9a-f:]*/64' "$eth0 scope=253 flags=2"
	is "$attach: nothing removed so far" "$(count '^addr_removed ')" 0

	mark_here
	ip -n a addr del 10.9.8.8/24 dev eth0
	ip -n a addr del fd00:9::7/64 dev eth0
	wait_for 10 has '^addr_removed .*addr=fd00' 1
	is "$attach: two removed" "$(count '^addr_removed ') $(count '^addr_removed .*addr=10.9.8.8/24 ') $(count '^addr_removed .*addr=fd00:9::7/64 ')" "2 1 1"

	mark_here
	ip -n a addr add 10.9.8.9/24 dev eth0
	ip netns exec a sysctl -qw net.ipv4.conf.eth0.promote_secondaries=1
	ip -n a addr del 10.9.8.7/24 dev eth0 # .9 is promoted and stays
	wait_for 10 has '^addr_removed .*addr=10.9.8.7/' 1
	is "$attach: a promoted address is not removed" "$(count '^addr_removed ') $(count '^addr_removed .*addr=10.9.8.7/24 ')" "1 1"

	mark_here
	ip netns del a
	wait_for 30 has "^freed netns=$a " 1
	is "$attach: its addresses go with it, each once" "$(tail -n +$((mark + 1)) "$LOG" | sed -n "s/^addr_removed netns=$a .* addr=\([^ ]*\) .*/\1/p" | sed 's/^fe80:.*/fe80/' | sort | tr '\n' ' ')" \
		"10.9.8.9/24 127.0.0.1/8 169.254.3.4/16 ::1/128 fe80 "
	is "$attach: its devices go with it, each once" "$(tail -n +$((mark + 1)) "$LOG" | sed -n "s/^dev_unregistered netns=$a .* dev=\([^ ]*\) .*/\1/p" | sort | tr '\n' ' ')" \
		"eth0 filler lo nns0 nns1 "
	is "$attach: and the veth's other end" "$(count "^dev_unregistered netns=$host .*dev=nns1 .*kind=veth")" 1
	tracer_stop
done
finish
