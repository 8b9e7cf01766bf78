# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A kubeconfig with a client certificate, for a user who has our ClusterRole.
only=$(pod_create only)
api POST /apis/rbac.authorization.k8s.io/v1/clusterrolebindings '{"metadata": {"name": "viewer"},
	"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "netnsleak"},
	"subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "viewer"}]}' >/dev/null
write_kubeconfig "$(jq -n --rawfile crt "$CLUSTER_RUN/viewer.crt" --rawfile key "$CLUSTER_RUN/viewer.key" \
	'{"client-certificate-data": $crt | @base64, "client-key-data": $key | @base64}')"
source_open "https://127.0.0.1:$API_PORT" "kubeconfig=$WORK/kubeconfig"
expect "$(pod_line only "$only" Pending '')" "$(synced)"
source_stop
[ "$(requests | cut -d' ' -f 1,3,4 | xargs)" = 'list 200 viewer watch 200 viewer' ] || fail "the server was asked: $(requests)"
