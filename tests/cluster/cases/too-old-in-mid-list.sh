# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Between two pages of a listing, what it lists is compacted away: 410 Gone. Half a listing is none; it is read anew. Of a
# server without cache, which reads pages from etcd itself.
gate_start
other_server_start --watch-cache=false
gate_does "to $OTHER_API_PORT"
pods_create 600 >"$WORK/uids"
write_token "$(token_request)"
# In the middle of the first page.
echo "hold 100000" >&"${GATE[1]}"
source_start "$GATE_PORT"
gate_did "hold 100000"
# One of the first page, which was sent already, and one of the second.
for n in 10 590; do
	pod_delete "$(sed -n "${n}s/ .*//p" "$WORK/uids")"
done
compact
gate_does flow
while read -r name uid; do
	expect "$(pod_line "$name" "$uid" Pending '')"
done < <(sed '10d; 590d' "$WORK/uids")
expect "$(synced)"
source_stop
[ "$(requests | cut -d' ' -f 1,3 | xargs)" = "list 200 list 410 list 200 list 200 watch 200" ] || fail "the server was asked: $(requests)"
