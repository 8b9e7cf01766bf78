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
	echo "FAILED: $*" >&2
	exit 1
}

# --- requests ---

# api METHOD PATH [JSON]: as the administrator; prints the answer
api()
{
	local answer
	answer=$(cluster_api "$@") || fail "$1 $2 ${3:-}: $answer"
	printf '%s\n' "$answer"
}

make_namespace() { api POST /api/v1/namespaces "{\"metadata\": {\"name\": \"$1\"}}" >/dev/null; }

# pod_create NAME [NODE [JSON-OF-SPEC]] prints its uid; NODE "": of no node yet
pod_create()
{
	local spec=${3:-}
	[ -n "$spec" ] || spec='{}'
	jq -nc --arg name "$1" --arg node "${2-$TEST}" --argjson spec "$spec" '{metadata: {name: $name},
		spec: ({nodeName: $node, containers: [{name: "main", image: "none"}]} + $spec)}' >"$WORK/pod.json"
	api POST "/api/v1/namespaces/$TEST/pods" "@$WORK/pod.json" | jq -r .metadata.uid
}

# pods_create COUNT makes so many, of any names; prints "NAME UID" a line, in the order of a listing
pods_create()
{
	jq -nc --arg node "$TEST" '{metadata: {generateName: "pod-"}, spec: {nodeName: $node, containers: [{name: "main", image: "none"}]}}' >"$WORK/pod.json"
	# The number in the URL is for curl alone, which makes a request for each.
	api POST "/api/v1/namespaces/$TEST/pods?number=[1-$1]" "@$WORK/pod.json" | jq -r '"\(.metadata.name) \(.metadata.uid)"' | LC_ALL=C sort
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

# What the API servers were asked for the pods of this node, in order: "VERB RESOURCE-VERSION STATUS USER" a line, from
# their own audit logs. They tell of a request in several stages; the first with a status counts.
requests()
{
	jq -r --arg node "spec.nodeName%3D$TEST" 'select(.responseStatus.code and (.requestURI | contains($node))) |
		[.requestReceivedTimestamp, .auditID, .verb, ([.requestURI | capture("[?&]resourceVersion=(?<v>[0-9]*)").v] | first // "-"),
		.responseStatus.code, .user.username // "-"] | join(" ")' "$CLUSTER_RUN"/*-audit.log |
		awk '!seen[$2]++' | sort -s -k 1,1 | cut -d' ' -f 3-
}

# was_asked VERBS: were these all the requests? "list watch"
was_asked() { [ "$(requests | cut -d' ' -f 1 | xargs)" = "$1" ]; }

# --- tokens ---

SERVICE_ACCOUNT=/api/v1/namespaces/netnsleak/serviceaccounts/netnsleak

# The shortest that the API server gives lasts ten minutes.
token_request() { api POST "$SERVICE_ACCOUNT/token" '{"spec": {"expirationSeconds": 600}}' | jq -r .status.token; }

# stranger makes a ServiceAccount that may do nothing, and its token the source's
stranger()
{
	api POST "/api/v1/namespaces/$TEST/serviceaccounts" '{"metadata": {"name": "stranger"}}' >/dev/null
	write_token "$(api POST "/api/v1/namespaces/$TEST/serviceaccounts/stranger/token" '{"spec": {"expirationSeconds": 600}}' | jq -r .status.token)"
}

# permit ROLE [VERB RESOURCE] binds the ClusterRole to the stranger of this case; makes it first, if it says what for
permit()
{
	[ $# = 1 ] || api POST /apis/rbac.authorization.k8s.io/v1/clusterroles "$(jq -nc --arg role "$1" --arg verb "$2" --arg resource "$3" \
		'{metadata: {name: $role}, rules: [{apiGroups: [""], resources: [$resource], verbs: [$verb]}]}')" >/dev/null
	api POST /apis/rbac.authorization.k8s.io/v1/clusterrolebindings "$(jq -nc --arg role "$1" --arg namespace "$TEST" '{
		metadata: {name: "\($namespace)-\($role)"}, roleRef: {apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: $role},
		subjects: [{kind: "ServiceAccount", name: "stranger", namespace: $namespace}]}')" >/dev/null
}

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

token_is_taken() { [ "$(token_status "$1")" = 200 ]; }
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
	coproc GATE { exec "$CLUSTER_DIR/gate" "$API_PORT"; }
	# shellcheck disable=SC2034 # of the cases
	read -r -t "$PATIENCE" -u "${GATE[0]}" GATE_PORT || fail "no gate"
	gate_does open
}

# gate_does COMMAND: see tests/cluster/gate
gate_does()
{
	echo "$1" >&"${GATE[1]}"
	gate_did "$1"
}

# gate_did COMMAND: waits until it has
gate_did()
{
	local answer
	read -r -t "$PATIENCE" -u "${GATE[0]}" answer || fail "the gate is gone"
	[ "$answer" = "$1" ] || fail "the gate does not $1"
}

# --- the source ---

# What runs the source; a case may put something before it.
RUN=()

# source_open URL OPTIONS; its lines are read one by one with `expect`
source_open()
{
	URL=$1 spec=kube:${2:+$2,}node=$TEST
	exec {lines}< <(exec "${RUN[@]}" "$EVENTS" "$spec" 2>"$WORK/stderr")
	source_pid=$!
	expect "$(syncing)"
}

# source_start [PORT]: with the token of write_token, for the pods of the node of this case
source_start()
{
	local server=https://127.0.0.1:${1:-$API_PORT}
	source_open "$server" "server=$server,ca=$CLUSTER_RUN/ca.crt,token=$WORK/token"
}

next_line()
{
	line=
	IFS= read -r -t "$PATIENCE" -u "$lines" line || fail "no line came, wanted: $1; stderr: $(cat "$WORK/stderr")"
	echo "  $line"
}

# expect LINE...: the next lines are exactly these
expect()
{
	local wanted
	for wanted; do
		next_line "$wanted"
		[ "$line" = "$wanted" ] || fail "got: $line; wanted: $wanted"
	done
}

# expect_like PATTERN, of the shell: for what the library says or a clock
expect_like()
{
	next_line "$1"
	# shellcheck disable=SC2053 # a pattern
	[[ $line == $1 ]] || fail "got: $line; wanted: $1"
}

# Lines of the source, as tests/source_events writes them: pod_line NAME UID PHASE IPS [HOST-NETWORK [TERMINATING]]
pod_line() { echo "pod $TEST/$1 uid=$2 alias= node=$TEST phase=$3 ips=$4 host_network=${5:-0} terminating=${6:-0}"; }
syncing() { echo "syncing $spec authority=1 asked"; }
synced() { echo "synced $spec authority=1 "; }
down() { echo "down $spec authority=1 $1"; }

# What may be said of the server at $URL, with the remedy.
refused() { down "$URL: nothing answers there; is it running, and may this machine reach it?"; }
unauthorized() { down "$URL: it does not accept the credentials (401); check the token or certificate of $WORK/token"; }
forbidden() { down "$URL: forbidden to $1 (403); permit the verb \"${1% *}\" on \"${1#* }\" in a ClusterRole"; }

now() { date +%s%N; }

# expect_gone UID FROM: gone, at a time from FROM (wall ns) until now; times of the API have whole seconds
expect_gone()
{
	local at
	expect_like "gone uid=$1 at=*"
	at=${line##*at=}
	((at >= $2 / 1000000000 * 1000000000 && at <= $(now))) || fail "gone at $at, but it was deleted after $2, and now is $(now)"
}

# expect_deleted NAME UID PHASE IPS: deletes the pod at once. The API server makes it Terminating first, then removes it.
expect_deleted()
{
	local before
	before=$(now)
	pod_delete "$1"
	expect "$(pod_line "$1" "$2" "$3" "$4" 0 1)"
	expect_gone "$2" "$before"
}

# expect_back LINE...: a listing with these, from syncing to synced. Before it the source may have said more often why it
# has none: a server that starts refuses for several reasons.
expect_back()
{
	next_line "$(syncing)"
	while [[ $line == "$(down '')"* ]]; do
		next_line "$(syncing)"
	done
	[ "$line" = "$(syncing)" ] || fail "got: $line; wanted: $(syncing)"
	expect "$@" "$(synced)"
}

# Ends the source, which has said nothing else, lost no memory and printed nothing.
source_stop()
{
	kill -TERM "$source_pid"
	if IFS= read -r -t "$PATIENCE" -u "$lines" line; then
		fail "a line too many: $line"
	fi
	wait "$source_pid" || fail "source_events ended with $?: $(cat "$WORK/stderr")"
	[ ! -s "$WORK/stderr" ] || fail "stderr: $(cat "$WORK/stderr")"
	source_pid=
}

# --- the servers ---

server_start() { cluster_start_apiserver apiserver "$API_PORT" || fail "the API server does not start again: $(tail -n 5 "$CLUSTER_RUN/apiserver.log")"; }

# An orderly end waits for each watch, for a minute.
server_kill()
{
	kill -KILL "$(cat "$CLUSTER_RUN/apiserver.pid")"
	cluster_until "$PATIENCE" cluster_gone apiserver || fail "the API server does not end"
}

# other_server_start OPTION...: one more, for the same etcd, until the end of the case
other_server_start()
{
	other_started=1
	cluster_start_apiserver other "$OTHER_API_PORT" "$@" || fail "no other API server: $(tail -n 5 "$CLUSTER_RUN/other.log")"
}

# etcd_do WHAT JSON: a request to etcd itself
etcd_do() { curl -sS --fail-with-body -m 30 "http://127.0.0.1:$ETCD_PORT/v3/kv/$1" -d "$2" || fail "etcd: $1 $2"; }

# compact forgets all of the past; what is now stays
compact() { etcd_do compaction "{\"revision\": \"$(revision)\", \"physical\": true}" >/dev/null; }

# etcd_delete_pod NAME behind the back of the API server
etcd_delete_pod()
{
	local deleted
	deleted=$(etcd_do deleterange "{\"key\": \"$(printf %s "/registry/pods/$TEST/$1" | base64 -w 0)\"}" | jq -r .deleted)
	[ "$deleted" = 1 ] || fail "etcd has no pod $1"
}

# At the end of a case, however it ends.
clean_up()
{
	set +e
	[ -z "${source_pid:-}" ] || kill -KILL "$source_pid" 2>/dev/null
	[ -z "${GATE_PID:-}" ] || kill -TERM "$GATE_PID" 2>/dev/null
	[ -z "${other_started:-}" ] || cluster_stop other
}
