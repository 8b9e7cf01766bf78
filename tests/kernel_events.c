// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Prints the tracer's records as lines of text, for the case scripts of tests/vm to count.
 *
 *   kernel_events [auto|fentry|kprobe] trace   until SIGTERM; prints "ready" once attached, "end ..." last
 *   kernel_events [auto|fentry|kprobe] census  one census, without hooks
 *   kernel_events [auto|fentry|kprobe] probe   the checks
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "events.h"
#include "tracer.h"

enum { CPUS_MAX = 1024 };

/* Per CPU: the last number and how many were seen; they differ when a record is missing. */
static uint64_t last[CPUS_MAX], seen[CPUS_MAX];

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
	(void)number;
	stop = 1;
}

static const char *const kind_names[NNS_KIND_MAX] = {
	[NNS_NETNS_CREATED] = "created",	[NNS_NETNS_CREATE_FAILED] = "create_failed",
	[NNS_NETNS_DYING] = "dying",		[NNS_NETNS_CLEANUP] = "cleanup",
	[NNS_NETNS_FREED] = "freed",		[NNS_ADDR_ADDED] = "addr_added",
	[NNS_ADDR_REMOVED] = "addr_removed",	[NNS_DEV_REGISTERED] = "dev_registered",
	[NNS_DEV_UNREGISTERED] = "dev_unregistered", [NNS_DEV_MOVED] = "dev_moved",
	[NNS_CENSUS_BEGIN] = "census_begin",	[NNS_CENSUS_NETNS] = "census_netns",
	[NNS_CENSUS_DEV] = "census_dev",	[NNS_CENSUS_ADDR] = "census_addr",
	[NNS_CENSUS_END] = "census_end",	[NNS_CENSUS_TASK] = "census_task",
	[NNS_FILLER] = "filler",		[NNS_CNI_EXEC] = "cni_exec",
	[NNS_CNI_EXIT] = "cni_exit",
};

static const char *const road_names[] = { "none", "put_net", "netns_put", "cleanup" };

static void print_ident(const struct nns_ident *ident)
{
	printf(" netns=%016" PRIx64 " cookie=%" PRIu64 " inum=%" PRIu32 " mix=%" PRIx32, ident->handle, ident->cookie,
	       ident->inum, ident->mix);
}

static void print_task(const struct nns_task *task)
{
	printf(" pid=%" PRIu32 " tid=%" PRIu32 " cgroup=%" PRIu64 " comm=%.16s", task->pid, task->tid,
	       task->cgroup_id, task->comm);
}

static void print_dev(const struct nns_dev *dev)
{
	print_ident(&dev->netns);
	printf(" dev=%.16s ifindex=%" PRIu32 " kind=%.16s flags=%" PRIu32 " other=%016" PRIx64 " old_ifindex=%" PRIu32
	       " peer_ifindex=%" PRIu32 " peer_netns=%016" PRIx64,
	       dev->ifname, dev->ifindex, dev->link_kind[0] ? dev->link_kind : "-", dev->flags, dev->other,
	       dev->old_ifindex, dev->peer_ifindex, dev->peer_netns);
}

static void print_addr(const struct nns_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(addr->family, addr->addr, text, sizeof(text));
	print_ident(&addr->netns);
	printf(" dev=%.16s ifindex=%" PRIu32 " addr=%s/%u scope=%u flags=%u", addr->ifname, addr->ifindex, text,
	       addr->prefixlen, addr->scope, addr->flags);
}

static void print_body(const struct nns_hdr *header)
{
	const void *record = header;

	switch ((enum nns_kind)header->kind) {
	case NNS_NETNS_CREATED: {
		const struct nns_netns_created *created = record;

		print_ident(&created->netns);
		printf(" parent=%016" PRIx64, created->parent.handle);
		print_task(&created->task);
		break;
	}
	case NNS_NETNS_CREATE_FAILED: {
		const struct nns_netns_create_failed *failed = record;

		printf(" error=%" PRId32, failed->error);
		print_task(&failed->task);
		break;
	}
	case NNS_NETNS_DYING:
	case NNS_NETNS_CLEANUP:
	case NNS_NETNS_FREED: {
		const struct nns_netns_end *end = record;

		print_ident(&end->netns);
		printf(" road=%s", end->road <= NNS_ROAD_CLEANUP ? road_names[end->road] : "?");
		print_task(&end->task);
		break;
	}
	case NNS_ADDR_ADDED:
	case NNS_ADDR_REMOVED:
	case NNS_CENSUS_ADDR:
		print_addr(record);
		break;
	case NNS_DEV_REGISTERED:
	case NNS_DEV_UNREGISTERED:
	case NNS_DEV_MOVED:
	case NNS_CENSUS_DEV:
		print_dev(record);
		break;
	case NNS_CENSUS_NETNS: {
		const struct nns_census_netns *netns = record;

		print_ident(&netns->netns);
		printf(" references=%" PRId64 " tasks=%" PRIu32 " flags=%" PRIu32, netns->references, netns->tasks,
		       netns->flags);
		break;
	}
	case NNS_CENSUS_TASK: {
		const struct nns_census_task *task = record;

		print_ident(&task->netns);
		printf(" pid=%" PRIu32, task->pid);
		break;
	}
	case NNS_CENSUS_BEGIN:
	case NNS_CENSUS_END: {
		const struct nns_census_mark *mark = record;

		printf(" number=%" PRIu64 " count=%" PRIu64 " error=%" PRId64, mark->number, mark->netns, mark->error);
		break;
	}
	case NNS_CNI_EXEC: {
		const struct nns_cni_exec *exec = record;

		printf(" pid=%" PRIu32 " parent=%" PRIu32 ",%s outer=%" PRIu32 " flags=%" PRIu32 " command=%s container=%s netns=%s "
		       "ifname=%s program=%s path=%s args=%s started=%" PRIu64,
		       exec->pid, exec->parent_pid, exec->parent_comm, exec->outer_pid, exec->flags, exec->command,
		       exec->container_id, exec->netns_path, exec->ifname, exec->program, exec->search_path, exec->args,
		       exec->started);
		break;
	}
	case NNS_CNI_EXIT: {
		const struct nns_cni_exit *ended = record;

		printf(" pid=%" PRIu32 " status=%#" PRIx32 " started=%" PRIu64, ended->pid, ended->status, ended->started);
		break;
	}
	case NNS_FILLER:
	case NNS_KIND_MAX:
		break;
	}
}

static int print_record(void *ctx, const void *record, size_t size)
{
	const struct nns_hdr *header = record;

	(void)ctx;
	if (size < sizeof(*header) || size != header->size || header->kind >= NNS_KIND_MAX || !kind_names[header->kind])
		return -EBADMSG;
	if (header->seq && header->cpu < CPUS_MAX) {
		seen[header->cpu]++;
		if (header->seq > last[header->cpu])
			last[header->cpu] = header->seq;
	}
	fputs(kind_names[header->kind], stdout);
	print_body(header);
	putchar('\n');
	return 0;
}

static uint64_t count_gaps(void)
{
	uint64_t gaps = 0;

	for (size_t i = 0; i < CPUS_MAX; i++)
		gaps += last[i] - seen[i];
	return gaps;
}

/* Resident pages now, in KiB; the peak was while loading. */
static long resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long size = 0, pages = 0;

	if (!file || fscanf(file, "%ld %ld", &size, &pages) != 2)
		pages = 0;
	if (file)
		fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static int run_trace(const struct tracer_options *options)
{
	struct tracer *tracer = NULL;
	const struct tracer_hook *hooks;
	struct tracer_missed missed;
	struct rusage usage;
	size_t count;
	int error = tracer_open(&tracer, options);

	if (error) {
		printf("failed: %s\n%s", strerror(-error), tracer_complaint());
		return 1;
	}
	hooks = tracer_hooks(tracer, &count);
	for (size_t i = 0; i < count; i++)
		printf("hook %s %s: %s\n", hooks[i].how ? hooks[i].how : "-",
		       hooks[i].function ? hooks[i].function : "-", hooks[i].purpose);
	puts("ready");
	fflush(stdout);
	while (!stop && error >= 0) {
		struct pollfd wait = { .fd = tracer_fd(tracer), .events = POLLIN };

		poll(&wait, 1, 200);
		error = tracer_dispatch(tracer, print_record, NULL);
		fflush(stdout);
	}
	if (error >= 0)
		error = tracer_dispatch(tracer, print_record, NULL);
	getrusage(RUSAGE_SELF, &usage);
	missed = tracer_missed(tracer);
	printf("end lost=%" PRIu64 " gaps=%" PRIu64 " error=%d missed=%" PRIu64 " missed_calls=%" PRIu64 " rss=%ld maxrss=%ld\n",
	       tracer_lost(tracer), count_gaps(), error < 0 ? error : 0, missed.events, missed.calls, resident(), usage.ru_maxrss);
	tracer_close(tracer);
	return error < 0;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int run_census(struct tracer_options *options)
{
	struct tracer *tracer = NULL;
	double begin = now(), opened;
	int error;

	options->census_only = true;
	error = tracer_open(&tracer, options);
	if (error) {
		printf("failed: %s\n%s", strerror(-error), tracer_complaint());
		return 1;
	}
	opened = now();
	error = tracer_census(tracer, print_record, NULL);
	printf("took open=%.3f census=%.3f rss=%ld\n", opened - begin, now() - opened, resident());
	tracer_close(tracer);
	return error < 0;
}

static int run_probe(const struct tracer_options *options)
{
	struct checks checks = {};
	int error = tracer_probe(options, &checks);
	const struct check *refusal = checks_refusal(&checks);

	for (size_t i = 0; i < checks.count; i++) {
		const struct check *check = &checks.items[i];

		printf("%-8s %-40s %s%s; %s; %s\n", check->group, check->subject, check_answer_name(check->answer),
		       check->required ? " (required)" : "", check->detail, check->remedy);
	}
	printf("refusal: %s\n", refusal ? refusal->subject : "none");
	checks_free(&checks);
	return error < 0;
}

int main(int argc, char **argv)
{
	static const char *const modes[] = { "auto", "fentry", "kprobe" };
	struct tracer_options options = { .attach = TRACER_ATTACH_AUTO };
	struct sigaction action = { .sa_handler = on_signal };

	if (argc != 3)
		return 2;
	for (size_t i = 0; i < 3; i++)
		if (strcmp(argv[1], modes[i]) == 0)
			options.attach = (enum tracer_attach)i;
	if (getenv("RING_BYTES"))
		options.ring_bytes = (uint32_t)strtoul(getenv("RING_BYTES"), NULL, 0);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	if (strcmp(argv[2], "trace") == 0)
		return run_trace(&options);
	if (strcmp(argv[2], "census") == 0)
		return run_census(&options);
	if (strcmp(argv[2], "probe") == 0)
		return run_probe(&options);
	return 2;
}
