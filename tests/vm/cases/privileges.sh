#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# kernels: 5.10 newest
# What trace has given up once it runs, and what each capability is for that it is granted: without it, exactly that is
# lost which user/privileges.c says. (All other cases run with all of them, and no more.)
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh
# shellcheck source=tests/vm/bad.sh disable=SC1091
. /mnt/netnsleak/tests/vm/bad.sh

mapfile -t granted </mnt/netnsleak/tools/deploy/capabilities
# What is left of them once trace runs.
running=(BPF DAC_READ_SEARCH PERFMON SYSLOG SYS_PTRACE)
module=/mnt/netnsleak/build/hold/$(uname -r)/netnsleak_hold.ko
declare -A uid=([plain]=6f0c3a52-58b1-4a8e-9d0e-d8f0f7a1c001 [other]=6f0c3a52-58b1-4a8e-9d0e-d8f0f7a1c002)
# As a container runtime may have it: what Linux before 5.11 counts BPF's memory by.
ulimit -l 64

# mask NAME... as /proc/PID/status has them
mask()
{
	setpriv --inh-caps=-all --bounding-set="-all$(printf ',+%s' "$@")" sed -n 's/^CapEff:\t//p' /proc/self/status
}

# threads_have FIELD VALUE
threads_have()
{
	local all
	all=$(sed -n "s/^$1:\t//p" "/proc/$TRACE/task"/*/status | sort -u)
	[ "$all" = "$2" ] || fail "$1 of the session's threads is $all, not $2"
}

# process NAME UID starts one in that pod's cgroup and in a netns that has no name; of root, with no capability of its own
process()
{
	local cgroup=/sys/fs/cgroup/kubepods/burstable/pod${uid[$1]}/c1
	mkdir -p "$cgroup"
	(echo $BASHPID >"$cgroup/cgroup.procs" &&
		exec unshare -n setpriv --inh-caps=-all --bounding-set=-all --reuid "$2" --regid "$2" --clear-groups sleep 1000) &
	HELD[$1]=$!
	until grep -q sleep "/proc/$!/comm"; do sleep 0.05; done
}

# start [OPTION...] a session of its own: what another has said is none of it
start()
{
	rm -f "$WORK/out"
	trace_start "$@"
}

# session watches both pods. They are in a listing that another user has made, for none but himself; the one
# that anyone may ask about is found after the other.
session()
{
	start --pods cgroup --stuck-after 2s
	await 30 1 '.event_name == "netns.bound" and ."k8s.pod.uid" == "'"${uid[plain]}"'"'
}
bound_other='.event_name == "netns.bound" and ."k8s.pod.uid" == "'"${uid[other]}"'"'
file_down='.event_name == "trace.source_down" and (."trace.source" | startswith("file:"))'

# hang makes a netns whose teardown stands still, until it was told
hang()
{
	insmod "$module"
	ip netns add hung
	ip netns del hung
	await 60 1 '.event_name == "netns.stuck"'
	rmmod netnsleak_hold
	await 60 1 '.event_name == "netns.freed"'
	stuck=$(events '.event_name == "netns.stuck"')
}

mkdir -p "$CNI_CACHE"
process other 1000
process plain 0
pods "$(pod other '' ".metadata.uid = \"${uid[other]}\"")" "$(pod plain '' ".metadata.uid = \"${uid[plain]}\"")"
chown 1000:1000 "$WORK/pods.json"
chmod 600 "$WORK/pods.json"

# --- with all that is granted ---

session
threads_have CapEff "$(mask "${running[@]}")"
threads_have CapPrm "$(mask "${running[@]}")"
# Who may not change it has what it was started with.
threads_have CapBnd "$(mask "${granted[@]}")"
threads_have CapAmb 0000000000000000
threads_have NoNewPrivs 1
threads_have Seccomp 2
exactly 1 "$bound_other"
hang
says '."netns.teardown.function" == "netnsleak_hold_exit" and ."netns.teardown.kernel_log" == "silent"' "$stuck"
exactly 0 "$file_down"
trace_stop 1 netns.stuck -

# --- with all but one ---

# Without either, what includes them is kept.
for name in BPF PERFMON; do
	rest=(SYS_ADMIN)
	for other in "${running[@]}"; do
		[ "$other" = "$name" ] || rest+=("$other")
	done
	WITHOUT=$name start
	threads_have CapEff "$(mask "${rest[@]}")"
	trace_stop 0
done

case $(uname -r) in
5.10.*)
	WITHOUT=SYS_RESOURCE ends 2 netnsleak trace
	said "netnsleak: cannot trace: CAP_SYS_RESOURCE: not held, and RLIMIT_MEMLOCK is 64 KiB; "
	WITHOUT=SYS_ADMIN ends 2 netnsleak trace
	said "netnsleak: cannot trace: CAP_SYS_ADMIN: not held, and this kernel attaches kprobes for nobody else (kernel.perf_event_paranoid); "
	;;
*)
	# Neither is needed where no kprobe is, and where BPF's memory is counted by cgroup.
	WITHOUT=SYS_RESOURCE ends 0 netnsleak trace --duration 1s --pods cni
	WITHOUT=SYS_ADMIN ends 2 netnsleak trace --attach kprobe
	said "netnsleak: cannot trace: CAP_SYS_ADMIN: not held, and this kernel attaches kprobes for nobody else (kernel.perf_event_paranoid); "
	WITHOUT=SYS_ADMIN ends 0 netnsleak trace --duration 1s --pods cni
	;;
esac

WITHOUT=SYS_PTRACE session
exactly 0 "$bound_other"
exactly 0 "$file_down"
trace_stop 0

WITHOUT=DAC_READ_SEARCH session
await 30 1 "$file_down"
exactly 1 "$bound_other"
trace_stop 3

WITHOUT=SYSLOG session
exactly 1 "$bound_other"
hang
# Older kernels let CAP_SYS_ADMIN open the log as well, which is there when the session begins.
log=unreadable
[[ $(uname -r) != 5.10.* ]] || log=silent
# shellcheck disable=SC2016 # these are jq's
says '(has("netns.teardown.function") | not) and ."netns.teardown.kernel_log" == $log' "$stuck" --arg log "$log"
exactly 0 "$file_down"
trace_stop 1 netns.stuck -

# --- what looks once needs more, and other things; on one kernel ---

# audit says what was found of rules; what else is odd about such pods does not matter here
audit()
{
	local status=0
	netnsleak audit -o json --pods "file:$WORK/pods.json" --pods cni --node "$NODE" --grace 0 >"$WORK/said" 2>"$WORK/err" || status=$?
	[ $status != 2 ] || fail "no audit: $(cat "$WORK/err")"
	found=$(jq -r 'select(.event_name == "audit.finding" and ."audit.check" == "rules-count") | ."k8s.pod.name"' "$WORK/said")
}

[[ $(uname -r) != 5.10.* ]] || exit 0
modprobe nf_tables
bare_pods first second third fourth
for name in first second third; do
	{
		echo 'add table ip filter; add chain ip filter input'
		for i in {1..20}; do echo "add rule ip filter input tcp dport $i drop"; done
	} | ip netns exec $name nft -f -
done
bare_pods_listed first second third fourth
WITH=NET_ADMIN audit
[ "$found" = fourth ] || fail "pods without rules: $found"
! grep 'not seen' "$WORK/err" || fail "not all was seen"
audit
[ -z "$found" ] || fail "rules were counted: $found"
! grep 'not seen' "$WORK/err" || fail "not all was seen"
WITHOUT=SYS_ADMIN audit
grep -qxF 'netnsleak: not seen: devices, addresses and routes of netns that could not be entered' "$WORK/err" ||
	fail "what was not seen is not said: $(cat "$WORK/err")"
