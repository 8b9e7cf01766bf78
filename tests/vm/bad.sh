# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the cases bad-input and bad-output share: how netnsleak ends and what it says. Sourced behind case.sh.

# said TEXT: stderr of the last session has it
said()
{
	grep -qF -- "$1" "$WORK/err" || fail "not said: $1; but: $(cat "$WORK/err")"
}

# stopped STATUS: the session in the background has ended, or ends now within a minute, with this
stopped()
{
	local status=0
	timeout 60 tail --pid="$TRACE" -f /dev/null || fail "netnsleak does not end: $(cat "$WORK/err")"
	wait "$TRACE" || status=$?
	TRACE=
	[ $status = "$1" ] || fail "netnsleak ended with $status, not $1: $(cat "$WORK/err")"
}

# ends STATUS COMMAND [ARG...]
ends()
{
	local status=0 expected=$1
	shift
	timeout 60 "$@" >"$WORK/said" 2>"$WORK/err" </dev/null || status=$?
	[ $status = "$expected" ] || fail "$* ended with $status, not $expected: $(cat "$WORK/said" "$WORK/err")"
}

# wait_err TEXT
wait_err()
{
	wait-for 60 grep -qF -- "$1" "$WORK/err" || fail "not said: $1; but: $(cat "$WORK/err")"
}
