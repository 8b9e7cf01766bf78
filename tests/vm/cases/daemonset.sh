#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# kernels: newest
# The container image, run by containerd as the DaemonSet of tools/deploy says (tests/deploy/as-cri is the kubelet): it finds
# a real leak with the privileges that it is given, its own copies of the node's mounts, from before its start and from
# after it, hold nothing and are named by nobody, and SIGTERM ends it with its summary.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

build=/mnt/netnsleak/build
pod_log=/var/log/netnsleak-daemonset/netnsleak.log
# The one directory that both it and this script write.
WORK=/var/lib/netnsleak
rm -rf "$WORK" "$pod_log"

# ask METHOD FILE calls the container runtime with a message; $answer is the id that it answers with
ask()
{
	local size
	size=$(stat -c %s "$2")
	{
		# shellcheck disable=SC2059 # made of numbers
		printf "\\x00$(printf '\\x%02x' $((size >> 24)) $((size >> 16 & 255)) $((size >> 8 & 255)) $((size & 255)))"
		cat "$2"
	} | curl -sS -m 240 --http2-prior-knowledge --unix-socket /run/containerd/containerd.sock -H 'Content-Type: application/grpc' \
		-H 'TE: trailers' --data-binary @- -D "$WORK/headers" -o "$WORK/answer" "http://localhost/runtime.v1.RuntimeService/$1"
	grep -q '^grpc-status: 0' "$WORK/headers" || fail "$1: $(cat "$WORK/headers")"
	answer=$(tail -c 64 "$WORK/answer" | tr -d '\0')
}

# with_id ID MESSAGE-FILE... prints a message whose first field is an id
with_id()
{
	printf '\x0a\x40%s' "$1"
	shift
	[ $# = 0 ] || cat "$@"
}

# What it said: a line of the runtime's log is TIME STREAM F TEXT.
events()
{
	sed -n 's/^[^ ]* stdout F //p' "$pod_log" >"$WORK/out"
	sed -n 's/^[^ ]* stderr F //p' "$pod_log" >"$WORK/err"
	jq -c "select($1)" "$WORK/out"
}

# run_pod NAME: id, netns
run_pod()
{
	id=$(cri run --namespace shop --name "$1" --uid "uid-$1")
	netns=$(cri status "$id" | jq -r .netns)
}

# soon COMMAND... tries it until it succeeds, for a minute at most
soon()
{
	local end=$((SECONDS + 60))
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.2
	done
}

# of_ours prints what of netns is mounted in its mount namespace
of_ours() { grep ' net:\[' "/proc/$TRACE/mountinfo" || :; }
has_as_slave() { of_ours | grep -F " /run/netns/${1##*/} " | grep -q ' master:'; }
has_no_more() { ! of_ours | grep -qF " /run/netns/${1##*/} "; }

xargs mkdir -p <"$build/deploy/directories"
containerd-up
ctr -n k8s.io images import "$build"/netnsleak-*-image.tar >/dev/null
run_pod before
before=$id before_netns=$netns
pods "$(pod before)"
ask RunPodSandbox "$build/deploy/sandbox"
sandbox=$answer
with_id "$sandbox" "$build/deploy/container" >"$WORK/message"
ask CreateContainer "$WORK/message"
container=$answer
with_id "$container" >"$WORK/message"
ask StartContainer "$WORK/message"
wait-for 120 test -e "$WORK/ready" || fail "it does not get ready: $(cat "$pod_log")"
TRACE=$(pgrep -x netnsleak)

# As it was to be started: no more capabilities, a filter of system calls, nothing gained by exec, nothing to write.
granted=0
declare -A number=([DAC_READ_SEARCH]=2 [NET_ADMIN]=12 [SYS_PTRACE]=19 [SYS_ADMIN]=21 [SYS_RESOURCE]=24 [SYSLOG]=34 [PERFMON]=38 [BPF]=39)
while read -r name; do
	granted=$((granted | 1 << ${number[$name]}))
done < <(grep -v '^#' "$build/deploy/capabilities")
status() { awk -v name="$1:" '$1 == name {print $2}' "/proc/$TRACE/status"; }
for set in CapBnd CapEff CapPrm; do
	(((0x$(status $set) & ~granted) == 0)) || fail "$set is $(status $set), granted was $(printf %x $granted)"
done
[ "$(status NoNewPrivs) $(status Seccomp)" = "1 2" ] || fail "$(cat "/proc/$TRACE/status")"
awk '$5 == "/" && $6 !~ /^ro/ {exit 1}' "/proc/$TRACE/mountinfo" || fail "its root file system can be written"

# One of the pods is mounted once more, in the directory that it has as a volume.
run_pod after
after=$id after_netns=$netns
run_pod cart
cart=$id
touch "/run/netns/debug-$cart"
mount --bind "$netns" "/run/netns/debug-$cart"
for copy in "$before_netns" "$after_netns" "debug-$cart"; do
	soon has_as_slave "$copy" || fail "it has no copy of $copy: $(cat "/proc/$TRACE/mountinfo")"
done
pods "$(pod before)" "$(pod after)" "$(pod cart)"
for id in "$before" "$after" "$cart"; do
	cri stop "$id"
	cri rm "$id"
done
pods
await_leaked cart
held_by_mounts cart "/run/netns/debug-$cart" mount-extra
for copy in "$before_netns" "$after_netns"; do
	has_no_more "$copy" || fail "it keeps: $(of_ours)"
done
# By another's census: the node's netns, and the one that is kept. The kernel frees in its own time.
two_are_left()
{
	netnsleak list -o json >"$WORK/list" 2>/dev/null
	[ "$(wc -l <"$WORK/list")" = 2 ]
}
soon two_are_left || fail "the kernel has: $(cat "$WORK/list")"
[ "$(curl -sS -m 60 http://127.0.0.1:9477/readyz)" = ready ] || fail "it is not ready"

# By hand, in its container: with its state it knows the pod, and by its own eyes what holds the netns. (Where iproute2 has bound
# /run/netns to itself, it is mounted below that too.)
in_pod()
{
	local status=0
	ctr -n k8s.io tasks exec --exec-id "by-hand-$RANDOM" "$container" netnsleak "$@" >"$WORK/said" 2>"$WORK/said.err" || status=$?
	[ $status = 1 ] || fail "in its pod: netnsleak $*: status $status: $(cat "$WORK/said" "$WORK/said.err")"
}
in_pod explain -o json --grace 2s --state /var/lib/netnsleak/state.json cart
says '."netns.state" == "referenced" and ."netns.cause" == "mount-extra" and ([."netns.holders"[].path] | unique) == ["/run/netns/debug-'"$cart"'"]' "$(cat "$WORK/said")"
in_pod audit -o json --root /proc/1/root --grace 2s --state /var/lib/netnsleak/state.json
says '[.] | any(."audit.check" == "pod-gone")' "$(jq -c 'select(."audit.check" == "pod-gone")' "$WORK/said")"

umount "/run/netns/debug-$cart"
await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "cart"'
[ -z "$(of_ours)" ] || fail "it keeps: $(of_ours)"
# With 60 s for its end, of which it takes none.
{ with_id "$container"; printf '\x10\x3c'; } >"$WORK/message"
started=$SECONDS
ask StopContainer "$WORK/message"
[ $((SECONDS - started)) -lt 30 ] || fail "its end took $((SECONDS - started)) s"
TRACE=
# What it said last may still be on its way through the runtime.
has_ended() { [ "$(count '.event_name == "trace.summary"')" = 1 ]; }
soon has_ended || fail "no summary: $(cat "$pod_log")"
exactly 1 '.event_name == "trace.summary" and ."trace.leaked" == 1 and ."trace.recovered" == 1 and ."trace.leaked_now" == 0 and (."trace.incomplete" | not)'
exactly 1 '.event_name == "netns.leaked"'
exactly 0 '.event_name | IN("netns.orphan", "netns.stuck", "netns.ip_conflict", "netns.contradicted", "netns.shared", "netns.host_used", "netns.path_lost")'
grep -qF 'pods: cri: /proc/1/root/run/containerd/containerd.sock is there' "$WORK/err" || fail "it did not find the runtime: $(cat "$WORK/err")"
exactly 1 '.event_name == "trace.source_up" and ."trace.source" == "cri"'
[ -s "$WORK/state.json" ] || fail "it has written no state"
cri stop "$sandbox"
cri rm "$sandbox"
said_dir
cp "$WORK/out" "$SAID"
cd /
rm -rf "$WORK"
