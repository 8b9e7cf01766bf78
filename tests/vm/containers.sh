# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the cases docker and podman share, for what one command line does, the other does.

# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

IMAGE=localhost/pause:1

# pin CONTAINER keeps its netns by a mount, as a debugging script leaves one
pin()
{
	mkdir -p /run/debug-netns
	touch "/run/debug-netns/$1"
	mount --bind "$("$ENGINE" inspect -f '{{.NetworkSettings.SandboxKey}}' "$1")" "/run/debug-netns/$1"
}

# bound NAME: a netns is bound to a run of this container
bound() { echo ".event_name == \"netns.bound\" and .\"k8s.pod.name\" == \"$1\" and .\"netns.binding\" == \"cri\""; }

# Podman's service before 4.4 opens the netns of each container that it is asked about, and leaves it to its garbage
# collector to close it. Its containers need no service: away with it where a netns is to be freed.
service_away() { [ "$ENGINE" = docker ] || podman-down; }
service_back() { [ "$ENGINE" = docker ] || podman-up; }

# remove CONTAINER, which does not wait for a process that ignores SIGTERM
remove()
{
	"$ENGINE" kill "$1" >/dev/null
	"$ENGINE" rm -f "$1" >/dev/null
}

# containers_case COMMAND NAMESPACE SOCKET, with a listing of Kubernetes' pods beside, which has none of the containers
containers_case()
{
	local id event source=$1:$3
	ENGINE=$1
	"$ENGINE" run -d --name early $IMAGE >/dev/null
	trace_start --pods "$source"
	await 60 1 "$(bound early)"

	# Made and removed: freed, and nothing to find.
	id=$("$ENGINE" run -d --name web $IMAGE)
	await 60 1 "$(bound web) and .\"k8s.namespace.name\" == \"$2\" and .\"container.id\" == \"$id\" and
		.\"netns.binding_source\" == \"$source\" and (.\"k8s.pod.uid\" | startswith(\"$id@\"))"
	service_away
	remove web
	await 60 1 '.event_name == "netns.freed" and ."k8s.pod.name" == "web"'
	service_back
	await 60 1 '.event_name == "pod.gone" and ."k8s.pod.name" == "web"'

	# On the host's network: nothing to bind. In another's netns: that one's, though it was stopped.
	"$ENGINE" run -d --name hosty --network host $IMAGE >/dev/null
	"$ENGINE" run -d --name owner $IMAGE >/dev/null
	"$ENGINE" run -d --name side --network container:owner $IMAGE >/dev/null
	await 60 1 "$(bound owner)"
	"$ENGINE" stop -t 0 owner >/dev/null

	# Its netns outlives it.
	id=$("$ENGINE" run -d --name cart $IMAGE)
	await 60 1 "$(bound cart)"
	pin cart
	remove cart
	await_leaked cart
	event=$(events '.event_name == "netns.leaked"')
	jq -e --arg id "$id" --arg source "$source" --arg namespace "$2" --argjson grace "${GRACE%s}" '
		."netns.paths" == ["/run/debug-netns/cart"] and ."netns.references" == 1 and ."netns.tasks" == 0 and
		."container.id" == $id and ."netns.binding" == "cri" and ."netns.binding_source" == $source and
		."pod.gone_source" == $source and ."k8s.namespace.name" == $namespace and ."pod.gone_seconds" >= $grace and
		."pod.gone_seconds" < $grace + 30' <<<"$event" >/dev/null || fail "$event"

	# The container lives on, in another netns than the one that it left behind.
	"$ENGINE" run -d --name loop $IMAGE >/dev/null
	await 60 1 "$(bound loop)"
	pin loop
	"$ENGINE" restart -t 0 loop >/dev/null
	await 60 2 "$(bound loop)"
	await_leaked loop
	exactly 2 "$(bound loop)"
	exactly 1 "$(bound owner)"
	exactly 0 '.event_name == "pod.gone" and ."k8s.pod.name" == "owner"'
	exactly 0 '.event_name == "netns.bound" and (."k8s.pod.name" | IN("side", "hosty"))'

	service_away
	umount /run/debug-netns/cart /run/debug-netns/loop
	await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "cart"'
	await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "loop"'
	# The last that runs in it ends.
	remove side
	await 60 1 '.event_name == "netns.freed" and ."k8s.pod.name" == "owner"'
	service_back
	await 60 1 '.event_name == "pod.gone" and ."k8s.pod.name" == "owner"'
	trace_stop 1 netns.leaked cart netns.leaked loop
}
