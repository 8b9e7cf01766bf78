#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# kernels: newest
# scenario: preempted | so many netns come and go that tasks are preempted in the hooks, which the kernel then does not run for
#   others | that counts as lost, a census repairs it; leaked: mount
#
# shellcheck disable=SC2016 # jq's variables
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

cat >"$WORK/storm" <<'END'
#!/usr/bin/python3
import ctypes, signal
unshare = ctypes.CDLL(None).unshare
for _ in range(100):
    assert unshare(0x40000000) == 0
print("done", flush=True)
signal.pause()
END
chmod +x "$WORK/storm"

# storm has more processes than there are processors make and free netns; each ends with one
storm()
{
	local n storming=()
	: >"$WORK/done"
	for n in {1..6}; do
		"$WORK/storm" >>"$WORK/done" &
		storming[n]=$!
	done
	until [ "$(wc -l <"$WORK/done")" = 6 ]; do
		kill -0 "${storming[@]}" || fail "a process could make no more netns"
		sleep 0.2
	done
	[ -z "${1:-}" ] || kill "${storming[@]}"
}

netns_pod cart
pods "$(pod cart)"
trace_start
end=$((SECONDS + 300))
until [ "$(count '.event_name == "trace.lost"')" -ge 1 ]; do
	((SECONDS < end)) || fail "nothing was missed"
	storm ended
done
storm
await 60 1 '.event_name == "trace.resynced"'
pods
await_leaked cart
held_by_mounts cart /run/netns/cart mount-left
# cart, the node's own, and one of each process, once the kernel has freed the others: what the state says lives is what
# the kernel says.
wait-for 60 eval '[ "$(netnsleak list -o json | wc -l)" = 8 ]'
trace_stop 1 netns.leaked cart
says '."trace.netns" == 8 and ."trace.lost_records" > 0 and (."trace.incomplete" | not)' "$(events '.event_name == "trace.summary"')"
