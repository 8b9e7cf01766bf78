# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The token is over and there is no other one: down, nobody is gone; with a new one all is listed again.
gate_start
gone=$(pod_create gone)
kept=$(pod_create kept)
token=$(token_for 15)
write_token "$token"
source_start "$GATE_PORT"
expect "$(pod_line gone "$gone" Pending '')" "$(pod_line kept "$kept" Pending '')" "$(synced)"
cluster_until "$PATIENCE" token_is_refused "$token" || fail "the token does not end"
gate_does cut
expect "$(unauthorized)"
pod_delete gone
write_token "$(token_request)"
expect_back "$(pod_line kept "$kept" Pending '')"
expect_deleted kept "$kept" Pending ''
source_stop
