# shellcheck shell=bash disable=SC2120
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the cases share; each sources it first. A case makes something really happen, with netnsleak watching, and
# asserts exactly what is said of it: trace_stop compares all findings of the session with those expected. What was said
# and recorded goes back to the host, where tests/vm/said-check holds each line against the schema, and replays the
# recording, which must give the same bytes: here both take ten times as long.
#
# A case ends with status 0, or says on stderr what was not as it should be.

set -euo pipefail

# Each netnsleak has no more than what it is granted where it is deployed.
PATH=/mnt/netnsleak/tests/vm/granted:$PATH
NODE=worker-1
CNI_CACHE=/var/lib/cni/results
CASE=${CASE:-$(basename "$0" .sh)}
WORK=$(mktemp -d)
TRACE=
GRACE=${GRACE:-2s}
# shellcheck disable=SC2034 # used by the cases
declare -A HELD=() OTHER=()

# clean_runtime takes all pods from the node. The runtime goes on for the next case, since it takes long to start, where
# nothing is left in it, and its network is the usual one.
clean_runtime()
{
	local id
	for id in $(cri list | sed -n 's/.*"id":"\([0-9a-f]*\)".*/\1/p'); do
		cri stop "$id" && cri rm "$id"
	done
	if [ -z "$(cri list || echo unknown)" ] && ! pgrep -f containerd-shim && containerd-up --usual; then
		touch /run/containerd/spare
	else
		containerd-down
	fi
}

# The next case in this guest begins with a node as this one did. Some of it fails where there is nothing to do.
clean_node()
{
	[ ! -e /run/containerd/containerd.pid ] || clean_runtime
	if [ -e /run/docker.pid ]; then
		docker ps -aq | xargs -r docker rm -f
		docker-down
	fi
	if [ -e /run/podman/podman.pid ]; then
		podman rm -af -t 0
		podman-down
	fi
	# One that was killed remembers its sandboxes, by name.
	if [ -n "$(ls /var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes)" ]; then
		rm -rf /var/lib/containerd
	fi
	pkill -KILL -f containerd-shim
	awk '$5 ~ "^/run/(containerd|debug-netns)/" {print $5}' /proc/self/mountinfo | xargs -r umount -l
	[ -e /run/containerd/spare ] || rm -rf /run/containerd /etc/cni/net.d/*
	rm -rf /run/debug-netns
	ip -all netns delete
	rm -f "$CNI_CACHE"/* /run/netns/*
	rm -rf /var/lib/cni/networks
}

cleanup()
{
	local status=$?
	[ -z "$TRACE" ] || kill -KILL "$TRACE" 2>/dev/null || :
	[ ${#HELD[@]} = 0 ] || kill -KILL "${HELD[@]}" 2>/dev/null || :
	# What a case that failed has left in a netns would be found in the next ones.
	jobs -p | xargs -r kill -KILL 2>/dev/null || :
	if [ $status != 0 ] && [ -e "$WORK/out" ]; then
		echo "--- findings and lifecycle:" >&2
		jq -c 'select(.event_name | test("^netns\\.(address|device)") | not) | [.event_name, .body]' "$WORK/out" |
			tail -n 40 >&2
		echo "--- stderr:" >&2
		tail -n 20 "$WORK/err" >&2
	fi
	if [ $status != 0 ] && [ -n "${OUT:-}" ] && [ -e "$WORK/out" ]; then
		mkdir -p "$OUT/failed/$CASE"
		cp "$WORK"/{out,record,err} "$OUT/failed/$CASE" 2>/dev/null || :
	fi
	(set +e; clean_node) >/dev/null 2>&1 || :
	return $status
}
trap cleanup EXIT

fail()
{
	echo "${0##*/}: $*" >&2
	exit 1
}

# --- pods as the API server would list them ---

# Each process that is started takes its time in an emulated guest: what is needed often is done without.

# pod NAME [IP [JQ]] prints one; JQ changes it
pod()
{
	local ip='' made
	[ -z "${2:-}" ] || ip=",\"podIP\":\"$2\",\"podIPs\":[{\"ip\":\"$2\"}]"
	made='{"apiVersion":"v1","kind":"Pod","metadata":{"name":"'$1'","namespace":"shop","uid":"uid-'$1'"},'
	made+='"spec":{"nodeName":"'$NODE'"},"status":{"phase":"Running"'$ip'}}'
	if [ -n "${3:-}" ]; then jq -c "$3" <<<"$made"; else echo "$made"; fi
}

# terminating POD prints it as it is once it is being deleted: long ago, so that no clock may start there
terminating()
{
	echo "${1/'"metadata":{'/'"metadata":{"deletionTimestamp":"2026-01-01T00:00:00Z",'}"
}

# pods [POD...] makes them the whole listing, as of now: with one that every cluster has, on another node
pods()
{
	local IFS=,
	set -- '{"kind":"Pod","metadata":{"name":"dns","namespace":"kube-system","uid":"uid-dns"},"spec":{"nodeName":"other"}}' "$@"
	printf '{"apiVersion":"v1","kind":"List","items":[%s]}\n' "$*" >"$WORK/pods.tmp"
	mv "$WORK/pods.tmp" "$WORK/pods.json"
}

# --- netns as a runtime makes them, without one ---

# cni_result NAME [IP] prints what libcni would remember of the pod's netns /run/netns/NAME
cni_result()
{
	local result='{"kind":"cniCacheV1","containerId":"container-@POD@","ifName":"eth0","networkName":"net",
		"cniArgs":[["IgnoreUnknown","1"],["K8S_POD_NAMESPACE","shop"],["K8S_POD_NAME","@POD@"],
		["K8S_POD_INFRA_CONTAINER_ID","container-@POD@"],["K8S_POD_UID","uid-@POD@"]],
		"result":{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","sandbox":"/run/netns/@POD@"}],
		"ips":[{"address":"@IP@/24","interface":0}]}}'
	result=${result//@POD@/$1}
	echo "${result//@IP@/${2:-10.9.0.2}}"
}

# cni_cache NAME [IP] leaves it where libcni does
cni_cache()
{
	mkdir -p "$CNI_CACHE"
	cni_result "$@" >"$WORK/cache.tmp"
	mv "$WORK/cache.tmp" "$CNI_CACHE/net-container-$1-eth0"
}

# netns_pod NAME [IP] makes a netns with an address, as the pod's
netns_pod()
{
	ip netns add "$1"
	ip -n "$1" link set lo up
	ip -n "$1" link add eth0 type dummy
	ip -n "$1" addr add "${2:-10.9.0.2}/24" dev eth0
	cni_cache "$@"
}

netns_pod_delete()
{
	rm "$CNI_CACHE/net-container-$1-eth0"
	ip netns del "$1"
}

# bare_pods NAME... makes for each a netns without a device, as the pod's, before anyone watches the cache
bare_pods()
{
	local name
	printf 'netns add %s\n' "$@" | ip -batch -
	mkdir -p "$CNI_CACHE"
	for name; do
		cni_result "$name" >"$CNI_CACHE/net-container-$name-eth0"
	done
}

# bare_pods_listed NAME... makes them the whole listing
bare_pods_listed()
{
	local name listed=()
	for name; do
		listed+=("$(pod "$name")")
	done
	pods "${listed[@]}"
}

# bare_pods_delete NAME... does what a runtime does to their netns, as far as it can
bare_pods_delete()
{
	local name
	for name; do
		rm "$CNI_CACHE/net-container-$name-eth0"
	done
	printf 'netns delete %s\n' "$@" | ip -batch -
}

# --- pods of a real runtime ---

# mounted_pod NAME makes one, and mounts its netns at a second place, as if for debugging: id, netns
mounted_pod()
{
	id=$(cri run --namespace shop --name "$1" --uid "uid-$1")
	netns=$(cri status "$id" | jq -r .netns)
	mkdir -p /run/debug-netns
	: >"/run/debug-netns/$id"
	mount --bind "$netns" "/run/debug-netns/$id"
}

# pod_mounted_by_cni NAME makes one whose netns a plugin mounts (cni-leave-mount): id. The runtime may not have read its
# changed configuration yet.
pod_mounted_by_cni()
{
	until pod_is_mounted "$1"; do
		sleep 1
	done
}

pod_is_mounted()
{
	id=$(cri run --namespace shop --name "$1" --uid "uid-$1")
	[ ! -e "/run/debug-netns/$id" ] || return 0
	cri stop "$id"
	cri rm "$id"
	return 1
}

# bound_by_cri POD prints what says so of it
bound_by_cri()
{
	echo ".event_name == \"netns.bound\" and .\"k8s.pod.name\" == \"$1\" and .\"netns.binding\" == \"cri\""
}

# --- what holds a netns (tests/pin.c) ---

# pinned NAME COMM WHAT [DEVICE [ADDRESS]] holds /run/netns/NAME: ${HELD[NAME]} is the process, ${OTHER[NAME]} its other thread or process
pinned()
{
	local numbers
	numbers=$(/mnt/netnsleak/build/tests/pin "$2" "/run/netns/$1" "${@:3}")
	[ -n "$numbers" ] || fail "cannot hold $1"
	read -r HELD["$1"] OTHER["$1"] <<<"$numbers"
}

# with_twin NAME COMM WHAT: NAME is held, NAME-ok was and is no more
with_twin()
{
	pinned "$1" "$2" "$3"
	pinned "$1-ok" "$2" "$3-"
}

# mntns PID prints the number of its mount namespace
mntns() { stat -L -c %i "/proc/$1/ns/mnt"; }

# held_as asserts that this, on stdin, is all that the findings say of holders: for each what its references are of and
# the cause, and then what was found, in any order:
#   cart: 2 = 1 nsproxies + 1 nsfs, 0 unexplained, 1 tasks, task-survives
#   cart: mount /run/netns/cart in 4026531840 node
#   cart: process 312 sleep cgroup /kubepods/poduid-cart
held_as()
{
	jq -r 'def and_if(f; text): if f then " " + text else "" end;
		select(.event_name | IN("netns.leaked", "netns.orphan", "netns.path_lost")) |
		. as $event | (."k8s.pod.name" // ."netns.path") as $name |
		[["nsproxies", "nsfs", "sockets", "proc_files"][] | {kind: ., count: $event["netns.held_by." + .]} | select(.count != 0)] as $parts |
		$name + ": \(."netns.references") = " + ([$parts[] | "\(.count) \(.kind)"] | join(" + ")) +
		", \(."netns.held_by.unexplained") unexplained" +
		and_if(."netns.held_by.nsfs_unexplained"; "(\(."netns.held_by.nsfs_unexplained") of nsfs)") + ", \(."netns.tasks") tasks, \(."netns.cause")" +
		and_if(([$parts[].count] | add) + ."netns.held_by.unexplained" != ."netns.references"; "WRONG SUM") +
		and_if(."netns.holder_count" != (."netns.holders" | length); "\(."netns.holder_count") HOLDERS"),
		(."netns.holders"[] | $name + ": " + .type +
			if .type == "mount" then " \(.path) in \(.mount_namespace)" +
				if .node then " node" elif .pid then " \(.pid) \(.comm)" else "" end +
				([("covered", "deleted", "detached") as $flag | and_if(.[$flag]; $flag)] | add)
			else " \(.pid) \(.comm)" end +
			and_if(.tid; "thread \(.tid)") + and_if(.fd; "fd \(.fd)") + and_if(.socket; .socket) +
			and_if(.cgroup; "cgroup " + .cgroup))' "$WORK/out" | sort >"$WORK/held"
	sed '/^$/d' | sort | diff - "$WORK/held" >&2 || fail "< expected, > said to hold"
}

# held_by_mounts NAME PATH CAUSE... asserts that each is held by what is mounted there on the node, and by nothing else,
# and that this is said to be why. (What is mounted in /run/netns is mounted once more below it, unless that is a mount of
# its own group.)
held_by_mounts()
{
	local node line
	node=$(mntns self)
	while [ $# != 0 ]; do
		echo "$1: 1 = 1 nsfs, 0 unexplained, 0 tasks, $3"
		while IFS= read -r line; do
			[[ $line != *" $2 "* ]] || echo "$1: mount $2 in $node node"
		done </proc/self/mountinfo
		shift 3
	done | held_as
}

# --- tracing ---

# What is traced with beside the listing.
SOURCES=(--pods cni)

# trace_start [OPTION...]
trace_start()
{
	[ -e "$WORK/pods.json" ] || pods
	rm -f "$WORK/ready"
	netnsleak trace -o json --output "$WORK/out" --pods "file:$WORK/pods.json" "${SOURCES[@]}" --node "$NODE" \
		--grace "$GRACE" --ready-file "$WORK/ready" --record "$WORK/record" --attach "${ATTACH:-auto}" \
		"$@" 2>"$WORK/err" &
	TRACE=$!
	for ((;;)); do
		[ ! -e "$WORK/ready" ] || return 0
		kill -0 $TRACE 2>/dev/null || fail "netnsleak ended: $(cat "$WORK/err")"
		sleep 0.1
	done
}

# events JQ [ARG...] prints the events that match
events()
{
	jq -c "select($1)" "$WORK/out"
}

# says JQ EVENT [ARG...] asserts it of the one event of that kind that there is; ARGs are jq's. from_iso turns a time of
# the output into seconds.
says()
{
	local jq=$1 event=$2
	shift 2
	[ "$(wc -l <<<"$event")" = 1 ] || fail "not one event: $event"
	jq -e "$@" 'def from_iso: (.[0:19] + "Z" | fromdate) + ("0" + .[19:-1] | tonumber); '"$jq" <<<"$event" >/dev/null ||
		fail "not so: $jq: $event"
}

# count JQ
count()
{
	events "$1" | wc -l
}

# await SECONDS COUNT JQ waits until so many events match
await()
{
	local end=$((SECONDS + $1))
	until [ "$(count "$3")" -ge "$2" ]; do
		kill -0 "$TRACE" 2>/dev/null || fail "netnsleak ended: $(cat "$WORK/err")"
		[ $SECONDS -lt $end ] || fail "after $1 s not $2, but $(count "$3") events with $3"
		sleep 0.2
	done
}

# await_leaked POD
await_leaked()
{
	await 60 1 ".event_name == \"netns.leaked\" and .\"k8s.pod.name\" == \"$1\""
}

# await_event SECONDS EVENT NAME... waits until that is said of each of these pods, and not twice
await_event()
{
	local seconds=$1 event=$2 names
	shift 2
	names=$(printf '"%s", ' "$@")
	await "$seconds" $# ".event_name == \"$event\" and (.\"k8s.pod.name\" | IN(${names%, }))"
	exactly $# ".event_name == \"$event\" and (.\"k8s.pod.name\" | IN(${names%, }))"
}

# exactly COUNT JQ
exactly()
{
	local found
	found=$(count "$2")
	[ "$found" = "$1" ] || fail "$found events, not $1, with $2"
}

# control [POD...] waits until the grace of all that was done before is over: by then a netns whose pod goes now is
# leaked. The pods stay listed. That this pod's netns is bound by its address shows that the listing was read. The
# second of a session is named control2.
CONTROLS=0
control()
{
	local name
	CONTROLS=$((CONTROLS + 1))
	name=control${CONTROLS#1}
	ip netns add "$name"
	ip -n "$name" link add eth0 type dummy
	ip -n "$name" addr add "10.9.9.$CONTROLS/24" dev eth0
	pods "$@" "$(pod "$name" "10.9.9.$CONTROLS")"
	await 30 1 ".event_name == \"netns.bound\" and .\"k8s.pod.name\" == \"$name\""
	pods "$@"
	await_leaked "$name"
}

# said_dir makes the next directory for what tests/vm/said-check reads: SAID
KEPT=0
said_dir()
{
	[ -n "${OUT:-}" ] || fail "no \$OUT: tests/vm/run without --out"
	KEPT=$((KEPT + 1))
	SAID=$OUT/said/$CASE/$KEPT
	mkdir -p "$SAID"
}

# keep_said STATUS keeps what the session said, and its recording; the replay must end with STATUS. NO_REPLAY: it cannot
# say the same.
keep_said()
{
	said_dir
	cp "$WORK/out" "$WORK/record" "$SAID"
	[ -n "${NO_REPLAY:-}" ] || echo "$1" >"$SAID/status"
}

# trace_stop STATUS [FINDING POD]... ends the session; these, in any order, must be all its findings
trace_stop()
{
	local status=0 expected=$1 findings
	shift
	kill -TERM "$TRACE"
	wait "$TRACE" || status=$?
	TRACE=
	[ $status = "$expected" ] || fail "netnsleak ended with $status, not $expected: $(cat "$WORK/err")"
	findings=$(jq -r 'select(.event_name | IN("netns.leaked", "netns.stuck", "netns.orphan", "netns.ip_conflict",
		"netns.contradicted", "netns.shared", "netns.host_used", "netns.path_lost")) | .event_name + " " + (."k8s.pod.name" // "-")' "$WORK/out" | sort)
	[ "$findings" = "$( [ $# = 0 ] || printf '%s %s\n' "$@" | sort)" ] ||
		fail "findings: $findings; expected: $*"
	exactly 1 '.event_name == "trace.summary"'
	keep_said "$expected"
}

# trace_stop_leaked NAME... these are leaked, and nothing else was found
trace_stop_leaked()
{
	local name findings=()
	for name; do
		findings+=(netns.leaked "$name")
	done
	trace_stop 1 "${findings[@]}"
}
