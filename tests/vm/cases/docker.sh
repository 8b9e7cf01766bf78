#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# image: containers
# Containers of Docker: removed, freed; its netns pinned, leaked; pinned and started anew, the run before leaked; the
# netns's owner stopped while another container runs in it, no leak.
# shellcheck source=tests/vm/containers.sh
. /mnt/netnsleak/tests/vm/containers.sh

docker-up
containers_case docker Docker /run/docker.sock
