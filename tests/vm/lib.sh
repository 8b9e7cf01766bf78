# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# What tests/vm/build and tests/vm/run share: messages, the cache, the list of kernels. Sourced, never run.

VM_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # used by the scripts that source this file
VM_TOP=$(cd "$VM_DIR/../.." && pwd)

# Outside the checkout, so that a fresh clone on the same machine finds what an earlier one built.
VM_CACHE=${NETNSLEAK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/netnsleak}/vm

vm_say() { printf 'vm: %s\n' "$*" >&2; }
vm_die() { printf 'vm: error: %s\n' "$*" >&2; exit "${VM_FAILED:-1}"; }

# vm_need COMMAND:PACKAGE... dies naming every missing command and the package that has it
vm_need()
{
	local pair missing=() packages=()
	for pair; do
		command -v "${pair%%:*}" >/dev/null && continue
		missing+=("${pair%%:*}")
		packages+=("${pair#*:}")
	done
	[ ${#missing[@]} -eq 0 ] || vm_die "not installed: ${missing[*]}; on Debian: apt-get install ${packages[*]}"
}

# vm_kernels prints the names of all kernels; vm_kernel_line NAME its line of the list, without comments
vm_kernels() { sed -e 's/#.*//' "$VM_DIR/kernels.list" | awk 'NF { print $1 }'; }
vm_kernel_line() { sed -e 's/#.*//' "$VM_DIR/kernels.list" | awk -v name="$1" '$1 == name { $1 = $1; print }'; }

# vm_busybox prints the path of a busybox that needs no libraries
vm_busybox()
{
	local path
	path=$(command -v busybox) || vm_die "no busybox; on Debian: apt-get install busybox-static"
	! ldd "$path" >/dev/null 2>&1 || vm_die "$path needs libraries; on Debian: apt-get install busybox-static"
	echo "$path"
}

vm_hash() { sha256sum | cut -c1-16; }

# The guest runs programs that were built on this host, so it has the host's libraries where we can tell.
# NETNSLEAK_GUEST_SUITE chooses another one (say, for its containerd).
vm_guest_suite()
{
	local codename=${NETNSLEAK_GUEST_SUITE:-}
	# shellcheck disable=SC1091
	[ -n "$codename" ] || codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	case $codename in
	bookworm|trixie) echo "$codename" ;;
	*) echo bookworm ;;
	esac
}

# Where a kernel's files and the guest image are, or will be. The name holds a hash of everything that the build reads,
# so that a changed input makes a new name, and several checkouts can share one cache.
vm_kernel_path()
{
	local line
	line=$(vm_kernel_line "$1")
	[ -n "$line" ] || vm_die "no kernel '$1' in tests/vm/kernels.list; there are: $(vm_kernels | xargs)"
	echo "$VM_CACHE/kernel-$1-$({ echo "$line"; cat "$VM_DIR/build-kernel" "$VM_DIR/initramfs-init" "$VM_DIR/apt.sh"; } | vm_hash)"
}

# vm_image_path [VARIANT]
vm_image_path()
{
	local suite lists
	suite=$(vm_guest_suite)
	lists=$(vm_package_lists "${1:-}")
	# shellcheck disable=SC2086 # our file names have no spaces
	echo "$VM_CACHE/image-$suite${1:+-$1}-$(cd "$VM_DIR" && cat build-image $lists pause.S apt.sh | vm_hash)"
}

# vm_package_lists [VARIANT] prints the names of the lists of what that image holds
vm_package_lists()
{
	[ -e "$VM_DIR/packages${1:+-$1}.list" ] || vm_die "no image '$1': there is no tests/vm/packages-$1.list"
	echo "packages.list${1:+ packages-$1.list}"
}

# vm_make_disk DIR FILE FREE makes an ext4 image of DIR with room for FREE KiB more. Only features that the oldest
# kernel knows, whatever this host's mke2fs has by default; no journal and no checksums, since no guest outlives its run.
vm_make_disk()
{
	local features=none,dir_index,dir_nlink,ext_attr,extent,extra_isize,filetype,flex_bg,huge_file,large_file,sparse_super
	local files kib inodes
	files=$(find "$1" -printf x | wc -c)
	inodes=$((files + $3 / 16 + 256))
	# Each file wastes up to a block, each inode takes 256 bytes; some for the block and inode maps.
	kib=$(($(du -sk --apparent-size "$1" | cut -f1) + files * 4 + inodes / 4 + 1024 + $3))
	rm -f "$2"
	mke2fs -q -t ext4 -O "$features" -b 4096 -I 256 -N "$inodes" -m 0 -E root_owner=0:0 -d "$1" "$2" \
		"$((kib + kib / 64))k" >/dev/null
}
