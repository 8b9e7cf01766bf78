/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes and ends netns for the benchmark, without a process for each as `ip netns` needs.  As root.
 *
 * usage: bench_netns cycle COUNT BLOCKS      prints for each block the ns that one cycle took
 *        bench_netns churn SECONDS PROCESSES prints how many cycles there were
 *        bench_netns exec COUNT              prints the ns that the start and end of one process took
 *        bench_netns populate FIRST COUNT    /run/netns/bench-N, each with a veth and two addresses
 *        bench_netns files COUNT PROCESSES   says "ready" when so many files are open in so many processes, for good
 *        bench_netns processes COUNT NETNS   says "ready" when so many are in bench-1 to bench-NETNS, for good
 *
 * A cycle is unshare(CLONE_NEWNET): it makes a netns and drops the last reference to the one before.  The kernel
 * cleans up behind, in one worker; a block ends when that has caught up.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

static void die(const char *what)
{
	fprintf(stderr, "bench_netns: %s: %s\n", what, strerror(errno));
	exit(2);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)timespec_to_ns(&time);
}

/* --- rtnetlink, as little as is needed --- */

struct request {
	struct nlmsghdr header;
	char rest[512];
};

static void *append(struct request *request, const void *bytes, size_t size)
{
	char *end = (char *)request + NLMSG_ALIGN(request->header.nlmsg_len);

	if (bytes)
		memcpy(end, bytes, size);
	request->header.nlmsg_len = (uint32_t)(NLMSG_ALIGN(request->header.nlmsg_len) + NLMSG_ALIGN(size));
	return end;
}

static struct rtattr *append_attribute(struct request *request, unsigned short type, const void *bytes, size_t size)
{
	struct rtattr attribute = { .rta_len = (unsigned short)RTA_LENGTH(size), .rta_type = type };
	struct rtattr *at = append(request, &attribute, sizeof(attribute));

	if (size)
		append(request, bytes, size);
	return at;
}

static void end_nest(struct request *request, struct rtattr *nest)
{
	nest->rta_len = (unsigned short)((char *)request + request->header.nlmsg_len - (char *)nest);
}

static void ask(struct request *request)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[1024];
	} answer;
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (netlink < 0 || send(netlink, request, request->header.nlmsg_len, 0) < 0 ||
	    recv(netlink, &answer, sizeof(answer), 0) < 0)
		die("netlink");
	close(netlink);
	errno = -answer.error.error;
	if (errno)
		die("netlink request");
}

static struct request request_of(uint16_t type, uint16_t flags)
{
	return (struct request){ .header = { .nlmsg_len = NLMSG_LENGTH(0), .nlmsg_type = type,
					     .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK | flags) } };
}

/* eth0 here, and its peer in the netns of the process pid. */
static void add_veth(const char *peer_name, pid_t pid)
{
	struct request request = request_of(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg link = { .ifi_flags = IFF_UP, .ifi_change = IFF_UP }, peer_link = { 0 };
	struct rtattr *info, *data, *peer;

	append(&request, &link, sizeof(link));
	append_attribute(&request, IFLA_IFNAME, "eth0", 5);
	info = append_attribute(&request, IFLA_LINKINFO, NULL, 0);
	append_attribute(&request, IFLA_INFO_KIND, "veth", 4);
	data = append_attribute(&request, IFLA_INFO_DATA, NULL, 0);
	peer = append_attribute(&request, VETH_INFO_PEER, NULL, 0);
	append(&request, &peer_link, sizeof(peer_link));
	append_attribute(&request, IFLA_IFNAME, peer_name, strlen(peer_name) + 1);
	append_attribute(&request, IFLA_NET_NS_PID, &pid, sizeof(pid));
	end_nest(&request, peer);
	end_nest(&request, data);
	end_nest(&request, info);
	ask(&request);
}

static void add_address(int family, const void *address, size_t size, uint8_t prefix)
{
	struct request request = request_of(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	struct ifaddrmsg message = { .ifa_family = (uint8_t)family, .ifa_prefixlen = prefix,
				     .ifa_flags = IFA_F_NODAD, .ifa_index = if_nametoindex("eth0") };

	append(&request, &message, sizeof(message));
	append_attribute(&request, IFA_LOCAL, address, size);
	append_attribute(&request, IFA_ADDRESS, address, size);
	ask(&request);
}

/* --- making and ending --- */

static void new_netns(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		die("unshare");
}

static void wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) < 0 || status)
		die("a child failed");
}

/*
 * Until the kernel's worker has caught up: it takes netns in the order of their end, so when the veth of one that
 * ends now is gone from here, those before are done with but for their last grace period.
 */
static void await_cleanup(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		new_netns();
		add_veth("benchend", parent);
		_exit(0);
	}
	wait_for(pid);
	while (if_nametoindex("benchend"))
		usleep(500);
}

static void cycle(unsigned count)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		while (count--)
			new_netns();
		_exit(0);
	}
	wait_for(pid);
}

static void cycles(unsigned count, unsigned blocks)
{
	await_cleanup();
	while (blocks--) {
		uint64_t begin = now();

		cycle(count);
		await_cleanup();
		printf("%" PRIu64 "\n", (now() - begin) / count);
	}
}

/* As a service of systemd's has it, some 2 KiB; of no CNI plugin. */
static void fill_environment(char (*texts)[64], char **environment, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		snprintf(texts[i], sizeof(texts[i]), "SERVICE_%zu_ADDRESS=tcp://10.96.%zu.%zu:443/path/of/some/length", i, i, i);
		environment[i] = texts[i];
	}
	environment[count] = NULL;
}

static void execs(unsigned count)
{
	static char texts[40][64];
	char *environment[41], name[] = "true", *arguments[] = { name, NULL };
	uint64_t begin;

	fill_environment(texts, environment, ARRAY_SIZE(texts));
	begin = now();
	for (unsigned i = 0; i < count; i++) {
		pid_t pid;

		errno = posix_spawn(&pid, "/bin/true", NULL, NULL, arguments, environment);
		if (errno)
			die("/bin/true");
		wait_for(pid);
	}
	printf("%" PRIu64 "\n", (now() - begin) / count);
}

/* Processes that do `run` each; returns the end of a pipe from which what they write can be read. */
static int start(unsigned processes, void (*run)(unsigned process, uint64_t argument, int channel), uint64_t argument)
{
	int channel[2];

	if (pipe(channel) < 0)
		die("pipe");
	for (unsigned i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid)
			continue;
		run(i, argument, channel[1]);
		_exit(0);
	}
	close(channel[1]);
	return channel[0];
}

static void churn_one(unsigned process, uint64_t end, int channel)
{
	uint64_t count = 0;

	(void)process;
	for (; now() < end; count++)
		new_netns();
	if (write(channel, &count, sizeof(count)) != sizeof(count))
		die("write");
}

static void churn(unsigned seconds, unsigned processes)
{
	uint64_t total = 0, count;
	int counts = start(processes, churn_one, now() + seconds * NS_PER_S);

	for (unsigned i = 0; i < processes; i++) {
		if (read(counts, &count, sizeof(count)) != sizeof(count))
			die("read");
		total += count;
	}
	while (wait(NULL) > 0)
		;
	await_cleanup();
	printf("%" PRIu64 "\n", total);
}

static void mount_here(unsigned number)
{
	char path[64];
	int file;

	snprintf(path, sizeof(path), "/run/netns/bench-%u", number);
	file = open(path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
	if (file < 0 || mount("/proc/self/ns/net", path, "none", MS_BIND, NULL) < 0)
		die(path);
	close(file);
}

static void populate_one(unsigned number, pid_t parent)
{
	uint32_t ipv4 = htonl(0x0a000000u + number);
	uint8_t ipv6[16] = { 0xfd, 0, 0, 9, [13] = (uint8_t)(number >> 16), [14] = (uint8_t)(number >> 8),
			     [15] = (uint8_t)number };
	char peer[IF_NAMESIZE];

	new_netns();
	mount_here(number);
	snprintf(peer, sizeof(peer), "veth%u", number);
	add_veth(peer, parent);
	add_address(AF_INET, &ipv4, sizeof(ipv4), 24);
	add_address(AF_INET6, ipv6, sizeof(ipv6), 64);
}

static void populate(unsigned first, unsigned count)
{
	pid_t parent = getpid(), pid;

	if (mkdir("/run/netns", 0755) < 0 && errno != EEXIST)
		die("/run/netns");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		for (unsigned i = 0; i < count; i++)
			populate_one(first + i, parent);
		_exit(0);
	}
	wait_for(pid);
}

/* Pipes and sockets, as servers have most of. */
static void open_files(unsigned count)
{
	int pair[2];

	for (; count >= 2; count -= 2)
		if ((count / 2) % 2 ? pipe(pair) < 0 : socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
			die("open files");
}

static void stay(int channel)
{
	if (write(channel, "+", 1) != 1)
		die("write");
	for (;;)
		pause();
}

static void stay_with_files(unsigned process, uint64_t count, int channel)
{
	(void)process;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	open_files((unsigned)count);
	stay(channel);
}

static void stay_in_netns(unsigned process, uint64_t netns, int channel)
{
	char path[64];
	int file;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(path, sizeof(path), "/run/netns/bench-%u", process % (unsigned)netns + 1);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0 || setns(file, CLONE_NEWNET) < 0)
		die(path);
	close(file);
	stay(channel);
}

/* Says when all of them are there, and stays with them. */
static void keep(unsigned processes, void (*run)(unsigned process, uint64_t argument, int channel), uint64_t argument)
{
	int words = start(processes, run, argument);
	char word;

	for (unsigned i = 0; i < processes; i++)
		if (read(words, &word, 1) != 1)
			die("read");
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

static unsigned number(const char *text)
{
	return (unsigned)strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "cycle")) {
		cycles(number(argv[2]), number(argv[3]));
	} else if (argc == 3 && !strcmp(argv[1], "exec")) {
		execs(number(argv[2]));
	} else if (argc == 4 && !strcmp(argv[1], "churn")) {
		churn(number(argv[2]), number(argv[3]));
	} else if (argc == 4 && !strcmp(argv[1], "populate")) {
		populate(number(argv[2]), number(argv[3]));
	} else if (argc == 4 && !strcmp(argv[1], "files")) {
		keep(number(argv[3]), stay_with_files, number(argv[2]) / number(argv[3]));
	} else if (argc == 4 && !strcmp(argv[1], "processes")) {
		keep(number(argv[2]), stay_in_netns, number(argv[3]));
	} else {
		fprintf(stderr, "bench_netns: see the head of tests/bench_netns.c\n");
		return 2;
	}
	return 0;
}
