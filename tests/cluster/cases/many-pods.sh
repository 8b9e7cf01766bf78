# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# More pods than one page of a listing has: all are told, once.
pods_create 600 >"$WORK/uids"
[ "$(wc -l <"$WORK/uids")" = 600 ] || fail "not all could be made"
write_token "$(token_request)"
source_start
while read -r name uid; do
	expect "$(pod_line "$name" "$uid" Pending '')"
done <"$WORK/uids"
expect "$(synced)"
source_stop
was_asked "list list watch" || fail "the server was asked: $(requests)"
