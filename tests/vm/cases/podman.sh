#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# image: containers
# kernels: 6.12
# As docker, with Podman. It is older than 4.4 here, and keeps the netns of what it is asked about: `auto` leaves it alone.
# shellcheck source=tests/vm/containers.sh
. /mnt/netnsleak/tests/vm/containers.sh

podman-up
podman run -d --name plain $IMAGE >/dev/null
SOURCES=(--pods auto)
trace_start
await 30 1 '.event_name == "trace.source_down" and (."trace.reason" | contains("keeps the netns of a container open"))'
podman rm -f -t 0 plain >/dev/null
await 60 1 '.event_name == "netns.freed"'
NO_REPLAY=1 trace_stop 0
rm "$WORK/out" "$WORK/record"

# Nobody but a process of its own tears a container's netns down, which is in no hurry: the grace is long enough for it
# in an emulated guest.
GRACE=15s
SOURCES=(--pods cni --pods podman)
containers_case podman Podman /run/podman/podman.sock
