# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What the watch wants to go on from has been compacted away in etcd: 410 Gone. The pods are listed anew, without anybody
# seeming gone who is not. Of a server without cache, which asks etcd itself.
gate_start
other_server_start --watch-cache=false
gate_does "to $OTHER_API_PORT"
gone=$(pod_create gone)
kept=$(pod_create kept)
write_token "$(token_request)"
source_start "$GATE_PORT"
expect "$(pod_line gone "$gone" Pending '')" "$(pod_line kept "$kept" Pending '')" "$(synced)"
gate_does hold
pod_delete gone
new=$(pod_create new)
compact
gate_does cut
expect "$(syncing)" "$(pod_line kept "$kept" Pending '')" "$(pod_line new "$new" Pending '')" "$(synced)"
expect_deleted kept "$kept" Pending ''
source_stop
was_asked "list watch watch list watch" || fail "the server was asked: $(requests)"
