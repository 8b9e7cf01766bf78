# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The server goes away in mid-watch and comes back; meanwhile a pod is deleted and another one is made.
gone=$(pod_create gone)
kept=$(pod_create kept)
write_token "$(token_request)"
source_start
expect "$(pod_line gone "$gone" Pending '')" "$(pod_line kept "$kept" Pending '')" "$(synced)"
server_kill
expect "$(refused)"
etcd_delete_pod gone
server_start
expect_back "$(pod_line kept "$kept" Pending '')"
expect_deleted kept "$kept" Pending ''
source_stop
