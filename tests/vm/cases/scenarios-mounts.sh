#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Mounts of a netns that outlive a pod, each with a twin of which nothing is left.
# scenario: private | a monitoring agent has the node's mounts with private propagation, and does not see the unmount
#   (prometheus/node_exporter#602, newrelic/nri-kubernetes#593, containerd/containerd#3667); the twin's is a slave
#   (moby/moby#35217) | leaked: mount, its path, whose mount namespace
# scenario: nobody | a mount namespace without a process, kept by a file (openshift-kni/telco-reference#762); the
#   twin's is a slave | leaked: mount, its path, in which mount namespace
# scenario: doubled | mounted twice on one file and unmounted once (podman-container-tools/podman#24024); the twin
#   twice | leaked: mount, its path, on the node
# scenario: shadowed | another mount was put over the directory, and the unmount does not find it
#   (openshift-kni/telco-reference#762, systemd/systemd#2741) | leaked: mount, its path, on the node
# shellcheck disable=SC2153 # HELD is case.sh's
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

leaks=(private nobody doubled shadowed)
twins=("${leaks[@]/%/-ok}")
# As a mount of its own, not of the root's group: what is mounted there is not mounted below it as well.
while umount /run/netns 2>/dev/null; do
	:
done
mkdir -p /run/netns
mount -t tmpfs -o mode=755 netns /run/netns
bare_pods "${leaks[@]}" "${twins[@]}"
for name in doubled doubled-ok; do
	nsenter --net="/run/netns/$name" mount --bind /proc/self/ns/net "/run/netns/$name"
done
for name in shadowed shadowed-ok; do
	mkdir -p "/run/debug-netns/$name"
	: >"/run/debug-netns/$name/netns"
	mount --bind "/run/netns/$name" "/run/debug-netns/$name/netns"
done

# others NAME prints where all that is not its own is mounted
others() { awk -v own="/run/netns/$1" '$4 ~ /^net:/ && $5 != own {print $5}' /proc/self/mountinfo | tac; }

# agent NAME PROPAGATION starts a process whose mount namespace has a copy of that netns' mount alone
agent()
{
	# shellcheck disable=SC2016,SC2046 # expanded by that shell; no path has spaces
	unshare --mount --propagation "$2" sh -c 'umount "$@" && exec sleep infinity' sh $(others "$1") &
	HELD["$1"]=$!
}

# kept NAME PROPAGATION makes a mount namespace likewise, and leaves no process in it
kept()
{
	: >"/run/debug-netns/mntns/$1"
	# shellcheck disable=SC2046
	unshare --mount="/run/debug-netns/mntns/$1" --propagation "$2" umount $(others "$1")
}

agent private private
agent private-ok slave
# Such files can be made only where mounts do not propagate.
mkdir /run/debug-netns/mntns
mount --bind --make-private /run/debug-netns/mntns /run/debug-netns/mntns
kept nobody private
kept nobody-ok slave
wait-for 60 grep -qx sleep "/proc/${HELD[private]}/comm"
wait-for 60 grep -qx sleep "/proc/${HELD[private-ok]}/comm"
bare_pods_listed "${leaks[@]}" "${twins[@]}"
trace_start
await_event 60 netns.bound "${leaks[@]}" "${twins[@]}"

shadowed=$(stat -L -c %i /run/netns/shadowed)
# What a runtime does, which does not see all of it: where one of the mounts is left, its file cannot be removed.
umount /run/netns/{private,nobody}{,-ok} /run/netns/doubled{,-ok}
umount /run/netns/doubled-ok
mount --bind /run/debug-netns/shadowed /run/debug-netns/shadowed
umount /run/netns/shadowed{,-ok} /run/debug-netns/shadowed-ok/netns
! umount /run/debug-netns/shadowed/netns 2>/dev/null || fail "the unmount found what is shadowed"
rm "$CNI_CACHE"/*
pods
await_event 60 netns.freed "${twins[@]}"
await_event 60 netns.leaked "${leaks[@]}"
node=$(mntns self)
held_as <<END
private: 1 = 1 nsfs, 0 unexplained, 0 tasks, mount-private-copy
private: mount /run/netns/private in $(mntns "${HELD[private]}") ${HELD[private]} sleep
nobody: 1 = 1 nsfs, 0 unexplained, 0 tasks, mount-private-copy
nobody: mount /run/netns/nobody in $(stat -L -c %i /run/debug-netns/mntns/nobody)
doubled: 1 = 1 nsfs, 0 unexplained, 0 tasks, mount-left
doubled: mount /run/netns/doubled in $node node
shadowed: 1 = 1 nsfs, 0 unexplained, 0 tasks, mount-extra
shadowed: mount /run/debug-netns/shadowed/netns in $node node
END
# Who asks is not sent to the unmount by name, which fails.
netnsleak explain -o json --pods "file:$WORK/pods.json" "$shadowed" >"$WORK/said" || fail "explain ended with $?"
says '[."netns.holders"[] | [.path, .hidden]] == [["/run/debug-netns/shadowed/netns", true]] and
	[."netns.remedies"[] | [.safe, .command]] == [[false, null]] and
	(."netns.remedies"[0].why | contains("another mount hides /run/debug-netns/shadowed/netns"))' "$(cat "$WORK/said")"
kill "${HELD[@]}"
umount /run/debug-netns/mntns/nobody /run/netns/doubled /run/debug-netns/shadowed /run/debug-netns/shadowed/netns
await_event 60 netns.recovered "${leaks[@]}"
trace_stop_leaked "${leaks[@]}"
umount /run/debug-netns/mntns/nobody-ok /run/debug-netns/mntns /run/netns
