#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# image: containers
# kernels: 6.1
# Containers of Docker: removed, freed; its netns pinned, leaked; pinned and started anew, the run before leaked; the
# netns's owner stopped while another container runs in it, no leak. `auto` finds the daemon by itself.
# shellcheck source=tests/vm/containers.sh
. /mnt/netnsleak/tests/vm/containers.sh

# systemd holds the socket of a daemon that does not run, and starts it for who asks: nobody does.
python3 -c '
import socket, sys
held = socket.socket(socket.AF_UNIX)
held.bind("/run/docker.sock")
held.listen()
open(sys.argv[1] + "/held", "w").close()
held.accept()
open(sys.argv[1] + "/asked", "w").close()' "$WORK" &
holder=$!
wait-for 60 test -e "$WORK/held"
netnsleak doctor >"$WORK/doctor" || :
grep -qE '^  could not tell +docker:/run/docker.sock +Docker does not run$' "$WORK/doctor" || fail "doctor: $(grep -A1 docker "$WORK/doctor")"
[ ! -e "$WORK/asked" ] || fail "a daemon that does not run was asked"
kill $holder
rm /run/docker.sock

docker-up
SOURCES=(--pods auto)
containers_case docker Docker /run/docker.sock
