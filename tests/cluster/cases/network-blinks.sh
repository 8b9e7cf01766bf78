# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A connection that is cut off: the watch goes on where it was, nothing is listed again, nothing is missed.
gate_start
kept=$(pod_create kept)
gone=$(pod_create gone)
write_token "$(token_request)"
source_start "$GATE_PORT"
expect "$(pod_line gone "$gone" Pending '')" "$(pod_line kept "$kept" Pending '')" "$(synced)"
gate_does hold
before=$(now)
pod_delete gone
new=$(pod_create new)
gate_does cut
expect "$(pod_line gone "$gone" Pending '' 0 1)"
expect_gone "$gone" "$before"
expect "$(pod_line new "$new" Pending '')"
source_stop
was_asked "list watch watch" || fail "the server was asked: $(requests)"
