// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * source_events SPEC...: opens pod sources and prints what they tell, a line for each input, until SIGTERM.
 * For tests of sources against the real thing, without BPF.  The node is $NODE_NAME, else this machine's name.  SIGUSR1
 * is what a netns that comes or goes is to them.
 *
 *   syncing NAME authority=0|1 asked   (or nothing: it does not say that the listing was asked for just now)
 *   synced|down|absent NAME authority=0|1 DETAIL
 *   pod NAMESPACE/NAME uid=… alias=… node=… phase=… ips=A,B host_network=0|1 terminating=0|1
 *   gone uid=… at=…
 *   binding KEY evidence=… pod=NAMESPACE/NAME uid=… container=… path=… inum=… ips=…
 *   unbound KEY
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "correlate.h"
#include "format.h"
#include "loop.h"
#include "source.h"
#include "syscalls.h"
#include "util.h"

#define MOST_SOURCES 8

static void print_ips(const struct ip_address *ips, size_t count)
{
	char text[FORMAT_ADDRESS_LEN];

	printf(" ips=");
	for (size_t i = 0; i < count; i++) {
		size_t length = format_address(ips[i].family, ips[i].bytes, text);

		printf("%s%.*s", i ? "," : "", (int)length, text);
	}
}

static void print_pod(const struct input_pod *pod)
{
	static const char *const phases[] = { "Unknown", "Pending", "Running", "Succeeded", "Failed" };

	printf("pod %s/%s uid=%s alias=%s node=%s phase=%s", pod->namespace_, pod->name, pod->uid, pod->alias_uid,
	       pod->node, phases[pod->phase]);
	print_ips(pod->ips, pod->ip_count);
	printf(" host_network=%d terminating=%d\n", pod->host_network, pod->terminating);
}

static void print_binding(const struct input_binding *binding)
{
	printf("binding %s evidence=%s pod=%s/%s uid=%s container=%s path=%s inum=%u", binding->key,
	       evidence_name(binding->evidence), binding->pod_namespace, binding->pod_name, binding->pod_uid,
	       binding->container_id, binding->netns_path, binding->netns_inum);
	print_ips(binding->ips, binding->ip_count);
	putchar('\n');
}

static bool is_now(int64_t wall)
{
	int64_t age = wall_now() - wall;

	return age >= 0 && age < 60ll * NS_PER_S;
}

static void print_state(const struct input_source *source)
{
	static const char *const states[] = { "syncing", "synced", "down", "absent" };

	printf("%s %s authority=%d %s%s\n", states[source->state], source->source, source->authority,
	       source->state == SOURCE_SYNCING && is_now(source->as_of_wall) ? "asked" : "", source->detail ? source->detail : "");
}

static int print_input(void *ctx, const struct input *input)
{
	(void)ctx;
	switch (input->kind) {
	case INPUT_POD:
		print_pod(&input->pod);
		break;
	case INPUT_POD_GONE:
		printf("gone uid=%s at=%" PRId64 "\n", input->pod_gone.uid, input->pod_gone.gone_wall);
		break;
	case INPUT_BINDING:
		print_binding(&input->binding);
		break;
	case INPUT_BINDING_GONE:
		printf("unbound %s\n", input->binding_gone.key);
		break;
	case INPUT_SOURCE:
		print_state(&input->source);
		break;
	default:
		break;
	}
	fflush(stdout);
	return 0;
}

struct program {
	struct source *sources[MOST_SOURCES];
	struct loop *loop;
	int signals;
};

static int on_signal(void *ctx, uint32_t events)
{
	struct program *program = ctx;
	struct signalfd_siginfo info;
	int err = 0;

	(void)events;
	if (read(program->signals, &info, sizeof(info)) != sizeof(info))
		return 0;
	if (info.ssi_signo != SIGUSR1)
		loop_stop(program->loop);
	for (int i = 0; i < MOST_SOURCES && !err && info.ssi_signo == SIGUSR1; i++)
		err = program->sources[i] ? source_netns_changed(program->sources[i]) : 0;
	return err;
}

int main(int argc, char **argv)
{
	struct program program = { .signals = -1 };
	struct source_context context = { .input = print_input, .now = loop_now, .node = getenv("NODE_NAME") };
	sigset_t signals;
	int error, count = argc - 1;

	if (count < 1 || count > MOST_SOURCES || loop_open(&context.loop) < 0)
		return 2;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGUSR1);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	program.loop = context.loop;
	program.signals = signalfd(-1, &signals, SFD_CLOEXEC);
	loop_add(context.loop, program.signals, EPOLLIN, on_signal, &program);
	/* Sources are opened, and asked, under the session's own filter. */
	error = syscalls_limit(PRIVILEGE_RUN);
	if (error) {
		fprintf(stderr, "no filter of system calls: %s\n", strerror(-error));
		return 2;
	}
	for (int i = 0; i < count; i++) {
		error = source_open(&program.sources[i], argv[i + 1], &context);
		if (error) {
			fprintf(stderr, "%s: %s\n", argv[i + 1], strerror(-error));
			return 1;
		}
	}
	error = loop_run(context.loop);
	for (int i = 0; i < count; i++)
		source_close(program.sources[i]);
	loop_close(context.loop);
	return error ? 1 : 0;
}
