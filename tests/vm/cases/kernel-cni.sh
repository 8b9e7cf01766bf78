#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Each program that is called as a CNI plugin is told when it begins and when it ends, with what it was called with, and
# no other program.

# shellcheck source=tests/kernel_lib.sh
. "${TESTS:-/mnt/netnsleak/tests}/kernel_lib.sh"

# called COMMAND...: with the environment of a plugin
called() { env CNI_COMMAND=DEL CNI_CONTAINERID=c1 CNI_NETNS=/run/netns/x CNI_IFNAME=eth0 CNI_PATH=/opt/cni/bin CNI_ARGS='K8S_POD_NAME=cart;A=B' "$@"; }

# As many calls have ended as have begun, which are at least those.  The log grows: the ends are counted first.
# shellcheck disable=SC2317 # wait_for calls it
all_ended()
{
	local ends
	ends=$(count '^cni_exit ')
	[ "$ends" -ge "$1" ] && [ "$ends" = "$(execs)" ]
}

# env(1) itself begins without it.
execs() { count '^cni_exec '; }

for attach in $KERNEL_ATTACH; do
	tracer_start "$attach"

	called true
	wait_for 10 has '^cni_exit ' 1
	is "$attach: a call: begun, ended" "$(execs) $(count '^cni_exit .*status=0 ')" "1 1"
	is "$attach: ... by all that it was called with" \
		"$(count ' outer=0 flags=0 command=DEL container=c1 netns=/run/netns/x ifname=eth0 program=/usr/bin/true path=/opt/cni/bin args=K8S_POD_NAME=cart;A=B ')" 1
	is "$attach: ... by this shell" "$(count "^cni_exec .* parent=$$,bash ")" 1

	mark_here
	called false
	called sh -c 'kill -KILL $$' 2>/dev/null
	wait_for 10 has '^cni_exit ' 2
	is "$attach: a failed one, and a killed one" "$(count '^cni_exit .*status=0x100 ') $(count '^cni_exit .*status=0x9 ')" "1 1"

	mark_here
	cat >"$WORK/wrapper" <<-'END'
		#!/bin/sh
		exec false
	END
	chmod +x "$WORK/wrapper"
	called "$WORK/wrapper"
	wait_for 10 has '^cni_exit ' 1
	is "$attach: a script that goes over to another program: two programs, one end" \
		"$(count "flags=0 .*program=$WORK/wrapper ") $(count 'flags=1 .*program=/usr/bin/false ') $(execs) $(count '^cni_exit .*status=0x100 ')" "1 1 2 1"
	is "$attach: ... of one call" "$(tail -n +$((mark + 1)) "$LOG" | grep -oE '( pid=[0-9]+| started=[0-9]+)' | sort | uniq -c | awk '{print $1}' | xargs)" "3 3"

	mark_here
	called sh -c '(sh -c "/bin/false; :"); :'
	wait_for 10 has '^cni_exit ' 3
	is "$attach: what a plugin runs: inside of it" \
		"$(tail -n +$((mark + 1)) "$LOG" | sed -n 's/^cni_exec pid=\([0-9]*\) .* outer=\([0-9]*\) .*/\1 \2/p' |
			awk 'NR == 1 { first = $1 } { print ($2 == 0) ? "outermost" : ($2 == last || $2 == first) ? "inside" : "elsewhere"; last = $1 }' | xargs)" \
		"outermost inside inside"

	# As a Go program has its threads: the process ends with the last of them, by what the group was told.
	mark_here
	called python3 -c '
import os, threading, time
for n in range(8): threading.Thread(target=time.sleep, args=(0.2,), daemon=True).start()
os._exit(7)'
	wait_for 10 has '^cni_exit ' 1
	sleep 0.3
	is "$attach: a process of many threads ends once" "$(execs) $(count '^cni_exit .*status=0x700 ') $(count '^cni_exit ')" "1 1 1"

	# Its first thread may be gone long before.
	mark_here
	called python3 -c '
import ctypes, os, threading, time
threading.Thread(target=lambda: (time.sleep(0.5), os._exit(7))).start()
ctypes.CDLL(None).pthread_exit(None)'
	wait_for 10 has '^cni_exit ' 1
	is "$attach: a process whose first thread ends before: ends with the last" \
		"$(execs) $(count '^cni_exit .*status=0x700 ') $(count '^cni_exit ')" "1 1 1"

	# A large environment, and a variable that only looks like it.
	mark_here
	many=()
	for ((n = 0; n < 600; n++)); do many+=("SERVICE_${n}_PORT_443_TCP_ADDR=10.96.0.$n-$n-$n"); done
	env "${many[@]}" CNI_COMMAND=ADD CNI_CONTAINERID=c2 true
	for ((n = 0; n < 8; n++)); do env -i "$(printf 'A=%*s' "$n" '')" CNI_COMMAND=ADD CNI_CONTAINERID=c3 true; done
	env -i X="$(printf '%05000d' 0)" CNI_COMMAND=ADD CNI_CONTAINERID=c4 /usr/bin/true
	wait_for 10 has '^cni_exit ' 10
	is "$attach: found behind much else, at each place, and behind a long string" "$(count 'container=c2 ') $(count 'container=c3 ') $(count 'container=c4 ')" "1 8 1"
	mark_here
	env PROMPT_COMMAND=x MY_CNI_COMMAND=ADD TEXT='CNI_COMMAND=ADD' true
	env CNI_COMMAND=VERSION true
	setpriv --bounding-set -sys_admin env CNI_COMMAND=ADD CNI_CONTAINERID=c5 true
	unshare -U -r env CNI_COMMAND=ADD CNI_CONTAINERID=c6 true
	called true
	wait_for 10 has '^cni_exit ' 1
	is "$attach: nothing of what is no call, or of one that could change no netns of the node" "$(execs) $(count '^cni_exit ')" "1 1"

	# Of many at once, more than there are processors: each that was seen to begin is seen to end.  Where a preemptible kernel did
	# not run the hooks at an exec, it has counted that.
	mark_here
	for ((n = 0; n < 6; n++)); do
		called python3 -c '
import os
for _ in range(100): os.waitpid(os.posix_spawn("/usr/bin/true", ["true"], os.environ), 0)' &
		storm[n]=$!
	done
	wait "${storm[@]}"
	wait_for 30 all_ended 576
	seen=$(execs)
	is "$attach: of many calls at once, each that began ends, once" \
		"$(count '^cni_exit ') $(tail -n +$((mark + 1)) "$LOG" | grep -oE '^cni_exit pid=[0-9]+ status=0 started=[0-9]+' | sort -u | wc -l)" "$seen $seen"

	mark_here
	many=()
	for ((n = 0; n < 900; n++)); do many+=("A$n=$n"); done
	env -i "${many[@]}" CNI_COMMAND=ADD CNI_CONTAINERID=c7 /usr/bin/true
	called true
	wait_for 10 has '^cni_exit ' 1
	is "$attach: what stands behind too many others is not told" "$(execs) $(count '^cni_exit ')" "1 1"

	# ... but counted, for it may have been a call.
	tracer_stop 1
	missed=$(sed -n 's/^end .* missed_calls=\([0-9]*\) .*/\1/p' "$LOG")
	ok "$attach: $seen of those 606 were seen, and the kernel tells of $missed that were missed, at most" [ $((seen <= 606 && seen + missed >= 606)) = 1 ]
	ok "$attach: ... which are few" [ "$missed" -le 30 ]
done
finish
