# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash disable=SC2120
#
# For the case scripts tests/vm/cases/kernel-*.sh: run kernel_events, wait for its lines, count them, print TAP.
# Sourced in a guest, as root.

# gcc has left a part of net_drop_ns() that only a kprobe can be attached to, and net_free() nowhere
taken_apart() { grep -q ' net_drop_ns\.part\.' /proc/kallsyms && ! grep -q ' net_free$' /proc/kallsyms; }

: "${KERNEL_EVENTS:=/mnt/netnsleak/build/tests/kernel_events}"
# Both ways of attaching, unless one is asked for; fentry as far as it goes where one hook has only the other way.
: "${KERNEL_ATTACH:=$(taken_apart && echo auto || echo fentry) kprobe}"

WORK=$(mktemp -d)
LOG=$WORK/log
test_number=0 test_failed=0

# ok NAME COMMAND...: a test that passes when the command succeeds
ok()
{
	local name=$1
	shift
	test_number=$((test_number + 1))
	if "$@"; then
		echo "ok $test_number - $name"
	else
		echo "not ok $test_number - $name"
		test_failed=$((test_failed + 1))
	fi
}

# is NAME GOT WANT
is()
{
	ok "$1: $3" [ "$2" = "$3" ]
	[ "$2" = "$3" ] || echo "# got: $2"
}

finish()
{
	echo "1..$test_number"
	[ $test_failed -eq 0 ] || echo "# $test_failed of $test_number failed"
	exit $((test_failed > 0))
}

# wait_for SECONDS COMMAND...: until it succeeds; fails after six times that long: an emulated guest that shares its
# processors with another, and whose kernel still takes down thousands of netns of the test before, is that slow
wait_for()
{
	local until=$((SECONDS + 6 * $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $until ] || return 1
		sleep 0.05
	done
}

# count PATTERN: lines of the log after the mark that match the extended regular expression
count() { tail -n +$((mark + 1)) "$LOG" | grep -cE "$1"; }
has() { [ "$(count "$1")" -ge "$2" ]; }

# mark_here: what follows in the log is the next test's
mark_here() { mark=$(wc -l <"$LOG"); }

tracer_start()
{
	mark=0
	"$KERNEL_EVENTS" "$1" trace >"$LOG" 2>&1 &
	tracer=$!
	wait_for 60 grep -qE '^(ready|failed)' "$LOG"
	ok "$1: attached" grep -q '^ready' "$LOG"
	if ! grep -q '^ready' "$LOG"; then
		sed 's/^/# /' "$LOG"
		finish
	fi
	mark_here
}

# tracer_stop [LOST]
tracer_stop()
{
	kill -TERM "$tracer"
	wait "$tracer"
	ok "${1:-0} lost, no gap, no bad record" grep -q "^end lost=${1:-0} gaps=0 error=0 " "$LOG"
	tail -n 1 "$LOG" | sed 's/^/# /'
}

# show: the log since the mark, when a test failed
show() { tail -n +$((mark + 1)) "$LOG" | sed 's/^/# /'; }
