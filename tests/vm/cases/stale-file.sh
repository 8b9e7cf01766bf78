#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: stale-file | a plain file stands in the netns directory | not a netns; `doctor` names it
#
# A plain file in the netns directory is no netns; doctor names it.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

ip netns add real
: >/run/netns/stale
trace_start
control
trace_stop 1 netns.leaked control
netnsleak list -o json >"$WORK/list"
[ "$(jq -c 'select(."netns.path" == "/run/netns/real")' "$WORK/list" | wc -l)" = 1 ] || fail "list has not the real one"
! grep -q stale "$WORK/list" || fail "list has the stale file"
netnsleak doctor --netns-dir /run/netns >"$WORK/doctor" || :
grep -q stale "$WORK/doctor" || fail "doctor does not name it: $(cat "$WORK/doctor")"
! grep -q real "$WORK/doctor" || fail "doctor names the real one"
