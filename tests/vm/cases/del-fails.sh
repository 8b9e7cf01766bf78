#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: del-fails | CNI DEL fails | leaked: mount; cause: that DEL, its plugin and exit status
# scenario: missing | a plugin is there for CNI ADD, and none for DEL | leaked: mount; cause: DEL was never called
#
# Three pods of a real runtime. Of one, CNI DEL goes well; of one, the plugin fails; of one, there is no plugin any more,
# so that the runtime can call nothing. Each call is told with what it was about and how it ended, and each leak with
# the cause that this is.
# shellcheck disable=SC2016 # jq's variables
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

# A script that stands for the plugin, as operators put them there: it goes over to the plugin, but where a DEL is to fail.
plugins=/usr/lib/cni
wrap()
{
	mv $plugins/bridge $plugins/bridge.real
	cat >$plugins/bridge <<-'END'
		#!/bin/sh
		if [ "$CNI_COMMAND" = DEL ] && [ -e /run/del-fails ]; then
			echo '{"cniVersion":"1.0.0","code":11,"msg":"try again later"}'
			exit 3
		fi
		exec /usr/lib/cni/bridge.real
	END
	chmod +x $plugins/bridge
}
unwrap() { mv $plugins/bridge.real $plugins/bridge; }

# made POD sets $id and $path
made()
{
	id=$(cri run --namespace shop --name "$1" --uid "uid-$1")
	[[ $(cri status "$id") =~ \"netns\":[[:space:]]*\"(/var)?([^\"]*) ]] || fail "the runtime does not say where the netns of $1 is"
	path=${BASH_REMATCH[2]}
}

# calls POD: each of bridge, as "COMMAND event status netns", in order
calls()
{
	jq -r --arg pod "$1" 'select(."cni.plugin" == "bridge" and ."k8s.pod.name" == $pod) |
		"\(."cni.command") \(.event_name) \(."cni.exit_status") \(."cni.netns_found")"' "$WORK/out" | xargs
}

containerd-up
wrap
pods "$(pod well)" "$(pod fails)" "$(pod missing)"
trace_start --state "$WORK/state"

made well
cri stop "$id"
cri rm "$id"
made fails
fails=$id fails_path=$path
made missing
missing=$id missing_path=$path
touch /run/del-fails
! cri stop "$fails" 2>"$WORK/refusal" || fail "the runtime did not mind that CNI DEL failed"
rm /run/del-fails
mv $plugins/bridge $plugins/bridge.away
! cri stop "$missing" 2>>"$WORK/refusal" || fail "the runtime did not mind that there is no plugin"
mv $plugins/bridge.away $plugins/bridge
pods
await_leaked fails
await_leaked missing

# Exactly these calls. When a sandbox is removed that was stopped, containerd calls DEL once more, without a netns.
[ "$(calls well)" = "ADD cni.called 0 netns DEL cni.called 0 netns DEL cni.called 0 unnamed" ] || fail "of well: $(calls well)"
[ "$(calls fails)" = "ADD cni.called 0 netns DEL cni.failed 3 netns" ] || fail "of fails: $(calls fails)"
[ "$(calls missing)" = "ADD cni.called 0 netns" ] || fail "of missing: $(calls missing)"
says '."cni.failed_plugin" == "bridge" and ."cni.ifname" == "eth0" and ."container.id" == $id and ."cni.netns_found" == "netns" and
	."k8s.namespace.name" == "shop" and ."k8s.pod.uid" == "uid-fails" and ."cni.netns_inum" == ."netns.inum" and
	(."cni.netns_path" | test("/netns/cni-")) and (."cni.parent.comm" | startswith("containerd")) and ."cni.duration_seconds" > 0' \
	"$(events '.event_name == "cni.failed"')" --arg id "$fails"

# An ADD says whose the netns is, as it runs.
exactly 3 '.event_name == "netns.bound" and ."netns.binding" == "cni" and ."netns.binding_source" == "cni calls"'
exactly 1 '.event_name == "netns.freed" and ."k8s.pod.name" == "well"'

held_by_mounts fails "$fails_path" cni-del-failed missing "$missing_path" cni-del-never-called
exactly 1 '."k8s.pod.name" == "fails" and (.body | test(": mount /run/netns/cni-[^ ]*( \\(2 times\\))?; cause: CNI DEL of plugin bridge for eth0 exited with status 3 after "))'

# One who did not see the calls knows it from the state file.
wait-for 20 grep -q cni-del-failed "$WORK/state"
netnsleak explain --pods "file:$WORK/pods.json" --pods cni --grace 1s --node "$NODE" --state "$WORK/state" fails >"$WORK/explained" ||
	[ $? = 1 ] || fail "explain ended with $?"
grep -qE '^cause       cni-del-failed: CNI DEL of plugin bridge for eth0 exited with status 3 after ' "$WORK/explained" ||
	fail "explain: $(cat "$WORK/explained")"

# The runtime is asked again, as the kubelet does, and now all goes well.
cri stop "$fails"
cri stop "$missing"
await 60 2 '.event_name == "netns.recovered"'
exactly 2 '.event_name == "cni.called" and ."cni.command" == "DEL" and ."cni.plugin" == "bridge" and (."k8s.pod.name" | IN("fails", "missing"))'
unwrap
trace_stop 1 netns.leaked fails netns.leaked missing
