#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# kernels: 6.12
# Full disks, readers that leave or stand still, files that are rotated: tracing goes on as long as it has a use, and
# what is missing is told.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh
# shellcheck source=tests/vm/bad.sh
. /mnt/netnsleak/tests/vm/bad.sh

# Some 120 lines each time: addresses come and go.
churn()
{
	local n what
	for what in add del; do
		for n in {1..60}; do
			echo "addr $what 10.8.$1.$n/32 dev eth0"
		done
	done >"$WORK/batch"
	ip -n cart -batch "$WORK/batch"
}

attach()
{
	local how
	local hows='fentry kprobe'
	mkdir -p "$CNI_CACHE"
	# gcc has left a part of this function that only a kprobe can be attached to.
	if grep -q ' net_drop_ns\.part\.' /proc/kallsyms; then
		hows=kprobe
		ends 2 netnsleak trace --attach fentry
		said "netnsleak: cannot trace: netns freed: only a kprobe sees all calls, of net_drop_ns.part.0; do without --attach fentry"
	fi
	for how in $hows; do
		ends 0 netnsleak trace --attach "$how" --duration 2s --pods cni:"$CNI_CACHE" --ready-file "$WORK/ready"
		grep -q "hooks by $how" "$WORK/said" || fail "not by $how: $(cat "$WORK/said" "$WORK/err")"
		[ ! -e "$WORK/ready" ] || fail "the ready file is still there"
	done
}

full_disk()
{
	local whole
	mkdir "$WORK/small"
	mount -t tmpfs -o size=64k tmpfs "$WORK/small"
	trace_start --record "$WORK/small/record"
	for n in {1..8}; do
		churn "$n"
	done
	wait_err "cannot record to $WORK/small/record: No space left on device; make room on the disk; the recording ends here, tracing goes on"
	ip netns add later
	await 60 1 '.event_name == "netns.created" and (."netns.creator.comm" == "ip")'
	ip netns del later
	kill -TERM "$TRACE"
	stopped 2
	exactly 1 '.event_name == "trace.summary"'
	# All whole records are given.
	ends 2 netnsleak replay -o json "$WORK/small/record"
	said "ends before its session did"
	whole=$(($(wc -l <"$WORK/said") - 1))
	[ $whole -gt 50 ] || fail "only $whole lines were replayed"
	cmp <(head -n $whole "$WORK/said") <(head -n $whole "$WORK/out") || fail "the replay says something else"
	umount "$WORK/small"
	rm "$WORK/out"
}

record_max()
{
	trace_start --record "$WORK/max" --record-max 64K
	for n in {1..8}; do
		churn "$n"
	done
	wait_err "the recording $WORK/max ends here, tracing goes on: it has reached --record-max"
	kill -TERM "$TRACE"
	stopped 0
	[ "$(stat -c %s "$WORK/max")" -le 65536 ] || fail "the recording is larger than that"
	ends 3 netnsleak replay -o json "$WORK/max"
	said "recorded up to --record-max"
	rm "$WORK/out"
}

# The reader goes away after the first line: the session ends, cleanly, and its recording is whole. Whether it had
# counted the kernel by then is a matter of luck, so all may be known or not.
early_reader()
{
	local status=0
	timeout 60 netnsleak trace -o json --pods cni --record "$WORK/early" --state "$WORK/state" 2>"$WORK/err" |
		head -n 1 >"$WORK/said" || status=$?
	[ $status = 0 ] || [ $status = 3 ] || fail "netnsleak ended with $status: $(cat "$WORK/err")"
	[ ! -s "$WORK/err" ] || fail "said: $(cat "$WORK/err")"
	jq -e '.event_name' "$WORK/said" >/dev/null || fail "no whole line came: $(cat "$WORK/said")"
	ends $status netnsleak replay -o json "$WORK/early"
	[ ! -s "$WORK/err" ] || fail "the recording is not whole: $(cat "$WORK/err")"
}

# The reader stands still: events are taken all the same, lines are dropped and counted, and the end is not delayed.
slow_reader()
{
	local n
	mkfifo "$WORK/pipe"
	netnsleak trace -o json --pods cni --ready-file "$WORK/ready" >"$WORK/pipe" 2>"$WORK/err" &
	TRACE=$!
	exec 5<"$WORK/pipe"
	wait-for 60 test -e "$WORK/ready"
	for ((n = 1; n <= 40; n++)); do
		churn $n
		! grep -q 'too slow' "$WORK/err" || break
	done
	wait_err "the reader of stdout is too slow"
	# Who reads again finds the rest whole, and the number of what is missing.
	cat <&5 >"$WORK/said" &
	exec 5<&-
	kill -TERM "$TRACE"
	stopped 0
	wait
	jq -es 'map(select(.event_name == "trace.summary")) | length == 1 and .[0]."trace.dropped_lines" > 0 and
		.[0]."trace.lost_records" == 0' "$WORK/said" >/dev/null || fail "summary: $(tail -n 1 "$WORK/said")"
	rm "$WORK/pipe"
}

# Rotated while much is written: no line is lost, none is torn.
rotation()
{
	local n
	trace_start
	for n in {1..4}; do
		churn "$n"
		mv "$WORK/out" "$WORK/out.$n"
		kill -HUP "$TRACE"
		churn "$((n + 4))"
		wait-for 60 test -s "$WORK/out"
	done
	kill -TERM "$TRACE"
	stopped 0
	cat "$WORK"/out.[1-4] "$WORK/out" >"$WORK/all"
	mv "$WORK/all" "$WORK/out"
	keep_said 0
	rm "$WORK"/out*
}

netns_pod cart
pods "$(pod cart)"
attach
full_disk
record_max
early_reader
slow_reader
rotation
