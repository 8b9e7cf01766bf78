# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# As a pod finds it: without options, the server in the environment, CA and token where the kubelet mounts them. A
# private view of /run stands for the pod's; making one needs root.
[ "$(id -u)" = 0 ] || fail "needs root"
only=$(pod_create only)
write_token "$(token_request)"
cat >"$WORK/as-pod" <<'SH'
set -e
account=/run/secrets/kubernetes.io/serviceaccount
mount -t tmpfs none /run
mkdir -p "$account"
cp "$1/token" "$2/ca.crt" "$account"
shift 2
exec "$@"
SH
# shellcheck disable=SC2034 # of source_open
RUN=(env KUBERNETES_SERVICE_HOST=127.0.0.1 "KUBERNETES_SERVICE_PORT=$API_PORT" unshare --mount sh "$WORK/as-pod" "$WORK" "$CLUSTER_RUN")
source_open "https://127.0.0.1:$API_PORT" ""
expect "$(pod_line only "$only" Pending '')" "$(synced)"
expect_deleted only "$only" Pending ''
source_stop
was_asked "list watch" || fail "the server was asked: $(requests)"
