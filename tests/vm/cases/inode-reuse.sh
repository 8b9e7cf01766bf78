#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: inode-reuse | a new netns gets the inode number of a freed one | two identities, no finding
#
# A new netns gets the inode number of a freed one: two identities, and the dead pod's binding does not pass on.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

pods "$(pod cart)"
trace_start
netns_pod cart
await 30 1 '.event_name == "netns.bound" and ."k8s.pod.name" == "cart"'
inum=$(stat -Lc %i /run/netns/cart)
# DEL was never called: the cache file of the freed netns stays.
ip netns del cart
await 30 1 '.event_name == "netns.freed" and ."k8s.pod.name" == "cart"'
made=0
until ip netns add heir && [ "$(stat -Lc %i /run/netns/heir)" = "$inum" ]; do
	ip netns del heir
	made=$((made + 1))
	[ $made -lt 200 ] || fail "the inode number $inum did not come again in 200 tries"
done
pods
touch "$CNI_CACHE/net-container-cart-eth0"
control
events ".event_name == \"netns.created\" and .\"netns.inum\" == $inum" >"$WORK/same"
[ "$(wc -l <"$WORK/same")" -ge 2 ] || fail "not two netns with inode number $inum"
[ "$(jq -r '."netns.id"' "$WORK/same" | sort | uniq -d)" = "" ] || fail "one identity twice: $(cat "$WORK/same")"
exactly 1 '.event_name == "netns.bound" and ."k8s.pod.name" == "cart"'
trace_stop 1 netns.leaked control
