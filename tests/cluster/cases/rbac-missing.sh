# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Without our ClusterRole, and with half of it: the message names what is missing. With it: synced, by itself.
only=$(pod_create only)
stranger
source_start
expect "$(forbidden 'list pods')"
permit only-list list pods
expect "$(forbidden 'watch pods')"
permit netnsleak
expect_back "$(pod_line only "$only" Pending '')"
expect_deleted only "$only" Pending ''
source_stop
