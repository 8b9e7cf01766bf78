# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What tools/deploy/base/rbac.yaml permits is to read pods, and to ask for a node, and no more; what everybody may is left out.
token=$(token_request)
rules=$(api_as "$token" POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews \
	'{"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": "netnsleak"}}' |
	jq -c '[.status.resourceRules[] | select(any(.resources[]; startswith("selfsubject")) | not) |
		[.apiGroups, .resources, .verbs, .resourceNames]] | sort')
[ "$rules" = '[[[""],["nodes"],["get"],null],[[""],["pods"],["list","watch"],null]]' ] || fail "its rights are $rules"
[ "$(token_status "$token")" = 200 ] || fail "it may not list pods"
