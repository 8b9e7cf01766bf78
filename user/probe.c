// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* tracer_probe(): what this kernel and this process permit, question by question. */
#include "tracer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/capability.h>

#include "hooks.h"
#include "util.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#ifndef CAP_BPF
#define CAP_BPF 39
#endif

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

static void read_capabilities(struct probe *probe)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	unsigned long long effective;

	if (!file)
		return;
	while (!probe->capabilities_known && fgets(line, sizeof(line), file))
		if (sscanf(line, "CapEff: %llx", &effective) == 1) {
			probe->capabilities = effective;
			probe->capabilities_known = true;
		}
	fclose(file);
}

static bool has_capability(const struct probe *probe, int capability)
{
	return probe->capabilities >> capability & 1;
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

/* CAP_BPF and CAP_PERFMON were split off CAP_SYS_ADMIN with 5.8, which still includes them. */
static int ask_capability(struct probe *probe, int capability, const char *name)
{
	char remedy[256];

	snprintf(remedy, sizeof(remedy), "run as root, or give the process %s (a container: securityContext."
		 "capabilities.add, or privileged)", name);
	if (!probe->capabilities_known)
		return answer(probe, "process", name, CHECK_UNKNOWN, false, "cannot read /proc/self/status", remedy);
	if (has_capability(probe, capability))
		return answer(probe, "process", name, CHECK_YES, true, "", "");
	if (has_capability(probe, CAP_SYS_ADMIN))
		return answer(probe, "process", name, CHECK_YES, true, "by CAP_SYS_ADMIN", "");
	return answer(probe, "process", name, CHECK_NO, true, "this process does not have it", remedy);
}

/* Whoever lacks it cannot see all mounts and descriptors either, so say it by itself. */
static int ask_admin(struct probe *probe)
{
	bool has = has_capability(probe, CAP_SYS_ADMIN);

	return answer(probe, "process", "CAP_SYS_ADMIN", has ? CHECK_YES : CHECK_NO, false,
		      has ? "" : "this process does not have it",
		      "without it some kernels refuse the census and its task counts: run as root");
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

/* Names are looked up there, never addresses. */
static int ask_kallsyms(struct probe *probe)
{
	char line[256];
	int error = read_line("/proc/kallsyms", line, sizeof(line));

	if (error)
		return answer(probe, "kernel", "kallsyms", CHECK_NO, false, strerror(-error),
			      "needed for functions that BTF leaves out, and to see which were taken apart: mount /proc");
	return answer(probe, "kernel", "kallsyms", CHECK_YES, false,
		      strncmp(line, "0000000000000000", 16) ? "" : "names only (kernel.kptr_restrict), which is enough",
		      "");
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
	if (ask_capability(probe, CAP_BPF, "CAP_BPF") || ask_capability(probe, CAP_PERFMON, "CAP_PERFMON"))
		return -ENOMEM;
	if (ask_admin(probe) || ask_pid_namespace(probe) || ask_tracing(probe))
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
	read_capabilities(&probe);
	error = ask_all(&probe);
	btf__free(probe.kernel);
	return error;
}
