// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tracer_probe(): what this kernel and this process permit, question by question. */
#include "tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/resource.h>

#include "hooks.h"
#include "privileges.h"
#include "syscalls.h"
#include "util.h"

/* What the questions are answered from. */
struct probe {
	const struct tracer_options *options;
	struct checks *checks;
	struct btf *kernel;	/* the kernel's types, NULL if it has none */
	uint64_t capabilities;	/* effective */
	bool capabilities_known;
	int fentry, kprobe;	/* 0, or why not */
};

/* One answer.  detail and remedy are printf-like, the remedy kept only where the answer is not yes. */
static int answer(struct probe *probe, const char *group, const char *subject, enum check_answer result,
		  bool required, const char *detail, const char *remedy)
{
	struct check *check = checks_add(probe->checks, group, result, required, subject);

	if (!check)
		return -ENOMEM;
	snprintf(check->detail, sizeof(check->detail), "%s", detail);
	if (result != CHECK_YES)
		snprintf(check->remedy, sizeof(check->remedy), "%s", remedy);
	return 0;
}

static int read_line(const char *path, char *line, size_t size)
{
	FILE *file = fopen(path, "re");
	int error = 0;

	if (!file)
		return -errno;
	if (!fgets(line, (int)size, file))
		error = -EIO;
	fclose(file);
	line[error ? 0 : strcspn(line, "\n")] = '\0';
	return error;
}

static int ask_release(struct probe *probe)
{
	struct utsname name;
	char detail[192];

	if (uname(&name) < 0)
		return -errno;
	snprintf(detail, sizeof(detail), "%.60s %.60s %.60s", name.sysname, name.release, name.machine);
	return answer(probe, "kernel", "release", CHECK_YES, false, detail, "");
}

static int ask_btf(struct probe *probe)
{
	if (probe->kernel)
		return answer(probe, "kernel", "BTF", CHECK_YES, true, "/sys/kernel/btf/vmlinux", "");
	return answer(probe, "kernel", "BTF", CHECK_NO, true, "no /sys/kernel/btf/vmlinux",
		      "use a kernel built with CONFIG_DEBUG_INFO_BTF=y; in a container, mount /sys");
}

/* "none [integrity] confidentiality": the one in brackets is in force. */
static int ask_lockdown(struct probe *probe)
{
	char line[128] = "", mode[32] = "";
	int error = read_line("/sys/kernel/security/lockdown", line, sizeof(line));

	if (error)
		return answer(probe, "kernel", "lockdown", CHECK_UNKNOWN, false,
			      error == -ENOENT ? "no /sys/kernel/security/lockdown" : strerror(-error),
			      "to know: mount -t securityfs none /sys/kernel/security, and look as root");
	sscanf(line, "%*[^[][%31[^]]", mode);
	if (!mode[0])
		sscanf(line, "[%31[^]]", mode);
	if (strcmp(mode, "confidentiality") == 0)
		return answer(probe, "kernel", "lockdown", CHECK_NO, true, mode,
			      "lockdown=confidentiality forbids reading kernel memory by BPF: boot with "
			      "lockdown=integrity, or without lockdown=");
	return answer(probe, "kernel", "lockdown", CHECK_YES, false, mode, "");
}

static bool has_capability(const struct probe *probe, int capability)
{
	return probe->capabilities & CAPABILITY_BIT(capability);
}

/* They were split off CAP_SYS_ADMIN with Linux 5.8, which still includes them. */
static bool is_part_of_admin(int capability)
{
	return capability == CAP_BPF || capability == CAP_PERFMON;
}

static bool may_use_bpf(const struct probe *probe)
{
	return has_capability(probe, CAP_BPF) || has_capability(probe, CAP_SYS_ADMIN);
}

static int ask_ring(struct probe *probe)
{
	int has = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_RINGBUF, NULL);

	/* Who may not make a map is refused each: that says nothing of the kernel. */
	if (has <= 0 && probe->capabilities_known && !may_use_bpf(probe))
		return answer(probe, "kernel", "BPF ring buffer", CHECK_UNKNOWN, true, "not permitted to try",
			      "see CAP_BPF");
	if (has < 0)
		return answer(probe, "kernel", "BPF ring buffer", CHECK_UNKNOWN, true, strerror(-has),
			      "run as root; the ring buffer came with Linux 5.8");
	return answer(probe, "kernel", "BPF ring buffer", has ? CHECK_YES : CHECK_NO, true, has ? "" : "refused",
		      "run as root on Linux 5.8 or later");
}

/* Linux 5.11 counts BPF's memory by cgroup; libbpf knows it by a helper of the same release. */
static bool counts_memory_by_limit(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_SOCKET_FILTER, BPF_FUNC_ktime_get_coarse_ns, NULL) == 0;
}

/* What all maps together take, and some more. */
#define MEMORY_WANTED (16u << 20)

static int ask_memory(struct probe *probe, const struct privilege *privilege)
{
	char detail[192], remedy[256];
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) < 0)
		return answer(probe, "process", privilege->name, CHECK_UNKNOWN, false, strerror(errno), "");
	if (limit.rlim_max >= MEMORY_WANTED || !counts_memory_by_limit())
		return answer(probe, "process", privilege->name, CHECK_YES, false, "not held, and not needed here", "");
	snprintf(detail, sizeof(detail), "not held, and RLIMIT_MEMLOCK is %llu KiB", (unsigned long long)limit.rlim_max >> 10);
	snprintf(remedy, sizeof(remedy), "Linux before 5.11 counts BPF's memory by that: run as root, raise it (ulimit -l unlimited, "
		 "LimitMEMLOCK=infinity), or give the process %s", privilege->name);
	return answer(probe, "process", privilege->name, CHECK_NO, true, detail, remedy);
}

static bool needs_kprobes(const struct probe *probe)
{
	struct hooks hooks = {};

	hooks_choose(&hooks, probe->kernel, probe->options->attach, probe->fentry == 0);
	for (size_t i = 0; i < HOOKS_COUNT; i++)
		if (hooks.items[i].function && hooks.items[i].how[0] == 'k')
			return true;
	return false;
}

static int ask_admin(struct probe *probe, const struct privilege *privilege)
{
	bool lacks = !probe->options->census_only && (probe->kprobe == -EACCES || probe->kprobe == -EPERM) && needs_kprobes(probe);
	char detail[192];

	snprintf(detail, sizeof(detail), "not held: %s", privilege->without);
	return answer(probe, "process", privilege->name, CHECK_NO, lacks,
		      lacks ? "not held, and this kernel attaches kprobes for nobody else (kernel.perf_event_paranoid)" : detail,
		      lacks ? "run as root, give the process CAP_SYS_ADMIN, which trace gives up once they are attached, or set "
			      "kernel.perf_event_paranoid to 2" : "");
}

/*
 * What trace does not need has no remedy, so that its lack is none of the things that are amiss: a DaemonSet is not granted it
 * for trace.
 */
static int ask_capability(struct probe *probe, const struct privilege *privilege)
{
	const char *name = privilege->name;
	char detail[192], remedy[256] = "";

	if (privilege->phases & (PRIVILEGE_LOAD | PRIVILEGE_RUN))
		snprintf(remedy, sizeof(remedy), "run as root, or give the process %s (a container: securityContext."
			 "capabilities.add, or privileged)", name);
	if (!probe->capabilities_known)
		return answer(probe, "process", name, CHECK_UNKNOWN, false, "cannot be told", remedy);
	if (has_capability(probe, privilege->capability))
		return answer(probe, "process", name, CHECK_YES, privilege->required, privilege->why, "");
	if (is_part_of_admin(privilege->capability) && has_capability(probe, CAP_SYS_ADMIN))
		return answer(probe, "process", name, CHECK_YES, privilege->required, "by CAP_SYS_ADMIN", "");
	if (privilege->capability == CAP_SYS_RESOURCE)
		return ask_memory(probe, privilege);
	if (privilege->capability == CAP_SYS_ADMIN)
		return ask_admin(probe, privilege);
	if (privilege->required)
		return answer(probe, "process", name, CHECK_NO, true, "this process does not have it", remedy);
	snprintf(detail, sizeof(detail), "not held: %s", privilege->without);
	return answer(probe, "process", name, CHECK_NO, false, detail, remedy);
}

static int ask_capabilities(struct probe *probe)
{
	int error = 0;

	for (size_t i = 0; i < privilege_count && !error; i++)
		error = ask_capability(probe, &privileges[i]);
	return error;
}

/* What a container may have set, and what trace will. */
static int ask_seccomp(struct probe *probe)
{
	static const char *const modes[] = { "no filter here", "strict here", "a filter here" };
	struct privilege_status status;
	char detail[192];
	int supported = syscalls_supported();

	privileges_status(&status);
	if (supported <= 0)
		return answer(probe, "process", "seccomp", supported ? CHECK_UNKNOWN : CHECK_NO, false,
			      supported ? strerror(-supported) : "this kernel has no filters of system calls: trace goes on without", "");
	snprintf(detail, sizeof(detail), "%s, no_new_privs %s; all commands but doctor set a filter of their own",
		 status.seccomp < 0 || status.seccomp > 2 ? "not known what is here" : modes[status.seccomp],
		 status.no_new_privs ? "set" : "not set");
	return answer(probe, "process", "seccomp", CHECK_YES, false, detail, "");
}

static int ask_pid_namespace(struct probe *probe)
{
	bool sees = sees_all_processes();

	return answer(probe, "process", "PID namespace", sees ? CHECK_YES : CHECK_NO, false,
		      sees ? "the node's" : "not the node's",
		      "without it, who is in a netns is not known, and orphans are not reported: run on the node, or in a "
		      "pod with hostPID");
}

/* fentry where it works, else kprobes: which one is asked for and why it is refused. */
static int ask_tracing(struct probe *probe)
{
	bool fentry = probe->options->attach != TRACER_ATTACH_KPROBE && probe->fentry == 0;
	int refusal = probe->options->attach == TRACER_ATTACH_FENTRY ? probe->fentry : probe->kprobe;
	char detail[192];

	if (fentry || refusal == 0)
		return answer(probe, "process", "tracing BPF", CHECK_YES, true, fentry ? "fentry" : "kprobe", "");
	snprintf(detail, sizeof(detail), "fentry: %s; kprobe: %s",
		 probe->fentry ? strerror(-probe->fentry) : "works", probe->kprobe ? strerror(-probe->kprobe) : "works");
	return answer(probe, "process", "tracing BPF", CHECK_NO, true, detail,
		      "the kernel refuses to attach BPF to its functions: run as root on the host; if you are, the kernel "
		      "is locked down, or built without CONFIG_BPF_EVENTS and CONFIG_KPROBE_EVENTS");
}

static int ask_fentry(struct probe *probe)
{
	bool required = probe->options->attach == TRACER_ATTACH_FENTRY;

	if (probe->fentry == 0)
		return answer(probe, "kernel", "fentry", CHECK_YES, required, "BPF trampolines", "");
	return answer(probe, "kernel", "fentry", CHECK_NO, required, strerror(-probe->fentry),
		      required ? "use --attach auto" : "kprobes are tried instead, which cost a little more");
}

/* Of functions the names are looked up there; some addresses are used where they are shown. */
static int ask_kallsyms(struct probe *probe)
{
	char line[256];
	int error = read_line("/proc/kallsyms", line, sizeof(line));

	if (error)
		return answer(probe, "kernel", "kallsyms", CHECK_NO, false, strerror(-error),
			      "needed for functions that BTF leaves out, and to see which were taken apart: mount /proc");
	return answer(probe, "kernel", "kallsyms", CHECK_YES, false,
		      strncmp(line, "0000000000000000", 16) ? "" : "names only (kernel.kptr_restrict): sockets in flight are not told "
							       "from references of the kernel",
		      "");
}

static int ask_kernel_log(struct probe *probe)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (log < 0)
		return answer(probe, "process", "kernel log", CHECK_NO, false, strerror(errno),
			      "what blocks the end of a netns is found without it, but not confirmed: give the process "
			      "CAP_SYSLOG, and in a container /dev/kmsg");
	close(log);
	return answer(probe, "process", "kernel log", CHECK_YES, false, "/dev/kmsg", "");
}

/* Why there is none, and what to do. */
static void describe_missing_hook(const struct probe *probe, size_t index, struct check *check)
{
	struct hooks hooks = {};
	char names[128];

	hooks_choose(&hooks, probe->kernel, TRACER_ATTACH_AUTO, probe->fentry == 0);
	if (hooks.items[index].function) {
		snprintf(check->detail, sizeof(check->detail), "only a kprobe sees all calls, of %s",
			 hooks.items[index].function);
		snprintf(check->remedy, sizeof(check->remedy), "do without --attach fentry");
		return;
	}
	snprintf(check->detail, sizeof(check->detail), "no function %s to attach to",
		 hooks_alternatives(index, names, sizeof(names)));
	snprintf(check->remedy, sizeof(check->remedy),
		 "this kernel is built differently: please report it, with `uname -r` and this line");
}

static int ask_hooks(struct probe *probe)
{
	struct hooks hooks = {};
	bool fentry = probe->fentry == 0 && probe->options->attach != TRACER_ATTACH_KPROBE;
	bool any = fentry || (probe->kprobe == 0 && probe->options->attach != TRACER_ATTACH_FENTRY);

	hooks_choose(&hooks, probe->kernel, probe->options->attach, probe->fentry == 0);
	for (size_t i = 0; i < HOOKS_COUNT; i++) {
		const struct tracer_hook *hook = &hooks.items[i];
		enum check_answer found = !hook->function ? CHECK_NO : any ? CHECK_YES : CHECK_UNKNOWN;
		struct check *check = checks_add(probe->checks, "hook", found, hook->required, hook->purpose);

		if (!check)
			return -ENOMEM;
		if (!hook->function) {
			describe_missing_hook(probe, i, check);
			continue;
		}
		snprintf(check->detail, sizeof(check->detail), "%s %s", hook->how, hook->function);
		if (found != CHECK_YES)
			snprintf(check->remedy, sizeof(check->remedy), "see \"tracing BPF\"");
	}
	return 0;
}

static int ask_all(struct probe *probe)
{
	static int (*const questions[])(struct probe *) = {
		ask_release, ask_btf, ask_lockdown, ask_ring, ask_fentry, ask_kallsyms,
	};

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		int error = questions[i](probe);

		if (error)
			return error;
	}
	if (ask_capabilities(probe) || ask_seccomp(probe))
		return -ENOMEM;
	if (ask_kernel_log(probe) || ask_pid_namespace(probe) || ask_tracing(probe))
		return -ENOMEM;
	return ask_hooks(probe);
}

static int quiet(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

int tracer_probe(const struct tracer_options *options, struct checks *checks)
{
	struct probe probe = { .options = options, .checks = checks };
	int error;

	libbpf_set_print(quiet);
	probe.kernel = btf__load_vmlinux_btf();
	if (!probe.kernel && errno == ENOMEM)
		return -ENOMEM;
	probe.fentry = probe.kernel ? hooks_try_fentry(probe.kernel) : -ENOENT;
	probe.kprobe = hooks_try_kprobe();
	probe.capabilities_known = privileges_held(&probe.capabilities) == 0;
	error = ask_all(&probe);
	btf__free(probe.kernel);
	return error;
}
