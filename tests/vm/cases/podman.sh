#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# image: containers
# As docker, with Podman.
# shellcheck source=tests/vm/containers.sh
. /mnt/netnsleak/tests/vm/containers.sh

podman-up
containers_case podman Podman /run/podman/podman.sock
