#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# image: containers
# kernels: 6.1 6.12
# Containers of Docker: removed, freed; its netns pinned, leaked; pinned and started anew, the run before leaked; the
# netns's owner stopped while another container runs in it, no leak. `auto` finds the daemon by itself.
# shellcheck source=tests/vm/containers.sh
. /mnt/netnsleak/tests/vm/containers.sh

docker-up
SOURCES=(--pods auto)
containers_case docker Docker /run/docker.sock
