#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Each netns is told once at each stage of its life, whatever made it and however its last reference goes.

# shellcheck source=tests/kernel_lib.sh
. "${TESTS:-/mnt/netnsleak/tests}/kernel_lib.sh"

# Each handle since the mark, however often it was reused: created, dying, cleanup, freed, in this order, each once.
# shellcheck disable=SC2317 # wait_for calls it
in_order()
{
	tail -n +$((mark + 1)) "$LOG" | awk '
		BEGIN { next_of["created"] = ""; next_of["dying"] = "created"; next_of["cleanup"] = "dying"; next_of["freed"] = "cleanup" }
		$1 in next_of {
			if (stage[$2] != next_of[$1]) { print "# " $2 " is " $1 " after \"" stage[$2] "\""; bad = 1 }
			stage[$2] = $1 == "freed" ? "" : $1
		}
		END { for (h in stage) if (stage[h] != "") { print "# " h " stays " stage[h]; bad = 1 }; exit bad }'
}

# stages NAME N: N netns went through all their life, and no other
stages()
{
	local name=$1 n=$2
	wait_for 30 has '^freed ' "$n"
	is "$name: created, dying, cleanup, freed, failed" \
		"$(count '^created ') $(count '^dying ') $(count '^cleanup ') $(count '^freed ') $(count '^create_failed ')" \
		"$n $n $n $n ${3:-0}"
	ok "$name: each in order, each once" in_order || show
}

add_and_delete() { for _ in $(seq "$1"); do ip netns add t && ip netns del t || return 1; done; }
add_many_delete_many()
{
	for i in $(seq "$1"); do ip netns add "t$i"; done
	for i in $(seq "$1"); do ip netns del "t$i"; done
}

# py CODE: with libc at hand; NEWNET and friends are the kernel's CLONE_ flags
py()
{
	python3 -c "
import ctypes, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
NEWNET, NEWTIME = 0x40000000, 0x80
def call(result):
    if result < 0: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
def unshare(flags): call(libc.unshare(flags))
def setns(fd): call(libc.setns(fd, NEWNET))
$1"
}

for attach in $KERNEL_ATTACH; do
	tracer_start "$attach"

	add_and_delete 25
	stages "$attach: 25 times ip netns add and del" 25
	is "$attach: the umount is seen to drop the last reference, and who did it" \
		"$(count '^dying .*road=netns_put .*comm=ip$')" 25
	is "$attach: created by ip, in the initial netns" "$(count '^created .*comm=ip$')" 25

	mark_here
	for _ in 1 2 3 4 5; do unshare -n true; done
	stages "$attach: a task's exit" 5
	is "$attach: its task is told" "$(count '^dying .*road=put_net .*comm=true')" 5

	mark_here
	add_many_delete_many 20
	stages "$attach: 20 at once" 20

	mark_here
	ip netns add t
	ip netns exec t sleep 1000 &
	sleeper=$!
	wait_for 10 grep -q sleep "/proc/$sleeper/comm"
	ip netns del t
	is "$attach: a task keeps a deleted netns: dying" "$(count '^dying ')" 0
	kill $sleeper
	wait $sleeper 2>/dev/null
	stages "$attach: that task's exit" 1
	is "$attach: that task is told" "$(count "^dying .*road=put_net pid=$sleeper .*comm=sleep")" 1

	mark_here
	py '
own = os.open("/proc/self/ns/net", os.O_RDONLY)
unshare(NEWNET)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
setns(own)
s.close()'
	stages "$attach: a socket close" 1
	is "$attach: by its task" "$(count '^dying .*road=put_net .*comm=python3')" 1

	mark_here
	py '
own = os.open("/proc/self/ns/net", os.O_RDONLY)
unshare(NEWNET)
other = os.open("/proc/self/ns/net", os.O_RDONLY)
setns(own)
os.close(other)'
	stages "$attach: a descriptor's close" 1

	mark_here
	time_namespaces=$(cat /proc/sys/user/max_time_namespaces)
	echo 0 >/proc/sys/user/max_time_namespaces
	py '
try: unshare(NEWNET | NEWTIME)
except OSError: sys.exit(0)
sys.exit(1)'
	is "$attach: unshare with no time namespace left fails" $? 0
	echo "$time_namespaces" >/proc/sys/user/max_time_namespaces
	stages "$attach: creation fails after the netns exists" 1

	mark_here
	net_namespaces=$(cat /proc/sys/user/max_net_namespaces)
	echo 0 >/proc/sys/user/max_net_namespaces
	unshare -n true 2>/dev/null
	echo "$net_namespaces" >/proc/sys/user/max_net_namespaces
	wait_for 10 has '^create_failed ' 1
	is "$attach: creation fails before there is a netns: failed with ENOSPC" "$(count '^create_failed error=-28 .*comm=unshare')" 1
	is "$attach: ... and no netns" "$(count '^(created|dying|cleanup|freed) ')" 0

	mark_here
	parent=$(mktemp -u)
	unshare -n sh -c "unshare -n true; touch $parent"
	stages "$attach: a netns in a netns" 2
	is "$attach: its parent is the outer one" \
		"$(tail -n +$((mark + 1)) "$LOG" | awk '$1 == "created" { n++; if (n == 1) outer = substr($2, 7); else if (substr($6, 8) == outer) found++ } END { print found + 0 }')" 1

	tracer_stop
done
finish
