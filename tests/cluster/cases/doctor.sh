# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What `netnsleak doctor` says of the server: what is missing and what to do, verb by verb; then its version and use.
stranger
pod_create first >/dev/null
pod_create second >/dev/null
server=https://127.0.0.1:$API_PORT

# said_by_doctor TEXT: of the source, with the space between columns made one; its name may be cut off
said_by_doctor()
{
	# Its status is about all that it looks at, as whether this machine lets it trace.
	"$NETNSLEAK" doctor --color never --pods "kube:server=$server,ca=$CLUSTER_RUN/ca.crt,token=$WORK/token,node=$TEST" >"$WORK/doctor" 2>&1 || :
	said=$(sed -n '/^source$/,/^$/{/^  /{s/^  *//; s/  *kube:[^ ]* */ /; p}}' "$WORK/doctor")
	[ "$said" = "$1" ]
}

# The API server takes a moment to know what was permitted.
doctor_says() { cluster_until "$PATIENCE" said_by_doctor "$1" || fail "doctor says: $said; wanted: $1"; }

doctor_says "no $server: forbidden to list pods (403)
-> permit the verb \"list\" on \"pods\" in a ClusterRole"
permit doctor-list list pods
doctor_says "no $server: forbidden to watch pods (403)
-> permit the verb \"watch\" on \"pods\" in a ClusterRole"
permit netnsleak
doctor_says "yes $server, Kubernetes $(cluster_version): 2 pods of $TEST; says which are gone"
