# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The API server is the release that it was built as.
said=$(api GET /version | jq -r .gitVersion)
[ "$said" = "$(cluster_version)" ] || fail "it says that it is $said"
