#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: unregister-stuck | something keeps a reference of the pod's device, or a part of the kernel does not return
#   (moby/moby#5618, kubernetes/kubernetes#64743) | stuck: the device and its references, or the kernel's function; those
#   behind it wait
#
# The kernel cannot finish the teardown of a pod's netns: something keeps a reference of its device, as in
# https://github.com/moby/moby/issues/5618 and https://github.com/kubernetes/kubernetes/issues/64743; or a part of the
# kernel does not return from what it does at the end of a netns. The netns is stuck and the device, or the function, is
# named; those that wait behind it are told as waiting, and all are freed once it lets go. Each scenario's twin, without
# the hold, is freed at once.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

module=/mnt/netnsleak/build/hold/$(uname -r)/netnsleak_hold.ko
release() { rmmod netnsleak_hold; }

# device_pod NAME DEVICE makes a pod's netns with one device more
device_pod()
{
	netns_pod "$1"
	ip -n "$1" link add "$2" type dummy
}

# Once it is freed, its inode number is what is left of it.
declare -A inum
freed_event() { events ".event_name == \"netns.freed\" and .\"netns.inum\" == ${inum[$1]}"; }
freed() { await 60 1 ".event_name == \"netns.freed\" and .\"netns.inum\" == ${inum[$1]}"; }

# Before 5.13 the kernel says so after ten seconds: whether this case waits as long depends on the machine.
logs='["silent", "confirms"]' devices='[null, "held0"]'
! sysctl -q -w net.core.netdev_unregister_timeout_secs=1 2>/dev/null || { logs='["confirms"]'; devices='["held0"]'; }
device_pod held held0
device_pod twin held0
device_pod hung other0
ip netns add behind
for name in held twin hung behind; do
	inum[$name]=$(stat -L -c %i "/run/netns/$name")
done
pods "$(pod held)" "$(pod twin)" "$(pod hung)"
trace_start --stuck-after 3s

netns_pod_delete twin
freed twin
insmod "$module" device=held0
netns_pod_delete held
await 60 1 '.event_name == "netns.device_removed" and ."k8s.pod.name" == "held" and ."netns.device.name" == "held0"'
ip netns del behind
await 60 1 '.event_name == "netns.stuck"'
# It is off the kernel's list; what waits behind it is not, and says what it waits for.
netnsleak explain -o json --pods "file:$WORK/pods.json" "${inum[behind]}" >"$WORK/said" || fail "explain ended with $?"
# shellcheck disable=SC2016 # these are jq's
says '."netns.state" == "dying" and ."netns.teardown.function" == "default_device_exit_batch" and
	(."netns.teardown.logged_device" | IN($devices[]))' "$(cat "$WORK/said")" --argjson devices "$devices"
# Meanwhile others come and go, and what waits has been dying for longer than the threshold.
control "$(pod held)" "$(pod hung)"
release
freed held
freed behind
# shellcheck disable=SC2016 # these are jq's
says '."netns.state" == "cleanup" and ."netns.cause" == "teardown-stuck" and ."netns.teardown.queued_seconds" < 2 and ."netns.teardown.cleanup_seconds" >= 2.9 and
	."netns.teardown.waiting" == 1 and (."netns.teardown.kernel_log" | IN($logs[])) and
	."netns.teardown.function" == "default_device_exit_batch" and ."netns.device_count" == 0 and
	([."netns.blocked_by"[] | [.device, .kind, .references, .elsewhere]] == [["held0", "dummy", 1, null]])' \
	"$(events '.event_name == "netns.stuck" and ."k8s.pod.name" == "held"')" --argjson logs "$logs"
says '."netns.teardown.queued_seconds" < 2 and ."netns.teardown.cleanup_seconds" > 4' "$(freed_event held)"
says '."netns.teardown.queued_seconds" > 3.5' "$(freed_event behind)"
says '."netns.teardown.queued_seconds" < 3 and ."netns.teardown.cleanup_seconds" < 3' "$(freed_event twin)"

insmod "$module"
netns_pod_delete hung
await 60 1 '.event_name == "netns.stuck" and ."k8s.pod.name" == "hung"'
release
freed hung
says '."netns.state" == "cleanup" and ."netns.cause" == "teardown-stuck" and ."netns.teardown.function" == "netnsleak_hold_exit" and (has("netns.blocked_by") | not) and
	."netns.teardown.waiting" == 0 and ."netns.teardown.kernel_log" == "silent"' \
	"$(events '.event_name == "netns.stuck" and ."k8s.pod.name" == "hung"')"

trace_stop 1 netns.stuck held netns.stuck hung netns.leaked control
says '."trace.netns_dying" == 0 and ."trace.netns_queued" == 0 and ."trace.stuck" == 2' "$(events '.event_name == "trace.summary"')"
