#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The netns was made before netnsleak started; its pod goes after.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

netns_pod cart 10.9.0.7
pods "$(pod cart 10.9.0.7)"
trace_start
pods
await_leaked cart
event=$(events '.event_name == "netns.leaked"')
jq -e '."netns.preexisting" and ."netns.addresses" == ["10.9.0.7/24"] and ."netns.paths" == ["/run/netns/cart"]' <<<"$event" >/dev/null || fail "$event"
trace_stop 1 netns.leaked cart
