# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What tests/cluster/cases are made of: pods, tokens, the source's lines, and what the API server was asked.
# Sourced after lib.sh, in a subshell for each case; a step that fails ends the case.
#
# Each case has a Kubernetes namespace and a node of its own, both named as the case, so that none sees another's pods.

# How long what is sure to come may take on a busy machine.
PATIENCE=60

fail()
{
	echo "FAILED: $*"
	exit 1
}

# --- requests ---

# api METHOD PATH [JSON]: as the administrator; what it prints goes on one line
api() { cluster_api "$@" || fail "$1 $2 ${3:-}"; }

make_namespace() { api POST /api/v1/namespaces "{\"metadata\": {\"name\": \"$1\"}}" >/dev/null; }

# pod_create NAME [NODE [JSON-OF-SPEC]] prints its uid
pod_create()
{
	local spec=${3:-}
	[ -n "$spec" ] || spec='{}'
	jq -nc --arg name "$1" --arg node "${2:-$TEST}" --argjson spec "$spec" '{metadata: {name: $name},
		spec: ({nodeName: $node, containers: [{name: "main", image: "none"}]} + $spec)}' >"$WORK/pod.json"
	api POST "/api/v1/namespaces/$TEST/pods" "@$WORK/pod.json" | jq -r .metadata.uid
}

# pod_status NAME PHASE [IP...]
pod_status()
{
	local name=$1 phase=$2
	shift 2
	jq -nc --arg phase "$phase" '{status: ({phase: $phase} + if $ARGS.positional == [] then {} else
		{podIP: $ARGS.positional[0], podIPs: [$ARGS.positional[] | {ip: .}]} end)}' --args "$@" >"$WORK/status.json"
	api PATCH "/api/v1/namespaces/$TEST/pods/$name/status" "@$WORK/status.json" >/dev/null
}

# pod_delete NAME [GRACE]: at once, as the kubelet does when all is ended; with a grace it is Terminating from now on
pod_delete() { api DELETE "/api/v1/namespaces/$TEST/pods/$1?gracePeriodSeconds=${2:-0}" >/dev/null; }

# The version of everything that the API server has.
revision() { api GET '/api/v1/pods?limit=1' | jq -r .metadata.resourceVersion; }

# apply FILE makes the objects of a file of YAML documents
apply()
{
	/usr/bin/python3 - "$1" >"$WORK/objects" <<'PYTHON' || fail "$1 cannot be read"
import json
import sys

import yaml

PLACES = {
    "ServiceAccount": "/api/v1/namespaces/{namespace}/serviceaccounts",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
}
with open(sys.argv[1], encoding="utf-8") as file:
    for thing in yaml.safe_load_all(file):
        print(PLACES[thing["kind"]].format(**thing["metadata"]), json.dumps(thing), sep="\t")
PYTHON
	while IFS=$'\t' read -r place object; do
		api POST "$place" "$object" >/dev/null
	done <"$WORK/objects"
}

# What the API server was asked for the pods of a node, in its order: "VERB RESOURCE-VERSION STATUS USER" a line, from
# its own audit log. It tells of a request in several stages; the first with a status counts.
requests()
{
	jq -r --arg node "spec.nodeName%3D${1:-$TEST}" 'select(.responseStatus.code and (.requestURI | contains($node))) |
		[.auditID, .verb, ([.requestURI | capture("[?&]resourceVersion=(?<v>[0-9]*)").v] | first // "-"),
		.responseStatus.code, .user.username // "-"] | join(" ")' "$CLUSTER_RUN/audit.log" |
		awk '!seen[$1]++' | cut -d' ' -f 2-
}

# --- tokens ---

SERVICE_ACCOUNT=/api/v1/namespaces/kube-system/serviceaccounts/netnsleak

# The shortest that the API server gives lasts ten minutes.
token_request() { api POST "$SERVICE_ACCOUNT/token" '{"spec": {"expirationSeconds": 600}}' | jq -r .status.token; }

base64url() { basenc --base64url -w 0 | tr -d =; }

# token_for SECONDS prints a token that the API server takes that long. It is one of its own, with other times and signed
# again with its key; it takes one for a minute longer than the token says.
token_for()
{
	local head body now
	now=$(date +%s)
	body=$(token_request | cut -d. -f2 | tr -- '-_' '+/')
	case $((${#body} % 4)) in 2) body+="==" ;; 3) body+="=" ;; esac
	head=$(printf '{"alg": "RS256"}' | base64url)
	body=$(base64 -d <<<"$body" | jq -c --argjson over $((now + $1 - 60)) '.exp = $over | .iat = $over - 600 | .nbf = .iat' | base64url)
	printf '%s.%s.%s\n' "$head" "$body" "$(printf '%s.%s' "$head" "$body" | openssl dgst -sha256 -sign "$CLUSTER_RUN/sa.key" | base64url)"
}

# api_as TOKEN METHOD PATH [JSON]: as whose token it is
api_as()
{
	curl -sS --fail-with-body -m 30 --cacert "$CLUSTER_RUN/ca.crt" -H "Authorization: Bearer $1" \
		-X "$2" "https://127.0.0.1:$API_PORT$3" ${4:+-H "Content-Type: application/json" --data-binary "$4"}
}

# token_status TOKEN prints the HTTP status that a listing of pods with it gets
token_status()
{
	curl -s -m 30 -o /dev/null -w '%{http_code}' --cacert "$CLUSTER_RUN/ca.crt" -H "Authorization: Bearer $1" \
		"https://127.0.0.1:$API_PORT/api/v1/pods?limit=1"
}

token_is_refused() { [ "$(token_status "$1")" = 401 ]; }

# write_token TOKEN puts it where the source reads it, as the kubelet does: whole or not at all
write_token()
{
	(umask 077; echo "$1" >"$WORK/token.new")
	mv "$WORK/token.new" "$WORK/token"
}

# write_kubeconfig USER: the JSON of a kubeconfig's user
write_kubeconfig()
{
	jq -n --argjson user "$1" --arg server "https://127.0.0.1:$API_PORT" --arg ca "$CLUSTER_RUN/ca.crt" '{apiVersion: "v1",
		kind: "Config", "current-context": "test", contexts: [{name: "test", context: {cluster: "test", user: "test"}}],
		clusters: [{name: "test", cluster: {server: $server, "certificate-authority": $ca}}],
		users: [{name: "test", user: $user}]}' >"$WORK/kubeconfig"
}

# --- the network between source and server ---

gate_start()
{
	coproc GATE { exec "$CLUSTER_DIR/gate" "$GATE_PORT" "$API_PORT"; }
	# shellcheck disable=SC2153 # by coproc
	gate_pid=$GATE_PID
	gate_is open
}

gate_is()
{
	local word
	read -r -t "$PATIENCE" -u "${GATE[0]}" word || fail "the gate says nothing"
	[ "$word" = "$1" ] || fail "the gate is $word"
}

gate_close() { kill -USR1 "$gate_pid"; gate_is closed; }
gate_open() { kill -USR2 "$gate_pid"; gate_is open; }

# --- the source ---

# source_open SPEC; its lines are read one by one with `expect`
source_open()
{
	exec {lines}< <(exec "$EVENTS" "$1" 2>"$WORK/stderr")
	source_pid=$!
}

# source_start [PORT]: with the token of write_token, for the pods of the node of this case
source_start() { source_open "kube:server=https://127.0.0.1:${1:-$API_PORT},ca=$CLUSTER_RUN/ca.crt,token=$WORK/token,node=$TEST"; }

next_line()
{
	line=
	read -r -t "$PATIENCE" -u "$lines" line || fail "no line came, wanted: $1; stderr: $(cat "$WORK/stderr")"
	echo "  $line"
}

# expect PATTERN...: the next lines are exactly these; a pattern of the shell may stand for what differs between runs
expect()
{
	local pattern
	for pattern; do
		next_line "$pattern"
		# shellcheck disable=SC2053 # a pattern
		[[ $line == $pattern ]] || fail "got: $line; wanted: $pattern"
	done
}

# Lines of the source, as tests/source_events writes them: pod_line NAME UID PHASE IPS [HOST-NETWORK [TERMINATING]]
pod_line() { echo "pod $TEST/$1 uid=$2 alias= node=$TEST phase=$3 ips=$4 host_network=${5:-0} terminating=${6:-0}"; }
synced() { echo "synced kube* authority=1 *"; }
down() { echo "down kube* authority=1 ${1:-*}"; }

now() { date +%s%N; }

# expect_gone UID FROM: gone, at a time from FROM (wall ns) until now; times of the API have whole seconds
expect_gone()
{
	local at
	expect "gone uid=$1 at=*"
	at=${line##*at=}
	((at >= $2 / 1000000000 * 1000000000 && at <= $(now))) || fail "gone at $at, but it was deleted after $2, and now is $(now)"
}

# Ends the source, which has said nothing else, lost no memory and printed nothing.
source_stop()
{
	kill -TERM "$source_pid"
	if read -r -t "$PATIENCE" -u "$lines" line; then
		fail "a line too many: $line"
	fi
	wait "$source_pid" || fail "source_events ended with $?: $(cat "$WORK/stderr")"
	[ ! -s "$WORK/stderr" ] || fail "stderr: $(cat "$WORK/stderr")"
	source_pid=
}

# --- the server ---

server_stop() { cluster_stop apiserver; }

# server_start OPTION...
server_start() { cluster_start_apiserver "$@" || fail "the API server does not start again: $(tail -n 5 "$CLUSTER_RUN/apiserver.log")"; }

# At the end of a case, however it ends.
clean_up()
{
	[ -z "${source_pid:-}" ] || kill -KILL "$source_pid" 2>/dev/null
	[ -z "${gate_pid:-}" ] || kill -TERM "$gate_pid" 2>/dev/null
}
