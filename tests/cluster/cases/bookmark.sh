# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The node of this case is quiet while others are busy. A bookmark, once a minute, says how far the watch has come; it
# is where the next watch begins.
gate_start
only=$(pod_create only)
write_token "$(token_request)"
source_start "$GATE_PORT"
expect "$(pod_line only "$only" Pending '')" "$(synced)"
pod_create busy elsewhere >/dev/null
busy=$(revision)

# Another watch, which began later, gets its bookmark later.
exec {other}< <(exec curl -sN -m 120 --cacert "$CLUSTER_RUN/ca.crt" --cert "$CLUSTER_RUN/admin.crt" --key "$CLUSTER_RUN/admin.key" \
	"https://127.0.0.1:$API_PORT/api/v1/pods?watch=1&allowWatchBookmarks=true&timeoutSeconds=600&resourceVersion=$busy&fieldSelector=spec.nodeName%3Dnobody")
other_watch=$!
IFS= read -r -t 120 -u "$other" event || fail "the server sends no bookmarks"
kill "$other_watch"
bookmark=$(jq -r 'select(.type == "BOOKMARK").object.metadata.resourceVersion' <<<"$event")
[ "${bookmark:-0}" -ge "$busy" ] || fail "the server says: $event"
gate_does cut
cluster_until "$PATIENCE" was_asked "list watch watch" || fail "the server was asked: $(requests)"
last=$(requests | tail -n 1 | cut -d' ' -f 2)
[ "$last" -ge "$busy" ] || fail "after a change at $busy it watched from $last"
expect_deleted only "$only" Pending ''
source_stop
