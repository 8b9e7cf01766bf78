# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A network that is away for longer: down, nobody is gone; then the pods are listed again.
gate_start
kept=$(pod_create kept)
gone=$(pod_create gone)
write_token "$(token_request)"
source_start "$GATE_PORT"
expect "$(pod_line gone "$gone" Pending '')" "$(pod_line kept "$kept" Pending '')" "$(synced)"
gate_does close
expect "$(refused)"
pod_delete gone
new=$(pod_create new)
gate_does open
expect_back "$(pod_line kept "$kept" Pending '')" "$(pod_line new "$new" Pending '')"
expect_deleted kept "$kept" Pending ''
source_stop
was_asked "list watch list watch" || fail "the server was asked: $(requests)"
