#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# scenario: preexisting | the netns was made before netnsleak started, its pod goes after | leaked: mount, from the
#   census
#
# The netns was made before netnsleak started; its pod goes after.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

netns_pod cart 10.9.0.7
pods "$(pod cart 10.9.0.7)"
trace_start
pods
await_leaked cart
event=$(events '.event_name == "netns.leaked"')
jq -e '."netns.preexisting" and ."netns.addresses" == ["10.9.0.7/24"] and ."netns.paths" == ["/run/netns/cart"] and
	(."netns.cause_evidence"[-1] | test("whether CNI DEL was called is not known"))' <<<"$event" >/dev/null || fail "$event"
held_by_mounts cart /run/netns/cart mount-left
trace_stop 1 netns.leaked cart
