# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# Debian packages of any suite, through the mirrors that this machine is configured with, without touching its own apt
# state. Sourced by build-kernel and build-image, after lib.sh.

APT_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
# Times to ask before a download counts as failed: mirrors and proxies hiccup.
APT_TRIES=4

# apt_sources prints "URI SUITE" for every binary source of this machine, from both formats of apt's sources
apt_sources()
{
	local file
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -e "$file" ] || continue
		sed -e 's/#.*//' -e 's/\[[^]]*\]//' "$file" | awk '$1 == "deb" { print $2, $3 }'
	done
	for file in /etc/apt/sources.list.d/*.sources; do
		[ -e "$file" ] || continue
		awk '
			function flush(  u, s, i, j, n, m) {
				if (types ~ /(^| )deb( |$)/ && enabled != "no") {
					n = split(uris, u, " "); m = split(suites, s, " ")
					for (i = 1; i <= n; i++) for (j = 1; j <= m; j++) print u[i], s[j]
				}
				types = uris = suites = enabled = field = ""
			}
			/^#/ { next }
			/^[ \t]*$/ { flush(); next }
			/^[^ \t]/ { field = tolower($1); $1 = "" }
			field == "types:" { types = types " " $0 }
			field == "uris:" { uris = uris " " $0 }
			field == "suites:" { suites = suites " " $0 }
			field == "enabled:" { enabled = $NF }
			END { flush() }' "$file"
	done
}

# apt_uris SUITE prints the mirrors that may have it, most likely first: Debian keeps its security suites apart from all
# others, so one that this machine uses for the same kind comes first. NETNSLEAK_MIRRORS adds more (say, an archive's,
# for a suite that has left the mirrors).
apt_uris()
{
	local kind='^[a-z]+(-updates|-backports)?$'
	case $1 in *-security) kind='-security$' ;; esac
	# A Debian mirror is one that has a Debian suite; other vendors' sources are of no use here.
	local debian='^(sid|testing|stable|oldstable|unstable|bullseye|bookworm|trixie|forky)(-updates|-backports|-security)?$'
	{
		apt_sources | awk -v k="$kind" -v d="$debian" '$2 ~ d && $2 ~ k { print $1 }'
		apt_sources | awk -v d="$debian" '$2 ~ d { print $1 }'
		tr ' ' '\n' <<<"${NETNSLEAK_MIRRORS:-}"
	} | awk 'NF && !seen[$0]++'
}

# apt_source_line SUITE URI
apt_source_line() { echo "deb [signed-by=$APT_KEYRING] $2 $1 main"; }

# apt_in DIR COMMAND [ARG...] runs apt-get or apt-cache on the state in DIR alone. Dates are not checked: a suite that
# is no longer maintained has an index that ran out, and that is the one we want.
apt_in()
{
	local dir=$1 command=$2
	shift 2
	"$command" -q -o Dir::State="$dir" -o Dir::State::lists="$dir/lists" -o Dir::State::status=/dev/null \
		-o Dir::Cache="$dir/cache" -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o APT::Architecture=amd64 -o APT::Architectures::=amd64 -o APT::Sandbox::User=root \
		-o Acquire::Check-Valid-Until=false -o Acquire::Languages=none -o Acquire::Retries=3 \
		-o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
		-o Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled=false \
		-o Acquire::IndexTargets::deb::DEP-11-icons-small::DefaultEnabled=false "$@"
}

# apt_try COMMAND... repeats it until it works, APT_TRIES times at most, waiting a little longer each time. Status 2 from
# the command means that asking again is of no use.
apt_try()
{
	local i status=1
	for ((i = 1; i <= APT_TRIES; i++)); do
		status=0
		"$@" || status=$?
		[ "$status" -ne 0 ] && [ "$status" -ne 2 ] || return "$status"
		[ "$i" -eq "$APT_TRIES" ] || sleep "$i"
	done
	return "$status"
}

# apt_update DIR fetches the index. A mirror's word that there is no such suite is final.
apt_update()
{
	apt_in "$1" apt-get update -o APT::Update::Error-Mode=any >"$1/log" 2>&1 && return
	! grep -q 'does not have a Release file' "$1/log" || return 2
	return 1
}

# apt_prepare DIR SUITE makes DIR an apt state with that suite's index. 1: no mirror could be asked (DIR/log says why);
# 2: no mirror has the suite
apt_prepare()
{
	local dir=$1 suite=$2 uri status answer=2
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	for uri in $(apt_uris "$suite"); do
		apt_source_line "$suite" "$uri" >"$dir/sources.list"
		status=0
		apt_try apt_update "$dir" || status=$?
		[ "$status" -ne 0 ] || return 0
		[ "$status" -eq 2 ] || answer=$status
	done
	return "$answer"
}

# apt_download DIR PACKAGE... into the current directory; what comes is checked against the signed index
apt_download() { apt_try apt_download_once "$@"; }

apt_download_once()
{
	local dir=$1
	shift
	apt_in "$dir" apt-get download "$@" >"$dir/log" 2>&1 && return
	# An index can outlive its packages, when a suite is moved to an archive.
	! grep -q ' 404 ' "$dir/log" || return 2
	return 1
}

# apt_size DIR prints the sum of the sizes of those packages in that index that are named NAME=VERSION on stdin
apt_size()
{
	# shellcheck disable=SC2016 # for the inner shell
	xargs -r bash -c '. "$1"; apt_in "$2" apt-cache show "${@:3}"' apt_size "$VM_DIR/apt.sh" "$1" 2>/dev/null |
		awk '$1 == "Size:" { sum += $2 } END { print sum + 0 }'
}
