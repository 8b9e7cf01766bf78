# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What the scripts of tests/cluster share: messages, the cache, etcd and the API server, requests to it. Sourced, never
# run. CLUSTER_RUN is the directory of one cluster, which holds all that belongs to it:
#
#   ca.crt ca.key server.crt server.key sa.key sa.pub admin.crt admin.key    made by openssl for this cluster
#   ports                    ETCD_PORT, API_PORT and others that are kept free
#   etcd.pid apiserver.pid   etcd.log apiserver.log
#   apiserver-audit.log      lines of JSON for each request for pods
#   kubeconfig               of the administrator, by client certificate

CLUSTER_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# Outside the checkout, so that a fresh clone on the same machine finds what an earlier one built.
CLUSTER_CACHE=${NETNSLEAK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/netnsleak}/cluster

cluster_say() { printf 'cluster: %s\n' "$*" >&2; }
cluster_die() { cluster_say "error: $*"; exit 1; }

# cluster_until SECONDS COMMAND... tries it until it works
cluster_until()
{
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}

# --- what tests/cluster/build makes ---

cluster_version() { sed -n 's,^\tk8s.io/kubernetes \(v[0-9.]*\)$,\1,p' "$CLUSTER_DIR/server/go.mod"; }

cluster_hash() { sha256sum | cut -c1-16; }

# The names hold a hash of everything that the build reads.
cluster_server_path()
{
	echo "$CLUSTER_CACHE/kube-apiserver-$({ cat "$CLUSTER_DIR"/server/{main.go,go.mod,go.sum} "$CLUSTER_DIR/build"; go version; } | cluster_hash)"
}

cluster_etcd_path()
{
	# shellcheck disable=SC1091
	echo "$CLUSTER_CACHE/etcd-$(. /etc/os-release && echo "${VERSION_CODENAME:-}")-$(cluster_hash <"$CLUSTER_DIR/build")"
}

# --- ports ---

# cluster_free_ports NAME... prints NAME=PORT for each. Below the ports that the kernel gives out by itself, so that none is
# taken before the servers have it.
cluster_free_ports()
{
	python3 - "$@" <<'PYTHON'
import random
import socket
import sys

with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
    end = int(file.read().split()[0])
names, held = sys.argv[1:], []
while len(held) < len(names):
    listener = socket.socket()
    try:
        listener.bind(("127.0.0.1", random.randrange(10000, max(end, 11000))))
    except OSError:
        continue
    held.append(listener)
for name, listener in zip(names, held):
    print(f"{name}={listener.getsockname()[1]}")
PYTHON
}

# --- processes ---

cluster_alive() { [ -f "$CLUSTER_RUN/$1.pid" ] && kill -0 "$(cat "$CLUSTER_RUN/$1.pid")" 2>/dev/null; }

cluster_gone() { ! cluster_alive "$1"; }

# cluster_spawn NAME COMMAND... in the background, in a process group of its own: a Ctrl-C stops the tests, which then
# stop it. Its descriptors are its own: who started it may be read to its end.
cluster_spawn()
{
	local name=$1
	shift
	setsid "$@" >>"$CLUSTER_RUN/$name.log" 2>&1 </dev/null &
	echo $! >"$CLUSTER_RUN/$name.pid"
}

# cluster_stop NAME
cluster_stop()
{
	cluster_alive "$1" || { rm -f "$CLUSTER_RUN/$1.pid"; return 0; }
	kill "$(cat "$CLUSTER_RUN/$1.pid")" 2>/dev/null
	if ! cluster_until 20 cluster_gone "$1"; then
		cluster_say "$1 does not end, killing it"
		kill -KILL "$(cat "$CLUSTER_RUN/$1.pid")" 2>/dev/null
	fi
	rm -f "$CLUSTER_RUN/$1.pid"
}

cluster_etcd_answers() { curl -sf -m 5 "http://127.0.0.1:$ETCD_PORT/health" | grep -q true; }

# A server that has ended, as one whose port was taken in the meantime, will never answer.
cluster_etcd_up() { cluster_gone etcd || cluster_etcd_answers; }

cluster_start_etcd()
{
	local url=http://127.0.0.1:$ETCD_PORT etcd
	etcd=$(cluster_etcd_path)/etcd
	# The peer's port is not used by a cluster of one, but cannot be switched off. The cache of the API server learns
	# how far it is by progress notices, which come every ten minutes by default.
	cluster_spawn etcd "$etcd" --data-dir "$CLUSTER_RUN/etcd" --listen-client-urls "$url" --advertise-client-urls "$url" \
		--listen-peer-urls "http://127.0.0.1:$PEER_PORT" --initial-advertise-peer-urls "http://127.0.0.1:$PEER_PORT" \
		--initial-cluster "default=http://127.0.0.1:$PEER_PORT" --experimental-watch-progress-notify-interval 1s
	cluster_until 30 cluster_etcd_up && cluster_alive etcd
}

# cluster_api METHOD PATH [JSON] prints what the API server answers to its administrator; fails where that is an error
cluster_api() { cluster_api_of "$API_PORT" "$@"; }

# cluster_api_of PORT METHOD PATH [JSON]: likewise of the server there
cluster_api_of()
{
	local type=application/json
	[ "$2" != PATCH ] || type=application/merge-patch+json
	curl -sS --fail-with-body -m 30 --cacert "$CLUSTER_RUN/ca.crt" --cert "$CLUSTER_RUN/admin.crt" --key "$CLUSTER_RUN/admin.key" \
		-X "$2" "https://127.0.0.1:$1$3" ${4:+-H "Content-Type: $type" --data-binary "$4"}
}

cluster_api_answers() { cluster_api_of "$1" GET /readyz 2>/dev/null | grep -qx ok; }

cluster_api_up() { cluster_gone "$1" || cluster_api_answers "$2"; }

# cluster_start_apiserver NAME PORT OPTION...; returns when it is ready
cluster_start_apiserver()
{
	local name=$1 port=$2 server
	shift 2
	server=$(cluster_server_path)/kube-apiserver
	# No controller makes default service accounts, so pods cannot have any. Timeouts of watches whose client asks for
	# none lie between --min-request-timeout and twice that. Nothing is compacted but what a test compacts.
	GOMAXPROCS=2 cluster_spawn "$name" "$server" \
		--etcd-servers "http://127.0.0.1:$ETCD_PORT" --etcd-compaction-interval 0 \
		--bind-address 127.0.0.1 --advertise-address 127.0.0.1 --secure-port "$port" \
		--tls-cert-file "$CLUSTER_RUN/server.crt" --tls-private-key-file "$CLUSTER_RUN/server.key" \
		--client-ca-file "$CLUSTER_RUN/ca.crt" --anonymous-auth=false \
		--service-account-issuer https://cluster.test --service-account-key-file "$CLUSTER_RUN/sa.pub" \
		--service-account-signing-key-file "$CLUSTER_RUN/sa.key" --service-cluster-ip-range 10.96.0.0/16 \
		--allow-privileged --authorization-mode RBAC --disable-admission-plugins ServiceAccount,PodSecurity --endpoint-reconciler-type none \
		--audit-policy-file "$CLUSTER_DIR/audit.yaml" --audit-log-path "$CLUSTER_RUN/$name-audit.log" --audit-log-mode blocking \
		--min-request-timeout 10 --shutdown-delay-duration 0s "$@"
	cluster_until 120 cluster_api_up "$name" "$port" && cluster_alive "$name"
}
