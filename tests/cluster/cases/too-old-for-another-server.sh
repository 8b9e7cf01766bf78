# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The watch goes on at another server, which has started later and does not know of times before: 410 Gone.
gate_start
gone=$(pod_create gone)
kept=$(pod_create kept)
write_token "$(token_request)"
source_start "$GATE_PORT"
expect "$(pod_line gone "$gone" Pending '')" "$(pod_line kept "$kept" Pending '')" "$(synced)"
gate_does hold
pod_delete gone
new=$(pod_create new)
other_server_start
gate_does "to $OTHER_API_PORT"
gate_does cut
expect "$(syncing)" "$(pod_line kept "$kept" Pending '')" "$(pod_line new "$new" Pending '')" "$(synced)"
expect_deleted kept "$kept" Pending ''
source_stop
was_asked "list watch watch list watch" || fail "the server was asked: $(requests)"
