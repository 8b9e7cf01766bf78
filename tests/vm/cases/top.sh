#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# kernels: newest
#
# A leak that appears while `netnsleak top` is looked at, on a terminal of script(1): its row, what explain says of it, and
# how it ends. What a screen looks like to the last column is tested with recordings, by tests/top-check.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

# press BYTES: as a terminal sends keys
press() { printf '%b' "$1" >&7; }
draw_all() { press '\014'; }

# seen REGEX waits until the terminal was sent this. Only what differs is drawn, so it is asked to draw all anew.
seen()
{
	local end=$((SECONDS + 60))
	until grep -qaE -- "$1" "$WORK/screen"; do
		draw_all
		kill -0 $SCRIPT 2>/dev/null || fail "top ended: $(tail -c 4000 "$WORK/screen" | cat -v)"
		[ $SECONDS -lt $end ] || fail "not on the screen: $1: $(tail -c 4000 "$WORK/screen" | cat -v)"
		sleep 0.5
	done
}

netns_pod cart 10.9.0.2
netns_pod till 10.9.0.3
netns_pod web 10.9.0.4
nsenter --net=/run/netns/till sleep 1000 &
pods "$(pod cart)" "$(pod till)" "$(pod web)"
mkfifo "$WORK/keys"
cat >"$WORK/session" <<SESSION
stty rows 24 cols 160
export TERM=xterm LC_ALL=C.UTF-8
exec netnsleak top --pods file:$WORK/pods.json --pods cni --node $NODE --grace $GRACE --record $WORK/record 2>$WORK/err
SESSION
script -qefc "bash $WORK/session" "$WORK/screen" <"$WORK/keys" >/dev/null &
SCRIPT=$!
exec 7>"$WORK/keys"

seen 'in use +[0-9.>ms]+ +shop/cart'
seen '2 of 2 sources up'
pods "$(pod web)"
rm "$CNI_CACHE"/net-container-{cart,till}-eth0
seen '2 leaked'
# Within one piece, as nothing in it is drawn apart: the first row is selected, of the other the state alone is coloured.
seen 'leaked +[0-9.ms]+ +[0-9.>ms]+ +shop/cart +cart +10\.9\.0\.2 [^[:cntrl:]]* mount /run/netns/cart[^[:cntrl:]]* mount-left'
seen 'shop/till +till +10\.9\.0\.3 [^[:cntrl:]]*sleep \(pid [0-9]+\)[^[:cntrl:]]* task-survives'
press '\r'
seen 'verdict     leaked: its pod has been gone for [0-9.ms]+'
seen 'devices     lo '
seen 'references  1 = 1 of its file \+ 0 unexplained'
seen 'held by     mount /run/netns/cart'
seen 'to free it  '
press 'q'
# It is let go of, which a line below says for a while.
ip netns del cart
seen 'freed: netns cart of pod shop/cart'
press 'q'
status=0
wait $SCRIPT || status=$?
[ $status = 1 ] || fail "status $status, not 1: $(cat "$WORK/err")"
[ "$(tail -c 4000 "$WORK/screen" | grep -caF $'\033[?1049l')" = 1 ] || fail "the terminal is not given back"
