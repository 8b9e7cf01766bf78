#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: cni-debug-mount | a plugin bind-mounts the netns of a pod, and the pod goes | leaked: mount, its path, on
#   the node
#
# A CNI plugin bind-mounts the pod's netns for debugging and forgets it; the pod of a real runtime goes.
# shellcheck disable=SC2016 # jq's variables
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

containerd-up
cni-leave-mount
pods "$(pod cart)"
trace_start --metrics "unix:$WORK/metrics"
pod_mounted_by_cni cart
ip=$(cri status "$id" | jq -r '.ips[0]')
cri stop "$id"
cri rm "$id"
pods
await_leaked cart
event=$(events '.event_name == "netns.leaked"')
jq -e --arg path "/run/debug-netns/$id" --arg id "$id" --arg ip "$ip" '
	."netns.paths" == [$path] and ."netns.path" == $path and
	."netns.binding" == "cni" and ."container.id" == $id and ."pod.gone_seconds" >= 2 and
	."k8s.namespace.name" == "shop" and ."k8s.pod.uid" == "uid-cart"' <<<"$event" >/dev/null || fail "$event"
# CNI DEL took the address with the device: what is left is the bare netns.
jq -e '(."netns.addresses" // []) == []' <<<"$event" >/dev/null || fail "$event"
held_by_mounts cart "/run/debug-netns/$id" mount-extra
exactly 1 ".event_name == \"netns.address_added\" and .\"netns.address.ip\" == \"$ip\""
# The runtime did all that it has to, by a script too: the mount is another's.
says '."netns.cause_evidence"[0] ==
	"mount " + $path + " is not the runtime\u0027s: something else has made it" and
	(."netns.cause_evidence"[1] | test("^CNI DEL of plugin (bridge|debug-mount) for eth0 ended well after "))' "$event" \
	--arg path "/run/debug-netns/$id"
# What Prometheus is told meanwhile, and a probe.
scrape()
{
	curl -sS -m 60 --unix-socket "$WORK/metrics" "http://localhost/$1"
}
scrape metrics >"$WORK/measured"
for line in 'netnsleak_ready 1' 'netnsleak_resyncing 0' 'netnsleak_netns{state="referenced"} 2' 'netnsleak_netns_bound 1' \
	'netnsleak_findings{finding="leaked"} 1' 'netnsleak_findings_reported_total{finding="leaked"} 1' \
	'netnsleak_finding_causes_total{cause="mount-extra"} 1' 'netnsleak_references_unexplained 0' \
	'netnsleak_pod_source_up{source="cni:/var/lib/cni"} 1' 'netnsleak_kernel_records_lost_total 0'; do
	grep -qxF "$line" "$WORK/measured" || fail "not measured: $line: $(cat "$WORK/measured")"
done
[ "$(scrape readyz) $(scrape healthz)" = "ready healthy" ] || fail "$(scrape readyz) $(scrape healthz)"
umount "/run/debug-netns/$id"
await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "cart"'
trace_stop 1 netns.leaked cart
[ ! -e "$WORK/metrics" ] || fail "the socket of --metrics is left behind"
