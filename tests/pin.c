// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Holds a netns in one of the ways that were found to keep one from being freed, for the case scripts of tests/vm.
 *
 *   pin COMM NETNS WHAT [DEVICE ADDRESS]   holds what is open as descriptor 40 and the next ones, in a process of that name
 *   pin COMM NETNS WHAT- [DEVICE ADDRESS]  does the same and lets go of it: the healthy twin, which lives on all the same
 *
 * Prints the process's id when all is done, and where there is one, that of its other thread or process.  The process
 * stays until it is killed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define HELD_FD 40 /* out of the way of all others */
#define PORT 8080
#define CLIENT_PORT 8081

struct pin {
	const char *netns;
	const char *device, *address; /* of the node, towards the netns */
	bool let_go;
	int home;  /* the netns that we come from */
	int other; /* another thread or process; 0: none */
};

static int checked(int result, const char *what)
{
	if (result >= 0)
		return result;
	fprintf(stderr, "pin: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void enter(const struct pin *pin)
{
	int fd = checked(open(pin->netns, O_RDONLY | O_CLOEXEC), pin->netns);

	checked(setns(fd, CLONE_NEWNET), "setns");
	close(fd);
}

static void go_home(const struct pin *pin)
{
	checked(setns(pin->home, CLONE_NEWNET), "setns back");
}

/* Puts it where the tests look for it. */
static int hold(int fd)
{
	int held = checked(fcntl(fd, F_DUPFD, HELD_FD), "dup");

	close(fd);
	return held;
}

static void sleep_for_ever(void)
{
	for (;;)
		pause();
}

/* A child that goes with its parent, and does not keep who reads our output waiting. */
static pid_t spawn(void)
{
	pid_t child = checked(fork(), "fork");

	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	return 0;
}

/* --- descriptors --- */

/* By its name: the mount is held as well. */
static void pin_fd(struct pin *pin)
{
	hold(checked(open(pin->netns, O_RDONLY), pin->netns));
}

/* A child has inherited it: one file, two descriptors. */
static void pin_inherited(struct pin *pin)
{
	enter(pin);
	hold(checked(open("/proc/thread-self/ns/net", O_RDONLY), "ns/net"));
	go_home(pin);
	pin->other = spawn();
	if (pin->other)
		return;
	if (pin->let_go)
		close(HELD_FD);
	sleep_for_ever();
}

/* From a socket of it, which is then closed: no name was ever used. */
static void pin_skns(struct pin *pin)
{
	int fd;

	enter(pin);
	fd = checked(socket(AF_INET, SOCK_DGRAM, 0), "socket");
	go_home(pin);
	hold(checked(ioctl(fd, SIOCGSKNS), "SIOCGSKNS"));
	close(fd);
}

static void send_fd(int through, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec byte = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = { .msg_iov = &byte, .msg_iovlen = 1, .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	checked((int)sendmsg(through, &message, 0), "sendmsg");
	close(fd);
}

/* Sent to one that never takes it. */
static void pin_flight(struct pin *pin)
{
	int fd, pair[2];

	checked(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), "socketpair");
	enter(pin);
	fd = checked(open("/proc/thread-self/ns/net", O_RDONLY), "ns/net");
	go_home(pin);
	send_fd(pair[0], fd);
	hold(pair[0]);
	hold(pair[1]);
}

/* Registered with an io_uring, and closed. */
static void pin_uring(struct pin *pin)
{
	struct io_uring_params params = { 0 };
	int fd, ring = checked((int)syscall(SYS_io_uring_setup, 2, &params), "io_uring_setup");

	enter(pin);
	fd = checked(open("/proc/thread-self/ns/net", O_RDONLY), "ns/net");
	go_home(pin);
	checked((int)syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &fd, 1), "io_uring_register");
	close(fd);
	if (pin->let_go)
		checked((int)syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_FILES, NULL, 0), "unregister");
	hold(ring);
}

static void pin_tun(struct pin *pin)
{
	enter(pin);
	hold(checked(open("/dev/net/tun", O_RDWR), "/dev/net/tun"));
	go_home(pin);
}

static void pin_proc(struct pin *pin)
{
	enter(pin);
	hold(checked(open("/proc/thread-self/net/tcp", O_RDONLY), "net/tcp"));
	hold(checked(open("/proc/thread-self/net/snmp", O_RDONLY), "net/snmp"));
	go_home(pin);
}

/* --- sockets --- */

static void pin_netlink(struct pin *pin)
{
	enter(pin);
	hold(checked(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), "netlink"));
	go_home(pin);
}

static void pin_packet(struct pin *pin)
{
	enter(pin);
	hold(checked(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), "packet"));
	go_home(pin);
}

static void pin_unix(struct pin *pin)
{
	enter(pin);
	hold(checked(socket(AF_UNIX, SOCK_STREAM, 0), "unix"));
	go_home(pin);
}

static int listener(const char *address, int protocol)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = inet_addr(address) };
	int fd = checked(socket(AF_INET, SOCK_STREAM, protocol), "socket");

	checked(bind(fd, (struct sockaddr *)&at, sizeof(at)), "bind");
	checked(listen(fd, 8), "listen");
	return fd;
}

static int connection(const char *address)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = inet_addr(address) };
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons(CLIENT_PORT) };
	int fd = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");

	checked(bind(fd, (struct sockaddr *)&from, sizeof(from)), "bind");
	checked(connect(fd, (struct sockaddr *)&at, sizeof(at)), "connect");
	return fd;
}

static void set_link(const char *device, bool up)
{
	struct ifreq request = { 0 };
	int fd = checked(socket(AF_INET, SOCK_DGRAM, 0), "socket");

	strncpy(request.ifr_name, device, sizeof(request.ifr_name) - 1);
	checked(ioctl(fd, SIOCGIFFLAGS, &request), device);
	request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
	checked(ioctl(fd, SIOCSIFFLAGS, &request), device);
	close(fd);
}

/* One listens, and one has connected to it and was not accepted. */
static void pin_listen(struct pin *pin)
{
	enter(pin);
	set_link("lo", true);
	hold(listener("127.0.0.1", 0));
	hold(connection("127.0.0.1"));
	go_home(pin);
}

/* One descriptor, two sockets: the kernel has one of TCP inside. */
static void pin_mptcp(struct pin *pin)
{
	enter(pin);
	set_link("lo", true);
	hold(listener("127.0.0.1", IPPROTO_MPTCP));
	go_home(pin);
}

static const char *orphan_device; /* for the handler */

/* The other end resets the connection as soon as the device is up again. */
static void end_orphan(int number)
{
	(void)number;
	set_link(orphan_device, true);
	_exit(0);
}

/*
 * A connection with the node is closed by the pod's end while what it wrote cannot arrive: the kernel keeps that socket
 * until it is acknowledged, or given up.  (On the healthy twin's link it arrives.)
 */
static void pin_orphan(struct pin *pin)
{
	struct linger reset = { .l_onoff = 1 };
	int client, at_home, listening = listener(pin->address, 0);

	enter(pin);
	client = connection(pin->address);
	go_home(pin);
	at_home = checked(accept(listening, NULL, NULL), "accept");
	checked(setsockopt(at_home, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), "SO_LINGER");
	close(listening);
	orphan_device = pin->device;
	signal(SIGTERM, end_orphan);
	if (!pin->let_go)
		set_link(pin->device, false);
	checked((int)write(client, "unheard", 7), "write");
	close(client);
	hold(at_home);
}

/* --- tasks --- */

struct strayer {
	struct pin *pin;
	pthread_barrier_t done;
};

static void *stray(void *argument)
{
	struct strayer *strayer = argument;

	enter(strayer->pin);
	if (strayer->pin->let_go)
		go_home(strayer->pin);
	strayer->pin->other = gettid();
	pthread_barrier_wait(&strayer->done);
	sleep_for_ever();
	return NULL;
}

/* A thread enters it, and does not come back. */
static void pin_thread(struct pin *pin)
{
	static struct strayer strayer;
	pthread_t thread;

	strayer.pin = pin;
	pthread_barrier_init(&strayer.done, NULL, 2);
	if (pthread_create(&thread, NULL, stray, &strayer))
		checked(-1, "pthread_create");
	pthread_barrier_wait(&strayer.done);
}

/* What runs in it and its child, which share one nsproxy. */
static void pin_tasks(struct pin *pin)
{
	enter(pin);
	pin->other = spawn();
	if (!pin->other)
		sleep_for_ever();
	if (pin->let_go)
		kill(pin->other, SIGKILL);
	if (pin->let_go)
		waitpid(pin->other, NULL, 0);
	if (pin->let_go)
		go_home(pin);
}

static void *outlive(void *argument)
{
	(void)argument;
	sleep_for_ever();
	return NULL;
}

static bool is_zombie(pid_t pid)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		checked(-1, path);
	fclose(file);
	return state == 'Z';
}

/* A process of it whose first thread has ended: a zombie that runs.  The twin's other thread has ended as well. */
static void pin_leaderless(struct pin *pin)
{
	pthread_t thread;

	pin->other = spawn();
	while (pin->other && !is_zombie(pin->other))
		usleep(1000);
	if (pin->other)
		return;
	enter(pin);
	if (!pin->let_go && pthread_create(&thread, NULL, outlive, NULL))
		checked(-1, "pthread_create");
	/* Of this thread alone; exit() and the library's own would take the other one with it. */
	syscall(SYS_exit, 0);
}

/* --- all of them --- */

static const struct way {
	const char *name;
	void (*pin)(struct pin *pin);
} ways[] = {
	{ "fd", pin_fd },	  { "inherited", pin_inherited }, { "skns", pin_skns },	      { "flight", pin_flight },
	{ "uring", pin_uring },	  { "tun", pin_tun },		  { "proc", pin_proc },	      { "netlink", pin_netlink },
	{ "packet", pin_packet }, { "unix", pin_unix },		  { "listen", pin_listen },   { "mptcp", pin_mptcp },
	{ "orphan", pin_orphan }, { "thread", pin_thread },	  { "tasks", pin_tasks },     { "leaderless", pin_leaderless },
};

static const struct way *find_way(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (strlen(ways[i].name) == length && !strncmp(ways[i].name, name, length))
			return &ways[i];
	fprintf(stderr, "pin: no way '%.*s' to hold a netns\n", (int)length, name);
	exit(2);
}

/* Numbers are the same wherever this is started from. */
static void begin(const char *comm)
{
	close_range(3, ~0U, 0);
	prctl(PR_SET_NAME, comm);
}

static void let_go(void)
{
	for (int fd = HELD_FD; fd < HELD_FD + 4; fd++)
		close(fd);
}

static void say_done(const struct pin *pin)
{
	int null = checked(open("/dev/null", O_RDWR), "/dev/null");

	if (pin->other)
		printf("%d %d\n", getpid(), pin->other);
	else
		printf("%d\n", getpid());
	fflush(stdout);
	/* Who reads this waits for the end of all that could write. */
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(null);
}

int main(int argc, char **argv)
{
	struct pin pin = { 0 };
	const struct way *way;
	size_t length;
	pid_t child;

	if (argc < 4) {
		fprintf(stderr, "usage: pin COMM NETNS WHAT[-] [DEVICE ADDRESS]\n");
		return 2;
	}
	length = strlen(argv[3]);
	pin.let_go = argv[3][length - 1] == '-';
	way = find_way(argv[3], length - pin.let_go);
	pin.netns = argv[2];
	pin.device = argc > 5 ? argv[4] : NULL;
	pin.address = argc > 5 ? argv[5] : NULL;
	child = checked(fork(), "fork");
	if (child)
		return 0;
	begin(argv[1]);
	pin.home = checked(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), "ns/net");
	way->pin(&pin);
	if (pin.let_go)
		let_go();
	say_done(&pin);
	sleep_for_ever();
}
