# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Pods of other nodes never come, nor those of no node yet.
pod_create theirs elsewhere >/dev/null
ours=$(pod_create ours)
write_token "$(token_request)"
source_start
expect "$(pod_line ours "$ours" Pending '')" "$(synced)"
pod_create theirs-too elsewhere >/dev/null
pod_status theirs Running 10.1.0.9
pod_delete theirs
# Of no node, then bound to ours, as the scheduler does it.
waiting=$(pod_create waiting '')
api POST "/api/v1/namespaces/$TEST/pods/waiting/binding" "{\"metadata\": {\"name\": \"waiting\"}, \"target\": {\"kind\": \"Node\", \"name\": \"$TEST\"}}" >/dev/null
expect "$(pod_line waiting "$waiting" Pending '')"
source_stop
