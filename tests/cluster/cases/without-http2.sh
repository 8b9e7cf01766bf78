# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A server, or what stands before it, that has HTTP/1.1 alone: a connection for the watch, and all as with HTTP/2.
other_server_start --disable-http2-serving
server=https://127.0.0.1:$OTHER_API_PORT
first=$(pod_create first)
write_token "$(token_request)"
"$NETNSLEAK" doctor --color never --pods "kube:server=$server,ca=$CLUSTER_RUN/ca.crt,token=$WORK/token,node=$TEST" >"$WORK/doctor" 2>&1 || :
grep -qF "$server, Kubernetes $(cluster_version), HTTP/1.1: 1 pod of $TEST; says which are gone" "$WORK/doctor" ||
	fail "doctor says: $(grep -A1 '^  .*kube:' "$WORK/doctor")"
source_start "$OTHER_API_PORT"
expect "$(pod_line first "$first" Pending '')" "$(synced)"
second=$(pod_create second)
expect "$(pod_line second "$second" Pending '')"
expect_deleted second "$second" Pending ''
source_stop
