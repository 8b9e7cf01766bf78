# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What the cases docker and podman share, for what one command line does, the other does. Each of its commands takes
# seconds in an emulated guest: what can be waited for together is.

# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

IMAGE=localhost/pause:1

# engine COMMAND... is docker or podman, without what it prints
engine() { "$ENGINE" "$@" >/dev/null; }

# run NAME [OPTION...] starts a container and prints its id
run() { "$ENGINE" run -d --name "$1" "${@:2}" $IMAGE; }

# remove CONTAINER..., without waiting for a process that ignores SIGTERM
remove()
{
	if [ "$ENGINE" = docker ]; then engine rm -f "$@"; else engine rm -f -t 0 "$@"; fi
}

# pin CONTAINER... keeps the netns of each by a mount, as a debugging script leaves one
pin()
{
	local path
	mkdir -p /run/debug-netns
	while read -r path; do
		touch "/run/debug-netns/$1"
		mount --bind "$path" "/run/debug-netns/$1"
		shift
	done < <("$ENGINE" inspect -f '{{.NetworkSettings.SandboxKey}}' "$@")
	[ $# = 0 ] || fail "no netns of $*"
}

# bound NAME...: a netns is bound to a run of one of these containers
bound()
{
	printf '.event_name == "netns.bound" and ."netns.binding" == "cri" and (."k8s.pod.name" | IN("%s"' "$1"
	shift
	[ $# = 0 ] || printf ', "%s"' "$@"
	echo '))'
}

# told EVENT NAME
told() { echo ".event_name == \"$1\" and .\"k8s.pod.name\" == \"$2\""; }

# Podman's service before 4.4 opens the netns of each container that it is asked about, and leaves it to its garbage
# collector to close it. Its containers need no service: away with it where a netns is to be freed.
service_away() { [ "$ENGINE" = docker ] || podman-down; }
service_back() { [ "$ENGINE" = docker ] || podman-up; }

# containers_case COMMAND NAMESPACE SOCKET, with a listing of Kubernetes' pods beside, which has none of the containers
containers_case()
{
	local cart web event source=$1:$3
	ENGINE=$1
	run early >/dev/null
	trace_start
	web=$(run web)
	run hosty --network host >/dev/null
	run owner >/dev/null
	run side --network container:owner >/dev/null
	cart=$(run cart)
	run loop >/dev/null
	await 60 5 "$(bound early web owner cart loop)"
	exactly 1 "$(bound web) and .\"k8s.namespace.name\" == \"$2\" and .\"container.id\" == \"$web\" and
		.\"netns.binding_source\" == \"$source\" and (.\"k8s.pod.uid\" | startswith(\"$web@\"))"

	# The netns of one outlives it. Another lives on, in another netns than the one that it left behind. And one is
	# stopped whose netns a third one runs in.
	pin cart loop
	remove cart
	engine restart -t 0 loop
	engine stop -t 0 owner
	await_leaked cart
	await_leaked loop
	event=$(events "$(told netns.leaked cart)")
	jq -e --arg id "$cart" --arg source "$source" --arg namespace "$2" --argjson grace "${GRACE%s}" '
		."netns.paths" == ["/run/debug-netns/cart"] and ."netns.references" == 1 and ."netns.tasks" == 0 and
		."container.id" == $id and ."netns.binding" == "cri" and ."netns.binding_source" == $source and
		."pod.gone_source" == $source and ."k8s.namespace.name" == $namespace and ."pod.gone_seconds" >= $grace and
		."pod.gone_seconds" < $grace + 30' <<<"$event" >/dev/null || fail "$event"
	await 60 2 "$(bound loop)"
	exactly 6 '.event_name == "netns.bound"'
	exactly 0 "$(told pod.gone owner)"

	# Freed at last: what was pinned, the netns of one that was simply removed, and that of the stopped one when the last
	# that ran in it has ended.
	service_away
	umount /run/debug-netns/cart /run/debug-netns/loop
	remove web side
	await 60 1 "$(told netns.recovered cart)"
	await 60 1 "$(told netns.recovered loop)"
	await 60 1 "$(told netns.freed web)"
	await 60 1 "$(told netns.freed owner)"
	service_back
	await 60 1 "$(told pod.gone web)"
	await 60 1 "$(told pod.gone owner)"
	trace_stop 1 netns.leaked cart netns.leaked loop
}
