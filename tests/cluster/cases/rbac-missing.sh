# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Without our ClusterRole, and with half of it: the message names what is missing. With it: synced, by itself.
only=$(pod_create only)
api POST "/api/v1/namespaces/$TEST/serviceaccounts" '{"metadata": {"name": "stranger"}}' >/dev/null
write_token "$(api POST "/api/v1/namespaces/$TEST/serviceaccounts/stranger/token" '{"spec": {"expirationSeconds": 600}}' | jq -r .status.token)"

# permit ROLE binds it to the ServiceAccount of this case
permit()
{
	api POST /apis/rbac.authorization.k8s.io/v1/clusterrolebindings "$(jq -nc --arg role "$1" --arg namespace "$TEST" '{metadata: {name: "stranger-\($role)"},
		roleRef: {apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: $role},
		subjects: [{kind: "ServiceAccount", name: "stranger", namespace: $namespace}]}')" >/dev/null
}

source_start
expect "$(forbidden 'list pods')"
api POST /apis/rbac.authorization.k8s.io/v1/clusterroles \
	'{"metadata": {"name": "only-list"}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]}]}' >/dev/null
permit only-list
expect "$(forbidden 'watch pods')"
permit netnsleak
expect_back "$(pod_line only "$only" Pending '')"
expect_deleted only "$only" Pending ''
source_stop
