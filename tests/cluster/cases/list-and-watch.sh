# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What is there is listed, what happens is watched: a pod's whole life, and one that is deleted by force at once.
first=$(pod_create first)
pod_status first Running 10.1.0.1 fd00:1::1
host=$(pod_create host "$TEST" '{"hostNetwork": true}')
write_token "$(token_request)"
source_start
expect "$(pod_line first "$first" Running 10.1.0.1,fd00:1::1)" "$(pod_line host "$host" Pending '' 1)" "$(synced)"

second=$(pod_create second)
expect "$(pod_line second "$second" Pending '')"
pod_status second Running 10.1.0.2
expect "$(pod_line second "$second" Running 10.1.0.2)"
# The kubelet ends the containers now; until it says that it has, the pod is there.
pod_delete second 30
expect "$(pod_line second "$second" Running 10.1.0.2 0 1)"
expect_deleted second "$second" Running 10.1.0.2
# Without waiting for anyone.
expect_deleted first "$first" Running 10.1.0.1,fd00:1::1
# The same name again is another pod.
again=$(pod_create first)
expect "$(pod_line first "$again" Pending '')"
pod_status first Succeeded 10.1.0.1
expect "$(pod_line first "$again" Succeeded 10.1.0.1)"
source_stop
[ "$(requests | cut -d' ' -f 1,3,4)" = "$(printf '%s 200 system:serviceaccount:netnsleak:netnsleak\n' list watch)" ] ||
	fail "the server was asked: $(requests)"
