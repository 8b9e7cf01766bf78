#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# kernels: newest
# What netnsleak reads of a runtime's sandboxes is what two others read, field by field: containerd's own tool from its
# database, and, where it could be built, a program with Kubernetes' own definition of CRI from the same socket.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

socket=/run/containerd/containerd.sock

# told: sandboxes as ID|NAMESPACE|NAME|UID|PATH|IPS become the lines of tests/source_events
told()
{
	local id namespace name uid path ips
	while IFS='|' read -r id namespace name uid path ips; do
		# On the host's network: none to tell of.
		[ -n "$path" ] || continue
		echo "binding $id evidence=cri pod=$namespace/$name uid=$uid container=$id path=$path" \
			"inum=$(stat -L -c %i "$path") ips=$ips"
	done | sort
}

of_database()
{
	local id
	for id in $(ctr -n k8s.io containers ls -q 'labels."io.cri-containerd.kind"==sandbox'); do
		ctr -n k8s.io containers info "$id"
	done | jq -r '.Extensions["io.cri-containerd.sandbox.metadata"].value | @base64d | fromjson | .Metadata |
		[.ID, .Config.metadata.namespace, .Config.metadata.name, .Config.metadata.uid, .NetNSPath,
		([.IP] + (.AdditionalIPs // []) | join(","))] | join("|")' | told
}

of_cri()
{
	cri-oracle $socket | jq -r '[.id, .metadata.namespace, .metadata.name, .metadata.uid,
		([.info.runtimeSpec.linux.namespaces[] | select(.type == "network").path] | .[0] // ""),
		([.network.ip] + [(.network.additional_ips // [])[].ip] | join(","))] | join("|")' | told
}

of_netnsleak()
{
	local reader
	/mnt/netnsleak/build/tests/source_events cri >"$WORK/told" &
	reader=$!
	wait-for 60 grep -q "^synced" "$WORK/told"
	kill $reader
	wait $reader
	grep '^binding' "$WORK/told" | sort
}

containerd-up
pods "$(pod early)" "$(pod late)" "$(pod dead)" "$(pod hosty '' '.spec.hostNetwork = true')"
cri run --namespace shop --name early --uid uid-early >"$WORK/ids"
cri run --namespace shop --name hosty --uid uid-hosty --host-network >"$WORK/hosty"
SOURCES=(--pods cri)
trace_start
for name in late dead; do
	cri run --namespace shop --name $name --uid uid-$name >>"$WORK/ids"
done
await 60 3 '.event_name == "netns.bound" and ."netns.binding" == "cri"'
# One without a process is as before to all of them.
kill -KILL "$(cri status "$(tail -n 1 "$WORK/ids")" | jq .pid)"

ours=$(of_netnsleak)
[ "$(wc -l <<<"$ours")" = 3 ] || fail "netnsleak reads: $ours"
database=$(of_database)
[ "$ours" = "$database" ] || fail "netnsleak reads: $ours; the runtime's database: $database"
if command -v cri-oracle >/dev/null; then
	cri=$(of_cri)
	[ "$ours" = "$cri" ] || fail "netnsleak reads: $ours; CRI: $cri"
else
	echo "without a program that has Kubernetes' own definition of CRI" >&2
fi

# The same in what is told of the netns, to their ends.
echo "$database" >"$WORK/database"
while read -r id; do
	cri stop "$id"
	cri rm "$id"
done < <(cat "$WORK/ids" "$WORK/hosty")
await 60 3 '.event_name == "netns.freed"'
for event in bound freed; do
	said=$(events ".event_name == \"netns.$event\" and .\"netns.binding\" == \"cri\"" | jq -r '"binding \(."container.id") evidence=\(."netns.binding") " +
		"pod=\(."k8s.namespace.name")/\(."k8s.pod.name") uid=\(."k8s.pod.uid") container=\(."container.id") " +
		"inum=\(."netns.inum")"' | sort)
	[ "$said" = "$(sed -E 's/ (path|ips)=[^ ]*//g' "$WORK/database")" ] || fail "netns.$event: $said; database: $database"
done
said=$(events '.event_name == "netns.freed"' | jq -r '."k8s.pod.ips" | join(",")' | sort)
[ "$said" = "$(sed 's/.* ips=//' "$WORK/database" | sort)" ] || fail "addresses: $said; database: $database"
trace_stop 0
