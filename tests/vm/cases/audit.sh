#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# An audit of a node with one healthy pod of a real runtime finds nothing, by BPF, without it, and as a user without
# privilege, who is told what was not seen; then what belongs to the pod is broken, and each fault is found, and no other.
# kernels: 5.10 newest
# (More faults, without a runtime: tests/audit-check.)
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

# audit STATUS [OPTION...]
audit()
{
	local status=0 expected=$1
	shift
	"${AS[@]}" netnsleak audit -o json --node "$NODE" --grace 0 "$@" >"$WORK/audit" 2>"$WORK/err" || status=$?
	[ $status = "$expected" ] || fail "audit ended with $status, not $expected: $(cat "$WORK/err" "$WORK/audit")"
	said_dir
	cp "$WORK/audit" "$SAID/out"
}

# finds [CHECK NAME]...; notes are none
finds()
{
	local found expected
	found=$(jq -r 'select(.event_name == "audit.finding" and .severity_text != "INFO") |
		.["audit.check"] + " " + (.["k8s.pod.name"] // "-")' "$WORK/audit" | sort)
	expected=$([ $# = 0 ] || printf '%s %s\n' "$@" | sort)
	[ "$found" = "$expected" ] || fail "found: $found; not: $expected: $(cat "$WORK/audit" "$WORK/err")"
}

AS=(env)
echo 'nameserver 10.96.0.10' >/etc/resolv.conf
containerd-up
id=$(cri run --namespace shop --name web --uid uid-web)
ip=$(cri status "$id" | jq -r '.ips[0]')
pods "$(pod web "$ip")"
sources=(--pods "file:$WORK/pods.json" --pods cri --pods cni)

audit 0 "${sources[@]}"
finds
jq -es 'last | .event_name == "audit.summary" and .["survey.by"] == "bpf" and .["audit.matched"] == 1 and .["audit.netns"] == 2 and
	.["audit.incomplete"] == false and (has("survey.unseen") | not)' "$WORK/audit" >/dev/null || fail "$(cat "$WORK/audit")"

# One more, young: with it iproute2 binds /run/netns to itself, and each netns is mounted twice.
ip netns add gone
ip link add gone0 type veth peer name eth0 netns gone
audit 0 "${sources[@]}" --bpf never
finds
jq -es 'last | .["survey.by"] == "proc" and .["audit.matched"] == 1 and .["audit.netns"] == 3 and .["audit.incomplete"] == false' \
	"$WORK/audit" >/dev/null || fail "$(cat "$WORK/audit")"

# Who may not look does not accuse.
chmod 755 "$WORK"
AS=(setpriv --reuid 65534 --regid 65534 --clear-groups)
audit 3 --pods "file:$WORK/pods.json" --orphan-age 1ms
finds
grep -q 'not seen: .*the netns of some processes' "$WORK/err" || fail "$(cat "$WORK/err")"
AS=(env)

# What was looked into is not held: it goes when its last mount does.
ip netns del gone
wait-for 30 sh -c '! ip link show gone0 2>/dev/null'

# --- broken ---

netns=$(cri status "$id" | jq -r '.netns // empty')
[ -n "$netns" ] || netns=/run/netns/$(ip netns list | awk '{print $1; exit}')
name=${netns##*/}
ip -n "$name" addr flush dev eth0
: >"/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/$id/resolv.conf"
printf 'no-such-container\r\neth0' >/var/lib/cni/networks/netnsleak/10.88.0.200
netns_pod cart
pods "$(pod web "$ip")" "$(pod cart 10.9.0.2 '.status.phase = "Failed"')"
ip netns add nobody
touch /run/netns/plain
for bpf in auto never; do
	audit 1 "${sources[@]}" --bpf $bpf --orphan-age 1ms
	finds pod-no-address web resolv-conf web allocation-stale - pod-gone cart orphan - netns-file -
	event=$(jq -c 'select(.["audit.check"] == "pod-gone")' "$WORK/audit")
	says '.["netns.path"] == "/run/netns/cart" and .["netns.remedies"][0].command == "ip netns delete cart" and .["netns.remedies"][0].safe and
		(.["netns.holders"] | length) >= 1 and all(.["netns.holders"][]; .type == "mount" and .path == "/run/netns/cart" and .node)' "$event"
done
