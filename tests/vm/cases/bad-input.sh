#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# kernels: 6.1
# What bad input gets, live: each time a message that names the thing and the remedy, the documented exit status, no
# crash, and no verdict built on it. (What needs no tracing is in tests/cli-check.)
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh
# shellcheck source=tests/vm/bad.sh
. /mnt/netnsleak/tests/vm/bad.sh

no_permission()
{
	ends 2 setpriv --reuid 65534 --regid 65534 --clear-groups netnsleak trace
	said "netnsleak: cannot trace: CAP_BPF: this process does not have it; run as root, or give the process CAP_BPF"
	ends 0 setpriv --reuid 65534 --regid 65534 --clear-groups netnsleak list
	said "netnsleak: list without BPF, by /proc and netlink: CAP_BPF: this process does not have it; run as root, or give the process CAP_BPF"
	ends 2 setpriv --reuid 65534 --regid 65534 --clear-groups netnsleak doctor
	grep -q "^Not ready: .*CAP_BPF" "$WORK/said" || fail "doctor does not say it: $(cat "$WORK/said")"
}

arguments()
{
	ends 2 netnsleak trace --pods "nonsense:x"
	said "cannot use --pods nonsense:x: no such source, or its argument is missing"
	ends 2 netnsleak trace --record /nowhere/record
	said "cannot record to /nowhere/record: No such file or directory; name a file in a directory that exists"
	ends 2 netnsleak trace --output /nowhere/out
	said "cannot write to /nowhere/out: No such file or directory; name a file in a directory that exists"
	ends 2 netnsleak trace --state "$WORK"
	said "cannot read the state file $WORK: Is a directory; name a file, not a directory"
	[ -d "$WORK" ] || fail "the directory was renamed"
	ends 2 netnsleak trace --ready-file /nowhere/ready
	said "cannot make the ready file /nowhere/ready: No such file or directory"
	ends 2 netnsleak trace -o json --output /dev/full
	said "cannot write to /dev/full: No space left on device; make room on the disk"
	[ -c /dev/full ] || fail "/dev/full is gone"
	ends 2 netnsleak trace --duration 1s --state /nowhere/state --pods cni:/nowhere
	said "cannot write the state file /nowhere/state: No such file or directory"
	[ "$(grep -c 'state file' "$WORK/err")" = 1 ] || fail "said more than once: $(cat "$WORK/err")"
}

# has_since LINE TEXT...: a line after that has all of these
has_since()
{
	local text lines
	lines=$(tail -n +$(($1 + 1)) "$WORK/out")
	shift
	for text in "$@"; do
		lines=$(grep -F -- "$text" <<<"$lines") || return 1
	done
}

# until_since LINE TEXT...
until_since()
{
	local end=$((SECONDS + 90))
	until has_since "$@"; do
		[ $SECONDS -lt $end ] || fail "not told: ${*:2}; but: $(tail -n 1 "$WORK/out")"
		sleep 0.2
	done
}

# down TEXT: the listing cannot be believed, and this is told; then a good one is read again
told=0
down()
{
	until_since "$told" '"trace.source_down"' "$1"
	told=$(wc -l <"$WORK/out")
	pods "$(pod cart)"
	until_since "$told" '"trace.source_up"' '"file:'
	told=$(wc -l <"$WORK/out")
}

# Bad listings without the pod, again and again, for longer than the grace: its netns is not leaked. A good one says so.
listings()
{
	local path=$WORK/pods.json bad
	netns_pod cart
	pods "$(pod cart)"
	trace_start
	for bad in '' '[]' '{"kind":"List"}' '{"kind":"Secret","items":[]}' '{"kind":"List","items":[{"kind":"Pod"}]}'; do
		printf '%s' "$bad" >"$path.tmp"
		mv "$path.tmp" "$path"
		down "$path"
	done
	# Nested deeper than any stack, and 100 MB of it.
	{
		printf '{"kind":"List","items":['
		head -c 100000000 /dev/zero | tr '\0' '['
	} >"$path.tmp"
	mv "$path.tmp" "$path"
	down "$path"
	rm "$path"
	down "it does not exist"
	mkfifo "$path.tmp"
	mv "$path.tmp" "$path"
	down "FIFO"
	rm "$path"
	mkdir "$path"
	wait-for 60 grep -q "it is a directory" "$WORK/out"
	rmdir "$path"
	down "it is a directory"
	# A cache file of the CNI, half written.
	printf '{"kind":"cniCacheV1","containerId":' >"$CNI_CACHE/net-half-eth0"
	await 60 1 '.body | contains("net-half-eth0")'
	exactly 0 '.event_name == "netns.leaked" or .event_name == "pod.gone"'
	pods
	await_leaked cart
	rm "$CNI_CACHE/net-half-eth0"
	trace_stop 1 netns.leaked cart
}

# The only source that may say that a pod is gone cannot be read: exit status 3, and the netns of the CNI is no leak.
only_authority_down()
{
	mkfifo "$WORK/fifo"
	# Nobody's, as far as is known: who knows is down.
	ip netns add nobody
	ends 3 netnsleak trace -o json --duration 5s --grace 1s --orphan-age 1s --pods "file:$WORK/fifo" --pods cni --node "$NODE"
	jq -es 'map(select(.event_name == "trace.source_down" and (.body | contains("FIFO")))) | length == 1' "$WORK/said" >/dev/null ||
		fail "the FIFO is not named: $(cat "$WORK/said")"
	! grep -qE '"netns\.(leaked|orphan)"' "$WORK/said" || fail "a verdict: $(grep -E 'leaked|orphan' "$WORK/said")"
	rm "$WORK/fifo"
	ip netns del nobody
}

no_permission
arguments
listings
only_authority_down
