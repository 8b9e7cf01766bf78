# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A listing without pods is believed only of a node that there is: of one that is misspelt it would be the same.
stranger
permit list-pods list pods
permit watch-pods watch pods
source_start
expect "$(down "$URL: it has no pods on a node named $TEST, and whether there is such a node may not be asked; check --node, or permit the verb \"get\" on \"nodes\"")"
permit get-nodes get nodes
expect "$(down "$URL: it has no node named $TEST; give this node's name with --node")"
api POST /api/v1/nodes "{\"metadata\": {\"name\": \"$TEST\"}}" >/dev/null
expect_back
first=$(pod_create first)
expect "$(pod_line first "$first" Pending '')"
expect_deleted first "$first" Pending ''
source_stop
