#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Every kernel type and field that vmlinux/vmlinux.h declares is in this kernel's BTF, as declared.
set -euo pipefail
/mnt/netnsleak/vmlinux/check "$KERNEL=/sys/kernel/btf/vmlinux"
