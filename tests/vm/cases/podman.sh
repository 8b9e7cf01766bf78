#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# image: containers
# As docker, with Podman. Nobody but a process of its own tears a container's netns down, which is in no hurry: the grace
# is long enough for it in an emulated guest.
GRACE=15s
# shellcheck source=tests/vm/containers.sh
. /mnt/netnsleak/tests/vm/containers.sh

podman-up
containers_case podman Podman /run/podman/podman.sock
