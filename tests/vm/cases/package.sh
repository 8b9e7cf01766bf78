#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# image: containers
# kernels: newest
# The Debian package, installed where systemd is PID 1: its unit as it is hardened finds a leak, and not the twin that was
# freed; the journal has both with their priority, as JSON; installed anew it goes on where it was and repeats nothing; its
# removal ends it with a summary, and its purge leaves nothing behind.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

package=$(echo /mnt/netnsleak/build/netnsleak_*.deb)
program=/usr/sbin/netnsleak
ready=$WORK/ready

# unit PROPERTY prints it
unit() { systemctl show --value -p "$1" netnsleak; }

# journalled [OPTION...] prints what the service itself has written, from each of its runs: its lines alone
journalled() { journalctl -q _SYSTEMD_UNIT=netnsleak.service -o cat "$@" | grep '^{'; }

# await_ready waits for a session's first census
await_ready()
{
	wait-for 300 test -e "$ready" || fail "not ready: $(systemctl status netnsleak)"
	rm "$ready"
}

# await_journal COUNT JQ
await_journal()
{
	local end=$((SECONDS + 120)) found
	until found=$(journalled | jq -c "select($2)" | wc -l) && [ "$found" -ge "$1" ]; do
		[ "$(unit ActiveState)" = active ] || fail "the service ended: $(journalctl -q -u netnsleak | tail)"
		[ $SECONDS -lt $end ] || fail "not $1, but $found lines of the journal with $2: $(journalctl -q -u netnsleak | tail)"
		sleep 0.5
	done
}

# files lists what the root's disk has, but for what dpkg and systemd write of themselves, and all that is named as we are.
# Other packages' directories that the image lacks stay, once dpkg has made them.
files()
{
	find / -xdev \( -path /var/lib/dpkg -o -path /var/lib/systemd -o -path /var/log -o -path /root -o -path /var/lib/cni \
		-o -path /out \) -prune -o ! -type d -printf '%p %s\n'
	find /etc /usr /var -xdev -name '*netnsleak*'
}

# dpkg_says ARG...
dpkg_says() { dpkg --force-confnew "$@" >"$WORK/dpkg" 2>&1 || fail "dpkg $*: $(cat "$WORK/dpkg")"; }

systemd-up
[ "$(cat /proc/1/comm)" = systemd ] || fail "PID 1 is $(cat /proc/1/comm)"
# The image was made without documentation.
rm -f /etc/dpkg/dpkg.cfg.d/*
files | sort >"$WORK/before"

# --- installed, and left alone ---

dpkg_says --install "$package"
[ "$($program --version)" = "$(netnsleak --version)" ] || fail "another program is installed"
[ "$(zcat /usr/share/man/man8/netnsleak.8.gz | grep -c '^\.Sh NAME$')" = 1 ] || fail "no man page"
dpkg --verify netnsleak | grep . && fail "what is installed is not what is in it"
# Who installs it is to say which pods there are, before it runs.
[ "$(systemctl is-enabled netnsleak || :)" = disabled ] || fail "it enables itself"
[ "$(unit ActiveState)" = inactive ] || fail "it starts itself"

# --- a leak, and its twin that is freed ---

netns_pod cart
netns_pod well 10.9.0.3
pods "$(pod cart)" "$(pod well)"
echo "NETNSLEAK_OPTIONS=--node $NODE --pods file:$WORK/pods.json --pods cni --grace $GRACE --ready-file $ready" >/etc/default/netnsleak
systemctl enable --quiet --now netnsleak
await_ready
main=$(unit MainPID)
[ "$(readlink "/proc/$main/exe")" = $program ] || fail "it runs $(readlink "/proc/$main/exe")"
# A mount namespace of its own could be what holds a netns.
[ "$(mntns "$main")" = "$(mntns 1)" ] || fail "it has a mount namespace of its own"
# Of capabilities sys_admin, sys_ptrace, dac_read_search, syslog, perfmon and bpf at most.
read -r capabilities no_new_privileges seccomp < <(awk '/^(CapEff|NoNewPrivs|Seccomp):/ {printf "%s ", $2} END {print ""}' "/proc/$main/status")
[ $((0x$capabilities & ~0xc400280004)) = 0 ] || fail "it has more capabilities: $capabilities"
[ "$no_new_privileges $seccomp" = '1 2' ] || fail "no_new_privs $no_new_privileges, seccomp $seccomp"
[ -n "$(find "/proc/$main/fd" -lname /dev/kmsg)" ] || fail "it does not read the kernel's log"
netns_pod_delete well
rm "$CNI_CACHE/net-container-cart-eth0"
pods
await_journal 1 '.event_name == "netns.leaked"'
[ "$(journalled -p warning | jq -c '[.event_name, .severity_text, ."k8s.pod.name"]')" = '["netns.leaked","WARN","cart"]' ] ||
	fail "these are warnings: $(journalled -p warning)"
journalled >"$WORK/out"
{
	echo 'cart: 1 = 1 nsfs, 0 unexplained, 0 tasks, mount-left'
	grep -F ' /run/netns/cart ' /proc/self/mountinfo |
		sed "s|.*|cart: mount /run/netns/cart in $(mntns 1) node cgroup /init.scope|"
} | held_as
[ "$(journalctl -q _SYSTEMD_UNIT=netnsleak.service -o cat | grep -vc -e '^{' -e '^netnsleak: ' || :)" = 0 ] ||
	fail "neither JSON nor a message: $(journalctl -q _SYSTEMD_UNIT=netnsleak.service -o cat)"

# --- installed anew, which restarts it ---

dpkg_says --install "$package"
await_ready
[ ! -e "/proc/$main" ] || fail "the old program goes on"
main=$(unit MainPID)
# By the end of another's grace the first would have been told again.
netns_pod till 10.9.0.4
pods "$(pod till)"
wait-for 120 grep -q uid-till /var/lib/netnsleak/state.json
pods
await_journal 2 '.event_name == "netns.leaked"'

# --- removed while it runs, and purged ---

dpkg_says --remove netnsleak
[ ! -e "/proc/$main" ] || fail "it runs on"
journalctl --sync
journalled >"$WORK/out"
[ "$(jq -r 'select(.event_name | test("^netns|summary")) | .event_name + " " + (."k8s.pod.name" // "-")' "$WORK/out")" = 'netns.leaked cart
trace.summary -
netns.leaked till
trace.summary -' ] || fail "the journal has: $(cat "$WORK/out")"
[ "$(journalctl -q -p err -u netnsleak)" = '' ] || fail "errors: $(journalctl -q -p err -u netnsleak)"
[ "$(systemctl list-units --state failed --no-legend 'netnsleak*')" = '' ] || fail "systemd takes it for failed"
[ -s /var/lib/netnsleak/state.json ] || fail "its removal takes the state away"
dpkg_says --purge netnsleak
files | sort | diff "$WORK/before" - >"$WORK/left" || fail "what it leaves behind: $(cat "$WORK/left")"
NO_REPLAY=1
said_dir
cp "$WORK/out" "$SAID"
