# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The token is over, and the kubelet has written the next one: nobody needs to notice.
gate_start
only=$(pod_create only)
token=$(token_for 15)
write_token "$token"
source_start "$GATE_PORT"
expect "$(pod_line only "$only" Pending '')" "$(synced)"
cluster_until "$PATIENCE" token_is_refused "$token" || fail "the token does not end"
write_token "$(token_request)"
gate_does cut
cluster_until "$PATIENCE" was_asked "list watch watch" || fail "the server was asked: $(requests)"
expect_deleted only "$only" Pending ''
source_stop
[ "$(requests | cut -d' ' -f 3 | xargs)" = "200 200 200" ] || fail "it asked with the old token: $(requests)"
