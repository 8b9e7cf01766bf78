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

# storm starts more processes than there are processors, and waits until each has its last netns
processes=0
storm()
{
	for _ in {1..6}; do
		"$WORK/storm" >>"$WORK/done" &
	done
	processes=$((processes + 6))
	until [ "$(wc -l <"$WORK/done")" = $processes ]; do
		sleep 0.2
	done
}

netns_pod cart
pods "$(pod cart)"
trace_start
for ((round = 0; round < 10; round++)); do
	storm
	[ "$(count '.event_name == "trace.lost"')" = 0 ] || break
done
await 60 1 '.event_name == "trace.resynced"'
pods
await_leaked cart
netnsleak list -o json >"$WORK/list"
# cart, the node's own, and one of each process: what the state says lives is what the kernel says.
[ "$(wc -l <"$WORK/list")" = $((2 + processes)) ] || fail "list has $(wc -l <"$WORK/list") netns, not 2 and $processes"
held_by_mounts cart /run/netns/cart mount-left
trace_stop 1 netns.leaked cart
says '."trace.netns" == $live and ."trace.lost_records" > 0 and (."trace.incomplete" | not)' "$(events '.event_name == "trace.summary"')" \
	--argjson live "$(wc -l <"$WORK/list")"
