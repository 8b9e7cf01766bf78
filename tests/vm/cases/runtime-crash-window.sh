#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: runtime-crash-window | the runtime is killed between making the netns and storing the sandbox | orphan:
#   mount, its path, on the node
#
# The runtime is killed at three moments. Between mounting a netns and storing the sandbox: no one will ever know that
# netns, it is an orphan. After its first CNI ADD, and between the last CNI DEL and the unmount: it remembers, and is
# asked again to stop the sandbox; until then nothing is said.
# shellcheck disable=SC2016 # jq's variables
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

# A bridge that kills the runtime when it is done, where it is told to.
cat >/usr/lib/cni/crashing-bridge <<'END'
#!/bin/sh
/usr/lib/cni/bridge || exit
[ ! -e "/run/crash-$CNI_COMMAND" ] || kill -KILL "$(cat /run/containerd/containerd.pid)"
END
chmod +x /usr/lib/cni/crashing-bridge
mkdir -p /etc/cni/net.d
cat >/etc/cni/net.d/10-crash.conflist <<'END'
{"cniVersion": "1.0.0", "name": "crash", "plugins": [{"type": "crashing-bridge", "bridge": "cni0", "isGateway": true,
 "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.88.0.0/24"}]]}}]}
END

# refused COMMAND... must fail, for the runtime is killed meanwhile; when netnsleak has said so, $meanwhile is done and
# it is started again
meanwhile=:
refused()
{
	local down='.event_name == "trace.source_down" and ."trace.source" == "cri"' downs ups
	local up='.event_name == "trace.source_up" and ."trace.source" == "cri"'
	downs=$(count "$down")
	ups=$(count "$up")
	! "$@" 2>/dev/null || fail "the runtime was not killed"
	wait-for 60 test ! -e "/proc/$(cat /run/containerd/containerd.pid)"
	rm -f /run/containerd/containerd.pid
	# Twice it may be, where it starts slowly.
	await 60 $((downs + 1)) "$down"
	$meanwhile
	containerd-up
	await 60 $((ups + 1)) "$up"
}

# crash_at_mount kills the runtime as soon as it has mounted a netns: woken by the mount, before all else that may run, and on
# the same processor: the emulation may have each go on alone for a tenth of a second.
crash_at_mount()
{
	local runtime
	runtime=$(cat /run/containerd/containerd.pid)
	taskset -acp 0 "$runtime" >/dev/null
	rm -f "$WORK/waits"
	chrt -f 50 taskset -c 0 /usr/bin/python3 - "$runtime" "$WORK/waits" <<-'END' &
		import os, select, signal, sys
		mounts = open("/proc/self/mountinfo", "rb", buffering=0)
		changes = select.poll()
		changes.register(mounts, select.POLLPRI)
		open(sys.argv[2], "w").close()
		while b" /run/netns/cni-" not in mounts.read():
		    changes.poll()
		    mounts.seek(0)
		os.kill(int(sys.argv[1]), signal.SIGKILL)
	END
	wait-for 60 test -e "$WORK/waits"
}

forget()
{
	local sandbox
	for sandbox in $(cri list | jq -r .id); do
		cri stop "$sandbox"
		cri rm "$sandbox"
	done
}

# iproute2 binds /run/netns to itself the first time: what is mounted there then would be there twice.
ip netns add first
ip netns del first
containerd-up
pods "$(pod cart)"
SOURCES=(--pods cri --pods cni)
trace_start --orphan-age 20s
await 60 1 '.event_name == "trace.source_up" and ."trace.source" == "cri"'
# cni_adds prints how many CNI ADD bound the netns that is left
cni_adds() { count ".event_name == \"netns.bound\" and .\"netns.inum\" == $left_inum"; }

# It may have been quick enough to store it: then it knows it, and takes it away when it is asked to. Or to call CNI ADD: then
# it is known whose netns that is.
for ((tries = 1; ; tries++)); do
	crash_at_mount
	refused cri run --namespace shop --name cart --uid uid-cart
	if [ -z "$(cri list)" ]; then
		left=$(echo /run/netns/cni-*)
		[ -e "$left" ] || fail "not one netns is left: $left"
		left_inum=$(stat -c %i "$left")
		[ "$(cni_adds)" != 0 ] || break
		while pgrep -f /usr/lib/cni/ >/dev/null; do
			sleep 0.1
		done
		umount "$left"
		rm "$left"
	fi
	[ $tries -lt 10 ] || fail "it was too quick, $tries times"
	forget
done
echo "killed in time at try $tries" >&2
# While nothing else happens: a container that starts has a copy of each mount for a moment.
await 60 1 '.event_name == "netns.orphan"'

# Killed after a CNI ADD, it has the sandbox in its list.
touch /run/crash-ADD
refused cri run --namespace shop --name cart --uid uid-cart --attempt 1
rm /run/crash-ADD
[ "$(cri list | wc -l)" = 1 ] || fail "not one sandbox: $(cri list)"
await 60 1 '.event_name == "netns.bound" and ."k8s.pod.name" == "cart"'
forget

# The third try stands. The pod goes, and the runtime is killed once more.
id=$(cri run --namespace shop --name cart --uid uid-cart --attempt 2)
await 60 1 ".event_name == \"netns.bound\" and .\"k8s.pod.name\" == \"cart\" and .\"container.id\" == \"$id\" and .\"netns.binding\" == \"cri\""
pods "$(terminating "$(pod cart)")"
touch /run/crash-DEL
meanwhile=pods refused cri stop "$id"
rm /run/crash-DEL
control
exactly 0 '.event_name == "pod.gone" and ."k8s.pod.name" == "cart"'
forget
await 60 1 '.event_name == "pod.gone" and ."k8s.pod.name" == "cart"'
await 60 1 ".event_name == \"netns.freed\" and .\"container.id\" == \"$id\""

says '."netns.path" == $path and ."netns.paths" == [$path] and ."netns.inum" == $inum and
	(."netns.addresses" // []) == [] and (."netns.creator.comm" | startswith("containerd")) and
	has("k8s.pod.name") == false and has("netns.binding") == false' "$(events '.event_name == "netns.orphan"')" \
	--arg path "$left" --argjson inum "$left_inum"
held_by_mounts "$left" "$left" mount-left control /run/netns/control mount-left
umount "$left"
await 60 1 ".event_name == \"netns.freed\" and .\"netns.inum\" == $left_inum"
trace_stop 1 netns.orphan - netns.leaked control
