/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "syscalls.h"

#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include <seccomp.h>

#include "util.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED
#endif

/*
 * By name: what an architecture or libseccomp does not have is left out.  Where a library may use one of several, older and
 * newer, all stand here: which one it is depends on the versions of libc, libcurl and libmicrohttpd and on the
 * architecture (arm64 has no open, poll, epoll_wait, ...; those with 32-bit time have the ..._time64).
 */
static const char *const always[] = {
	/* files */
	"access", "close", "close_range", "copy_file_range", "dup", "dup2", "dup3", "faccessat", "faccessat2", "fadvise64", "fallocate",
	"fchmod", "fchmodat", "chmod", "fcntl", "fcntl64", "fdatasync", "flock", "fstat", "fstat64", "fstatat64", "fstatfs", "fstatfs64",
	"fsync", "ftruncate", "ftruncate64", "getcwd", "getdents", "getdents64", "ioctl", "lseek", "_llseek", "lstat", "lstat64",
	"mkdir", "mkdirat", "newfstatat", "open", "openat", "openat2", "pipe", "pipe2", "pread64", "preadv", "preadv2", "pwrite64",
	"pwritev", "pwritev2", "read", "readlink", "readlinkat", "readv", "rename", "renameat", "renameat2", "sendfile", "sendfile64",
	"stat", "stat64", "statfs", "statfs64", "statx", "umask", "unlink", "unlinkat", "write", "writev",
	"inotify_add_watch", "inotify_init", "inotify_init1", "inotify_rm_watch",
	/* memory and threads; for clone see below, and clone3 is refused by a filter of its own */
	"arch_prctl", "brk", "clone3", "exit", "exit_group", "futex", "futex_time64", "futex_waitv", "get_robust_list", "madvise", "membarrier", "mincore",
	"mmap", "mmap2", "mprotect", "mremap", "munmap", "rseq", "sched_getaffinity", "sched_getparam", "sched_getscheduler",
	"sched_get_priority_max", "sched_get_priority_min", "sched_yield", "set_robust_list", "set_tid_address", "set_thread_area",
	"set_tls", "cacheflush",
	/* of itself and of the system */
	"capget", "getcpu", "getegid", "getegid32", "geteuid", "geteuid32", "getgid", "getgid32", "getgroups", "getgroups32", "getpgid", "getpgrp",
	"getpid", "getppid", "getrandom", "getresgid", "getresuid", "getrlimit", "getrusage", "getsid", "gettid", "getuid", "getuid32",
	"prctl", "sysinfo", "times", "ugetrlimit", "uname",
	/* signals and time */
	"pause", "restart_syscall", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait",
	"rt_sigtimedwait_time64", "sigaltstack", "signalfd", "signalfd4", "sigreturn",
	"clock_getres", "clock_getres_time64", "clock_gettime", "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64", "gettimeofday",
	"nanosleep", "time", "timerfd_create", "timerfd_gettime", "timerfd_gettime64", "timerfd_settime", "timerfd_settime64",
	/* waiting */
	"epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd", "eventfd2", "poll", "ppoll",
	"ppoll_time64", "pselect6", "pselect6_time64", "select", "_newselect",
	/* sockets; socket itself has rules of its own */
	"accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen", "recv", "recvfrom", "recvmmsg",
	"recvmmsg_time64", "recvmsg", "send", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown", "socketpair",
#ifdef SANITIZED
	/* What looks for leaks at the end stops all threads, as a debugger does. */
	"kill", "personality", "prlimit64", "ptrace", "process_vm_readv", "setrlimit", "tgkill", "wait4", "waitid", "waitpid",
#endif
};

/* Of a node, but not of a recording: what teardown waits for is asked by programs that are loaded late. */
static const char *const asking[] = { "bpf" };

/* Programs are loaded when this filter is set: their memory may have to be permitted, and whether they can be attached asked. */
static const char *const looking[] = {
	"perf_event_open", "prlimit64", "setrlimit",
	/* descriptors of other processes */
	"pidfd_getfd", "pidfd_open",
};

static int permit_all(scmp_filter_ctx filter, const char *const *names, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);

		if (number != __NR_SCMP_ERROR)
			err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	return err;
}

static int permit_when(scmp_filter_ctx filter, const char *name, struct scmp_arg_cmp condition)
{
	int number = seccomp_syscall_resolve_name(name);

	return number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 1, condition);
}

static int permit_sockets(scmp_filter_ctx filter)
{
	static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(families) && !err; i++)
		err = permit_when(filter, "socket", SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)families[i], 0));
	return err;
}

/* Threads, and no namespaces: where the flags stand differs. */
static int permit_threads(scmp_filter_ctx filter)
{
	const scmp_datum_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
					CLONE_NEWNET;
	uint32_t arch = seccomp_arch_native();

	if (arch == SCMP_ARCH_S390 || arch == SCMP_ARCH_S390X)
		return permit_when(filter, "clone", SCMP_A1(SCMP_CMP_MASKED_EQ, namespaces, 0));
	return permit_when(filter, "clone", SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces, 0));
}

/* A signal only to itself, as abort() does, or, where it is on a screen, to its job, which Ctrl-Z stops; limits of its own are read, and nobody's are set. */
static int permit_of_itself(scmp_filter_ctx filter, unsigned int phases)
{
	int err = 0;

#ifndef SANITIZED
	err = permit_when(filter, "tgkill", SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	if (!err && !(phases & PRIVILEGE_LOOK))
		err = permit_when(filter, "prlimit64", SCMP_A2(SCMP_CMP_EQ, 0, 0));
	if (!err && phases & (PRIVILEGE_LOOK | PRIVILEGE_REPLAY))
		err = permit_when(filter, "kill", SCMP_A0(SCMP_CMP_EQ, 0, 0));
#else
	(void)filter, (void)phases;
#endif
	return err;
}

static int permit_phases(scmp_filter_ctx filter, unsigned int phases)
{
	const bool of_node = phases & ~(unsigned int)PRIVILEGE_REPLAY;
	int err = permit_all(filter, always, ARRAY_SIZE(always));

	if (!err && of_node)
		err = permit_all(filter, asking, ARRAY_SIZE(asking));
	if (!err && phases & PRIVILEGE_LOOK)
		err = permit_all(filter, looking, ARRAY_SIZE(looking));
	if (!err && phases & PRIVILEGE_LOOK)
		err = permit_when(filter, "setns", SCMP_A1(SCMP_CMP_EQ, CLONE_NEWNET, 0));
	if (!err && of_node)
		err = permit_sockets(filter);
	if (!err)
		err = permit_threads(filter);
	return err ? err : permit_of_itself(filter, phases);
}

/*
 * Each is done without where the kernel or the library has it not.  The log: a call that is refused is told there, unless
 * kernel.seccomp.actions_logged leaves "errno" out.  SSB: what filters once made all else in the process slower.
 */
static void set_attributes(scmp_filter_ctx filter, bool log)
{
	const struct {
		enum scmp_filter_attr attribute;
		uint32_t value;
	} wished[] = {
		{ SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS) }, { SCMP_FLTATR_CTL_TSYNC, 1 },
		{ SCMP_FLTATR_CTL_LOG, log },			     { SCMP_FLTATR_CTL_SSB, 1 },
		{ SCMP_FLTATR_CTL_OPTIMIZE, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wished); i++)
		(void)seccomp_attr_set(filter, wished[i].attribute, wished[i].value);
}

/* A thread's flags cannot be seen in clone3's memory.  That libc then takes clone is usual, and nothing to be logged. */
static int refuse_clone3(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int number = seccomp_syscall_resolve_name("clone3"), err = 0;

	if (!filter)
		return -ENOMEM;
	set_attributes(filter, false);
	if (number != __NR_SCMP_ERROR)
		err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), number, 0);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}

static int refuse_others(unsigned int phases)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int err;

	if (!filter)
		return -ENOMEM;
	set_attributes(filter, true);
	err = permit_phases(filter, phases);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err;
}

int syscalls_limit(unsigned int phases)
{
	int err = refuse_clone3();

	return err ? err : refuse_others(phases);
}

int syscalls_supported(void)
{
	if (!access("/proc/sys/kernel/seccomp/actions_avail", F_OK))
		return 1;
	return errno == ENOENT ? 0 : -errno;
}
