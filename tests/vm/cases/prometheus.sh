#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# kernels: 6.12
# A real Prometheus scrapes a session while a netns is made, leaks and is freed: what it then knows is what the session's
# lines say, and of the alerts that netnsleak brings the one of a leak fires, and no other. Of the alerts' times to wait
# seconds are made, for a test has no minutes.
# shellcheck source=tests/vm/case.sh
. /mnt/netnsleak/tests/vm/case.sh

brought=/mnt/netnsleak/build/prometheus
port=9477
PATIENCE=180 # it is big, and started in an emulated guest

start_prometheus()
{
	sed 's/^\( *for:\) .*/\1 2s/' $brought/netnsleak.rules.yaml >"$WORK/rules.yaml"
	cat >"$WORK/prometheus.yaml" <<-END
		global: {scrape_interval: 1s, evaluation_interval: 1s}
		rule_files: [rules.yaml]
		scrape_configs: [{job_name: netnsleak, static_configs: [{targets: ["127.0.0.1:$port"], labels: {node: $NODE}}]}]
	END
	$brought/prometheus --config.file="$WORK/prometheus.yaml" --storage.tsdb.path="$WORK/tsdb" \
		--web.listen-address=127.0.0.1:9090 2>"$WORK/prometheus.log" &
	prometheus=$!
}

# ask EXPRESSION prints the values, one a line; nothing where it does not answer, as before it has started
ask()
{
	curl -sSf -m 60 -G --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query 2>/dev/null | jq -r '.data.result[].value[1]'
}

# knows EXPRESSION VALUE: it comes to be the only one
knows()
{
	local end=$((SECONDS + PATIENCE)) got
	until got=$(ask "$1") && [ "$got" = "$2" ]; do
		kill -0 "$prometheus" 2>/dev/null || fail "Prometheus ended: $(tail -n 5 "$WORK/prometheus.log")"
		[ $SECONDS -lt $end ] || fail "$1 is ${got:-nothing}, not $2"
		sleep 0.5
	done
}

containerd-up
cni-leave-mount
pods "$(pod cart)"
trace_start --metrics 127.0.0.1:$port
start_prometheus
knows up 1
knows netnsleak_ready 1
knows 'netnsleak_findings{finding="leaked"}' 0
knows 'netnsleak_oldest_leak_timestamp_seconds or vector(-1)' -1

pod_mounted_by_cni cart
cri stop "$id"
cri rm "$id"
pods
await_leaked cart
knows 'netnsleak_findings{finding="leaked"}' 1
knows 'netnsleak_finding_causes_total{cause="mount-extra"}' 1
knows netnsleak_references_unexplained 0
knows netnsleak_netns_bound 1
knows 'count(ALERTS{alertstate="firing"})' 1
knows "ALERTS{alertname=\"NetnsLeaked\", node=\"$NODE\", alertstate=\"firing\"}" 1
# To the second, when the pod was gone.
gone=$(events '.event_name == "netns.leaked"' | jq -r '."pod.gone_at" | .[0:19] + "Z" | fromdate')
knows 'floor(netnsleak_oldest_leak_timestamp_seconds)' "$gone"

umount "/run/debug-netns/$id"
await 60 1 '.event_name == "netns.recovered" and ."k8s.pod.name" == "cart"'
knows 'netnsleak_findings{finding="leaked"}' 0
knows netnsleak_leaks_recovered_total 1
knows netnsleak_netns_free_delay_seconds_count 1
knows netnsleak_netns_created_total "$(count '.event_name == "netns.created" and ."netns.preexisting" != true')"
knows netnsleak_netns_freed_total "$(count '.event_name == "netns.freed"')"
trace_stop 1 netns.leaked cart
knows up 0
kill -TERM $prometheus
wait $prometheus || fail "Prometheus: status $?: $(tail -n 5 "$WORK/prometheus.log")"
