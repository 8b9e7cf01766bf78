#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# kernels: newest
# All that a sandbox can be to a runtime: there before netnsleak, made while it watches, on the host's network, stopped
# but not removed, without a process, there again after the runtime crashed. Nothing of it is a finding, and who else
# reads the runtime's events, as the kubelet may, gets them all.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

bound()
{
	echo ".event_name == \"netns.bound\" and .\"k8s.pod.name\" == \"$1\" and .\"netns.binding\" == \"cri\""
}

run() { cri run --namespace shop --name "$1" --uid "uid-$1" "${@:2}"; }

containerd-up
version=$(cri version)
# Events are kept for the first who asks. containerd 1.6 has none.
case $version in
"containerd 1.6."*) ;;
*) cri events >"$WORK/events" 2>/dev/null & ;;
esac
before=$(run before)
hosty=$(run hosty --host-network)
kept="$(pod before)"
pods "$kept" "$(pod hosty '' '.spec.hostNetwork = true')" "$(pod during)" "$(pod dead)"
SOURCES=(--pods cri)
trace_start
await 60 1 "$(bound before)"
during=$(run during)
dead=$(run dead)
await 60 1 "$(bound during)"
await 60 1 "$(bound dead)"

# Stopped, and kept for its logs.
cri stop "$during"
await 60 1 '.event_name == "netns.freed" and ."k8s.pod.name" == "during"'
# Without a process, with its netns.
kill -KILL "$(cri status "$dead" | jq .pid)"
for ((;;)); do
	[[ $(cri list | jq -r 'select(.name == "dead") | .state') != not-ready ]] || break
	sleep 0.2
done
# The API has only the first any more. One has no netns, of the other the runtime has not let go.
pods "$kept"
control "$kept"
exactly 0 '.event_name == "pod.gone" and ."k8s.pod.name" == "dead"'

# The runtime crashes, and finds them again.
containerd-down KILL
if [ -e "$WORK/events" ]; then
	{
		printf '%s created\n%s started\n' "$before" "$before" "$hosty" "$hosty" "$during" "$during" "$dead" "$dead"
		printf '%s stopped\n' "$during" "$dead"
	} | sort >"$WORK/expected"
	jq -r '"\(.container) \(.event)"' "$WORK/events" | sort | diff "$WORK/expected" - >&2 ||
		fail "another who reads the runtime's events does not get them all"
fi
await 60 1 '.event_name == "trace.source_down" and ."trace.source" == "cri"'
containerd-up
await 60 2 '.event_name == "trace.source_up" and ."trace.source" == "cri"'
after=$(run after)
pods "$kept" "$(pod after)"
await 60 1 "$(bound after)"
exactly 0 '.event_name == "pod.gone" and ."k8s.pod.name" == "dead"'

cri stop "$dead"
cri rm "$dead"
await 60 1 '.event_name == "netns.freed" and ."k8s.pod.name" == "dead"'
for id in "$during" "$hosty" "$before" "$after"; do
	cri stop "$id"
	cri rm "$id"
done
pods
for name in before after; do
	await 60 1 ".event_name == \"netns.freed\" and .\"k8s.pod.name\" == \"$name\""
done
for name in before during dead after; do
	exactly 1 "$(bound $name)"
	exactly 1 ".event_name == \"netns.freed\" and .\"k8s.pod.name\" == \"$name\""
done
exactly 0 '.event_name == "netns.bound" and ."k8s.pod.name" == "hosty"'
trace_stop 1 netns.leaked control
