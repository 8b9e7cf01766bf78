#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The census against what the kernel says by other ways: 150 netns with devices and addresses; one netns too big
# for the buffer; thousands of netns while others come and go; task counts and reference counts.

# shellcheck source=tests/kernel_lib.sh
. "${TESTS:-/mnt/netnsleak/tests}/kernel_lib.sh"

N=${CENSUS_NETNS:-150}
MANY=${CENSUS_MANY:-2000}

modprobe -q dummy numdummies=0
modprobe -q veth
mount | grep -q /run/netns || { mkdir -p /run/netns && mount --bind /run/netns /run/netns && mount --make-shared /run/netns; }

census() { "$KERNEL_EVENTS" auto census; }

# As census lines: "inum dev ifindex" and "inum dev addr scope"
from_census()
{
	awk '{ delete v; for (i = 2; i <= NF; i++) { e = index($i, "="); v[substr($i, 1, e - 1)] = substr($i, e + 1) } }
		$1 == "census_dev" { print v["inum"], v["dev"], v["ifindex"] }
		$1 == "census_addr" { print v["inum"], v["dev"], v["addr"], v["scope"] }' | sort
}

# The same by netlink, one netns after the other
from_ip()
{
	python3 -c '
import json, os, subprocess, sys
scopes = {"global": 0, "site": 200, "link": 253, "host": 254}
for name in [None] + sorted(os.listdir("/run/netns")):
    inum = os.stat("/run/netns/" + name if name else "/proc/self/ns/net").st_ino
    out = subprocess.run(["ip", "-j"] + (["-n", name] if name else []) + ["addr"], stdout=subprocess.PIPE, check=True).stdout
    for dev in json.loads(out):
        print(inum, dev["ifname"], dev["ifindex"])
        for a in dev.get("addr_info", []):
            print(inum, dev["ifname"], "%s/%d" % (a["local"], a["prefixlen"]), scopes[a["scope"]])
' | sort
}

echo "# making $N netns"
{
	for i in $(seq "$N"); do
		echo "link add h$i type veth peer name eth0 netns n$i"
	done
} >"$WORK/host"
for i in $(seq "$N"); do ip netns add "n$i"; done
ip -batch "$WORK/host"
for i in $(seq 1 10 "$N"); do
	printf '%s\n' "addr add 10.$((i / 250)).$((i % 250)).2/24 dev eth0" "addr add fd00:$i::2/64 dev eth0 nodad" "link set lo up" |
		ip -n "n$i" -batch -
done
census >"$WORK/census"
tail -n 1 "$WORK/census" | sed 's/^/# /'
from_census <"$WORK/census" >"$WORK/got"
from_ip >"$WORK/want"
ok "devices and addresses of $((N + 1)) netns are those that netlink tells ($(wc -l <"$WORK/want") lines)" cmp -s "$WORK/got" "$WORK/want"
cmp -s "$WORK/got" "$WORK/want" || diff "$WORK/want" "$WORK/got" | head -n 20 | sed 's/^/# /'
is "netns" "$(grep -c '^census_netns ' "$WORK/census")" $((N + 1))
is "the initial one comes first, and alone" "$(grep '^census_netns ' "$WORK/census" | grep -n 'flags=1$' | cut -d: -f1 | tr '\n' ' ')" "1 "
is "references of those that only a mount keeps" "$(grep '^census_netns .*flags=0$' "$WORK/census" | grep -c ' references=1 tasks=0 ')" "$N"
is "a process is told where there is one, and it is the oldest: init" "$(grep '^census_task ' "$WORK/census" | grep -oE 'pid=.*' | tr '\n' ' ')" "pid=1 "
is "the end says so" "$(grep '^census_end ' "$WORK/census")" "census_end number=1 count=$((N + 1)) error=0"
wrong_peers=$(awk '{ delete v; for (i = 2; i <= NF; i++) { e = index($i, "="); v[substr($i, 1, e - 1)] = substr($i, e + 1) } }
	$1 == "census_dev" && v["kind"] == "veth" { id = v["netns"] ":" v["ifindex"]; peer[id] = v["peer_netns"] ":" v["peer_ifindex"] }
	END { for (id in peer) { n++; if (peer[peer[id]] != id) bad++ }; print n + 0, bad + 0 }' "$WORK/census")
is "veth ends, and those whose peer does not point back" "$wrong_peers" "$((2 * N)) 0"

ip netns exec n1 sleep 1000 &
first=$!
ip netns exec n1 sleep 1000 &
second=$!
wait_for 10 grep -q sleep "/proc/$first/comm"
wait_for 10 grep -q sleep "/proc/$second/comm"
inum=$(stat -Lc %i /run/netns/n1)
is "two processes in it: references and tasks" "$(census | grep "^census_netns .* inum=$inum " | grep -oE 'references=.* tasks=[0-9]*')" "references=3 tasks=2"
is "of the two, the older is told" "$(census | grep "^census_task .* inum=$inum " | grep -oE 'pid=.*')" "pid=$first"
kill $first
wait $first 2>/dev/null
is "then the other" "$(census | grep "^census_task .* inum=$inum " | grep -oE 'pid=.*')" "pid=$second"
kill $second
wait $second 2>/dev/null

# A thread may go where its process is not: it counts, but says nothing of whose the netns is.
python3 -c '
import ctypes, os, signal, sys, threading
libc = ctypes.CDLL(None, use_errno=True)
def go():
    if libc.unshare(0x40000000): raise OSError(ctypes.get_errno(), "unshare")
    with open(sys.argv[1] + ".tmp", "w") as f: print(os.stat("/proc/thread-self/ns/net").st_ino, file=f)
    os.rename(sys.argv[1] + ".tmp", sys.argv[1])
    threading.Event().wait()
threading.Thread(target=go, daemon=True).start()
signal.pause()
' "$WORK/thread" &
threaded=$!
wait_for 20 test -e "$WORK/thread"
census >"$WORK/census"
inum=$(cat "$WORK/thread")
is "a lone thread: references and tasks" "$(grep "^census_netns .* inum=$inum " "$WORK/census" | grep -oE 'references=.* tasks=[0-9]*')" "references=1 tasks=1"
is "and no process" "$(grep -c "^census_task .* inum=$inum " "$WORK/census")" 0
kill $threaded
wait $threaded 2>/dev/null

echo "# one netns that does not fit into one buffer"
for d in $(seq 40); do
	echo "link add d$d type dummy"
	for a in $(seq 0 299); do echo "addr add 10.$d.$((a / 250)).$((a % 250))/32 dev d$d"; done
done | ip -n n2 -batch -
inum=$(stat -Lc %i /run/netns/n2)
census | grep " inum=$inum " >"$WORK/big"
is "told once, with its devices and addresses, each once" \
	"$(grep -c '^census_netns ' "$WORK/big") $(sort -u "$WORK/big" | grep -c '^census_dev ') $(grep -c '^census_dev ' "$WORK/big") $(sort -u "$WORK/big" | grep -c '^census_addr ') $(grep -c '^census_addr ' "$WORK/big")" \
	"1 42 42 12000 12000"
ip netns del n2

echo "# $MANY more netns, kept by one process, while others come and go"
python3 -c '
import ctypes, fcntl, os, resource, signal, socket, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
count = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))
os.makedirs(sys.argv[2])
keep = []
for i in range(count):
    if libc.unshare(0x40000000): raise OSError(ctypes.get_errno(), "unshare")
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", 1))
    s.close()
    keep.append(os.open("/proc/self/ns/net", os.O_RDONLY))
with open(sys.argv[2] + "/inums", "w") as f:
    for fd in keep: print(os.fstat(fd).st_ino, file=f)
open(sys.argv[2] + "/ready", "w").close()
signal.pause()
' "$MANY" "$WORK/many" &
keeper=$!
wait_for 300 test -e "$WORK/many/ready" || ok "$MANY netns made in time" false
(while :; do unshare -n true; done) &
churn=$!
for round in 1 2 3; do
	census >"$WORK/census"
	grep '^census_netns ' "$WORK/census" | grep -oE 'inum=[0-9]*' | cut -d= -f2 >"$WORK/told"
	is "round $round: of those that live throughout, told, and told twice" \
		"$(awk 'NR == FNR { live[$1]; next } $1 in live { n[$1]++ } END { for (i in n) { told++; twice += n[i] > 1 } print told + 0, twice + 0 }' "$WORK/many/inums" "$WORK/told")" \
		"$MANY 0"
	is "round $round: it is complete" "$(grep -c '^census_end .* error=0' "$WORK/census")" 1
	tail -n 1 "$WORK/census" | sed 's/^/# /'
done
{ kill $churn && wait $churn; kill $keeper && wait $keeper; } 2>/dev/null
finish
