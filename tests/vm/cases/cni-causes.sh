#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What a runtime may do wrong when it calls CNI plugins, and a twin for which all is called as it should be.
# scenario: hangs | CNI DEL does not end, and the runtime waits for it | leaked: mount; cause: that DEL, its process
# scenario: other | CNI DEL is given another netns than CNI ADD | leaked: mount; cause: that DEL, both netns
# scenario: gone | CNI DEL is given a path that was unmounted before | leaked: mount, elsewhere; cause: that DEL, its path
# scenario: unnamed | CNI DEL is given no netns | leaked: mount; cause: that DEL
# scenario: unfit | CNI ADD fails, and nothing undoes it | leaked: mount; cause: that ADD, its exit status
#
# The runtime is this shell, and the plugin a script. The path that a plugin is given is looked up while it runs: so it waits
# until the session has told of something that it did itself, for what was told before has been looked at by then.
# shellcheck disable=SC2153 # WORK is case.sh's
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

plugins=$WORK/plugins
mkdir "$plugins"
mkfifo "$WORK/gate"
cat >"$plugins/patient" <<'END'
#!/bin/bash
made() { grep -c '"event_name":"netns.created"' "$OUT"; }
if [ -n "$GATE" ]; then
	read -r _ <"$GATE"
	exit
fi
before=$(made)
unshare -n true
until [ "$(made)" -gt "$before" ]; do
	sleep 0.1
done
exit "$STATUS"
END
chmod +x "$plugins/patient"

# call COMMAND NAME PATH, as a runtime does for that pod's container. Beforehand: STATUS, with which the plugin ends; GATE,
# for which it waits. VIA: what it is called by way of.
VIA=()
call()
{
	CNI_COMMAND=$1 CNI_CONTAINERID=container-$2 CNI_NETNS=$3 CNI_IFNAME=eth0 CNI_PATH=$plugins \
		CNI_ARGS="IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=$2;K8S_POD_UID=uid-$2" \
		OUT=$WORK/out STATUS=${STATUS:-0} GATE=${GATE:-} "${VIA[@]}" "$plugins/patient"
}

leaks=(hangs other gone unnamed unfit)
printf 'netns add %s\n' "${leaks[@]}" well | ip -batch -
bare_pods_listed "${leaks[@]}" well
trace_start

call ADD hangs /run/netns/hangs
GATE=$WORK/gate call DEL hangs /run/netns/hangs &
hanging=$!
begun=$SECONDS
for name in other gone unnamed well; do
	call ADD "$name" "/run/netns/$name"
done
! STATUS=3 call ADD unfit /run/netns/unfit || fail "the plugin did not fail"

call DEL other /run/netns/unfit
mkdir -p /run/debug-netns
: >/run/debug-netns/gone
mount --bind /run/netns/gone /run/debug-netns/gone
ip netns delete gone
call DEL gone /run/netns/gone
call DEL unnamed ''
# As containerd has it: once more when all is gone.
VIA=(timeout 600)
call DEL well /run/netns/well
VIA=()
ip netns delete well
call DEL well ''

# One that has not run for ten seconds does not hang.
while ((SECONDS < begun + 11)); do
	sleep 0.2
done
pods
await_event 60 netns.leaked "${leaks[@]}"
held_by_mounts hangs /run/netns/hangs cni-del-hangs other /run/netns/other cni-del-other-netns \
	gone /run/debug-netns/gone cni-del-path-gone unnamed /run/netns/unnamed cni-del-path-gone \
	unfit /run/netns/unfit cni-add-failed
events '.event_name == "netns.leaked"' | jq -r '."k8s.pod.name" + ": " + ."netns.cause_evidence"[0]' |
	sed -E 's/[0-9.]+(m[0-9.]+)?(ms|s)\b/T/g; s/pid [0-9]+/pid N/; s/^(.*): CNI (ADD|DEL) of plugin patient for eth0/\1: \2/' |
	sort >"$WORK/evidence"
diff - "$WORK/evidence" >&2 <<END || fail "< expected, > said to be why"
gone: DEL was given /run/netns/gone, which was gone, T before this
hangs: DEL (pid N) has been running for T
other: DEL was given netns $(stat -c %i /run/netns/unfit) by /run/netns/unfit; CNI ADD had been given this one, $(stat -c %i /run/netns/other)
unfit: ADD exited with status 3 after T, T before this
unnamed: DEL was given no netns, T before this
END
exactly 10 '.event_name == "cni.called" and ."cni.plugin" == "patient" and has("cni.delegates") == false'
exactly 1 '.event_name == "cni.failed"'
exactly 1 '.event_name == "netns.freed" and ."k8s.pod.name" == "well"'
echo >"$WORK/gate"
wait "$hanging"
trace_stop_leaked "${leaks[@]}"
